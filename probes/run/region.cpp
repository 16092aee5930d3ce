#include "probes/run/region.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

#include "probes/core/registry.hpp"

namespace assay {
namespace {

/// A description beside the probes': nobody runs regions, they are met on the way.
struct Marker {
  Description about;
};
const bool region_registered = Registry<Marker>::add(
    {.about = {.kind = "marker",
               .name = "region",
               .summary = "A kernel of the user, marked by assay::Region",
               .metrics = {{"time", "s", "Of one run of the region.", Better::lower},
                           {"rate", "FLOP/s", "Declared FLOPs over the time.", Better::higher},
                           {"traffic_rate", "B/s", "Declared bytes over the time.", Better::higher},
                           {"intensity", "FLOP/B", "Declared FLOPs over declared bytes."},
                           {"counted_intensity", "FLOP/B",
                            "FLOPs of a trusted hardware counter over declared bytes."}},
               .verification = "the report holds its rate against the roof of its intensity"}});

constexpr std::size_t chunk_spans = 1024, most_chunks = 256;

struct Chunk {
  std::array<Span, chunk_spans> spans;
};

/// One thread writes, anybody may take: what is below `size` is finished and never changes.
class Buffer {
 public:
  explicit Buffer(int thread) : thread_(thread) {}
  ~Buffer() {
    for (auto& chunk : chunks_) delete chunk.load();
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void add(Span& span) {
    const std::size_t at = size_.load(std::memory_order_relaxed);
    const std::size_t chunk = at / chunk_spans % most_chunks;
    if (at - taken_.load(std::memory_order_acquire) >= (most_chunks - 1) * chunk_spans) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    Chunk* place = chunks_[chunk].load(std::memory_order_relaxed);
    if (place == nullptr) {
      place = new Chunk;
      chunks_[chunk].store(place, std::memory_order_relaxed);
    }
    span.thread = thread_;
    place->spans[at % chunk_spans] = span;
    size_.store(at + 1, std::memory_order_release);
  }
  /// One taker at a time.
  void take(std::vector<Span>& into) {
    const std::size_t size = size_.load(std::memory_order_acquire);
    for (std::size_t at = taken_.load(std::memory_order_relaxed); at < size; ++at)
      into.push_back(chunks_[at / chunk_spans % most_chunks]
                         .load(std::memory_order_relaxed)
                         ->spans[at % chunk_spans]);
    taken_.store(size, std::memory_order_release);
  }
  std::uint64_t take_dropped() { return dropped_.exchange(0, std::memory_order_relaxed); }

 private:
  int thread_;
  std::array<std::atomic<Chunk*>, most_chunks> chunks_{};
  std::atomic<std::size_t> size_{0}, taken_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

/// Of all threads that ever marked anything; a thread's entries outlive it.
struct Buffers {
  std::mutex mutex;
  std::vector<std::shared_ptr<Buffer>> all;
};
Buffers& buffers() {
  static auto* const only = new Buffers;  // Threads may end after static objects are gone.
  return *only;
}

Buffer& own_buffer() {
  thread_local const std::shared_ptr<Buffer> mine = [] {
    Buffers& shared = buffers();
    const std::lock_guard lock(shared.mutex);
    shared.all.push_back(std::make_shared<Buffer>(static_cast<int>(shared.all.size())));
    return shared.all.back();
  }();
  return *mine;
}

std::shared_ptr<RegionCounter>& installed_counter() {
  static std::shared_ptr<RegionCounter> counter;
  return counter;
}

/// Rows of the regions that are alike.
class RegionRows {
 public:
  RegionRows(const Record& key, const Span& span, std::uint64_t dropped, RecordSink& sink)
      : row_(key), dropped_(dropped), sink_(sink) {
    row_.probe = "region";
    row_.operation = span.name;
    row_.dtype = span.work.dtype;
    row_.level = span.work.level;
    row_.threads = span.work.threads;
  }
  void put(std::string_view metric, std::string_view unit, std::vector<double> values) {
    if (values.empty()) return;
    row_.metric = metric;
    row_.unit = unit;
    Record row = with_samples(row_, std::move(values));
    if (dropped_ > 0)
      row = marked_untrusted(
          row, fmt::format("{} later runs of regions found the buffer full", dropped_));
    sink_.put(row);
  }

 private:
  Record row_;
  std::uint64_t dropped_;
  RecordSink& sink_;
};

void put_rows(const std::vector<const Span*>& runs, RegionRows rows) {
  std::vector<double> times, rates, traffic, intensities, counted;
  for (const Span* run : runs) {
    // A clock that did not move has nothing to divide by.
    const double seconds =
        1e-9 * static_cast<double>(std::max<std::int64_t>(1, run->end_ns - run->start_ns));
    const double flops = run->work.flops.value(), bytes = run->work.bytes.value();
    times.push_back(seconds);
    if (flops > 0) rates.push_back(flops / seconds);
    if (bytes > 0) traffic.push_back(bytes / seconds);
    if (flops > 0 && bytes > 0) intensities.push_back(flops / bytes);
    if (run->counted_flops > 0 && bytes > 0) counted.push_back(run->counted_flops / bytes);
  }
  rows.put("time", unit::seconds, std::move(times));
  rows.put("rate", unit::flops_per_second, std::move(rates));
  rows.put("traffic_rate", unit::bytes_per_second, std::move(traffic));
  rows.put("intensity", unit::flops_per_byte, std::move(intensities));
  rows.put("counted_intensity", unit::flops_per_byte, std::move(counted));
}

}  // namespace

namespace detail {

void record(Span& span) {
  own_buffer().add(span);
}

double counted_flops(RegionCounter& counter, const char* dtype) {
  return counter.dtype() == dtype ? counter.flops() : absent;
}

}  // namespace detail

void set_recording(Recording level) {
  detail::recording_level.store(level);
}

Recording recording() {
  return detail::recording_level.load();
}

void set_region_counter(std::shared_ptr<RegionCounter> counter) {
  installed_counter() = std::move(counter);
  detail::region_counter.store(installed_counter().get(), std::memory_order_release);
}

std::vector<Span> take_spans() {
  std::vector<Span> spans;
  Buffers& shared = buffers();
  const std::lock_guard lock(shared.mutex);
  for (const auto& buffer : shared.all) buffer->take(spans);
  return spans;
}

std::uint64_t take_dropped_spans() {
  std::uint64_t dropped = 0;
  Buffers& shared = buffers();
  const std::lock_guard lock(shared.mutex);
  for (const auto& buffer : shared.all) dropped += buffer->take_dropped();
  return dropped;
}

void put_regions(const std::vector<Span>& spans, std::uint64_t dropped, const Record& key,
                 RecordSink& sink) {
  std::map<std::tuple<std::string_view, std::string_view, std::string_view, int>,
           std::vector<const Span*>>
      alike;
  for (const Span& span : spans)
    if (!span.is_phase)
      alike[{span.name, span.work.dtype, span.work.level, span.work.threads}].push_back(&span);
  for (const auto& [name, runs] : alike)
    put_rows(runs, RegionRows(key, *runs.front(), dropped, sink));
}

}  // namespace assay
