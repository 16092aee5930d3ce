#pragma once
/// @file
/// Markers in code: where the time goes, and what a kernel of the user reaches.
///
///   { assay::Region region("triad", {.flops = Flops(2e6), .bytes = Bytes(24e6)}); work(); }
///
/// A Region is recorded from its construction to its end() or destruction, with the FLOPs and bytes
/// that its author declares; put_regions() makes rows of them: time, rate = FLOPs / time,
/// intensity = FLOPs / bytes. Those two put the kernel on the roofline of the run they stand in. A
/// Phase is a part of a step (compute, encode, send, wait) for the trace alone.
/// Method: CLOCK_MONOTONIC twice, and an entry in a buffer of the thread; at most 100 ns
/// (benchmarks/kernels/region_kernels.cpp), 3 ns while nothing is recorded. Any thread may
/// mark at any time. A thread keeps 261,120 entries until they are taken; how many more there were
/// is known. Not measured: bytes that really moved; the declared ones are the author's claim. FLOPs
/// are counted where a counter was installed that has passed its self-test.

#include <atomic>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/record_sink.hpp"
#include "probes/core/units.hpp"

namespace assay {

/// What one run of a region does, as its author declares it.
struct Work {
  Flops flops = Flops(0);  ///< 0: not declared.
  Bytes bytes = Bytes(0);  ///< Moved to and from `level`; 0: not declared.
  /// These three choose the roof; they outlive the program's last region: literals.
  const char* dtype = "f64";
  const char* level = "";  ///< L1, L2, L3 or DRAM; empty: DRAM.
  int threads = 1;         ///< That share the work, this one included.
};

enum class Recording {
  off,
  regions,     ///< What carries the user's name.
  everything,  ///< Phases too.
};
/// Of the whole process. Off at first; what measures (a session, a RegionRun) turns it on.
void set_recording(Recording recording);
[[nodiscard]] Recording recording();

/// Records while it lives.
class RecordingScope {
 public:
  explicit RecordingScope(Recording level) { set_recording(level); }
  ~RecordingScope() { set_recording(Recording::off); }
  RecordingScope(const RecordingScope&) = delete;
  RecordingScope& operator=(const RecordingScope&) = delete;
};

/// Where a span is drawn: phases of communication have a track of their own, whichever thread or
/// fiber carries them out.
enum class Track : std::uint8_t { thread, communication };

/// One finished marker. Times are of this host's CLOCK_MONOTONIC.
struct Span {
  const char* name = "";
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  Work work;
  double counted_flops = 0;  ///< NaN: not counted.
  int thread = 0;            ///< 0, 1, ... in the order of their first marker.
  Track track = Track::thread;
  bool is_phase = false;
};

/// Everything recorded since the last call, in order of the ends within a thread. Markers that are
/// open now come with a later call.
[[nodiscard]] std::vector<Span> take_spans();
/// How many markers found their thread's buffer full, since the last call.
[[nodiscard]] std::uint64_t take_dropped_spans();

/// Counts FLOPs of the calling thread, ever rising. An implementation is installed only when it can
/// be trusted (counters::count_regions).
class RegionCounter {
 public:
  virtual ~RegionCounter() = default;
  /// NaN where this thread cannot count.
  [[nodiscard]] virtual double flops() = 0;
  /// The only element type whose FLOPs it counts.
  [[nodiscard]] virtual std::string_view dtype() const = 0;
};
/// Null: nothing is counted. Not while regions are open.
void set_region_counter(std::shared_ptr<RegionCounter> counter);

namespace detail {
inline std::atomic<Recording> recording_level{Recording::off};
inline std::atomic<RegionCounter*> region_counter{nullptr};
[[nodiscard]] inline std::int64_t clock_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}
void record(Span& span);
[[nodiscard]] double counted_flops(RegionCounter& counter, const char* dtype);
}  // namespace detail

/// Marks what runs until its end. Not copied, not moved, ended on the thread that made it.
class Region {
 public:
  /// `name` outlives the program's last region: a literal.
  explicit Region(const char* name, const Work& work = {}) {
    if (detail::recording_level.load(std::memory_order_relaxed) == Recording::off) return;
    span_.name = name;
    span_.work = work;
    counter_ = detail::region_counter.load(std::memory_order_acquire);
    if (counter_ != nullptr) counted_before_ = detail::counted_flops(*counter_, work.dtype);
    is_open_ = true;
    span_.start_ns = detail::clock_ns();
  }
  ~Region() { end(); }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  void end() {
    if (!is_open_) return;
    span_.end_ns = detail::clock_ns();
    is_open_ = false;
    span_.counted_flops =
        counter_ == nullptr ? absent
                            : detail::counted_flops(*counter_, span_.work.dtype) - counted_before_;
    detail::record(span_);
  }

 private:
  Span span_;
  RegionCounter* counter_ = nullptr;
  double counted_before_ = 0;
  bool is_open_ = false;
};

/// A part of a step, for the trace: "step", "compute", "encode", "send", "wait".
class Phase {
 public:
  explicit Phase(const char* name, Track track = Track::thread) {
    if (detail::recording_level.load(std::memory_order_relaxed) != Recording::everything) return;
    span_.name = name;
    span_.track = track;
    span_.is_phase = true;
    is_open_ = true;
    span_.start_ns = detail::clock_ns();
  }
  ~Phase() { end(); }
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;

  void end() {
    if (!is_open_) return;
    span_.end_ns = detail::clock_ns();
    is_open_ = false;
    detail::record(span_);
  }

 private:
  Span span_;
  bool is_open_ = false;
};

/// Rows of probe "region", one set for each name, dtype, level and thread count in `spans`: time
/// (s), and where declared rate (FLOP/s), traffic_rate (B/s), intensity (FLOP/B); and
/// counted_intensity where FLOPs were counted. `key` says host, ranks and launch. `dropped` markers
/// make the rows untrusted.
void put_regions(const std::vector<Span>& spans, std::uint64_t dropped, const Record& key,
                 RecordSink& sink);

}  // namespace assay
