/// @file
/// The probe memory.latency: dependent loads over sets of every size, under load, and between
/// cores.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "probes/core/interrupt.hpp"
#include "probes/core/statistics.hpp"
#include "probes/host/probe.hpp"
#include "probes/memory/bandwidth_guards.hpp"
#include "probes/memory/bandwidth_plan.hpp"
#include "probes/memory/chase_measurement.hpp"
#include "probes/memory/effective_caches.hpp"
#include "probes/memory/latency_guards.hpp"
#include "probes/memory/latency_knee.hpp"
#include "probes/memory/stream_measurement.hpp"
#include "probes/memory/working_set.hpp"

namespace assay::memory {
namespace {

constexpr std::string_view latency_name = "memory.latency";

SampleOptions latency_sampling(Profile profile) {
  SampleOptions options;
  options.time_cap = by_profile(profile, 25_ms, 100_ms, 500_ms);
  options.warmup_cap = by_profile(profile, 8_ms, 30_ms, 100_ms);
  return options;
}

std::vector<Bytes> sizes_of(Profile profile, Bytes largest) {
  std::vector<Bytes> sizes = sweep_sizes(smallest_set, largest, by_profile(profile, 1, 2, 4));
  // The largest set is the DRAM figure; the power of two below it may be only half as large.
  if (!sizes.empty() && sizes.back() < 0.9 * largest) sizes.push_back(largest);
  return sizes;
}

// All in the memory node of the chasing core, so that the ring is laid there by many and near to
// it.
std::vector<int> laying_pus(const Machine& machine, const std::vector<int>& busy) {
  for (const NumaNode& node : machine.numa_nodes) {
    if (std::ranges::find(node.pus, busy.front()) == node.pus.end()) continue;
    std::vector<int> near;
    for (int pu : busy)
      if (std::ranges::find(node.pus, pu) != node.pus.end()) near.push_back(pu);
    return near;
  }
  return {busy.front()};
}

class LatencyProbe {
 public:
  explicit LatencyProbe(NodeContext& context)
      : context_(context), busy_(busy_pus(context.machine)) {
    options_.sampling = latency_sampling(context.profile);
    if (const std::string cap = context.setting("memory.latency.time_cap"); !cap.empty())
      options_.sampling.time_cap = parse_seconds(cap, "memory.latency.time_cap");
    options_.sampling.time_cap = std::max(context.round.share(options_.sampling.time_cap), 8_ms);
    options_.sampling.warmup_cap =
        std::max(context.round.share(options_.sampling.warmup_cap), 3_ms);
  }

  void run() {
    try {
      const auto largest = dram_set_per_thread(context_.machine, std::vector{busy_.front()});
      if (largest) {
        // One buffer for all: touching gigabytes is what takes longest.
        const MappedBuffer buffer(largest.value(), Pages::huge);
        sweep(buffer, largest);
        step(0.7, "loaded latency");
        loaded_curve(buffer, largest);
      } else {
        for (const char* operation : {"random", "page_random"})
          rows_.push_back(
              without_value(row(operation, "DRAM"), {largest.status(), largest.reason()}));
        if (!is_single_core())
          rows_.push_back(
              without_value(row("loaded", "DRAM"), {largest.status(), largest.reason()}));
      }
      step(0.9, "core to core");
      core_to_core();
    } catch (...) {
      put_rows();
      throw;
    }
    put_rows();
  }

 private:
  bool quick() const { return context_.profile == Profile::quick; }

  Record row(const std::string& operation, const std::string& level) const {
    Record row = context_.row(latency_name, "time", unit::seconds);
    row.threads = 1;
    row.operation = operation;
    row.level = level;
    return row;
  }

