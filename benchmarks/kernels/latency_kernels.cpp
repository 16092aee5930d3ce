// The pointer chase of memory.latency as a Google Benchmark program: time of one load, by set and
// order.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "probes/host/topology.hpp"
#include "probes/memory/chase.hpp"
#include "probes/memory/mapped_buffer.hpp"

namespace {

using namespace assay;
using namespace assay::memory;

constexpr std::uint64_t steps = 8192;

void chase_set(benchmark::State& state, Bytes set, ChaseOrder order) {
  PinnedPool pool({discover_machine().one_pu_per_core.front()});
  const MappedBuffer buffer(set, Pages::huge);
  const Chase chase(buffer.data(), set, 64_B, order);
  chase.write(pool);
  void* here = chase.at(0);
  // One lap over what can be in a cache; a larger ring needs none.
  const std::uint64_t lap = std::min<std::uint64_t>(chase.lines(), 1 << 20) / 8 * 8;
  pool.run([&](int) { here = run_chase(here, lap); });
  for ([[maybe_unused]] auto _ : state)
    state.SetIterationTime(pool.run([&](int) { here = run_chase(here, steps); }).wall.value());
  const double loads = static_cast<double>(steps) * static_cast<double>(state.iterations());
  // kIsRate | kInvert: seconds per load.
  state.counters["s/load"] =
      benchmark::Counter(loads, static_cast<benchmark::Counter::Flags>(
                                    benchmark::Counter::kIsRate | benchmark::Counter::kInvert));
}

void add() {
  for (const Bytes set : {16_KiB, 1_MiB, 64_MiB, 256_MiB, 1_GiB})
    for (const ChaseOrder order : {ChaseOrder::random, ChaseOrder::page_random})
      benchmark::RegisterBenchmark(
          fmt::format("{}/{}MiB/threads:1", order == ChaseOrder::random ? "random" : "page_random",
                      set.value() / 1048576)
              .c_str(),
          [set, order](benchmark::State& state) { chase_set(state, set, order); })
          ->UseManualTime();
}

}  // namespace

int main(int argc, char** argv) {
  add();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 4;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
