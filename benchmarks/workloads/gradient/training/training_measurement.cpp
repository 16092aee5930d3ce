#include "benchmarks/workloads/gradient/training/training_measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "benchmarks/collectives/timing.hpp"
#include "benchmarks/workloads/gradient/models/calibrated_work.hpp"
#include "benchmarks/workloads/gradient/schedules/core_split.hpp"
#include "benchmarks/workloads/gradient/schedules/overlap.hpp"
#include "benchmarks/workloads/gradient/training/training_check.hpp"
#include "probes/core/statistics.hpp"
#include "probes/network/transport/traffic.hpp"

namespace assay::workloads {
namespace {

using collectives::CallTimes;
using network::RankContext;

/// Puts rows of one training.
class Rows {
 public:
  Rows(RankContext& context, const TrainingOptions& options, std::size_t bytes, std::string dtype,
       bool is_weak, bool is_single_threaded)
      : context_(context), is_single_threaded_(is_single_threaded) {
    key_ = context.row(gradient_probe, "", unit::one);
    key_.threads = 1;
    key_.bytes = static_cast<std::int64_t>(bytes);
    key_.dtype = dtype;
    key_.operation = operation_name(options);
    key_.algorithm = options.outer->is_agreed ? options.algorithm : options.outer->about.name;
    key_.topology = options.outer->is_agreed
                        ? collectives::find_all_reduce(options.algorithm).topology
                        : std::string("ring");
    key_.scaling = is_weak ? "weak" : "strong";
  }
  /// `doubt`: why not to trust the values.
  void put(std::string_view metric, std::string_view unit, std::vector<double> values,
           const std::string& doubt = {}) {
    Record record = with_samples(row(metric, unit), std::move(values));
    if (!doubt.empty()) record = marked_untrusted(record, doubt);
    if (!is_single_threaded_)
      record = marked_untrusted(record, "this BLAS cannot be told to use one thread per rank");
    context_.sink.put(record);
  }
  void put(std::string_view metric, std::string_view unit, const NoValue& none) {
    context_.sink.put(without_value(row(metric, unit), none));
  }
  void put_traffic(const network::Traffic& sent) {
    network::put_traffic(context_.sink, row("", unit::one), sent);
  }
  /// Of one rank, which the host column names.
  void put_of_rank(int rank, std::string_view metric, std::string_view unit,
                   std::vector<double> values, const std::string& doubt = {}) {
    Record record = with_samples(row(metric, unit), std::move(values));
    if (!doubt.empty()) record = marked_untrusted(record, doubt);
    record.host = fmt::format("{} rank {}", context_.communicator.place(rank).host, rank);
    context_.sink.put(record);
  }

 private:
  Record row(std::string_view metric, std::string_view unit) const {
    Record record = key_;
    record.metric = metric;
    record.unit = unit;
    return record;
  }
  RankContext& context_;
  bool is_single_threaded_;
  Record key_;
};

/// What the kept calls of one measurement say, on all ranks alike.
struct Measured {
  CallTimes times;
  /// [rank][call], seconds per step.
  std::vector<std::vector<double>> compute, encode, send, wait;
  std::vector<RoundWork> work;  ///< Of this rank, by call.

  [[nodiscard]] std::vector<double> slowest(const std::vector<std::vector<double>>& parts) const {
    std::vector<double> worst(parts.front().size(), 0.0);
    for (const auto& of_rank : parts)
      for (std::size_t i = 0; i < worst.size(); ++i) worst[i] = std::max(worst[i], of_rank[i]);
    return worst;
  }
};

/// The compute is the same whatever the technique, unless it keeps cores from it: one timing of it
/// serves both forecasts, lest its noise decide between them.
void share_compute(const StepForecast& from, StepForecast& to) {
  to.compute = from.compute;
  for (std::size_t b = 0; b < to.buckets.size(); ++b) to.buckets[b].ready = from.buckets[b].ready;
}

class Measurement {
 public:
  Measurement(RankContext& context, const TrainingOptions& options, const TrainingMode& mode)
      : context_(context),
        communicator_(context.communicator),
        options_(options),
        is_detailed_(mode.is_detailed),
        trainer_(communicator_, options),
        rows_(context, options_, trainer_.weights().size(),
              options.compressor->dtype.empty() ? std::string(to_string(trainer_.type()))
                                                : options.compressor->dtype,
              mode.is_weak, make_blas_single_threaded()) {}

