/// @file
/// The probe roofline.check: kernels of rising arithmetic intensity must lie on min(P, I x B).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "probes/core/interrupt.hpp"
#include "probes/core/probe.hpp"
#include "probes/core/statistics.hpp"
#include "probes/memory/bandwidth_guards.hpp"
#include "probes/memory/bandwidth_plan.hpp"
#include "probes/memory/intensity_kernel.hpp"
#include "probes/memory/roofline_verdict.hpp"
#include "probes/memory/stream_measurement.hpp"
#include "probes/memory/working_set.hpp"

namespace assay::memory {
namespace {

constexpr std::string_view probe_name = "roofline.check";
constexpr Seconds sample_time(2e-3);
constexpr std::size_t slice_elements = 16 * 131072;  // 16 MiB of each thread

int rounds_of(Profile profile) {
  return by_profile(profile, 9, 21, 41);
}

/// What one region did: FLOPs or bytes over wall time.
struct Work {
  double amount = 0;
  bool verified = true;
};

/// The threads of one level, their data, and every kernel of the sweep on it.
class Level {
 public:
  Level(PinnedPool& pool, Bytes each)
      : pool_(pool),
        buffers_(pool, each, Pages::huge),
        cursor_(static_cast<std::size_t>(pool.size())) {
    const std::size_t elements =
        to_size(each) / sizeof(double) / intensity_granule * intensity_granule;
    slice_ = std::min(elements, slice_elements);
    slices_ = elements / slice_;
    pool_.run([&](int thread) {
      double* a = data(thread);
      for (std::size_t i = 0; i < slice_ * slices_; ++i) a[i] = initial_element(i % slice_);
    });
    for (std::size_t i = 0; i < seed_.size(); ++i) seed_[i] = static_cast<double>(i) / 256.0;
  }

  /// B/s of reading, as memory.bandwidth's read kernel does.
  double read() {
    return timed(0, [&](int thread, std::size_t passes) {
      const StreamArrays arrays{data(thread) + offset(thread), nullptr, nullptr, slice_};
      run_stream_kernel({StreamOperation::read, Stores::normal}, arrays, 0, passes);
      return Work{8.0 * static_cast<double>(slice_ * passes), true};
    });
  }
  /// FLOP/s of k fused multiply-adds per element.
  double point(int fmas) {
    return timed(fmas, [&](int thread, std::size_t passes) {
      const double sum = run_intensity_kernel(fmas, data(thread) + offset(thread), slice_, passes);
      return Work{2.0 * fmas * static_cast<double>(slice_ * passes),
                  sum == expected_intensity_sum(fmas, slice_, passes)};
    });
  }
  /// FLOP/s of fused multiply-adds in registers.
  double peak() {
    return timed(-1, [&](int, std::size_t passes) {
      double result = 0;
      const Flops done = run_register_fmas(seed_.data(), 64 * passes, &result);
      return Work{done.value(), result != 0};
    });
  }

  [[nodiscard]] bool verified() const { return verified_; }
  [[nodiscard]] double cpu_wall_ratio() const { return wall_ > Seconds() ? cpu_ / wall_ : 1; }
  [[nodiscard]] std::optional<double> huge_page_fraction() const {
    return buffers_.huge_page_fraction();
  }
  [[nodiscard]] Bytes working_set() const {
    return bytes_of(slice_ * slices_ * sizeof(double)) * static_cast<double>(pool_.size());
  }

 private:
  double* data(int thread) {
    return buffers_.buffers()[static_cast<std::size_t>(thread)].doubles();
  }
  std::size_t offset(int thread) const {
    return cursor_[static_cast<std::size_t>(thread)] * slice_;
  }

  template <class Kernel>
  double timed(int key, const Kernel& kernel) {
    std::size_t& passes = passes_.try_emplace(key, 0).first->second;
    if (passes == 0) passes = choose_passes(key, kernel);
    const double rate = region(passes, kernel);
    for (std::size_t& cursor : cursor_) cursor = (cursor + 1) % slices_;
    return rate;
  }

  template <class Kernel>
  std::size_t choose_passes(int key, const Kernel& kernel) {
    if (slices_ > 1 && key >= 0) return 1;
    std::size_t passes = 1;
    while (passes < (std::size_t{1} << 30) && !interrupted()) {
      static_cast<void>(region(passes, kernel));
      if (shortest_ >= 0.5 * sample_time) return passes;
      passes *= 2;
    }
    return passes;
  }

  template <class Kernel>
  double region(std::size_t passes, const Kernel& kernel) {
    std::vector<Work> work(static_cast<std::size_t>(pool_.size()));
    const auto region = pool_.run(
        [&](int thread) { work[static_cast<std::size_t>(thread)] = kernel(thread, passes); });
    double amount = 0;
    for (const Work& part : work) {
      amount += part.amount;
      verified_ = verified_ && part.verified;
    }
    shortest_ = *std::ranges::min_element(region.thread_wall);
    for (Seconds t : region.thread_cpu) cpu_ += t;
    for (Seconds t : region.thread_wall) wall_ += t;
    return amount / region.wall.value();
  }

