// The combine of the collectives as a Google Benchmark program: B/s of vector reduced (the gamma of
// their cost model is its inverse), and percent of what a plain copy of as many bytes moves.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "benchmarks/kernels/kernel_program.hpp"
#include "probes/core/clock.hpp"
#include "probes/host/pinned_pool.hpp"
#include "probes/network/transport/reduction.hpp"

namespace {

using namespace assay;
using namespace assay::network;

/// Bytes moved per vector byte: two reads and a write of the combine, a read and a write of the
/// copy.
constexpr double combine_moves = 3, copy_moves = 2;
constexpr int roof_samples = 50;

/// Of one timed region, so that it lasts about 0.1 ms and outweighs waking the thread, which is not
/// timed but waited for.
int repeats_of(std::size_t bytes) {
  constexpr std::size_t region_bytes = 4 << 20;
  return static_cast<int>(std::max<std::size_t>(1, region_bytes / bytes));
}

/// On a pinned core; the fastest of many copies.
double copy_roof(PinnedPool& pool, std::size_t bytes) {
  static std::map<std::size_t, double> roofs;
  double& roof = roofs[bytes];
  if (roof > 0) return roof;
  std::vector<std::byte> from(bytes, std::byte{1}), into(bytes);
  const int repeats = repeats_of(bytes);
  for (int i = 0; i < roof_samples; ++i) {
    const Seconds time = pool.run([&](int) {
                               for (int r = 0; r < repeats; ++r) {
                                 std::memcpy(into.data(), from.data(), bytes);
                                 benchmark::ClobberMemory();
                               }
                             })
                             .wall;
    roof = std::max(roof, copy_moves * static_cast<double>(bytes) * repeats / time.value());
  }
  return roof;
}

void run_combine(benchmark::State& state, Operation operation, ElementType type) {
  PinnedPool pool({kernels::machine().one_pu_per_core.back()});
  const auto bytes = static_cast<std::size_t>(state.range(0));
  const double roof = copy_roof(pool, bytes);
  // Zeros: no operation overflows or meets a denormal, however often it is repeated.
  std::vector<std::byte> into(bytes), from(bytes);
  const int repeats = repeats_of(bytes);
  Seconds total;
  for ([[maybe_unused]] auto _ : state) {
    const Seconds time = pool.run([&](int) {
                               for (int r = 0; r < repeats; ++r) {
                                 combine_into(operation, type, into, from);
                                 benchmark::ClobberMemory();
                               }
                             })
                             .wall;
    state.SetIterationTime(time.value());
    total += time;
  }
  const double reduced = static_cast<double>(bytes) * repeats;
  kernels::count_rate(state, "B/s", reduced);
  kernels::count_percent_of_roof(state, combine_moves * reduced, roof, total);
}

void add() {
  for (const Operation operation : operations)
    for (const ElementType type : element_types)
      benchmark::RegisterBenchmark(
          fmt::format("combine/{}/{}", to_string(operation), to_string(type)).c_str(),
          [operation, type](benchmark::State& state) { run_combine(state, operation, type); })
          ->Arg(1024)
          ->Arg(64 << 10)
          ->Arg(4 << 20)
          ->UseManualTime();
}

}  // namespace

int main(int argc, char** argv) {
  return assay::kernels::run_program(argc, argv, add);
}
