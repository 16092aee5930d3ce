// What a marker costs: the bound is 100 ns per region without counters.
#include <benchmark/benchmark.h>

#include "probes/run/region.hpp"

namespace {

using namespace assay;

constexpr int batch = 1000;

void mark(benchmark::State& state, Recording recording) {
  set_recording(recording);
  for (auto _ : state) {
    for (int i = 0; i < batch; ++i) {
      const Region region("kernel", {.flops = Flops(2), .bytes = Bytes(16)});
      benchmark::ClobberMemory();
    }
    state.PauseTiming();
    static_cast<void>(take_spans());
    state.ResumeTiming();
  }
  set_recording(Recording::off);
  state.SetItemsProcessed(state.iterations() * batch);
  state.counters["time_per_region"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * batch,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK_CAPTURE(mark, recorded, Recording::regions);
BENCHMARK_CAPTURE(mark, off, Recording::off);

}  // namespace

BENCHMARK_MAIN();
