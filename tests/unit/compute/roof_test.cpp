// The guards of a compute roof, each tripped by the fault it is there for.
#include "probes/compute/roof.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "probes/host/topology.hpp"

namespace assay::compute {
namespace {

SampleOptions short_options() {
  return {.min_samples = 3, .time_cap = 50_ms, .warmup_max = 2, .warmup_cap = 10_ms};
}

template <std::size_t... Chain, class... X>
void iterate(std::index_sequence<Chain...>, double m, double c, std::uint64_t rounds,
             double* finals, X... x) {
  for (std::uint64_t round = 0; round < 4 * rounds; ++round) ((x = x * m + c), ...);
  ((finals[Chain] = x), ...);
}
/// Equal start values in every chain: the compiler sees that all chains hold the same and keeps
/// one.
constexpr int duplicated_chains = 48;
template <std::size_t... Chain>
void run_equal(std::index_sequence<Chain...> chains, const double* starts, double* finals,
               std::uint64_t rounds) {
  double m = -1, c = 1.25;
  asm volatile("" : "+m"(m), "+m"(c));
  iterate(chains, m, c, rounds, finals, (static_cast<void>(Chain), starts[0])...);
}
/// Distinct start values, but too few chains to cover the latency of a multiplication and addition.
template <std::size_t... Chain>
void run_distinct(std::index_sequence<Chain...> chains, const double* starts, double* finals,
                  std::uint64_t rounds) {
  double m = -1, c = 1.25;
  asm volatile("" : "+m"(m), "+m"(c));
  iterate(chains, m, c, rounds, finals, starts[Chain]...);
}
template <int Chains>
void few_chains(const void* starts, void* finals, std::uint64_t rounds) {
  run_distinct(std::make_index_sequence<Chains>(), static_cast<const double*>(starts),
               static_cast<double*>(finals), rounds);
}
void duplicate_seeds(const void* starts, void* finals, std::uint64_t rounds) {
  run_equal(std::make_index_sequence<duplicated_chains>(), static_cast<const double*>(starts),
            static_cast<double*>(finals), rounds);
}
/// The same, with the final values put right: only the physics can tell.
void duplicate_seeds_hidden(const void* starts, void* finals, std::uint64_t rounds) {
  std::array<double, duplicated_chains> expected;
  std::memcpy(expected.data(), starts, sizeof(expected));
  duplicate_seeds(starts, finals, rounds);
  std::memcpy(finals, expected.data(), sizeof(expected));
}

FlopKernel kernel_of(int chains, void (*run)(const void*, void*, std::uint64_t)) {
  return {.operation = Operation::fma,
          .dtype = "f64",
          .isa = "mutant",
          .accumulator = Accumulator::f64,
          .chains = chains,
          .lanes = 1,
          .flops_per_round = Flops(4.0 * 2 * chains),
          .limit_flops_per_cycle_per_lane = pipe_limit(Operation::fma),
          .run = run};
}
KernelFamily mutant(std::vector<FlopKernel> kernels) {
  return {Operation::fma, "f64", "mutant", true, std::move(kernels)};
}

class RoofGuards : public testing::Test {
 protected:
  PinnedPool pool_{{discover_machine().one_pu_per_core.front()}};

  Outcome<Roof> measure(const KernelFamily& family) {
    return measure_roof(pool_, sweep_chains(pool_, family, 500_us), 1_ms, short_options());
  }
  static KernelFamily best_fma() {
    const auto all = families(flop_kernels());
    return *std::find_if(all.begin(), all.end(), [](const KernelFamily& family) {
      return family.operation == Operation::fma && family.dtype == "f64";
    });
  }
};

TEST_F(RoofGuards, DuplicateSeedsAreIncorrectByTheirValues) {
  const Outcome<Roof> roof = measure(mutant({kernel_of(duplicated_chains, &duplicate_seeds)}));
  EXPECT_EQ(roof.status(), Status::incorrect);
  EXPECT_NE(roof.reason().find("equal values"), std::string::npos) << roof.reason();
}

TEST_F(RoofGuards, MergedChainsAreIncorrectByPhysics) {
#if !defined(__OPTIMIZE__)
  GTEST_SKIP() << "without optimisation the compiler does not merge the chains";
#endif
  const Outcome<Roof> roof =
      measure(mutant({kernel_of(duplicated_chains, &duplicate_seeds_hidden)}));
  EXPECT_EQ(roof.status(), Status::incorrect);
  EXPECT_NE(roof.reason().find("impossible"), std::string::npos) << roof.reason();
}

TEST_F(RoofGuards, FourChainsAreNoRoof) {
  const auto family = mutant({kernel_of(2, &few_chains<2>), kernel_of(4, &few_chains<4>)});
  Outcome<Roof> roof = measure(family);
  // On a crowded machine all bursts of the four may have been interrupted.
  for (int attempt = 0; attempt < 4 && roof.status() != Status::untrusted; ++attempt)
    roof = measure(family);
  EXPECT_EQ(roof.status(), Status::untrusted) << roof.reason();
  EXPECT_NE(roof.reason().find("latency-bound"), std::string::npos) << roof.reason();
}

TEST_F(RoofGuards, StolenTimeIsUntrusted) {
  const ChainSweep sweep{.points = {{8, FlopsPerSecond(1e9)}, {10, FlopsPerSecond(1e9)}},
                         .fastest = best_fma().kernels.front(),
                         .rate = FlopsPerSecond(1e9)};
  Roof roof{.kernel = sweep.fastest, .rates = {1e9}, .clocks = {3e9}, .flops_per_cycle = {1}};
  roof.cpu_wall_ratio = 0.5;
  const Outcome<Roof> judged = judge(roof, sweep, 1, true);
  EXPECT_EQ(judged.status(), Status::untrusted);
  EXPECT_NE(judged.reason().find("50 %"), std::string::npos) << judged.reason();
}

TEST_F(RoofGuards, ARealKernelHasSamplesOfEachKindWithinPhysics) {
  const KernelFamily family = best_fma();
  const ChainSweep sweep = sweep_chains(pool_, family, 500_us);
  EXPECT_EQ(sweep.points.size(), family.kernels.size());
  const Outcome<Roof> roof = measure_roof(pool_, sweep, 1_ms, short_options());
  ASSERT_TRUE(roof) << roof.reason();
  EXPECT_EQ(roof->rates.size(), roof->clocks.size());
  EXPECT_EQ(roof->rates.size(), roof->flops_per_cycle.size());
  for (const double rate : roof->rates) EXPECT_GT(rate, 0);
  for (const double per_cycle : roof->flops_per_cycle)
    EXPECT_LT(per_cycle, pipe_limit(Operation::fma) * 1.1);
}

TEST(Families, GroupByAllButTheChains) {
  const auto all = families(flop_kernels());
  std::size_t kernels = 0;
  for (const KernelFamily& family : all) {
    kernels += family.kernels.size();
    for (const FlopKernel& kernel : family.kernels) {
      EXPECT_EQ(kernel.isa, family.isa);
      EXPECT_EQ(kernel.dtype, family.dtype);
      EXPECT_EQ(kernel.operation, family.operation);
    }
  }
  EXPECT_EQ(kernels, flop_kernels().size());
}

}  // namespace
}  // namespace assay::compute
