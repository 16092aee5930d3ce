#pragma once
/// @file
/// What the programs of this folder share: the cores, the counters, and the main function's body.
///
/// Time is manual: the wall time of a region of a pool of pinned threads, as the probes measure it,
/// not Google Benchmark's CPU time of the main thread, which only waits.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "probes/core/units.hpp"
#include "probes/host/topology.hpp"

namespace assay::kernels {

[[nodiscard]] inline const Machine& machine() {
  static const Machine discovered = discover_machine();
  return discovered;
}

/// One core, and all cores that this process may use.
[[nodiscard]] inline std::vector<std::vector<int>> thread_sets() {
  std::vector<std::vector<int>> sets = {{machine().one_pu_per_core.back()}};
  if (machine().one_pu_per_core.size() > 1) sets.push_back(machine().one_pu_per_core);
  return sets;
}

/// A counter that Google Benchmark divides by the manual time: shown and written as a rate.
inline void count_rate(benchmark::State& state, const char* name, double per_iteration) {
  state.counters[name] =
      benchmark::Counter(per_iteration, benchmark::Counter::kIsIterationInvariantRate);
}

/// Percent of a roof, given the roof's rate.
inline void count_percent_of_roof(benchmark::State& state, double per_iteration, double roof,
                                  Seconds total) {
  const double rate = per_iteration * static_cast<double>(state.iterations()) / total.value();
  state.counters["percent_of_roof"] = benchmark::Counter(100 * rate / roof);
}

/// Registers by `add`, then does what BENCHMARK_MAIN does: filters, repetitions and JSON are Google
/// Benchmark's.
inline int run_program(int argc, char** argv, void (*add)()) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 4;
  add();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace assay::kernels
