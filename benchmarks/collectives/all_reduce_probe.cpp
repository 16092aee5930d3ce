/// @file
/// collective.allreduce: every all-reduce algorithm over a range of sizes, verified, timed and
/// predicted.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/sizes.hpp"
#include "benchmarks/collectives/step_costs.hpp"
#include "benchmarks/collectives/timing.hpp"
#include "benchmarks/collectives/verification.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/statistics.hpp"
#include "probes/host/topology.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/network/transport/sleep.hpp"
#include "probes/network/transport/traffic.hpp"

namespace assay::collectives {
namespace {

using network::ElementType;
using network::Operation;
using network::RankContext;

constexpr std::string_view probe_name = "collective.allreduce";

/// Fewer do not tell the lanes apart.
constexpr Seconds least_calibration = 100_ms;

struct AllReduceOptions {
  std::vector<const AllReduceAlgorithm*> algorithms;
  std::vector<Bytes> sizes;
  ElementType type = ElementType::f32;
  Operation operation = Operation::sum;
  Seconds per_point;
  Seconds calibration;
};

Seconds time_per_point(Profile profile) {
  switch (profile) {
    case Profile::quick:
      return 15_ms;
    case Profile::standard:
      return 200_ms;
    case Profile::thorough:
      return 1_s;
  }
  return 15_ms;
}

AllReduceOptions make_options(const network::SettingLookup& setting, Profile profile) {
  AllReduceOptions options;
  options.per_point = time_per_point(profile);
  options.calibration = profile == Profile::quick ? Seconds(0.4) : Seconds(2);
  const std::string names = setting("algorithm");
  if (names.empty()) {
    options.algorithms = Registry<AllReduceAlgorithm>::all();
  } else {
    for (const std::string& name : split_list(names))
      options.algorithms.push_back(&find_all_reduce(name));
  }
  options.sizes = sizes_from(setting("bytes"), profile);
  if (const std::string name = setting("dtype"); !name.empty()) {
    const auto type = network::parse_element_type(name);
    if (!type)
      throw UsageError("unknown element type '" + name + "'; expected f32, f64, i32 or bf16");
    options.type = *type;
  }
  if (const std::string name = setting("operation"); !name.empty()) {
    const auto operation = network::parse_operation(name);
    if (!operation)
      throw UsageError("unknown operation '" + name + "'; expected sum, max, min or prod");
    options.operation = *operation;
  }
  for (Bytes& size : options.sizes) {
    const std::size_t element = network::size_of(options.type);
    size = bytes_of(std::max<std::size_t>(1, to_size(size) / element) * element);
  }
  return options;
}

/// Why the vectors of a point do not fit; empty when they do. The same on all ranks.
std::string memory_unsupported_reason(network::Communicator& communicator, Bytes cap,
                                      Bytes per_rank) {
  int neighbours = 0;
  for (int rank = 0; rank < communicator.size(); ++rank)
    neighbours +=
        communicator.place(rank).node == communicator.place(communicator.rank()).node ? 1 : 0;
  const Bytes needed = static_cast<double>(neighbours) * per_rank;
  std::string complaint;
  if (needed > 0.8 * cap)
    complaint =
        fmt::format("needs {} on this host, which has {}", format_bytes(needed), format_bytes(cap));
  return agree(communicator, complaint);
}

class Sweep {
 public:
  explicit Sweep(RankContext& context)
      : context_(context),
        communicator_(context.communicator),
        options_(make_options(context.setting, context.profile)) {
    options_.per_point = context.round.share(options_.per_point);
    options_.calibration = std::max(context.round.share(options_.calibration), least_calibration);
  }

  /// What cannot be measured is said first; then everything else is timed.
  void run() {
    const Bytes cap = discover_machine().memory_cap;
    std::vector<Point> points;
    for (const AllReduceAlgorithm* algorithm : options_.algorithms) {
      const std::string unsupported_reason = algorithm->unsupported_reason(communicator_);
      for (const Bytes size : options_.sizes) {
        if (!context_.round.wants(row(*algorithm, "time", unit::seconds, size))) continue;
        const std::string why =
            unsupported_reason.empty()
                ? memory_unsupported_reason(communicator_, cap, memory_of(*algorithm, size))
                : unsupported_reason;
        if (why.empty()) {
          points.push_back({algorithm, size});
        } else {
          put_nothing(*algorithm, size, skipped(why));
        }
      }
    }
    if (!points.empty()) measure_all(points);
  }

