/// @file
/// workload.gradient: the data-parallel gradient of a linear regression, strong and weak scaling.
///
/// One step: each rank's sum over its rows (CBLAS, one thread), then an all-reduce of d values. A
/// step lasts from the agreed start to the last rank's end. compute_time is the slowest rank's part
/// before the all-reduce; exposed_time is what the step takes beyond it: communication that no
/// compute hides, and waiting.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/sizes.hpp"
#include "benchmarks/collectives/timing.hpp"
#include "benchmarks/collectives/verification.hpp"
#include "benchmarks/workloads/linear_regression.hpp"
#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/statistics.hpp"
#include "probes/network/rank_probe.hpp"

namespace assay::workloads {
namespace {

using collectives::CallTimes;
using network::RankContext;

constexpr std::string_view probe_name = "workload.gradient";

struct Plan {
  std::size_t rows = 100'000;
  std::size_t features = 50;
  bool is_weak = false;  ///< `rows` for each rank instead of for all.
  std::string algorithm = "recursive_doubling";
  Seconds budget;
};

std::size_t count_setting(const RankContext& context, const std::string& key,
                          std::size_t fallback) {
  const std::string text = context.setting(key);
  if (text.empty()) return fallback;
  const bool is_count =
      text.size() <= 12 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!is_count || std::stoull(text) == 0)
    throw UsageError(
        fmt::format("{} is '{}'; expected a positive whole number, e.g. {}", key, text, fallback));
  return std::stoull(text);
}

Plan make_plan(const RankContext& context) {
  Plan plan;
  plan.budget = context.profile == Profile::quick ? 300_ms : Seconds(3);
  plan.rows = count_setting(context, "rows", plan.rows);
  plan.features = count_setting(context, "features", plan.features);
  if (const std::string scaling = context.setting("scaling"); !scaling.empty()) {
    if (scaling != "strong" && scaling != "weak")
      throw UsageError("unknown scaling '" + scaling + "'; expected strong or weak");
    plan.is_weak = scaling == "weak";
  }
  if (const auto names = collectives::split_list(context.setting("algorithm")); !names.empty())
    plan.algorithm = names.front();
  static_cast<void>(collectives::find_all_reduce(plan.algorithm));
  return plan;
}

double relative_difference(std::span<const double> a, std::span<const double> b) {
  double difference = 0, scale = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::abs(a[i] - b[i]));
    scale = std::max(scale, std::abs(b[i]));
  }
  return difference / scale;
}

class Workload {
 public:
  explicit Workload(RankContext& context)
      : context_(context),
        communicator_(context.communicator),
        plan_(make_plan(context)),
        rows_(plan_.rows * static_cast<std::size_t>(plan_.is_weak ? communicator_.size() : 1)),
        data_(equal_shards(rows_,
                           communicator_.size())[static_cast<std::size_t>(communicator_.rank())],
              plan_.features),
        all_reduce_(collectives::find_all_reduce(plan_.algorithm).prepare(communicator_)),
        weights_(plan_.features),
        sum_(plan_.features),
        gradient_(plan_.features) {
    for (std::size_t j = 0; j < weights_.size(); ++j)
      weights_[j] = 0.01 * static_cast<double>(j + 1);
    is_single_threaded_ = make_blas_single_threaded();
  }

  void run() {
    context_.progress(0.1, "gradient: verification");
    step();
    const std::string complaint = verify();
    if (!complaint.empty()) {
      context_.sink.put(without_value(row("step_time", unit::seconds), incorrect(complaint)));
      return;
    }
    context_.progress(0.3, "gradient: timing");
    std::vector<double> compute;
    const CallTimes times = collectives::time_calls(
        communicator_, {.budget = plan_.budget, .min_calls = 15, .max_calls = 2000},
        [&] { compute.push_back(step().value()); });
    // Without the warm-up calls and the calls that were late; time_calls keeps the last of each
    // call.
    put(times, slowest_compute(compute, times.own.size()));
  }

 private:
  /// One gradient; gives the time of the compute part.
  Seconds step() {
    const Seconds start = now();
    data_.gradient_sum(weights_, sum_);
    const Seconds computed = now();
    all_reduce_->run({.in = std::as_bytes(std::span(sum_)),
                      .out = std::as_writable_bytes(std::span(gradient_)),
                      .type = network::ElementType::f64});
    for (double& value : gradient_) value /= static_cast<double>(rows_);
    return computed - start;
  }