  /// `baseline`: forecast of bf16 with overlap.
  void run(const WireCosts& wire, const std::optional<StepForecast>& baseline) {
    if (options_.schedule->keeps_cores && communicator_.size() > 1)
      if (const Outcome<CoreSplit> split = split_cores(communicator_); !split)
        return rows_.put("step_time", unit::seconds, NoValue{split.status(), split.reason()});
    const int rounds = !is_detailed_ ? 1 : by_profile(context_.profile, 4, 8, 30);
    const TrainingCheck check = check_training(communicator_, trainer_, options_, rounds);
    if (!check.complaint.empty())
      return rows_.put("step_time", unit::seconds, incorrect(check.complaint));
    if (is_detailed_) put_forecast(wire, baseline);
    const Measured measured = measure_rounds(trainer_, timing());
    put_step(measured);
    put_work(measured.work);
    // Of each training at least once: every rank's rows of every launch would be most of the run.
    if (is_detailed_ || context_.launch == 1) put_breakdown(measured);
    if (!is_detailed_) return;
    rows_.put("round_time", unit::seconds,
              {median(measured.times.global) * trainer_.steps_per_round()});
    rows_.put("loss", unit::one, check.losses);
    rows_.put("error_norm", unit::one, {check.error_norm});
    if (check.naive_average_error)
      rows_.put("naive_average_error", unit::one, {*check.naive_average_error});
    if (communicator_.size() > 1) put_overlap();
    if (communicator_.size() > 1) put_stragglers(measured);
    if (options_.disturbance.noise.value() > 0) put_noise(measured);
  }

 private:
  static constexpr int turns = 5;

  [[nodiscard]] collectives::TimingOptions timing() const {
    if (!is_detailed_)
      return {.budget = context_.profile == Profile::quick ? 300_ms : Seconds(3),
              .min_calls = 15,
              .max_calls = 2000};
    return {.budget = by_profile(context_.profile, 200_ms, 1_s, 5_s),
            .min_calls = 5,
            .max_calls = 2000,
            .warmup = 2};
  }

  Measured measure_rounds(Trainer& trainer, const collectives::TimingOptions& timing) {
    std::vector<RoundTimes> all;
    Measured measured;
    measured.times = collectives::time_calls(communicator_, timing, [&] {
      all.push_back(trainer.round());
      measured.work.push_back(trainer.work());
    });
    const double steps = trainer.steps_per_round();
    for (auto* times : {&measured.times.global, &measured.times.own})
      for (double& time : *times) time /= steps;
    // Without the warm-up calls; time_calls keeps the last of each call.
    const std::size_t kept = std::min(measured.times.own.size(), all.size());
    const std::span<const RoundTimes> last = std::span(all).last(kept);
    const auto gather = [&](Seconds RoundTimes::*part) {
      std::vector<double> mine;
      for (const RoundTimes& times : last) mine.push_back((times.*part).value() / steps);
      std::vector<std::vector<double>> of_ranks;
      for (const auto& bytes : communicator_.gather_all(std::as_bytes(std::span(mine)))) {
        const auto* const values = reinterpret_cast<const double*>(bytes.data());
        of_ranks.emplace_back(values, values + kept);
      }
      return of_ranks;
    };
    measured.compute = gather(&RoundTimes::compute);
    measured.encode = gather(&RoundTimes::encode);
    measured.send = gather(&RoundTimes::send);
    measured.wait = gather(&RoundTimes::wait);
    return measured;
  }

  void put_step(const Measured& measured) {
    const std::vector<double> compute = measured.slowest(measured.compute);
    const double slowest = median(compute);
    std::vector<double> throughput, exposed;
    for (const double seconds : measured.times.global) {
      throughput.push_back(1 / seconds);
      exposed.push_back(std::max(0.0, seconds - slowest));
    }
    rows_.put("step_time", unit::seconds, measured.times.global);
    rows_.put("throughput", unit::hertz, std::move(throughput));
    rows_.put("compute_time", unit::seconds, compute);
    rows_.put("exposed_time", unit::seconds, std::move(exposed));
  }