  void sweep(const MappedBuffer& buffer, const Outcome<Bytes>& largest) {
    PinnedPool layers(laying_pus(context_.machine, busy_));
    PinnedPool chaser({busy_.front()});
    const std::vector<Bytes> sizes = sizes_of(context_.profile, largest.value());
    std::vector<Record> measured;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (!is_wanted("random", sizes[i], largest.value())) continue;
      step(0.6 * static_cast<double>(i) / static_cast<double>(sizes.size()),
           "sets of " + format_quantity(sizes[i].value(), unit::bytes));
      measured.push_back(point(layers, chaser, buffer, sizes[i], ChaseOrder::random, "random"));
    }
    const std::vector<CacheKnee> knees = knees_of_run(measured);
    for (Record& row : measured) {
      row.level = level_of_set(knees, Bytes(static_cast<double>(row.bytes)));
      if (row.level == "DRAM" && largest.status() == Status::untrusted)
        row = marked_untrusted(row, largest.reason());
      rows_.push_back(row);
    }
    const std::size_t first = quick() ? sizes.size() - 1 : 0;
    for (std::size_t i = first; i < sizes.size(); ++i) {
      if (!is_wanted("page_random", sizes[i], largest.value())) continue;
      Record row = point(layers, chaser, buffer, sizes[i], ChaseOrder::page_random, "page_random");
      row.level = level_of_set(knees, sizes[i]);
      rows_.push_back(row);
    }
    if (!quick() && is_wanted("random_small_pages", sizes.back(), largest.value()))
      small_pages(layers, chaser, sizes.back(), knees);
  }

  void small_pages(PinnedPool& layers, PinnedPool& chaser, Bytes size,
                   const std::vector<CacheKnee>& knees) {
    MappedBuffer buffer(size, Pages::small);
    Record row =
        point(layers, chaser, buffer, size, ChaseOrder::random, "random_small_pages", Pages::small);
    row.level = level_of_set(knees, size);
    rows_.push_back(row);
  }

  Record point(PinnedPool& layers, PinnedPool& chaser, const MappedBuffer& buffer, Bytes size,
               ChaseOrder order, const std::string& operation, Pages pages = Pages::huge) {
    throw_if_interrupted();
    Record key = row(operation, "");
    key.bytes = static_cast<std::int64_t>(size.value());
    const Chase chase(buffer.data(), size, line_size, order);
    chase.write(layers);
    const auto samples = measure_chase(chaser, chase, buffer.data(), size, options_);
    if (!samples) return without_value(key, {samples.status(), samples.reason()});
    const Record measured = guard_possible(guard_cpu_time(with_samples(key, samples.value())));
    return size > huge_page_size
               ? guard_pages(measured, buffer.huge_page_fraction(), pages == Pages::huge)
               : measured;
  }

  /// Laying a ring in memory takes longer than chasing through it: of the sets far beyond the
  /// caches later rounds repeat the largest only.
  bool is_wanted(const std::string& operation, Bytes size, Bytes largest) const {
    if (!context_.round.is_first() && size > 64_MiB && size < largest) return false;
    Record key = row(operation, "");
    key.bytes = static_cast<std::int64_t>(size.value());
    return context_.round.wants(key);
  }

  /// Found once in a run, from the whole sweep of its first round.
  std::vector<CacheKnee> knees_of_run(const std::vector<Record>& measured) {
    if (context_.kept && *context_.kept)
      return *std::static_pointer_cast<std::vector<CacheKnee>>(*context_.kept);
    std::vector<CacheKnee> knees = report_knees(measured);
    if (context_.kept) *context_.kept = std::make_shared<std::vector<CacheKnee>>(knees);
    return knees;
  }

