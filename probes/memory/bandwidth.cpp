/// @file
/// The probe memory.bandwidth: STREAM-like kernels at every level of the memory hierarchy.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/host/probe.hpp"
#include "probes/memory/bandwidth_guards.hpp"
#include "probes/memory/bandwidth_plan.hpp"
#include "probes/memory/effective_caches.hpp"
#include "probes/memory/stream_measurement.hpp"
#include "probes/memory/working_set.hpp"

namespace assay::memory {
namespace {

constexpr std::string_view bandwidth_name = "memory.bandwidth";

// Stands for DRAM among the cache levels.
constexpr int dram = 0;

struct Level {
  int number = dram;
  [[nodiscard]] std::string name() const { return number == dram ? "DRAM" : level_name(number); }
};

std::vector<Level> levels_of(const Machine& machine) {
  std::vector<Level> levels;
  for (int number : cache_levels(machine)) levels.push_back({number});
  if (levels.empty()) levels = {{1}, {2}, {3}};  // rows that say why there is no number
  levels.push_back({dram});
  return levels;
}

class BandwidthProbe {
 public:
  explicit BandwidthProbe(NodeContext& context)
      : context_(context), sampling_(bandwidth_sampling(context.profile)) {
    if (const std::string cap = context.setting("memory.bandwidth.time_cap"); !cap.empty())
      sampling_.time_cap = parse_seconds(cap, "memory.bandwidth.time_cap");
    sampling_.time_cap = context.round.share(sampling_.time_cap);
    sampling_.warmup_cap = context.round.share(sampling_.warmup_cap);
    groups_ = thread_groups(context.machine, context.profile);
  }

  void run() {
    const std::vector<Level> levels = levels_of(context_.machine);
    find_caches();
    steps_ = static_cast<double>(groups_.size() * levels.size() +
                                 (context_.profile == Profile::quick ? 0 : 1));
    try {
      // DRAM first: its buffers serve all groups and go before the caches' come.
      measure_dram(Pages::huge);
      if (context_.profile != Profile::quick) measure_dram(Pages::small);
      for (const ThreadGroup& group : groups_)
        for (const Level& level : levels)
          if (level.number != dram) measure_cache(group, level);
    } catch (...) {
      put_rows();
      throw;
    }
    put_rows();
  }

 private:
  Record row(const ThreadGroup& group, const Level& level, std::string operation) const {
    Record row = context_.row(bandwidth_name, "rate", unit::bytes_per_second);
    row.threads = static_cast<std::int64_t>(group.pus.size());
    row.dtype = "f64";
    row.isa = stream_isa();
    row.level = level.name();
    row.operation = operation;
    row.topology = group.placement;
    return row;
  }

  // Where each level ends for a core of this machine, beside what is advertised.
  void find_caches() {
    const int pu = groups_.empty() ? 0 : groups_.front().pus.front();
    const auto& knees = cache_knees(context_.machine, pu, context_.profile);
    effective_ =
        with_effective_caches(context_.machine, knees, knee_points_per_octave(context_.profile));
    for (int number : cache_levels(effective_)) {
      const Cache* cache = effective_.cache(number, pu);
      if (cache == nullptr || !context_.round.is_first()) continue;
      Record row = context_.row(bandwidth_name, "planned_size", unit::bytes);
      row.threads = 1;
      row.operation = "knee";
      row.level = level_name(number);
      row.bytes = static_cast<std::int64_t>(context_.machine.cache(number, pu)->size.value());
      context_.sink.put(with_samples(row, std::vector{cache->size.value()}));
    }
  }

  [[nodiscard]] bool wants_dram(Pages pages) const {
    Record any = context_.row(bandwidth_name, "rate", unit::bytes_per_second);
    any.level = "DRAM";
    if (pages == Pages::small) any.operation = "read_small_pages";
    return context_.round.wants(any);
  }

  void measure_dram(Pages pages) {
    if (!wants_dram(pages)) return;
    const std::vector<int>& owners = groups_.front().pus;
    const Outcome<Bytes> each = dram_set_per_thread(context_.machine, owners);
    std::optional<TouchedBuffers> buffers;
    if (each) {
      PinnedPool pool(owners);
      buffers.emplace(pool, each.value(), pages);
    }
    for (const ThreadGroup& group : groups_) {
      if (pages == Pages::small && &group != &groups_.front()) continue;
      step(group, Level{dram});
      std::vector<std::vector<const MappedBuffer*>> sets;
      if (each) sets = deal_buffers(*buffers, owners, group.pus, context_.machine);
      measure_kernels(group, Level{dram}, pages, each, buffers, sets);
    }
  }

  void measure_cache(const ThreadGroup& group, const Level& level) {
    step(group, level);
    const Outcome<Bytes> each =
        cache_set_as_found(context_.machine, effective_, level.number, group.pus);
    std::optional<TouchedBuffers> buffers;
    std::vector<std::vector<const MappedBuffer*>> sets;
    if (each) {
      PinnedPool pool(group.pus);
      buffers.emplace(pool, each.value(), Pages::huge);
      for (const MappedBuffer& buffer : buffers->buffers()) sets.push_back({&buffer});
    }
    measure_kernels(group, level, Pages::huge, each, buffers, sets);
  }