  PinnedPool& pool_;
  TouchedBuffers buffers_;
  std::vector<std::size_t> cursor_;
  std::size_t slice_ = 0, slices_ = 1;
  std::array<double, 512> seed_{};
  std::map<int, std::size_t> passes_;
  bool verified_ = true;
  Seconds cpu_, wall_;
  /// Of the last region, the thread that nothing delayed: what the work itself takes.
  Seconds shortest_;
};

/// Samples of the sweep: the roofs and every point once a round, so that drift meets all alike.
struct Sweep {
  std::vector<double> peak, bandwidth;
  std::map<int, std::vector<double>> rates;
};

Sweep measure_sweep(Level& level, int rounds) {
  Sweep sweep;
  for (int round = -1; round < rounds; ++round) {  // round -1 warms up
    throw_if_interrupted();
    const double peak = level.peak();
    const double bandwidth = level.read();
    std::map<int, double> rates;
    for (int fmas : fma_counts) rates[fmas] = level.point(fmas);
    if (round < 0) continue;
    sweep.peak.push_back(peak);
    sweep.bandwidth.push_back(bandwidth);
    for (const auto& [fmas, rate] : rates) sweep.rates[fmas].push_back(rate);
  }
  return sweep;
}

class RooflineCheck {
 public:
  explicit RooflineCheck(NodeContext& context)
      : context_(context), pus_(busy_pus(context.machine)) {}

  void run() {
    std::vector<int> levels = cache_levels(context_.machine);
    if (context_.profile == Profile::quick && levels.size() > 1) levels = {levels.front()};
    const double steps = static_cast<double>(levels.size() + 1);
    double done = 0;
    context_.progress(0, "DRAM");
    check("DRAM", dram_set_per_thread(context_.machine, pus_));
    for (int level : levels) {
      throw_if_interrupted();
      context_.progress(++done / steps, level_name(level));
      check(level_name(level), cache_set_per_thread(context_.machine, level, pus_));
    }
  }

 private:
  Record row(const std::string& level, std::string_view metric, std::string_view unit) const {
    Record row = context_.row(probe_name, metric, unit);
    row.threads = static_cast<std::int64_t>(pus_.size());
    row.dtype = "f64";
    row.isa = stream_isa();
    row.level = level;
    return row;
  }

  void check(const std::string& level_name, const Outcome<Bytes>& each) {
    if (!each) {
      Record none = row(level_name, "rate", unit::flops_per_second);
      none.operation = "sweep";
      context_.sink.put(without_value(none, {each.status(), each.reason()}));
      return;
    }
    PinnedPool pool(pus_);
    Level level(pool, each.value());
    const Sweep sweep = measure_sweep(level, rounds_of(context_.profile));
    const auto judged = [&](Record key, std::vector<double> values) {
      key.bytes = static_cast<std::int64_t>(level.working_set().value());
      if (!level.verified())
        return without_value(key, incorrect("a sum of the sweep is not what its kernel computes"));
      Record result = guard_cpu_time(with_samples(key, std::move(values), level.cpu_wall_ratio()));
      if (each.status() == Status::untrusted) result = marked_untrusted(result, each.reason());
      return guard_pages(result, level.huge_page_fraction(), true);
    };
    Record peak = row(level_name, "rate", unit::flops_per_second);
    peak.operation = "fma_roof";
    context_.sink.put(judged(peak, sweep.peak));
    Record bandwidth = row(level_name, "read_rate", unit::bytes_per_second);
    bandwidth.operation = "read_roof";
    context_.sink.put(judged(bandwidth, sweep.bandwidth));
    for (int fmas : fma_counts) put_point(level_name, fmas, sweep, judged);
  }

  template <class Judged>
  void put_point(const std::string& level_name, int fmas, const Sweep& sweep,
                 const Judged& judged) {
    const FlopsPerByte intensity = intensity_of(fmas);
    const std::vector<double>& rates = sweep.rates.at(fmas);
    std::vector<double> fractions;
    for (std::size_t i = 0; i < rates.size(); ++i)
      fractions.push_back(rates[i] / roof_at(intensity, FlopsPerSecond(sweep.peak[i]),
                                             BytesPerSecond(sweep.bandwidth[i]))
                                         .value());
    const std::string reason =
        roofline_contradiction(median(fractions), intensity, FlopsPerSecond(median(sweep.peak)),
                               BytesPerSecond(median(sweep.bandwidth)));
    const auto put = [&](std::string_view metric, std::string_view unit,
                         std::vector<double> values) {
      Record key = row(level_name, metric, unit);
      key.operation = fmt::format("ai={:g}", intensity.value());
      const Record result = judged(key, std::move(values));
      context_.sink.put(reason.empty() || !carries_numbers(result.status)
                            ? result
                            : marked_untrusted(result, reason));
    };
    put("rate", unit::flops_per_second, rates);
    put("intensity", unit::flops_per_byte, {intensity.value()});
    put("fraction_of_roof", unit::one, fractions);
  }

  NodeContext& context_;
  std::vector<int> pus_;
};

Seconds expected_time(const Machine& machine, Profile profile) {
  const double levels =
      profile == Profile::quick ? 2 : static_cast<double>(cache_levels(machine).size() + 1);
  // Touching and filling the DRAM set costs about a second.
  return Seconds(1) + levels * (rounds_of(profile) + 2) * 9 * 3_ms;
}

const bool registered = Registry<NodeProbe>::add({
    .about =
        {.kind = "probe",
         .name = std::string(probe_name),
         .summary =
             "Kernels of rising arithmetic intensity against min(P, I x B): do the roofs hold?",
         .metrics =
             {{"rate", std::string(unit::flops_per_second),
               "FLOP/s at one intensity (operation ai=I), or the compute roof itself (fma_roof).",
               Better::higher},
              {"read_rate", std::string(unit::bytes_per_second),
               "The memory roof: reading the same set.", Better::higher},
              {"intensity", std::string(unit::flops_per_byte), "FLOPs for each byte loaded.",
               Better::neither},
              {"fraction_of_roof", std::string(unit::one),
               "Measured rate over min(P, I x B), pairwise; within 10 % of 1 away from the knee.",
               Better::neither}},
         .verification = "Every sum is compared with the exact value the kernel must give."},
    .expected_time = expected_time,
    .run = [](NodeContext& context) { RooflineCheck(context).run(); },
});

}  // namespace
}  // namespace assay::memory