  /// Rank 0 computes the whole gradient alone; all ranks must hold it, and hold the same bits.
  std::string verify() {
    std::string complaint;
    constexpr double tolerance = 1e-12;
    if (communicator_.rank() == 0) {
      std::vector<double> alone(plan_.features, 0.0), part(plan_.features);
      for (const Shard& shard : equal_shards(rows_, static_cast<int>(1 + rows_ / 1'000'000))) {
        RegressionData(shard, plan_.features).gradient_sum(weights_, part);
        for (std::size_t j = 0; j < alone.size(); ++j) alone[j] += part[j];
      }
      for (double& value : alone) value /= static_cast<double>(rows_);
      const double difference = relative_difference(gradient_, alone);
      if (!(difference <= tolerance))
        complaint =
            fmt::format("gradient differs from one rank's by {:.2g} (relative)", difference);
    }
    const std::uint64_t mine = collectives::hash(std::as_bytes(std::span(gradient_)));
    for (const auto& other : communicator_.gather_all(std::as_bytes(std::span(&mine, 1))))
      if (!std::equal(other.begin(), other.end(), std::as_bytes(std::span(&mine, 1)).begin()))
        complaint = "ranks hold different gradients";
    return collectives::agree(communicator_, complaint);
  }

  /// Per call the maximum over the ranks, of the last `calls` calls.
  std::vector<double> slowest_compute(const std::vector<double>& mine, std::size_t calls) {
    const std::span<const double> kept = std::span(mine).last(std::min(calls, mine.size()));
    std::vector<double> slowest(kept.size(), 0.0);
    for (const auto& bytes : communicator_.gather_all(std::as_bytes(kept))) {
      const auto* const values = reinterpret_cast<const double*>(bytes.data());
      for (std::size_t i = 0; i < slowest.size(); ++i) slowest[i] = std::max(slowest[i], values[i]);
    }
    return slowest;
  }

  Record row(std::string_view metric, std::string_view unit) const {
    Record record = context_.row(probe_name, metric, unit);
    record.threads = 1;
    record.bytes = static_cast<std::int64_t>(plan_.features * sizeof(double));
    record.dtype = "f64";
    record.operation = "linear_regression";
    record.algorithm = plan_.algorithm;
    record.scaling = plan_.is_weak ? "weak" : "strong";
    return record;
  }
  void put(std::string_view metric, std::string_view unit, std::vector<double> values) {
    Record record = with_samples(row(metric, unit), std::move(values));
    if (!is_single_threaded_)
      record = marked_untrusted(record, "this BLAS cannot be told to use one thread per rank");
    context_.sink.put(record);
  }
  void put(const CallTimes& times, const std::vector<double>& compute) {
    std::vector<double> throughput, exposed;
    const double slowest = median(compute);
    for (const double seconds : times.global) {
      throughput.push_back(1 / seconds);
      exposed.push_back(std::max(0.0, seconds - slowest));
    }
    put("step_time", unit::seconds, times.global);
    put("throughput", unit::hertz, std::move(throughput));
    put("compute_time", unit::seconds, compute);
    put("exposed_time", unit::seconds, std::move(exposed));
  }

  RankContext& context_;
  network::Communicator& communicator_;
  Plan plan_;
  std::size_t rows_;
  RegressionData data_;
  std::unique_ptr<collectives::AllReduce> all_reduce_;
  std::vector<double> weights_, sum_, gradient_;
  bool is_single_threaded_ = false;
};

const bool registered = Registry<network::RankProbe>::add(
    {.about =
         {.kind = "workload",
          .name = std::string(probe_name),
          .summary = "Data-parallel gradient of a linear regression (100,000 rows, 50 "
                     "features) over the ranks.",
          .metrics = {{"step_time", "s", "One gradient, agreed start to the last rank's end.",
                       Better::lower},
                      {"throughput", "Hz", "Gradients per second: 1 / step_time.", Better::higher},
                      {"compute_time", "s", "The slowest rank's part before the all-reduce.",
                       Better::lower},
                      {"exposed_time", "s",
                       "step_time beyond the median compute_time: communication and waiting.",
                       Better::lower}},
          .verification =
              "equals the gradient of one rank to 1e-12 relative, the same bits on all ranks",
          .settings = {{"rows", "Rows of the data set; with weak scaling, of each rank", "100000"},
                       {"features", "Columns of the data set", "50"},
                       {"algorithm", "All-reduce algorithm, see assay list algorithms",
                        "recursive_doubling"}}},
     .ranks_min = 1,
     .expected_time = [](int, Profile profile) { return profile == Profile::quick ? 0.8_s : 5_s; },
     .run = [](RankContext& context) { Workload(context).run(); }});

}  // namespace
}  // namespace assay::workloads