 private:
  struct Point {
    const AllReduceAlgorithm* algorithm;
    Bytes size;
  };

  /// Of one rank: in and out of the timed and of the verified call, and what the algorithm keeps.
  Bytes memory_of(const AllReduceAlgorithm& algorithm, Bytes size) {
    return 4 * size + algorithm.scratch(shape_of(communicator_, size));
  }

  void measure_all(const std::vector<Point>& points) {
    if (communicator_.size() > 1) {
      Bytes largest{0};
      for (const Point& point : points) largest = std::max(largest, point.size);
      context_.progress(0, "what a step costs");
      costs_ = measure_step_costs(communicator_, {.largest = std::min(largest, 16_MiB),
                                                  .budget = options_.calibration,
                                                  .type = options_.type});
    }
    std::unique_ptr<AllReduce> all_reduce;
    const AllReduceAlgorithm* prepared = nullptr;
    double done = 0;
    for (const Point& point : points) {
      const AllReduceAlgorithm& algorithm = *point.algorithm;
      context_.progress(
          0.1 + 0.9 * done++ / static_cast<double>(points.size()),
          fmt::format("all-reduce {} {}", algorithm.about.name, format_bytes(point.size)));
      if (prepared != &algorithm) {
        all_reduce.reset();
        all_reduce = algorithm.prepare(communicator_);
        prepared = &algorithm;
      }
      measure(algorithm, *all_reduce, point.size);
    }
  }

  Record row(const AllReduceAlgorithm& algorithm, std::string_view metric, std::string_view unit,
             Bytes size) const {
    Record record = context_.row(probe_name, metric, unit);
    record.bytes = static_cast<std::int64_t>(size.value());
    record.dtype = to_string(options_.type);
    record.operation = to_string(options_.operation);
    record.algorithm = algorithm.about.name;
    record.topology = algorithm.topology;
    // A lane of its own: on one host no byte of it touches the fabric.
    if (algorithm.shares_memory && algorithm.topology != "hierarchical")
      record.provider = "shared memory";
    return record;
  }
  void put_nothing(const AllReduceAlgorithm& algorithm, Bytes size, const NoValue& none) {
    context_.sink.put(without_value(row(algorithm, "time", unit::seconds, size), none));
  }

  void measure(const AllReduceAlgorithm& algorithm, AllReduce& all_reduce, Bytes size) {
    const std::size_t bytes = to_size(size);
    const std::size_t count = bytes / network::size_of(options_.type);
    Verifier verifier(communicator_, all_reduce);
    verifier.check(options_.type, options_.operation, count, false);
    std::string complaint = verifier.verdict();
    if (!complaint.empty()) return put_nothing(algorithm, size, incorrect(complaint));

    const std::span<std::byte> in = in_.get(bytes), out = out_.get(bytes);
    fill_exact(in, options_.type, options_.operation, communicator_.rank(), 3);
    const AllReduceCall call{
        .in = in, .out = out, .type = options_.type, .operation = options_.operation};
    const CallTimes times =
        time_calls(communicator_, {.budget = options_.per_point}, [&] { all_reduce.run(call); });
    // What was timed is checked too, not only what was verified before.
    complaint = agree(communicator_,
                      check_exact(out, options_.type, options_.operation, communicator_.size(), 3));
    if (!complaint.empty()) return put_nothing(algorithm, size, incorrect(complaint));
    put_times(algorithm, all_reduce, size, times);
    // What another algorithm sends stands in that algorithm's row.
    if (communicator_.size() > 1 && !algorithm.chooses)
      network::put_traffic(context_.sink, row(algorithm, "", unit::one, size),
                           communicator_.sum_over_ranks(verifier.sent()));
  }

