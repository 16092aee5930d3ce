/// --trace: the file that a browser loads, looked at as a browser would.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "probes/run/run_directory.hpp"
#include "tests/cli/program.hpp"

namespace assay::test {
namespace {

struct Drawn {
  std::string name;
  double start = 0, end = 0;
};
/// Times are printed in whole nanoseconds.
constexpr double rounding = 1e-3;

class Trace : public ::testing::Test {
 protected:
  /// Spans by rank and lane, in order of their starts, outer before inner.
  void run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "suite");
    for (const char* more : {"--profile", "quick", "--rounds", "1", "--trace", "--output", "run"})
      arguments.emplace_back(more);
    const Ended ended = run_assay(arguments, folder_.path());
    ASSERT_EQ(ended.exit_status, 0) << ended.errors;
    std::ifstream file(folder_ / "run/trace.json");
    const nlohmann::json trace = nlohmann::json::parse(file);
    for (const nlohmann::json& event : trace.at("traceEvents")) {
      const int rank = event.at("pid").get<int>();
      if (event.at("ph") != "X") continue;
      const double start = event.at("ts").get<double>(), length = event.at("dur").get<double>();
      EXPECT_GE(length, 0);
      lanes_[{rank, event.at("tid").get<int>()}].push_back(
          {event.at("name").get<std::string>(), start, start + length});
    }
    for (auto& [lane, spans] : lanes_)
      std::sort(spans.begin(), spans.end(), [](const Drawn& a, const Drawn& b) {
        return a.start != b.start ? a.start < b.start : a.end > b.end;
      });
  }
  void expect_nested() const {
    for (const auto& [lane, spans] : lanes_) {
      std::vector<Drawn> open;
      for (const Drawn& span : spans) {
        while (!open.empty() && open.back().end <= span.start + rounding) open.pop_back();
        if (!open.empty()) {
          ASSERT_LE(span.end, open.back().end + rounding)
              << "rank " << lane.first << ": " << span.name << " crosses the end of "
              << open.back().name;
        }
        open.push_back(span);
      }
    }
  }
  [[nodiscard]] std::vector<Drawn> named(int rank, const std::string& name) const {
    std::vector<Drawn> found;
    for (const auto& [lane, spans] : lanes_)
      for (const Drawn& span : spans)
        if (lane.first == rank && span.name == name) found.push_back(span);
    return found;
  }

  TemporaryFolder folder_;
  std::map<std::pair<int, int>, std::vector<Drawn>> lanes_;
};

TEST_F(Trace, EveryRanksStepsStandNestedOnOneClock) {
  run({"gradient", "--ranks", "3", "--launches", "1", "--model", "perceptron", "--compressor",
       "bf16", "--schedule", "polled", "--rows", "96", "--layers", "64,64,64,16"});
  ASSERT_FALSE(HasFatalFailure());
  expect_nested();
  std::size_t calls = named(0, "call").size();
  EXPECT_GT(calls, 0u);
  for (int rank = 0; rank < 3; ++rank) {
    for (const char* phase : {"step", "compute", "encode", "send", "wait"})
      EXPECT_FALSE(named(rank, phase).empty()) << "rank " << rank << " has no " << phase;
    calls = std::min(calls, named(rank, "call").size());
  }
  // One clock: the k-th call from the end is the same call everywhere, and one in which every rank
  // waits for others ends nowhere before all have entered it. Some only compute.
  std::size_t compared = 0;
  for (std::size_t back = 1; back <= calls; ++back) {
    double last_start = 0, first_end = 1e300;
    bool all_wait = true;
    for (int rank = 0; rank < 3; ++rank) {
      const std::vector<Drawn> own = named(rank, "call");
      const Drawn& call = own[own.size() - back];
      last_start = std::max(last_start, call.start);
      first_end = std::min(first_end, call.end);
      all_wait = all_wait && std::ranges::any_of(named(rank, "wait"), [&](const Drawn& wait) {
                   return wait.start >= call.start && wait.end <= call.end;
                 });
    }
    if (!all_wait) continue;
    ++compared;
    EXPECT_LT(last_start, first_end) << back << " calls from the end";
  }
  EXPECT_GT(compared, 0u);
  // Beside the trace: the same parts as rows, for each rank.
  std::map<std::string, std::set<std::string>> hosts;
  for (const Record& row : read_run(folder_ / "run").records)
    if (carries_numbers(row.status)) hosts[row.metric.str()].insert(row.host.str());
  for (const char* metric :
       {"rank_compute_time", "rank_encode_time", "rank_send_time", "rank_wait_time"})
    EXPECT_EQ(hosts[metric].size(), 3u) << metric;
}

/// Not only where the training is looked at in detail.
TEST_F(Trace, EveryTrainingSaysWhereItsTimeGoes) {
  run({"gradient", "--ranks", "2", "--launches", "1", "--model", "linear_regression"});
  ASSERT_FALSE(HasFatalFailure());
  std::set<std::string> hosts;
  for (const Record& row : read_run(folder_ / "run").records)
    if (row.metric == "rank_wait_time") hosts.insert(row.host.str());
  EXPECT_EQ(hosts.size(), 2u);
}

TEST_F(Trace, LaunchesFollowOneAnother) {
  run({"allreduce", "--ranks", "2", "--bytes", "1KiB", "--algorithm", "ring"});
  ASSERT_FALSE(HasFatalFailure());
  expect_nested();
  EXPECT_FALSE(named(1, "call").empty());
}

}  // namespace
}  // namespace assay::test
