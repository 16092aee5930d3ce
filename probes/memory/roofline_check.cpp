/// @file
/// The probe roofline.check: kernels of rising arithmetic intensity must lie on min(P, I x B).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "probes/core/clock.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/statistics.hpp"
#include "probes/host/probe.hpp"
#include "probes/memory/bandwidth_guards.hpp"
#include "probes/memory/bandwidth_plan.hpp"
#include "probes/memory/effective_caches.hpp"
#include "probes/memory/intensity_kernel.hpp"
#include "probes/memory/roofline_verdict.hpp"
#include "probes/memory/stream_measurement.hpp"
#include "probes/memory/working_set.hpp"

namespace assay::memory {
namespace {

constexpr std::string_view roofline_check_name = "roofline.check";
// Below 2 ms the change of clock at the start of a region shows.
constexpr Seconds sample_time(3e-3);
constexpr std::size_t slice_elements = 16 * 131072;  // 16 MiB of each thread

int rounds_of(Profile profile) {
  return by_profile(profile, 9, 21, 41);
}

/// What one thread did: FLOPs or bytes.
struct Work {
  double amount = 0;
  bool verified = true;
};

/// What all threads did together: per second, and the clock of their cores (mean).
struct Sample {
  double rate = 0;
  Hertz clock;
};

/// The threads of one level, their data, and every kernel of the sweep on it.
class RooflineLevel {
 public:
  RooflineLevel(PinnedPool& pool, Bytes each)
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
  Sample read() {
    return timed(reading, [&](int thread, std::size_t passes) {
      const StreamArrays arrays{data(thread) + offset(thread), nullptr, nullptr, slice_};
      run_stream_kernel({StreamOperation::read, Stores::normal}, arrays, 0, passes);
      return Work{8.0 * static_cast<double>(slice_ * passes), true};
    });
  }
  /// FLOP/s of k fused multiply-adds per element.
  Sample point(int fmas) {
    return timed(fmas, [&](int thread, std::size_t passes) {
      const double sum = run_intensity_kernel(fmas, data(thread) + offset(thread), slice_, passes);
      return Work{2.0 * fmas * static_cast<double>(slice_ * passes),
                  sum == expected_intensity_sum(fmas, slice_, passes)};
    });
  }
  /// FLOP/s of fused multiply-adds in registers.
  Sample peak() {
    return timed(in_registers, [&](int, std::size_t passes) {
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

  // `fmas` names the kernel: see clock_among.
  template <class Kernel>
  Sample timed(int fmas, const Kernel& kernel) {
    std::size_t& passes = passes_.try_emplace(fmas, 0).first->second;
    if (passes == 0) passes = choose_passes(fmas, kernel);
    const Sample sample = region(fmas, passes, kernel);
    for (std::size_t& cursor : cursor_) cursor = (cursor + 1) % slices_;
    return sample;
  }

  template <class Kernel>
  std::size_t choose_passes(int fmas, const Kernel& kernel) {
    if (slices_ > 1 && fmas != in_registers) return 1;
    std::size_t passes = 1;
    while (passes < (std::size_t{1} << 30) && !interrupted()) {
      static_cast<void>(region(fmas, passes, kernel));
      if (shortest_ > 0.2 * sample_time)
        return std::max<std::size_t>(
            1, static_cast<std::size_t>(static_cast<double>(passes) * (sample_time / shortest_)));
      passes *= 2;
    }
    return passes;
  }

  struct Span {
    Seconds start, end;
    Hertz clock;
  };

  template <class Kernel>
  Sample region(int fmas, std::size_t passes, const Kernel& kernel) {
    std::vector<Work> work(cursor_.size());
    std::vector<Span> spans(cursor_.size());
    std::vector<Seconds> cpu(cursor_.size());
    pool_.run([&](int thread) {
      const auto index = static_cast<std::size_t>(thread);
      const Seconds cpu_start = thread_cpu_time();
      spans[index].start = now();
      work[index] = kernel(thread, passes);
      spans[index].end = now();
      cpu[index] = thread_cpu_time() - cpu_start;
      spans[index].clock = clock_among(fmas);
    });
    Sample sample;
    Seconds first = spans[0].start, last = spans[0].end;
    shortest_ = last - first;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      sample.rate += work[i].amount;
      sample.clock += spans[i].clock / static_cast<double>(spans.size());
      verified_ = verified_ && work[i].verified;
      first = std::min(first, spans[i].start);
      last = std::max(last, spans[i].end);
      shortest_ = std::min(shortest_, spans[i].end - spans[i].start);
      cpu_ += cpu[i];
      wall_ += spans[i].end - spans[i].start;
    }
    sample.rate /= (last - first).value();
    return sample;
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
  std::vector<LevelRoofs> roofs;
  std::map<int, std::vector<Sample>> points;

  template <class Get>
  [[nodiscard]] std::vector<double> column(Get get) const {
    std::vector<double> values;
    for (const LevelRoofs& of_round : roofs) values.push_back((of_round.*get).value());
    return values;
  }
};

Sweep measure_sweep(RooflineLevel& level, int rounds, bool bandwidth_follows_clock) {
  Sweep sweep;
  for (int round = -1; round < rounds; ++round) {  // round -1 warms up
    throw_if_interrupted();
    const Sample peak = level.peak();
    const Sample read = level.read();
    std::map<int, Sample> points;
    for (int fmas : fma_counts) points[fmas] = level.point(fmas);
    if (round < 0) continue;
    sweep.roofs.push_back({FlopsPerSecond(peak.rate), peak.clock, BytesPerSecond(read.rate),
                           read.clock, bandwidth_follows_clock});
    for (const auto& [fmas, sample] : points) sweep.points[fmas].push_back(sample);
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
    const Machine effective = with_effective_caches(
        context_.machine, cache_knees(context_.machine, pus_.front(), context_.profile),
        knee_points_per_octave(context_.profile));
    const double steps = static_cast<double>(levels.size() + 1);
    double done = 0;
    context_.progress(0, "DRAM");
    // Filling the set takes longer than the sweep: once in a run, unless there is time.
    if (context_.round.is_first() || context_.profile != Profile::quick)
      check("DRAM", dram_set_per_thread(context_.machine, pus_));
    for (int level : levels) {
      throw_if_interrupted();
      context_.progress(++done / steps, level_name(level));
      check(level_name(level), cache_set_as_found(context_.machine, effective, level, pus_));
    }
  }

 private:
  Record row(const std::string& level, std::string_view metric, std::string_view unit) const {
    Record row = context_.row(roofline_check_name, metric, unit);
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
    RooflineLevel level(pool, each.value());
    const bool inside_core = level_name == "L1" || level_name == "L2";
    const Sweep sweep = measure_sweep(
        level, std::max(3, rounds_of(context_.profile) / context_.round.planned), inside_core);
    const auto judged = [&](Record key, std::vector<double> values) {
      key.bytes = static_cast<std::int64_t>(level.working_set().value());
      if (!level.verified())
        return without_value(key, incorrect("a sum of the sweep is not what its kernel computes"));
      Record result = guard_cpu_time(with_samples(key, std::move(values), level.cpu_wall_ratio()));
      if (each.status() == Status::untrusted) result = marked_untrusted(result, each.reason());
      return guard_pages(result, level.huge_page_fraction(), true);
    };
    const auto put = [&](std::string_view operation, std::string_view metric, std::string_view unit,
                         std::vector<double> values) {
      Record key = row(level_name, metric, unit);
      key.operation = operation;
      context_.sink.put(judged(key, std::move(values)));
    };
    put("fma_roof", "rate", unit::flops_per_second, sweep.column(&LevelRoofs::peak));
    put("fma_roof", "clock", unit::hertz, sweep.column(&LevelRoofs::peak_clock));
    put("read_roof", "read_rate", unit::bytes_per_second, sweep.column(&LevelRoofs::bandwidth));
    put("read_roof", "clock", unit::hertz, sweep.column(&LevelRoofs::bandwidth_clock));
    for (int fmas : fma_counts) put_point(level_name, fmas, sweep, judged);
  }

  template <class Judged>
  void put_point(const std::string& level_name, int fmas, const Sweep& sweep,
                 const Judged& judged) {
    const FlopsPerByte intensity = intensity_of(fmas);
    const std::vector<Sample>& points = sweep.points.at(fmas);
    std::vector<double> rates, clocks, fractions;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const LevelRoofs roofs = at_clock(sweep.roofs[i], points[i].clock);
      rates.push_back(points[i].rate);
      clocks.push_back(points[i].clock.value());
      fractions.push_back(points[i].rate / roof_at(intensity, roofs.peak, roofs.bandwidth).value());
    }
    const LevelRoofs roofs = at_clock({FlopsPerSecond(median(sweep.column(&LevelRoofs::peak))),
                                       Hertz(median(sweep.column(&LevelRoofs::peak_clock))),
                                       BytesPerSecond(median(sweep.column(&LevelRoofs::bandwidth))),
                                       Hertz(median(sweep.column(&LevelRoofs::bandwidth_clock))),
                                       sweep.roofs.front().bandwidth_follows_clock},
                                      Hertz(median(clocks)));
    const std::string reason =
        roofline_contradiction(median(fractions), intensity, roofs.peak, roofs.bandwidth);
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
    put("clock", unit::hertz, clocks);
    put("intensity", unit::flops_per_byte, {intensity.value()});
    put("fraction_of_roof", unit::one, fractions);
  }

  NodeContext& context_;
  std::vector<int> pus_;
};

Seconds roofline_check_time(const Machine& machine, Profile profile) {
  const double levels =
      profile == Profile::quick ? 2 : static_cast<double>(cache_levels(machine).size() + 1);
  // Touching and filling the DRAM set costs about a second.
  return Seconds(1) + levels * (rounds_of(profile) + 3) * 9 * 4_ms;
}

const bool roofline_check_registered = Registry<NodeProbe>::add({
    .about =
        {.kind = "probe",
         .name = std::string(roofline_check_name),
         .summary =
             "Kernels of rising arithmetic intensity against min(P, I x B): do the roofs hold?",
         .metrics =
             {{"rate", std::string(unit::flops_per_second),
               "FLOP/s at one intensity (operation ai=I), or the compute roof itself (fma_roof).",
               Better::higher},
              {"read_rate", std::string(unit::bytes_per_second),
               "The memory roof: reading the same set.", Better::higher},
              {"intensity", std::string(unit::flops_per_byte), "FLOPs for each byte loaded.",
               Better::neither, true},
              {"fraction_of_roof", std::string(unit::one),
               "Measured rate over min(P, I x B) at the point's own clock, pairwise; within 10 % "
               "of 1 "
               "away from the knee.",
               Better::neither},
              {"clock", std::string(unit::hertz),
               "Of the cores, right after the kernel and among its instructions.",
               Better::neither}},
         .verification = "Every sum is compared with the exact value the kernel must give."},
    .expected_time = roofline_check_time,
    .run = [](NodeContext& context) { RooflineCheck(context).run(); },
});

}  // namespace
}  // namespace assay::memory
