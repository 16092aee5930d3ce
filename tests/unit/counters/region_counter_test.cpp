#include "probes/counters/region_counter.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "probes/counters/event_counter.hpp"

namespace assay::counters {
namespace {

/// Counts known additions with a planted factor.
class FakeCounter final : public EventCounter {
 public:
  explicit FakeCounter(double factor) : factor_(factor) {}
  Outcome<double> count(const std::string& event, const std::function<void()>& body) override {
    body();
    if (event != "PAPI_DP_OPS") return unsupported("not here");
    return 64.0 * 20000 * factor_;
  }

 private:
  double factor_;
};

TEST(RegionCounter, OnlyAnEventThatReadsKnownWorkIsTrusted) {
  FakeCounter right(1.01);
  EXPECT_EQ(trusted_flops_event(right).value(), "PAPI_DP_OPS");
  FakeCounter wrong(2);
  EXPECT_EQ(trusted_flops_event(wrong).status(), Status::unsupported);
  EXPECT_NE(trusted_flops_event(wrong).reason().find("reads 2.0"), std::string::npos)
      << trusted_flops_event(wrong).reason();
}

TEST(RegionCounter, ARegionIsCountedOrTheReasonIsSaid) {
  static_cast<void>(take_spans());
  const Outcome<std::string> event = count_regions();
  set_recording(Recording::regions);
  { const Region region("additions", {.flops = Flops(1), .bytes = Bytes(8)}); }
  set_recording(Recording::off);
  set_region_counter(nullptr);
  const std::vector<Span> spans = take_spans();
  ASSERT_EQ(spans.size(), 1u);
  if (event) {
    EXPECT_GE(spans[0].counted_flops, 0);
  } else {
    EXPECT_FALSE(event.reason().empty());
    EXPECT_TRUE(std::isnan(spans[0].counted_flops)) << "never a zero where nothing counts";
  }
}

}  // namespace
}  // namespace assay::counters