  /// A count that differs from round to round would be no count of the program's.
  void put_work(const std::vector<RoundWork>& rounds) {
    const RoundWork& mine = rounds.front();
    const bool repeats = std::all_of(rounds.begin(), rounds.end(),
                                     [&](const RoundWork& round) { return round == mine; });
    const network::Traffic sent = communicator_.sum_over_ranks(mine.sent);
    const double flops = sum_over_ranks(mine.flops.value_or(0));
    const std::vector<double> all_repeat = communicator_.gather_all(repeats ? 1.0 : 0.0);
    if (std::count(all_repeat.begin(), all_repeat.end(), 0.0) > 0)
      return rows_.put("flops", unit::flops,
                       skipped("work or traffic differs from round to round"));
    if (mine.flops) rows_.put("flops", unit::flops, {flops});
    // What `auto` sends depends on what it chose.
    const bool chooses =
        options_.outer->is_agreed && collectives::find_all_reduce(options_.algorithm).chooses;
    if (communicator_.size() > 1 && !chooses) rows_.put_traffic(sent);
  }

  void put_breakdown(const Measured& measured) {
    rows_.put("encode_time", unit::seconds, measured.slowest(measured.encode));
    rows_.put("send_time", unit::seconds, measured.slowest(measured.send));
    rows_.put("wait_time", unit::seconds, measured.slowest(measured.wait));
    for (int rank = 0; rank < communicator_.size(); ++rank) {
      const auto r = static_cast<std::size_t>(rank);
      rows_.put_of_rank(rank, "rank_compute_time", unit::seconds, measured.compute[r]);
      rows_.put_of_rank(rank, "rank_encode_time", unit::seconds, measured.encode[r]);
      rows_.put_of_rank(rank, "rank_send_time", unit::seconds, measured.send[r]);
      rows_.put_of_rank(rank, "rank_wait_time", unit::seconds, measured.wait[r]);
    }
  }

  /// Before the step is measured: what the model says of it.
  void put_forecast(const WireCosts& wire, const std::optional<StepForecast>& baseline) {
    StepForecast step = forecast(communicator_, trainer_, options_);
    if (baseline && !options_.schedule->keeps_cores) share_compute(*baseline, step);
    const auto put_predicted = [&](std::string_view metric, std::string_view unit, auto value) {
      if (communicator_.size() == 1 || wire.bandwidth)
        rows_.put(metric, unit, {value()});
      else
        rows_.put(metric, unit, NoValue{wire.bandwidth.status(), wire.bandwidth.reason()});
    };
    put_predicted("predicted_step_time", unit::seconds,
                  [&] { return predict_step(step, wire).value(); });
    if (communicator_.size() == 1) return;
    put_predicted("wire_bandwidth", unit::bytes_per_second,
                  [&] { return wire.bandwidth->value.value(); });
    if (!baseline) return;
    put_predicted("predicted_gain", unit::one,
                  [&] { return predict_step(*baseline, wire) / predict_step(step, wire); });
    put_break_even(break_even(step, *baseline, wire), wire);
  }

  void put_break_even(const std::optional<BytesPerSecond>& pays_below, const WireCosts& wire) {
    const auto is_at_an_end = !pays_below || std::isinf(pays_below->value());
    std::string verdict = pays_below ? "pays at every bandwidth here" : "pays at no bandwidth here";
    if (is_at_an_end) {
      rows_.put("break_even_bandwidth", unit::bytes_per_second, skipped(verdict));
    } else {
      verdict = fmt::format("pays below {} here", format(*pays_below));
      if (wire.bandwidth) verdict += ", which has " + format(wire.bandwidth->value);
      rows_.put("break_even_bandwidth", unit::bytes_per_second, {pays_below->value()});
    }
    context_.progress(0.5, fmt::format("{}: {}", operation_name(options_), verdict));
  }

  /// A share of the usual calls: the parts of a step are timed in turns, so that a machine whose
  /// speed drifts does not take a part for longer than it is.
  [[nodiscard]] collectives::TimingOptions timing_of_a_turn() const {
    collectives::TimingOptions options = timing();
    options.budget = options.budget / turns;
    options.min_calls = 2;
    options.warmup = 1;
    return options;
  }

  [[nodiscard]] double sum_over_ranks(double mine) const {
    double sum = 0;
    for (const double of_rank : communicator_.gather_all(mine)) sum += of_rank;
    return sum;
  }