  void measure_kernels(const ThreadGroup& group, const Level& level, Pages pages,
                       const Outcome<Bytes>& each, const std::optional<TouchedBuffers>& buffers,
                       const std::vector<std::vector<const MappedBuffer*>>& sets) {
    const std::string suffix = pages == Pages::small ? "_small_pages" : "";
    const auto kernels = kernels_for(level.number == dram,
                                     pages == Pages::small ? Profile::quick : context_.profile);
    if (!each) {
      for (StreamKernel kernel : kernels)
        rows_.push_back(without_value(row(group, level, name_of(kernel) + suffix),
                                      {each.status(), each.reason()}));
      return;
    }
    PinnedPool pool(group.pus);
    const auto huge = buffers->huge_page_fraction();
    StreamOptions options;
    options.sampling = sampling_;
    for (StreamKernel kernel : kernels) {
      throw_if_interrupted();
      const auto key = row(group, level, name_of(kernel) + suffix);
      if (!context_.round.wants(key)) continue;
      const auto result = measure_stream(pool, sets, each.value(), kernel, options);
      if (!result) {
        rows_.push_back(without_value(key, {result.status(), result.reason()}));
        continue;
      }
      Record measured = key;
      measured.bytes = static_cast<std::int64_t>(result->working_set.value());
      measured = with_samples(measured, result->samples);
      if (each.status() == Status::untrusted) measured = marked_untrusted(measured, each.reason());
      if (kernel.stores == Stores::non_temporal && !has_non_temporal_stores())
        measured = marked_untrusted(measured, "this ISA has no non-temporal store");
      rows_.push_back(guard_pages(guard_cpu_time(measured), huge, pages == Pages::huge));
      traffic_factor_.push_back({rows_.size() - 1, traffic_bytes(kernel) / stream_bytes(kernel)});
    }
  }

  // The same samples in bytes that cross the memory bus; only DRAM is a bus that write-allocates.
  static Record traffic_row(const Record& rate, double factor) {
    Record traffic = rate;
    traffic.metric = "traffic_rate";
    for (double* number : {&traffic.median, &traffic.ci_low, &traffic.ci_high, &traffic.min,
                           &traffic.max, &traffic.p05, &traffic.p95})
      *number *= factor;
    for (double& value : traffic.values) value *= factor;
    return traffic;
  }

  void put_rows() {
    guard_monotone(rows_);
    guard_store_ratio(rows_);
    for (const Record& row : rows_) context_.sink.put(row);
    for (const auto& [index, factor] : traffic_factor_)
      if (rows_[index].level == "DRAM") context_.sink.put(traffic_row(rows_[index], factor));
    rows_.clear();
    traffic_factor_.clear();
  }

  void step(const ThreadGroup& group, const Level& level) {
    throw_if_interrupted();
    context_.progress(done_++ / steps_,
                      fmt::format("{} with {} thread{}", level.name(), group.pus.size(),
                                  group.pus.size() > 1 ? "s" : ""));
  }

  NodeContext& context_;
  Machine effective_;  // context_.machine with its caches as the latency finds them
  SampleOptions sampling_;
  std::vector<ThreadGroup> groups_;
  std::vector<Record> rows_;
  std::vector<std::pair<std::size_t, double>> traffic_factor_;
  double done_ = 0;
  double steps_ = 1;
};

Seconds bandwidth_time(const Machine& machine, Profile profile) {
  const auto groups = static_cast<double>(thread_groups(machine, profile).size());
  const auto caches = static_cast<double>(std::max<std::size_t>(1, cache_levels(machine).size()));
  const double kernels = caches * static_cast<double>(kernels_for(false, profile).size()) +
                         static_cast<double>(kernels_for(true, profile).size());
  const SampleOptions options = bandwidth_sampling(profile);
  // Filling and touching a set in DRAM costs about half a second.
  return Seconds(1.5) + groups * kernels * (options.time_cap + 0.5 * options.warmup_cap) +
         groups * Seconds(0.5);
}

const bool bandwidth_registered = Registry<NodeProbe>::add({
    .about =
        {.kind = "probe",
         .name = std::string(bandwidth_name),
         .summary =
             "Bytes per second of streaming kernels in each cache and in DRAM, one core to all.",
         .metrics = {{"rate", std::string(unit::bytes_per_second),
                      "Bytes the program loads and stores per second (STREAM's count).",
                      Better::higher},
                     {"planned_size", std::string(unit::bytes),
                      "Size of a cache that its sets are planned with: the knee of the latency "
                      "where it lies well below the advertised size, which bytes holds.",
                      Better::neither},
                     {"traffic_rate", std::string(unit::bytes_per_second),
                      "The same with the line read that a missed store causes (write-allocate).",
                      Better::higher}},
         .verification =
             "Every element of every array, and the sum of every read, is compared with what "
             "the kernel computes, outside the timed region.",
         .settings = {{"memory.bandwidth.time_cap", "Longest sampling of one point, e.g. 200ms",
                       "150ms quick, 500ms standard, 2s thorough"}}},
    .expected_time = bandwidth_time,
    .run = [](NodeContext& context) { BandwidthProbe(context).run(); },
});

}  // namespace
}  // namespace assay::memory
