#include "reports/models/messages/communication.hpp"

#include <gtest/gtest.h>

#include "probes/cost/collective_cost.hpp"

namespace assay::models {
namespace {

Estimate<Seconds> exactly(Seconds value) {
  return {value, value, value};
}

/// Short messages start in 1 us, longer ones (a rendezvous) in 20 us; both move 1 GB/s.
AlphaBetaFit wire_with_two_protocols() {
  const Estimate<SecondsPerByte> beta{SecondsPerByte(1e-9), SecondsPerByte(1e-9),
                                      SecondsPerByte(1e-9)};
  AlphaBetaFit fit;
  fit.provider = "net";
  fit.operation = "loaded_exchange";
  fit.segments = {{.from = 0_B, .to = 256_KiB, .alpha = exactly(1_us), .beta = beta},
                  {.from = 256_KiB, .to = 64_MiB, .alpha = exactly(20_us), .beta = beta}};
  return fit;
}

ScalingSeries all_reduce_of(const std::string& algorithm, Bytes bytes) {
  ScalingSeries series;
  series.provider = "net";
  series.algorithm = algorithm;
  series.bytes = static_cast<std::int64_t>(bytes.value());
  return series;
}

TEST(Communication, ASegmentedStepPaysAStartUpPerSegmentOfItsOwnSize) {
  const Bytes size = 32_MiB;
  const auto term = communication_term(all_reduce_of("ring", size), {wire_with_two_protocols()});
  ASSERT_TRUE(term);
  // Ring of 4: blocks of 8 MiB in segments of 128 KiB, which take the short protocol.
  const double segments = 8_MiB / pipeline_segment("ring", {.ranks = 4, .bytes = size});
  ASSERT_GT(segments, 1);
  EXPECT_NEAR(term->startup(4), 2 * 3 * segments * 1e-6, 1e-12);
  EXPECT_NEAR(term->transfer(4), 2.0 * 3 / 4 * size.value() * 1e-9, 1e-12);
}

TEST(Communication, AnUnsegmentedStepPaysTheProtocolOfItsWholeMessage) {
  const auto term =
      communication_term(all_reduce_of("recursive_doubling", 1_MiB), {wire_with_two_protocols()});
  ASSERT_TRUE(term);
  EXPECT_NEAR(term->startup(4), 2 * 20e-6, 1e-12);
  EXPECT_NEAR(term->transfer(4), 2 * Bytes(1_MiB).value() * 1e-9, 1e-12);
}

TEST(Communication, FlowsThatShareAPortMultiplyTheBytesOnly) {
  const auto term =
      communication_term(all_reduce_of("one_shot", 1_KiB), {wire_with_two_protocols()});
  ASSERT_TRUE(term);
  EXPECT_NEAR(term->startup(4), 1e-6, 1e-12);
  EXPECT_NEAR(term->transfer(4), 3 * 1024e-9, 1e-15);
}

TEST(Communication, NothingWithoutAProbedWireAndForOneRank) {
  EXPECT_FALSE(communication_term(all_reduce_of("ring", 1_MiB), {}));
  EXPECT_FALSE(communication_term(all_reduce_of("token_bus", 1_MiB), {wire_with_two_protocols()}));
  const auto term = communication_term(all_reduce_of("ring", 1_MiB), {wire_with_two_protocols()});
  ASSERT_TRUE(term);
  EXPECT_EQ(term->startup(1), 0);
  EXPECT_EQ(term->transfer(1), 0);
}

}  // namespace
}  // namespace assay::models
