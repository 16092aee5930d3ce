#include "probes/compute/flop_kernel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "probes/core/clock.hpp"
#include "probes/host/cycle_clock.hpp"

namespace assay::compute {
namespace {

std::string name_of(const FlopKernel& kernel) {
  return kernel.isa + " " + kernel.dtype + " " + std::string(to_string(kernel.operation)) + " " +
         std::to_string(kernel.chains);
}

TEST(FlopKernels, CoverEachOperationOfBothTypes) {
  const std::vector<FlopKernel> kernels = flop_kernels();
  for (const char* dtype : {"f64", "f32"})
    for (const Operation operation : {Operation::fma, Operation::fma_add, Operation::fma_add_2_1})
      EXPECT_TRUE(std::any_of(kernels.begin(), kernels.end(),
                              [&](const FlopKernel& kernel) {
                                return kernel.dtype == dtype && kernel.operation == operation;
                              }))
          << dtype << " " << to_string(operation);
}

TEST(FlopKernels, ReturnToTheirStartValues) {
  for (const FlopKernel& kernel : flop_kernels()) {
    for (const std::uint64_t rounds : {1, 2, 1001}) {
      KernelState state(kernel);
      kernel.run(state.starts(), state.finals(), rounds);
      EXPECT_TRUE(state.verified()) << name_of(kernel) << " after " << rounds << " rounds";
    }
  }
}

TEST(FlopKernels, CountTheirWork) {
  for (const FlopKernel& kernel : flop_kernels()) {
    if (kernel.operation == Operation::dot) continue;
    // Four steps per round, on each lane of each chain; an addition counts one, a multiply-add two.
    const double lanes = static_cast<double>(kernel.lanes);
    const int adding = kernel.operation == Operation::fma_add       ? kernel.chains / 2
                       : kernel.operation == Operation::fma_add_2_1 ? kernel.chains / 3
                                                                    : 0;
    EXPECT_DOUBLE_EQ(kernel.flops_per_round.value(), 4 * lanes * (2 * kernel.chains - adding))
        << name_of(kernel);
  }
}

TEST(KernelState, RefusesAWrongValueAndEqualChains) {
  const FlopKernel kernel = flop_kernels().front();
  KernelState state(kernel);
  EXPECT_FALSE(state.verified());  // nothing ran
  const std::size_t bytes =
      static_cast<std::size_t>(kernel.chains) * kernel.lanes * size_of(kernel.accumulator);
  std::memcpy(state.finals(), state.starts(), bytes);
  EXPECT_TRUE(state.verified());
  const std::size_t chain = bytes / static_cast<std::size_t>(kernel.chains);
  std::memcpy(static_cast<std::byte*>(state.finals()) + chain, state.starts(), chain);
  EXPECT_FALSE(state.verified());
}

}  // namespace
}  // namespace assay::compute
