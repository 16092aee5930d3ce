#include "benchmarks/workloads/gradient/training/wire.hpp"

#include <gtest/gtest.h>

namespace assay::workloads {
namespace {

const std::vector<Bytes> sizes = {100_B, 200_B, 300_B};

/// alpha + bytes / bandwidth, for each of the bandwidths a sweep.
std::vector<std::vector<double>> sweeps_at(const std::vector<double>& bandwidths) {
  std::vector<std::vector<double>> sweeps;
  for (const double bandwidth : bandwidths) {
    std::vector<double>& sweep = sweeps.emplace_back();
    for (const Bytes size : sizes) sweep.push_back(1e-6 + size.value() / bandwidth);
  }
  return sweeps;
}

TEST(WireBandwidth, IsTheMedianSlopeWithItsInterval) {
  const auto fitted =
      fit_bandwidth(sizes, sweeps_at({0.9e9, 1e9, 1e9, 1e9, 1e9, 1.1e9}), BytesPerSecond(1e10));
  ASSERT_TRUE(fitted) << fitted.reason();
  EXPECT_NEAR(fitted->value.value(), 1e9, 1);
  EXPECT_NEAR(fitted->low.value(), 0.9e9, 1);
  EXPECT_NEAR(fitted->high.value(), 1.1e9, 1);
}

TEST(WireBandwidth, ASlopeWithinTheNoiseIsRefused) {
  // Two of six sweeps fall: zero lies in the interval.
  const auto fitted =
      fit_bandwidth(sizes, sweeps_at({1e9, -2e9, 1e9, -1e9, 1e9, 1e9}), BytesPerSecond(1e10));
  EXPECT_EQ(fitted.status(), Status::unsupported);
  EXPECT_NE(fitted.reason().find("does not grow"), std::string::npos);
}

TEST(WireBandwidth, FasterThanAnyCopyIsRefused) {
  const auto fitted = fit_bandwidth(sizes, sweeps_at({2e10, 2e10, 2e10}), BytesPerSecond(1e10));
  EXPECT_EQ(fitted.status(), Status::incorrect);
}

}  // namespace
}  // namespace assay::workloads
