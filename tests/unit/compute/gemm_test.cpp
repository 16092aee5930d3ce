#include "probes/compute/gemm.hpp"

#include <gtest/gtest.h>

#include "probes/compute/blas_library.hpp"
#include "probes/compute/gemm_verdict.hpp"
#include "probes/host/probe.hpp"

namespace assay::compute {
namespace {

template <class T>
class GemmOf : public testing::Test {};
using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(GemmOf, Types);

TYPED_TEST(GemmOf, MultipliesAndNoticesWhenNot) {
  const BlasThreads one(1);
  Gemm<TypeParam> gemm(96);
  EXPECT_FALSE(gemm.verified());  // nothing computed: NaN
  gemm.run();
  EXPECT_TRUE(gemm.verified());
  gemm.product()[96 * 50 + 7] += TypeParam{0.5};
  EXPECT_FALSE(gemm.verified());
  EXPECT_DOUBLE_EQ(gemm.flops().value(), 2.0 * 96 * 96 * 96);
}

TEST(GemmOrder, ShrinksToTheMemory) {
  // Order 1024 in f64: 24 MiB a core.
  EXPECT_EQ(gemm_order(1024, 8, 4, 24_GiB), 1024);
  EXPECT_EQ(gemm_order(1024, 8, 4, 384_MiB), 1024);
  EXPECT_EQ(gemm_order(1024, 8, 4, 383_MiB), 512);
  EXPECT_EQ(gemm_order(1024, 8, 128, 512_MiB), 128);
  EXPECT_EQ(gemm_order(1024, 8, 1000, 100_MiB), 0);
}

const BlasLibrary haswell{"OpenBLAS 0.3.21", "Haswell", true};

TEST(GemmVerdict, NamesTheMisdispatchedLibrary) {
  const GemmVerdict verdict = judge_gemm(true, {0.46, 0.47}, 1, haswell, "AVX3");
  EXPECT_EQ(verdict.status, Status::untrusted);
  EXPECT_EQ(verdict.reason,
            "BLAS mis-dispatched: OpenBLAS 0.3.21 with its Haswell kernels reaches 0.46 of the "
            "AVX3 FMA roof");
}

TEST(GemmVerdict, FasterThanTheRoofIsIncorrect) {
  EXPECT_EQ(judge_gemm(true, {1.2, 1.1}, 1, haswell, "AVX3").status, Status::incorrect);
  EXPECT_EQ(judge_gemm(true, {0.99, 1.01}, 1, haswell, "AVX3").status, Status::ok);
}

TEST(GemmVerdict, ADisturbedRoofCondemnsNoLibrary) {
  // Seen on a crowded machine: the bursts lost their cores, the products did not.
  const GemmVerdict verdict = judge_gemm(true, {1.2, 0.8}, 1, haswell, "AVX3");
  EXPECT_EQ(verdict.status, Status::untrusted);
  EXPECT_NE(verdict.reason.find("something else had the cores"), std::string::npos)
      << verdict.reason;
}

TEST(GemmVerdict, WrongProductIsIncorrectHoweverFast) {
  EXPECT_EQ(judge_gemm(false, {0.9, 0.9}, 1, haswell, "AVX3").status, Status::incorrect);
}

TEST(GemmVerdict, StolenTimeIsNotBlamedOnTheLibrary) {
  const GemmVerdict verdict = judge_gemm(true, {0.4, 0.6}, 0.5, haswell, "AVX3");
  EXPECT_EQ(verdict.status, Status::untrusted);
  EXPECT_EQ(verdict.reason.find("mis-dispatched"), std::string::npos);
}

TEST(BlasLibrary, NamesItself) {
  const BlasLibrary library = blas_library();
  EXPECT_FALSE(library.name.empty());
  if (library.name.starts_with("OpenBLAS")) {
    EXPECT_FALSE(library.core.empty());
    EXPECT_TRUE(library.threads_settable);
  }
}

}  // namespace
}  // namespace assay::compute
