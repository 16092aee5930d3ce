#include <gtest/gtest.h>

#include "probes/run/run_directory.hpp"
#include "reports/models/messages/alpha_beta.hpp"

namespace assay::models {
namespace {

Record message(std::int64_t bytes, double time) {
  Record row;
  row.probe = "network.alpha_beta";
  row.metric = "time";
  row.unit = "s";
  row.status = Status::ok;
  row.provider = "net";
  row.operation = "ping_pong";
  row.bytes = bytes;
  row.median = time;
  row.ci_low = 0.99 * time;
  row.ci_high = 1.01 * time;
  return row;
}

// A provider that copies up to 16384 B and asks first beyond: 5 us more.
TEST(AlphaBetaBreakpoint, ItsIntervalHoldsTheLastSizeOfTheProtocolBefore) {
  RunData run;
  for (std::int64_t bytes = 256; bytes <= 1 << 20; bytes += bytes / 2)
    run.records.push_back(
        message(bytes, 2e-6 + static_cast<double>(bytes) * 1e-10 + (bytes > 16384 ? 5e-6 : 0)));
  const auto fits = alpha_beta_fits(run);
  ASSERT_EQ(fits.size(), 1U);
  ASSERT_EQ(fits[0].segments.size(), 2U);
  const Estimate<Bytes>& jump = fits[0].segments[1].breakpoint;
  EXPECT_EQ(jump.value, fits[0].segments[0].to);
  EXPECT_LE(jump.low, 16384_B);
  EXPECT_GE(jump.high, 16384_B);
  EXPECT_LE(jump.high, 1.5 * 1.5 * 16384_B);
}

}  // namespace
}  // namespace assay::models
