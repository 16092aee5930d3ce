#include "probes/run/trace_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "tests/temporary_folder.hpp"

namespace assay {
namespace {

Span span(const char* name, std::int64_t start_ns, std::int64_t end_ns, Track track) {
  Span made;
  made.name = name;
  made.start_ns = start_ns;
  made.end_ns = end_ns;
  made.track = track;
  return made;
}

class TraceFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] nlohmann::json events() const {
    std::ifstream in(file_);
    return nlohmann::json::parse(in).at("traceEvents");
  }
  test::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "trace.json";
};

TEST_F(TraceFileTest, IsWholeAfterEveryAddition) {
  for (int rank = 0; rank < 3; ++rank) {
    append_trace(file_, trace_events({.rank = rank, .host = "no\"de"},
                                     {span("step", 1000, 3500, Track::thread)}, 10));
    EXPECT_EQ(events().size(), 3u * static_cast<std::size_t>(rank + 1));
  }
  EXPECT_EQ(events()[0].at("args").at("name"), "rank 0 on no\"de");
}

TEST_F(TraceFileTest, TimesAreMicrosecondsOfRankZerosClock) {
  append_trace(file_, trace_events({.rank = 7, .host = "a", .clock_offset_ns = 500},
                                   {span("send", 1000, 3500, Track::communication)}, 10));
  const nlohmann::json event = events().back();
  EXPECT_EQ(event.at("ph"), "X");
  EXPECT_EQ(event.at("pid"), 7);
  EXPECT_EQ(event.at("tid"), 1);
  EXPECT_EQ(event.at("ts"), 1.5);
  EXPECT_EQ(event.at("dur"), 2.5);
}

TEST_F(TraceFileTest, OfTooManyTheLastAreKeptAndTheRestIsCounted) {
  std::vector<Span> spans;
  for (int i = 0; i < 10; ++i) spans.push_back(span("step", i, i + 1, Track::thread));
  append_trace(file_, trace_events({.rank = 0, .host = "a"}, spans, 4));
  int kept = 0, left_out = 0;
  for (const nlohmann::json& event : events()) {
    kept += event.at("ph") == "X";
    if (event.at("name") == "left out") left_out = event.at("args").at("spans").get<int>();
  }
  EXPECT_EQ(kept, 4);
  EXPECT_EQ(left_out, 6);
  EXPECT_EQ(events().back().at("ts"), 0.009);
}

TEST_F(TraceFileTest, ManyShortWaitsDoNotDriveOutTheSteps) {
  std::vector<Span> spans = {span("step", 0, 50, Track::thread)};
  for (int i = 100; i < 150; ++i) spans.push_back(span("wait", i, i + 1, Track::thread));
  append_trace(file_, trace_events({.rank = 0, .host = "a"}, spans, 4));
  int steps = 0, waits = 0;
  for (const nlohmann::json& event : events()) {
    steps += event.at("name") == "step";
    waits += event.at("name") == "wait";
  }
  EXPECT_EQ(steps, 1);
  EXPECT_EQ(waits, 4);
}

TEST_F(TraceFileTest, AFileThatCannotBeWrittenIsABrokenRun) {
  EXPECT_THROW(append_trace("/proc/none/trace.json", "{}"), RunError);
}

}  // namespace
}  // namespace assay