  void put_times(const AllReduceAlgorithm& algorithm, const AllReduce& all_reduce, Bytes size,
                 const CallTimes& times) {
    const int ranks = communicator_.size();
    const Stragglers stragglers = straggler_amplification(communicator_, times);
    Record time = with_samples(row(algorithm, "time", unit::seconds, size), times.global);
    // Where the agreed instant is not known well, a short time is not either.
    if (2 * times.clock_bound.value() > 0.1 * time.median)
      time = marked_untrusted(
          time, fmt::format("clock offsets are known to {} only", format(2 * times.clock_bound)));
    if (network::share_cores(communicator_) && times.entry_bound.value() > 0.1 * time.median)
      time = marked_untrusted(time, fmt::format("ranks share cores and enter up to {} late",
                                                format(times.entry_bound)));
    if (times.late * 2 > static_cast<int>(times.global.size()))
      time = marked_untrusted(time, fmt::format("{} calls were entered late", times.late));
    context_.sink.put(time);
    if (ranks > 1) {
      std::vector<double> rates;
      for (const double seconds : times.global)
        rates.push_back(all_reduce_bus_bandwidth(ranks, size, Seconds(seconds)).value());
      put(algorithm, "bus_bandwidth", unit::bytes_per_second, size, std::move(rates));
      put(algorithm, "time_p99", unit::seconds, size, {quantile(times.global, 0.99)});
      put(algorithm, "late_calls", unit::one, size, {static_cast<double>(times.late)});
      put(algorithm, "clock_bound", unit::seconds, size, {times.clock_bound.value()});
      put(algorithm, "slow_call_share", unit::one, size, {stragglers.measured});
      put(algorithm, "slow_call_share_independent", unit::one, size, {stragglers.expected});
      const AllReduceAlgorithm& predicted_for =
          all_reduce.used().empty() ? algorithm : find_all_reduce(all_reduce.used());
      const Seconds predicted =
          costs_.predict(predicted_for.cost(shape_of(communicator_, size)), size);
      put(algorithm, "predicted_time", unit::seconds, size, {predicted.value()});
      put(algorithm, "measured_to_predicted", unit::one, size, {time.median / predicted.value()});
    }
  }
  void put(const AllReduceAlgorithm& algorithm, std::string_view metric, std::string_view unit,
           Bytes size, std::vector<double> values) {
    context_.sink.put(with_samples(row(algorithm, metric, unit, size), std::move(values)));
  }

  RankContext& context_;
  network::Communicator& communicator_;
  AllReduceOptions options_;
  LaneCosts costs_;
  Scratch in_, out_;
};

const bool all_reduce_probe_registered = Registry<network::RankProbe>::add(
    {.about =
         {.kind = "collective",
          .name = std::string(probe_name),
          .summary = "Time of an all-reduce by algorithm and size, with its predicted time.",
          .metrics = {{"time", "s", "From the agreed start to the last rank's end, per call.",
                       Better::lower},
                      {"bus_bandwidth", "B/s", "bytes / time x 2(p-1)/p: what each port sustains.",
                       Better::higher},
                      {"time_p99", "s", "99th percentile of the time over calls.", Better::lower},
                      {"predicted_time", "s", "From the step costs measured in the same launch.",
                       Better::neither},
                      {"measured_to_predicted", "1",
                       "Median time over predicted time; above 1.3 is a finding.", Better::neither},
                      {"late_calls", "1", "Calls left out because a rank missed the agreed start.",
                       Better::neither},
                      {"clock_bound", "s", "The ranks' clocks are offset by no more than that.",
                       Better::neither},
                      {"slow_call_share", "1",
                       "Calls in which some rank exceeded its own 90th percentile.", Better::lower},
                      {"slow_call_share_independent", "1",
                       "The same if ranks were slow independently: 1-(1-t)^p.", Better::neither},
                      network::messages_metric("all ranks in one call"),
                      network::bytes_sent_metric("all ranks in one call")},
          .verification =
              "exact integers, f64 error bound, equal bits on all ranks and in repeated calls, "
              "guard bytes; before timing, and the timed result after it",
          .settings = {{"bytes", "Sizes, e.g. 8B,16KiB,4MiB", "the profile's"},
                       {"algorithm", "Algorithms, e.g. ring,auto; see assay list algorithms",
                        "all"},
                       {"dtype", "f32, f64, i32 or bf16", "f32"},
                       {"operation", "sum, max, min or prod", "sum"}}},
     .ranks_min = 1,
     .expected_time =
         [](int, Profile profile) {
           const double points = static_cast<double>(Registry<AllReduceAlgorithm>::all().size() *
                                                     sizes_from("", profile).size());
           return 0.5_s + points * 2.5 * time_per_point(profile);
         },
     .run = [](RankContext& context) { Sweep(context).run(); },
     .check_settings = [](const network::SettingLookup& setting,
                          Profile profile) { static_cast<void>(make_options(setting, profile)); }});

}  // namespace
}  // namespace assay::collectives