  StepParts time_parts() {
    const double steps = trainer_.steps_per_round();
    const auto append = [](std::vector<double>& to, const std::vector<double>& values) {
      to.insert(to.end(), values.begin(), values.end());
    };
    const auto add_calls = [&](std::vector<double>& to, const auto& call) {
      std::vector<double> times =
          collectives::time_calls(communicator_, timing_of_a_turn(), call).global;
      for (double& time : times) time /= steps;
      append(to, times);
    };
    CalibratedWork work;
    double pieces = 0, calls = 0;
    StepParts parts;
    for (int turn = 0; turn < turns; ++turn) {
      const Measured step = measure_rounds(trainer_, timing_of_a_turn());
      append(parts.step, step.times.global);
      append(parts.compute_in_step, step.slowest(step.compute));
      add_calls(parts.compute_alone, [&] { static_cast<void>(trainer_.compute_only()); });
      if (options_.schedule->keeps_cores)
        add_calls(parts.compute_on_all_cores, [&] { trainer_.compute_on_all_cores(); });
      add_calls(parts.communication_alone, [&] { trainer_.communicate_only(); });
      add_calls(parts.communication_beside_pieces, [&] {
        ++calls;
        trainer_.communicate_beside([&] { work.one(), ++pieces; });
      });
    }
    // Of the ranks that have compute to put there: a parameter server without rows has none.
    const auto rows = static_cast<double>(trainer_.own_rows());
    parts.pieces =
        sum_over_ranks(rows * work.each().value() * pieces / calls / steps) / sum_over_ranks(rows);
    return parts;
  }

  void put_overlap() {
    const StepParts parts = time_parts();
    const Overlap overlap = judge_overlap(parts);
    rows_.put("pure_compute_time", unit::seconds, parts.compute_alone);
    rows_.put("pure_communication_time", unit::seconds, parts.communication_alone);
    rows_.put("hideable_time", unit::seconds, {overlap.hideable});
    rows_.put("overlap_fraction", unit::one, overlap.fraction, overlap.fraction_doubt);
    rows_.put("hidden_share", unit::one, overlap.hidden_share, overlap.share_doubt);
    rows_.put("compute_slowdown", unit::one, {overlap.compute_slowdown}, overlap.slowdown_doubt);
  }

  /// The rank whose compute takes longest, by name, and by how much it exceeds the usual one.
  void put_stragglers(const Measured& measured) {
    std::vector<double> of_ranks;
    for (const auto& compute : measured.compute) of_ranks.push_back(median(compute));
    const auto slowest = std::max_element(of_ranks.begin(), of_ranks.end());
    const auto rank = static_cast<std::size_t>(slowest - of_ranks.begin());
    std::vector<double> others;
    double highest = 0;  // of the others' intervals
    for (std::size_t other = 0; other < of_ranks.size(); ++other) {
      if (other == rank) continue;
      others.push_back(of_ranks[other]);
      highest = std::max(highest, median_interval(measured.compute[other]).high);
    }
    const bool is_clear = median_interval(measured.compute[rank]).low > highest;
    rows_.put_of_rank(static_cast<int>(rank), "straggler_excess", unit::one,
                      {*slowest / median(others) - 1},
                      is_clear ? "" : "its compute is not clear of the other ranks' by the noise");
  }

  /// The slowest rank's compute beyond the mean rank's, against what independent noise predicts.
  void put_noise(const Measured& measured) {
    const int ranks = communicator_.size();
    std::vector<double> beyond;
    for (std::size_t i = 0; i < measured.compute.front().size(); ++i) {
      double slowest = 0, sum = 0;
      for (const auto& of_rank : measured.compute) {
        slowest = std::max(slowest, of_rank[i]);
        sum += of_rank[i];
      }
      beyond.push_back(slowest - sum / ranks);
    }
    const double sigma = options_.disturbance.noise.value();
    TrainingOptions quiet_options = options_;
    quiet_options.disturbance.noise = Seconds(0);
    Trainer quiet(communicator_, quiet_options);
    const Measured undisturbed = measure_rounds(quiet, timing());
    // Means, since the law is of a mean: its samples are one per step.
    rows_.put("noise_penalty", unit::seconds, {mean(beyond)});
    rows_.put(
        "noise_step_penalty", unit::seconds,
        {mean(measured.times.global) - mean(undisturbed.times.global) - noise_offset * sigma});
    rows_.put("noise_penalty_expected", unit::seconds,
              {sigma * expected_maximum_of_normals(ranks)});
    rows_.put("noise_penalty_law", unit::seconds, {sigma * std::sqrt(2 * std::log(ranks))});
  }

  RankContext& context_;
  network::Communicator& communicator_;
  TrainingOptions options_;
  bool is_detailed_;
  Trainer trainer_;
  Rows rows_;
};

}  // namespace

void measure_training(RankContext& context, const TrainingOptions& options,
                      const TrainingMode& mode, const WireCosts& wire,
                      const std::optional<StepForecast>& baseline) {
  Measurement(context, options, mode).run(wire, baseline);
}

}  // namespace assay::workloads
