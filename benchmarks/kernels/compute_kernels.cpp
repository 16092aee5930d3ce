// The kernels of compute.peak_flops and compute.gemm as Google Benchmark programs: FLOP/s, and
// percent of the FMA roof of the same type and cores.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "benchmarks/kernels/kernel_program.hpp"
#include "probes/compute/blas_library.hpp"
#include "probes/compute/gemm.hpp"
#include "probes/compute/roof.hpp"
#include "probes/core/clock.hpp"

namespace {

using namespace assay;
using namespace assay::compute;

constexpr Seconds burst_time = 1_ms;
// As in the memory kernels: a burst of several cores ends with the slowest, so that in short ones
// each moment that another program takes a core counts for all. The roof is the best of short ones.
constexpr Seconds all_cores_burst_time = 250_ms;
constexpr int roof_bursts = 15;

const std::vector<KernelFamily>& all_families() {
  static const std::vector<KernelFamily> list = families(flop_kernels());
  return list;
}

/// The chain count is searched once per family, on one core.
const ChainSweep& sweep_of(const KernelFamily& family) {
  static std::map<std::tuple<Operation, std::string, std::string, bool>, ChainSweep> sweeps;
  const std::tuple name{family.operation, family.dtype, family.isa, family.native};
  if (const auto found = sweeps.find(name); found != sweeps.end()) return found->second;
  PinnedPool pool({kernels::machine().one_pu_per_core.back()});
  return sweeps.emplace(name, sweep_chains(pool, family, burst_time)).first->second;
}

BurstRunner runner_of(PinnedPool& pool, const ChainSweep& sweep, Seconds time) {
  const double rounds = time * sweep.rate / sweep.fastest.flops_per_round;
  return {pool, sweep.fastest, static_cast<std::uint64_t>(rounds), 1};
}

/// The best FMA rate of this type on these cores; narrow types are compared with f32. Measured
/// once.
FlopsPerSecond fma_roof(const std::vector<int>& pus, const std::string& dtype) {
  static std::map<std::pair<std::size_t, std::string>, FlopsPerSecond> roofs;
  const std::string roof_type = dtype == "f64" ? "f64" : "f32";
  FlopsPerSecond& roof = roofs[{pus.size(), roof_type}];
  if (roof > FlopsPerSecond(0)) return roof;
  PinnedPool pool(pus);
  for (const KernelFamily& family : all_families()) {
    if (family.operation != Operation::fma || family.dtype != roof_type) continue;
    BurstRunner runner = runner_of(pool, sweep_of(family), burst_time);
    for (int i = 0; i < roof_bursts; ++i) roof = std::max(roof, runner.run().rate);
  }
  return roof;
}

void run_flops(benchmark::State& state, const KernelFamily& family, const std::vector<int>& pus) {
  const FlopsPerSecond roof = fma_roof(pus, family.dtype);
  PinnedPool pool(pus);
  const ChainSweep& sweep = sweep_of(family);
  BurstRunner runner = runner_of(pool, sweep, pus.size() > 1 ? all_cores_burst_time : burst_time);
  Seconds total;
  double flops = 0;
  for ([[maybe_unused]] auto _ : state) {
    const Burst burst = runner.run();
    if (!burst.verified) return state.SkipWithError("accumulators ended with wrong values");
    state.SetIterationTime(burst.wall.value());
    total += burst.wall;
    flops = burst.work.value();  // the same for every burst
  }
  kernels::count_rate(state, "FLOP/s", flops);
  kernels::count_percent_of_roof(state, flops, roof.value(), total);
  state.SetLabel(fmt::format("{} chains", sweep.fastest.chains));
}

template <class T>
void run_gemm(benchmark::State& state, const std::string& dtype, const std::vector<int>& pus) {
  const FlopsPerSecond roof = fma_roof(pus, dtype);
  PinnedPool pool(pus);
  const int order = gemm_order(static_cast<int>(state.range(0)), sizeof(T), pool.size(),
                               kernels::machine().memory_cap);
  if (order == 0)
    return state.SkipWithError("the matrices do not fit into a quarter of the memory");
  std::vector<std::unique_ptr<Gemm<T>>> gemms(pus.size());
  pool.run([&](int thread) {
    gemms[static_cast<std::size_t>(thread)] = std::make_unique<Gemm<T>>(order);
  });
  const BlasThreads one_thread(1);
  const double flops = gemms[0]->flops().value() * static_cast<double>(pus.size());
  Seconds total;
  for ([[maybe_unused]] auto _ : state) {
    const Seconds time =
        pool.run([&](int thread) { gemms[static_cast<std::size_t>(thread)]->run(); }).wall;
    state.SetIterationTime(time.value());
    total += time;
  }
  for (const auto& gemm : gemms)
    if (!gemm->verified()) return state.SkipWithError("the product is wrong");
  kernels::count_rate(state, "FLOP/s", flops);
  kernels::count_percent_of_roof(state, flops, roof.value(), total);
  state.SetLabel(blas_library().name + " " + blas_library().core);
}

void add() {
  for (const std::vector<int>& pus : kernels::thread_sets()) {
    for (const KernelFamily& family : all_families())
      benchmark::RegisterBenchmark(
          fmt::format("{}{}/{}/{}/threads:{}", to_string(family.operation),
                      family.native ? "" : "_emulated", family.dtype, family.isa, pus.size())
              .c_str(),
          [&family, pus](benchmark::State& state) { run_flops(state, family, pus); })
          ->UseManualTime();
    benchmark::RegisterBenchmark(
        fmt::format("gemm/f64/threads:{}/order", pus.size()).c_str(),
        [pus](benchmark::State& state) { run_gemm<double>(state, "f64", pus); })
        ->Arg(256)
        ->Arg(1024)
        ->UseManualTime();
    benchmark::RegisterBenchmark(
        fmt::format("gemm/f32/threads:{}/order", pus.size()).c_str(),
        [pus](benchmark::State& state) { run_gemm<float>(state, "f32", pus); })
        ->Arg(256)
        ->Arg(1024)
        ->UseManualTime();
  }
}

}  // namespace

int main(int argc, char** argv) {
  return assay::kernels::run_program(argc, argv, add);
}
