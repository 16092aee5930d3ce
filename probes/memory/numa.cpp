/// @file
/// The probe memory.numa: bandwidth and latency between the cores of each NUMA node and the memory
/// of each.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probes/core/interrupt.hpp"
#include "probes/host/probe.hpp"
#include "probes/memory/bandwidth_guards.hpp"
#include "probes/memory/bandwidth_plan.hpp"
#include "probes/memory/chase_measurement.hpp"
#include "probes/memory/numa_matrix.hpp"
#include "probes/memory/stream_measurement.hpp"
#include "probes/memory/working_set.hpp"

namespace assay::memory {
namespace {

constexpr std::string_view numa_name = "memory.numa";

SampleOptions numa_sampling(Profile profile) {
  SampleOptions options;
  options.time_cap = by_profile(profile, 100_ms, 300_ms, 1_s);
  options.warmup_cap = 50_ms;
  return options;
}

/// The busy PUs of one node.
std::vector<int> pus_of(const Machine& machine, const NumaNode& node) {
  std::vector<int> pus;
  for (int pu : busy_pus(machine))
    if (std::ranges::find(node.pus, pu) != node.pus.end()) pus.push_back(pu);
  return pus;
}

class NumaProbe {
 public:
  explicit NumaProbe(NodeContext& context) : context_(context) {}

  void run() {
    const Machine& machine = context_.machine;
    if (context_.profile == Profile::quick)
      return put_none(skipped("left out by the profile quick"));
    if (machine.numa_nodes.empty()) return put_none(unsupported("hwloc knows no NUMA node"));
    const double all = static_cast<double>(machine.numa_nodes.size() * machine.numa_nodes.size());
    double done = 0;
    for (const NumaNode& cores : machine.numa_nodes)
      for (const NumaNode& memory : machine.numa_nodes) {
        throw_if_interrupted();
        context_.progress(done++ / all, place(cores, memory));
        if (const std::vector<int> pus = pus_of(machine, cores); !pus.empty())
          measure(cores, memory, pus);
      }
    if (const std::string file = context_.setting("memory.numa.xml"); !file.empty())
      export_numa_matrix(pairs_, file);
  }

 private:
  static std::string place(const NumaNode& cores, const NumaNode& memory) {
    return fmt::format("node{}>node{}", cores.os_index, memory.os_index);
  }

  Record row(std::string_view metric, std::string_view unit, const std::string& operation) const {
    Record row = context_.row(numa_name, metric, unit);
    row.level = "DRAM";
    row.operation = operation;
    return row;
  }

  void put_none(const NoValue& none) {
    context_.sink.put(without_value(row("rate", unit::bytes_per_second, "read"), none));
    context_.sink.put(without_value(row("time", unit::seconds, "random"), none));
  }

  void measure(const NumaNode& cores, const NumaNode& memory, const std::vector<int>& pus) {
    Record rate = row("rate", unit::bytes_per_second, "read");
    Record time = row("time", unit::seconds, "random");
    rate.topology = time.topology = place(cores, memory);
    rate.threads = static_cast<std::int64_t>(pus.size());
    time.threads = 1;
    const auto put_both = [&](const NoValue& none) {
      context_.sink.put(without_value(rate, none));
      context_.sink.put(without_value(time, none));
    };
    const auto each = dram_set_per_thread(context_.machine, pus);
    if (!each) return put_both({each.status(), each.reason()});
    PinnedPool pool(pus);
    std::vector<MappedBuffer> buffers;
    for (std::size_t i = 0; i < pus.size(); ++i) {
      buffers.emplace_back(each.value() + 8_KiB, Pages::huge);
      if (const std::string refusal = bind_to_node(buffers.back(), memory.os_index);
          !refusal.empty())
        return put_both(unsupported(refusal));
    }
    std::vector<std::vector<const MappedBuffer*>> sets;
    for (const MappedBuffer& buffer : buffers) sets.push_back({&buffer});
    StreamOptions options;
    options.sampling = numa_sampling(context_.profile);
    options.sampling.time_cap = context_.round.share(options.sampling.time_cap);
    const auto stream =
        measure_stream(pool, sets, each.value(), {StreamOperation::read, Stores::normal}, options);
    PinnedPool first({pus.front()});
    const Chase chase(buffers[0].data(), each.value(), 64_B, ChaseOrder::random);
    chase.write(pool);
    ChaseOptions chase_options;
    chase_options.sampling = options.sampling;
    const auto latency =
        measure_chase(first, chase, buffers[0].data(), each.value(), chase_options);
    if (!stream) return put_both({stream.status(), stream.reason()});
    if (!latency) return put_both({latency.status(), latency.reason()});
    rate.bytes = static_cast<std::int64_t>(stream->working_set.value());
    time.bytes = static_cast<std::int64_t>(each->value());
    const double placed = fraction_on_node(buffers[0], memory.os_index);
    const auto judged = [&](Record result) {
      result = guard_pages(guard_cpu_time(result), buffers[0].huge_page_fraction(), true);
      if (each.status() == Status::untrusted) result = marked_untrusted(result, each.reason());
      if (placed >= 0 && placed < 0.95)
        result = marked_untrusted(
            result, fmt::format("only {:.0f} % of the pages lie on the node", 100 * placed));
      return result;
    };
    const Record rate_row = judged(with_samples(rate, stream->samples));
    const Record time_row = judged(with_samples(time, latency.value()));
    context_.sink.put(rate_row);
    context_.sink.put(time_row);
    pairs_.push_back({cores.os_index, memory.os_index, BytesPerSecond(rate_row.median),
                      Seconds(time_row.median)});
  }

  NodeContext& context_;
  std::vector<NumaPair> pairs_;
};

Seconds numa_time(const Machine& machine, Profile profile) {
  if (profile == Profile::quick) return Seconds();
  const auto nodes = static_cast<double>(machine.numa_nodes.size());
  return nodes * nodes * (2.0 * numa_sampling(profile).time_cap + Seconds(1));
}

const bool numa_registered = Registry<NodeProbe>::add({
    .about =
        {.kind = "probe",
         .name = std::string(numa_name),
         .summary = "Bandwidth and latency from the cores of each NUMA node to the memory of each.",
         .metrics = {{"rate", std::string(unit::bytes_per_second),
                      "Reading, by all cores of one node.", Better::higher},
                     {"time", std::string(unit::seconds), "One dependent load, idle.",
                      Better::lower}},
         .verification =
             "Checksum of every element read; the end of the chase; where the pages lie.",
         .settings = {{"memory.numa.xml",
                       "Write the hwloc topology with the matrix as memory attributes to this file",
                       "not written"}}},
    .expected_time = numa_time,
    .run = [](NodeContext& context) { NumaProbe(context).run(); },
});

}  // namespace
}  // namespace assay::memory