  std::vector<CacheKnee> report_knees(const std::vector<Record>& measured) {
    std::vector<LatencyPoint> points;
    for (const Record& row : measured)
      if (carries_numbers(row.status))
        points.push_back({Bytes(static_cast<double>(row.bytes)), Seconds(row.median)});
    const std::vector<Bytes> advertised = advertised_sizes(context_.machine, busy_.front());
    const std::vector<CacheKnee> knees = find_knees(points, advertised);
    for (const CacheKnee& knee : knees) {
      Record row = context_.row(latency_name, "effective_size", unit::bytes);
      row.threads = 1;
      row.operation = "knee";
      if (!advertised.empty()) row.level = level_name(knee.level);
      if (knee.advertised > 0_B) row.bytes = static_cast<std::int64_t>(knee.advertised.value());
      rows_.push_back(with_samples(row, std::vector{knee.effective.value()}));
    }
    for (std::size_t i = 0; i < advertised.size(); ++i)
      if (std::ranges::none_of(knees, [&](const CacheKnee& knee) {
            return knee.level == static_cast<int>(i) + 1;
          })) {
        Record row = context_.row(latency_name, "effective_size", unit::bytes);
        row.operation = "knee";
        row.level = level_name(static_cast<int>(i) + 1);
        row.bytes = static_cast<std::int64_t>(advertised[i].value());
        rows_.push_back(without_value(
            row,
            unsupported("the latency curve shows no end of this level within the sets measured")));
      }
    // A rise of the curve has no name where no cache is known: it may be the reach of the page
    // tables.
    return advertised.empty() ? std::vector<CacheKnee>() : knees;
  }

  /// Then no other core can load the memory, and a row says so.
  bool is_single_core() {
    const std::size_t cores = laying_pus(context_.machine, busy_).size();
    if (cores >= 2) return false;
    Record key = row("loaded", "DRAM");
    key.threads = static_cast<std::int64_t>(cores);
    rows_.push_back(without_value(
        key, unsupported("one usable core: no other core can load the memory while it chases")));
    return true;
  }

  void loaded_curve(const MappedBuffer& buffer, const Outcome<Bytes>& whole) {
    if (is_single_core()) return;
    const std::vector<int> pus = laying_pus(context_.machine, busy_);
    Record key = row("loaded", "DRAM");
    key.threads = static_cast<std::int64_t>(pus.size());
    PinnedPool pool(pus);
    const Bytes ring(std::floor(whole->value() / static_cast<double>(pus.size()) / 4096) * 4096);
    const Chase chase(buffer.data(), ring, line_size, ChaseOrder::random);
    chase.write(pool);
    const auto huge = buffer.huge_page_fraction();
    const std::vector<Seconds> pauses =
        quick() ? std::vector<Seconds>{1_ms, 2_us, 0_us}
                : std::vector<Seconds>{1_ms, 20_us, 10_us, 5_us, 2_us, 1_us, 0.5_us, 0_us};
    // The tail is what a loaded memory is asked for: a narrow median alone does not end a point.
    ChaseOptions options = options_;
    options.sampling.relative_interval = 0;
    options.sampling.time_cap = 4.0 * options_.sampling.time_cap;
    for (std::size_t i = 0; i < pauses.size(); ++i) {
      throw_if_interrupted();
      const auto loaded = measure_loaded_chase(pool, chase, buffer, pauses[i], options);
      Record here = key;
      here.bytes = static_cast<std::int64_t>(whole->value());
      // Names the point of the curve; the row of its bandwidth carries the same name.
      here.algorithm = fmt::format("pause_{:g}us", pauses[i].value() * 1e6);
      if (!loaded) {
        rows_.push_back(without_value(here, {loaded.status(), loaded.reason()}));
        continue;
      }
      Record time = guard_pages(guard_cpu_time(with_samples(here, loaded->latency)), huge, true);
      if (whole.status() == Status::untrusted) time = marked_untrusted(time, whole.reason());
      // On a busy machine the loading cores may get no time slice while the latency is measured.
      constexpr std::string_view no_load =
          "the loading cores did not run meanwhile: others had them";
      const bool was_loaded = median(loaded->bandwidth) > 0;
      if (!was_loaded) time = marked_untrusted(time, no_load);
      rows_.push_back(time);
      here.metric = "rate";
      here.unit = unit::bytes_per_second;
      if (!was_loaded) {
        rows_.push_back(without_value(here, {Status::skipped, std::string(no_load)}));
        continue;
      }
      Record rate = with_samples(here, loaded->bandwidth, loaded->latency.cpu_wall_ratio);
      if (time.status == Status::untrusted) rate = marked_untrusted(rate, time.reason);
      rows_.push_back(rate);
    }
  }

