#include "probes/run/region.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <thread>

namespace assay {
namespace {

class RegionTest : public ::testing::Test {
 protected:
  RegionTest() {
    static_cast<void>(take_spans());
    static_cast<void>(take_dropped_spans());
    set_recording(Recording::regions);
  }
  ~RegionTest() override {
    set_recording(Recording::off);
    set_region_counter(nullptr);
    static_cast<void>(take_spans());
  }
};

TEST_F(RegionTest, NestedRegionsLieInEachOther) {
  {
    const Region outer("outer");
    const Region inner("inner");
  }
  const std::vector<Span> spans = take_spans();
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_STREQ(spans[0].name, "inner");
  EXPECT_LE(spans[1].start_ns, spans[0].start_ns);
  EXPECT_LE(spans[0].start_ns, spans[0].end_ns);
  EXPECT_LE(spans[0].end_ns, spans[1].end_ns);
  EXPECT_TRUE(take_spans().empty());
}

TEST_F(RegionTest, PhasesAreOnlyForTheTrace) {
  { const Phase phase("send", Track::communication); }
  EXPECT_TRUE(take_spans().empty());
  set_recording(Recording::everything);
  { const Phase phase("send", Track::communication); }
  const std::vector<Span> spans = take_spans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].track, Track::communication);
  RecordList rows;
  put_regions(spans, 0, {}, rows);
  EXPECT_TRUE(rows.records.empty());
  set_recording(Recording::off);
  { const Region region("unseen"); }
  EXPECT_TRUE(take_spans().empty());
}

TEST_F(RegionTest, EveryThreadKeepsItsOwnWhileAnotherTakes) {
  constexpr int threads = 4, each = 20'000;
  std::vector<Span> spans;
  {
    std::vector<std::jthread> pool;
    for (int t = 0; t < threads; ++t)
      pool.emplace_back([] {
        for (int i = 0; i < each; ++i) const Region region("work", {.flops = Flops(i)});
      });
    for (int i = 0; i < 50; ++i)
      for (const Span& span : take_spans()) spans.push_back(span);
  }
  for (const Span& span : take_spans()) spans.push_back(span);
  EXPECT_EQ(spans.size(), std::size_t{threads} * each);
  EXPECT_EQ(take_dropped_spans(), 0u);
  std::map<int, int> next;  // Each thread's in order, none twice, none lost.
  for (const Span& span : spans) EXPECT_EQ(span.work.flops.value(), next[span.thread]++);
  EXPECT_EQ(next.size(), std::size_t{threads});
}

TEST_F(RegionTest, AFullBufferIsSaid) {
  constexpr std::uint64_t more = 300'000;
  for (std::uint64_t i = 0; i < more; ++i) const Region region("tiny");
  const std::vector<Span> spans = take_spans();
  const std::uint64_t dropped = take_dropped_spans();
  EXPECT_GT(dropped, 0u);
  EXPECT_EQ(spans.size() + dropped, more);
  RecordList rows;
  put_regions({spans.begin(), spans.begin() + 3}, dropped, {}, rows);
  EXPECT_EQ(rows.records.at(0).status, Status::untrusted);
}

TEST_F(RegionTest, RowsAreTimeRateTrafficAndIntensityOfWhatIsAlike) {
  const Work work{.flops = Flops(2e6), .bytes = Bytes(8e6), .dtype = "f32", .threads = 4};
  std::vector<Span> spans(4);
  for (int i = 0; i < 3; ++i) {
    spans[i] = {.name = "axpy", .start_ns = 1000, .end_ns = 1000 + (i + 1) * 1'000'000};
    spans[i].work = work;
    spans[i].counted_flops = absent;
  }
  spans[3] = {.name = "bare", .start_ns = 5, .end_ns = 5};
  Record key;
  key.host = "node";
  key.launch = "2";
  RecordList rows;
  put_regions(spans, 0, key, rows);
  ASSERT_EQ(rows.records.size(), 5u);
  const auto metric = [&](std::string_view name) {
    return *std::find_if(rows.records.begin(), rows.records.end(),
                         [&](const Record& row) { return row.metric == name; });
  };
  EXPECT_EQ(metric("time").probe, "region");
  EXPECT_EQ(metric("time").operation, "axpy");
  EXPECT_EQ(metric("time").dtype, "f32");
  EXPECT_EQ(metric("time").threads, 4);
  EXPECT_EQ(metric("time").host, "node");
  EXPECT_EQ(metric("time").launch, "2");
  EXPECT_DOUBLE_EQ(metric("time").median, 2e-3);
  EXPECT_DOUBLE_EQ(metric("rate").median, 1e9);
  EXPECT_DOUBLE_EQ(metric("traffic_rate").median, 4e9);
  EXPECT_DOUBLE_EQ(metric("intensity").median, 0.25);
  EXPECT_EQ(rows.records.back().operation, "bare");
  EXPECT_GT(rows.records.back().median, 0) << "a clock that did not move is no time of 0";
}

/// Counts a fixed number whenever it is asked.
class MadeCounter final : public RegionCounter {
 public:
  double flops() override { return total_ += 1000; }
  std::string_view dtype() const override { return "f64"; }

 private:
  double total_ = 0;
};

TEST_F(RegionTest, CountedFlopsAreOfTheCountersTypeOnly) {
  set_region_counter(std::make_shared<MadeCounter>());
  { const Region region("counted", {.flops = Flops(1), .bytes = Bytes(500)}); }
  { const Region region("other", {.flops = Flops(1), .bytes = Bytes(500), .dtype = "f32"}); }
  RecordList rows;
  put_regions(take_spans(), 0, {}, rows);
  int counted = 0;
  for (const Record& row : rows.records)
    if (row.metric == "counted_intensity") {
      ++counted;
      EXPECT_EQ(row.operation, "counted");
      EXPECT_DOUBLE_EQ(row.median, 2);
    }
  EXPECT_EQ(counted, 1);
}

}  // namespace
}  // namespace assay
