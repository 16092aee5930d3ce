/// @file
/// workload.synthetic: a step whose truth is known, to hold laws and their intervals against.
///
///   strong scaling  T(N) = serial + parallel/N + all-reduce(bytes, N)
///   weak scaling    T(N) = serial + parallel   + all-reduce(bytes, N)
///
/// Compute is a calibrated wait: a rank sleeps through its part, so that tens of ranks may share a
/// core and still take the time they should. While rank 0 does the serial part the others wait for
/// its word, which travels down a binomial tree. Traffic is real. Known besides: the spread of
/// launches, where one is asked for (a log-normal factor on the compute of each launch).
/// Not modelled: memory traffic, caches, turbo: nothing is computed.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <random>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/sizes.hpp"
#include "benchmarks/collectives/timing.hpp"
#include "benchmarks/collectives/verification.hpp"
#include "benchmarks/workloads/pop_factors.hpp"
#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/statistics.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/network/transport/sleep.hpp"

namespace assay::workloads {
namespace {

using collectives::CallTimes;
using network::ElementType;
using network::RankContext;
using network::SettingLookup;

constexpr std::string_view synthetic_name = "workload.synthetic";
constexpr network::Tag word_tag = 0x0e00;
/// A wait longer than asked for by more than both is no longer the known truth.
constexpr double tolerated_overrun = 0.01;
constexpr Seconds tolerated_lateness = 100_us;

struct SyntheticOptions {
  Seconds serial = 2_ms, parallel = 98_ms;
  Bytes bytes = 64_KiB;
  bool is_weak = false;
  std::string algorithm = "auto";
  double launch_deviation = 0;
  std::uint64_t seed = 1;
  int steps = 5;
};

double number_setting(const SettingLookup& setting, const std::string& key, double fallback,
                      double least, double most) {
  const std::string text = setting(key);
  if (text.empty()) return fallback;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      !(value >= least && value <= most))
    throw UsageError(
        fmt::format("--{}: '{}'; expected a number from {} to {}", key, text, least, most));
  return value;
}

/// The name says seconds, so a bare number is one; "20ms" is understood too.
Seconds seconds_setting(const SettingLookup& setting, const std::string& key, Seconds fallback) {
  const std::string text = setting(key);
  if (text.empty()) return fallback;
  const bool has_unit = std::isalpha(static_cast<unsigned char>(text.back())) != 0;
  return has_unit ? parse_seconds(text, "--" + key)
                  : Seconds(number_setting(setting, key, 0, 0, 3600));
}

SyntheticOptions make_options(const SettingLookup& setting, Profile profile) {
  SyntheticOptions options;
  options.serial = seconds_setting(setting, "serial-seconds", options.serial);
  options.parallel = seconds_setting(setting, "parallel-seconds", options.parallel);
  if (options.serial + options.parallel <= Seconds(0))
    throw UsageError("--serial-seconds and --parallel-seconds are both 0: a step takes time");
  if (const auto sizes = collectives::split_list(setting("bytes")); !sizes.empty())
    options.bytes = parse_bytes(sizes.front(), "--bytes");
  options.bytes = Bytes(4 * std::floor(options.bytes.value() / 4));  // whole f32
  if (const std::string scaling = setting("scaling"); !scaling.empty()) {
    if (scaling != "strong" && scaling != "weak")
      throw UsageError("unknown scaling '" + scaling + "'; expected strong or weak");
    options.is_weak = scaling == "weak";
  }
  if (const auto names = collectives::split_list(setting("algorithm")); !names.empty())
    options.algorithm = names.front();
  static_cast<void>(collectives::find_all_reduce(options.algorithm));
  options.launch_deviation =
      number_setting(setting, "launch-deviation", options.launch_deviation, 0, 0.5);
  options.seed = static_cast<std::uint64_t>(number_setting(setting, "seed", 1, -2147483648., 4e9));
  options.steps = static_cast<int>(
      number_setting(setting, "timed-steps", by_profile(profile, 3, 5, 9), 1, 10'000));
  return options;
}

/// The part of a step that one rank of `ranks` has in the parallel work.
Seconds share_of(const SyntheticOptions& options, int ranks) {
  return options.is_weak ? options.parallel : options.parallel / static_cast<double>(ranks);
}

/// What this launch's compute takes longer than the plan says: log-normal, the same on all ranks,
/// another one for each launch.
double launch_factor(const SyntheticOptions& options, int ranks, int launch) {
  if (options.launch_deviation == 0) return 1;
  std::seed_seq seeds{static_cast<std::uint32_t>(options.seed), static_cast<std::uint32_t>(ranks),
                      static_cast<std::uint32_t>(launch), options.is_weak ? 1U : 0U};
  std::mt19937_64 engine(seeds);
  // Box and Muller by hand: std::normal_distribution differs between standard libraries.
  const auto uniform = [&] { return (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53; };
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return std::exp(options.launch_deviation * radius * std::cos(2 * std::numbers::pi * uniform()));
}

class Workload {
 public:
  explicit Workload(RankContext& context)
      : context_(context),
        communicator_(context.communicator),
        options_(make_options(context.setting, context.profile)),
        algorithm_(collectives::find_all_reduce(options_.algorithm)) {
    const double factor = launch_factor(options_, communicator_.size(), context.launch);
    serial_ = factor * options_.serial;
    parallel_ = factor * share_of(options_, communicator_.size());
  }

  void run() {
    if (has_traffic()) {
      const std::string unsupported_reason = algorithm_.unsupported_reason(communicator_);
      if (!unsupported_reason.empty()) return put_nothing(skipped(unsupported_reason));
      const std::size_t bytes = to_size(options_.bytes);
      in_ = input_.get(bytes);
      out_ = output_.get(bytes);
      collectives::fill_exact(in_, ElementType::f32, network::Operation::sum, communicator_.rank(),
                              1);
      all_reduce_ = algorithm_.prepare(communicator_);
      all_reduce();  // `auto` chooses now, not in a step
    }
    context_.progress(0.2, "synthetic: steps");
    const CallTimes times = collectives::time_calls(
        communicator_,
        {.min_calls = options_.steps, .max_calls = options_.steps, .warmup = 1, .asleep = true},
        [&] { step(); });
    const std::string complaint = collectives::agree(communicator_, verdict());
    if (!complaint.empty()) return put_nothing(incorrect(complaint));
    put(times);
  }

 private:
  [[nodiscard]] bool has_traffic() const { return options_.bytes > Bytes(0); }

  void all_reduce() { all_reduce_->run({.in = in_, .out = out_, .type = ElementType::f32}); }

  void step() {
    const Seconds start = now();
    const Seconds serial_end = start + serial_;
    Seconds computed(0);
    if (serial_ > Seconds(0)) wait_for_serial_part(serial_end);
    if (communicator_.rank() == 0) computed = now() - start;
    const Seconds parallel_start = now();
    network::sleep_until(communicator_, parallel_start + parallel_);
    computed += now() - parallel_start;
    if (has_traffic()) all_reduce();
    compute_.push_back(computed.value());
  }

  /// Rank 0 does it; the others know how long it lasts and sleep too, then wait for the word that
  /// it is done.
  void wait_for_serial_part(Seconds end) {
    const int rank = communicator_.rank(), ranks = communicator_.size();
    std::byte word{};
    int lowest_bit = 1;
    while (lowest_bit < ranks && (rank & lowest_bit) == 0) lowest_bit *= 2;
    network::Request incoming;
    if (rank != 0) incoming = communicator_.receive(rank - lowest_bit, word_tag, {&word, 1});
    network::sleep_until(communicator_, end);
    communicator_.wait(incoming);
    for (int bit = lowest_bit / 2; bit > 0; bit /= 2)
      if (rank + bit < ranks) communicator_.send_now(rank + bit, word_tag, {&word, 1});
  }

  /// Of this rank: what the last all-reduce gave, and that no wait was shorter than planned.
  [[nodiscard]] std::string verdict() const {
    const double shortest = *std::min_element(compute_.begin(), compute_.end());
    if (shortest < planned().value() * (1 - 1e-9))
      return fmt::format("a wait of {} took only {}", format(planned()), format(Seconds(shortest)));
    if (!has_traffic()) return {};
    return collectives::check_exact(out_, ElementType::f32, network::Operation::sum,
                                    communicator_.size(), 1);
  }

  /// Compute of this rank in one step.
  [[nodiscard]] Seconds planned() const {
    return communicator_.rank() == 0 ? serial_ + parallel_ : parallel_;
  }

  [[nodiscard]] Record row(std::string_view metric, std::string_view unit) const {
    Record record = context_.row(synthetic_name, metric, unit);
    record.threads = 1;
    // Part of the key: steps of another truth are another series.
    record.operation = fmt::format("{:g}s+{:g}s{}", options_.serial.value(),
                                   options_.parallel.value(), options_.is_weak ? "" : "/N");
    record.scaling = options_.is_weak ? "weak" : "strong";
    record.bytes = static_cast<std::int64_t>(options_.bytes.value());
    if (!has_traffic()) return record;
    record.dtype = "f32";
    record.algorithm = options_.algorithm;
    record.topology = algorithm_.topology;
    return record;
  }
  void put_nothing(const NoValue& none) {
    context_.sink.put(without_value(row("step_time", unit::seconds), none));
  }
  void put(std::string_view metric, std::string_view unit, std::vector<double> values) {
    Record record = with_samples(row(metric, unit), std::move(values));
    if (overrun_ > tolerated_overrun && overrun_ * planned() > tolerated_lateness)
      record = marked_untrusted(
          record, fmt::format("a calibrated wait took {:.1f} % longer than asked for: the machine "
                              "woke its ranks too late",
                              100 * overrun_));
    context_.sink.put(record);
  }

  void put(const CallTimes& times) {
    // The warm-up step, and steps that a rank entered late, are not in `times`.
    std::vector<double> own;
    for (const int call : times.calls) own.push_back(compute_[static_cast<std::size_t>(call) + 1]);
    const double mine = median(own) / planned().value() - 1;
    for (const double overrun : communicator_.gather_all(mine))
      overrun_ = std::max(overrun_, overrun);
    const PopFactors factors = pop_factors(communicator_, own, times.global);
    std::vector<double> throughput, exposed;
    for (std::size_t i = 0; i < times.global.size(); ++i) {
      throughput.push_back(1 / times.global[i]);
      exposed.push_back(std::max(0.0, times.global[i] - factors.slowest_compute[i]));
    }
    put("step_time", unit::seconds, times.global);
    put("throughput", unit::hertz, std::move(throughput));
    put("compute_time", unit::seconds, factors.slowest_compute);
    put("exposed_time", unit::seconds, std::move(exposed));
    put("load_balance", unit::one, factors.load_balance);
    put("communication_efficiency", unit::one, factors.communication_efficiency);
    put("parallel_efficiency", unit::one, factors.parallel_efficiency);
    put("wait_overrun", unit::one, {overrun_});
    put("true_serial_fraction", unit::one,
        {options_.serial / (options_.serial + options_.parallel)});
    put("true_compute_time", unit::seconds,
        {(options_.serial + share_of(options_, communicator_.size())).value()});
  }

  RankContext& context_;
  network::Communicator& communicator_;
  SyntheticOptions options_;
  const collectives::AllReduceAlgorithm& algorithm_;
  std::unique_ptr<collectives::AllReduce> all_reduce_;
  collectives::Scratch input_, output_;
  std::span<std::byte> in_, out_;
  Seconds serial_, parallel_;
  std::vector<double> compute_;  ///< Of this rank, per step, the warm-up first.
  double overrun_ = 0;           ///< Relative, of the worst rank's median.
};

/// Steps, their warm-up and what lies between them, and starting the ranks.
Seconds synthetic_time(int ranks, Profile profile, const SettingLookup& setting) {
  const SyntheticOptions options = make_options(setting, profile);
  const Seconds step = options.serial + share_of(options, ranks);
  return 0.15_s + (1.1 * options.steps + 2) * step;
}

const bool synthetic_registered = Registry<network::RankProbe>::add(
    {.about =
         {.kind = "workload",
          .name = std::string(synthetic_name),
          .summary = "A step of known serial and parallel seconds (slept) and real all-reduced "
                     "bytes, to check fits against truth.",
          .metrics = {{"step_time", "s", "Agreed start to the last rank's end.", Better::lower},
                      {"throughput", "Hz", "Steps per second: 1 / step_time.", Better::higher},
                      {"compute_time", "s",
                       "Of the rank that computes longest (rank 0: serial part).", Better::lower},
                      {"exposed_time", "s",
                       "step_time beyond compute_time: communication and waiting.", Better::lower},
                      {"load_balance", "1", "Mean over largest compute time of the ranks.",
                       Better::higher},
                      {"communication_efficiency", "1", "Largest compute time over step_time.",
                       Better::higher},
                      {"parallel_efficiency", "1", "Load balance x communication efficiency.",
                       Better::higher},
                      {"wait_overrun", "1",
                       "How much longer than asked the worst rank's waits took.", Better::lower},
                      {"true_serial_fraction", "1", "serial / (serial + parallel), as asked for.",
                       Better::neither},
                      {"true_compute_time", "s", "Of a step at this rank count, as asked for.",
                       Better::neither}},
          .verification =
              "exact integers in the all-reduced vector after the last step; no wait "
              "shorter than asked for; rows are untrusted where one is 1 % (and 0.1 ms) longer",
          .settings = {{"serial-seconds", "Compute that only rank 0 does, e.g. 0.002 or 2ms",
                        "0.002"},
                       {"parallel-seconds",
                        "Compute that the ranks share; with weak scaling, of each rank", "0.098"},
                       {"bytes", "All-reduced in each step; 0B: no traffic", "64KiB"},
                       {"algorithm", "All-reduce algorithm, see assay list algorithms", "auto"},
                       {"timed-steps", "Timed steps of a launch", "3, 5 or 9 by profile"},
                       {"launch-deviation",
                        "Known spread of launches: log standard deviation of their compute", "0"}}},
     .ranks_min = 1,
     .expected_time = {},
     .run = [](RankContext& context) { Workload(context).run(); },
     .check_settings = [](const SettingLookup& setting,
                          Profile profile) { static_cast<void>(make_options(setting, profile)); },
     .expected_for = synthetic_time,
     .sleeps = true,
     .waiting = network::Waiting::back_off,
     .on_request = true});

}  // namespace
}  // namespace assay::workloads