  void core_to_core() {
    if (busy_.size() < 2) {
      rows_.push_back(without_value(row("core_to_core", ""),
                                    unsupported("one usable core: there is no other to talk to")));
      return;
    }
    SampleOptions options = options_.sampling;
    // All pairs of 8 cores, from the first core only on larger machines unless there is time.
    const bool all_pairs = busy_.size() <= 8 || !quick();
    if (busy_.size() > 16) options.time_cap = std::min(options.time_cap, 5_ms);
    for (std::size_t a = 0; a < (all_pairs ? busy_.size() : 1); ++a)
      for (std::size_t b = a + 1; b < busy_.size(); ++b) {
        throw_if_interrupted();
        PinnedPool pair({busy_[a], busy_[b]});
        Record key = row("core_to_core", "");
        key.threads = 2;
        key.bytes = static_cast<std::int64_t>(line_size.value());
        key.topology = fmt::format("pu{}>pu{}", busy_[a], busy_[b]);
        const auto samples = measure_core_to_core(pair, options);
        rows_.push_back(samples ? guard_cpu_time(with_samples(key, samples.value()))
                                : without_value(key, {samples.status(), samples.reason()}));
      }
  }

  void put_rows() {
    guard_order(rows_);
    for (const Record& row : rows_) context_.sink.put(row);
    rows_.clear();
  }

  void step(double fraction, const std::string& what) {
    throw_if_interrupted();
    context_.progress(fraction, what);
  }

  NodeContext& context_;
  std::vector<int> busy_;
  ChaseOptions options_;
  std::vector<Record> rows_;
};

Seconds latency_time(const Machine& machine, Profile profile) {
  const std::vector<int> busy = busy_pus(machine);
  if (busy.empty()) return Seconds();
  const auto largest = dram_set_per_thread(machine, std::vector{busy.front()});
  const double sizes = largest ? static_cast<double>(sizes_of(profile, largest.value()).size()) : 0;
  const SampleOptions options = latency_sampling(profile);
  const Seconds each = options.time_cap + options.warmup_cap + 10_ms;
  const double orders = profile == Profile::quick ? 1 : 2;
  const auto cores = static_cast<double>(busy.size());
  const double pairs = cores * (cores - 1) / 2;
  // Laying rings costs about a second for each 4 GiB of sets, which double.
  const Seconds laying(largest ? orders * largest->value() / 1e9 : 0);
  return sizes * orders * each + laying + 8 * each + pairs * (cores > 16 ? 5_ms : each);
}

const bool latency_registered = Registry<NodeProbe>::add({
    .about =
        {.kind = "probe",
         .name = std::string(latency_name),
         .summary =
             "Time of one dependent load by set size, under load, and of a line between cores.",
         .metrics =
             {{"time", std::string(unit::seconds), "Time of one load, or of one line one way.",
               Better::lower},
              {"rate", std::string(unit::bytes_per_second),
               "What the loading cores read while the latency was measured (operation loaded).",
               Better::neither},
              {"effective_size", std::string(unit::bytes),
               "Set size at which the latency leaves a cache's plateau; bytes holds the advertised "
               "size.",
               Better::higher}},
         .verification =
             "After all steps the chase must stand on the line that the ring's permutation "
             "names; a core-to-core exchange must have counted every message.",
         .settings = {{"memory.latency.time_cap", "Longest sampling of one point, e.g. 50ms",
                       "25ms quick, 100ms standard, 500ms thorough"}}},
    .expected_time = latency_time,
    .run = [](NodeContext& context) { LatencyProbe(context).run(); },
});

}  // namespace
}  // namespace assay::memory
