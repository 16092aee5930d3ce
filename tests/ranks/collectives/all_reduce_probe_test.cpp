#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "benchmarks/collectives/all_reduce.hpp"
#include "probes/core/errors.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/network/threads.hpp"

namespace assay::collectives {
namespace {

using Settings = std::map<std::string, std::string>;

std::vector<Record> run_probe(const std::string& name, int ranks, const Settings& settings,
                              int hosts = 1) {
  const network::RankProbe* probe = Registry<network::RankProbe>::find(name);
  if (probe == nullptr) throw std::logic_error("no probe " + name);
  RecordList kept;
  network::run_as_threads(
      ranks,
      [&](network::Communicator& communicator) {
        RecordList dropped;
        network::RankContext context{.communicator = communicator,
                                     .profile = Profile::quick,
                                     .sink = communicator.rank() == 0 ? kept : dropped,
                                     .progress = [](double, const std::string&) {},
                                     .setting =
                                         [&](const std::string& key) {
                                           const auto found = settings.find(key);
                                           return found == settings.end() ? std::string()
                                                                          : found->second;
                                         }};
        probe->run(context);
      },
      hosts);
  return kept.records;
}

TEST(AllReduceProbe, GivesATimeAndAPredictionForEachAlgorithmAndSize) {
  const std::vector<Record> rows = run_probe("collective.allreduce", 3, {{"bytes", "8B,4KiB"}});
  std::map<std::pair<std::string, std::int64_t>, std::map<std::string, double>> points;
  for (const Record& row : rows) {
    if (row.algorithm == "hierarchical") {
      EXPECT_EQ(row.status, Status::skipped);  // one node
      EXPECT_NE(row.reason.str().find("two nodes"), std::string::npos);
      continue;
    }
    EXPECT_TRUE(carries_numbers(row.status)) << row.algorithm.str() << ": " << row.reason.str();
    EXPECT_NE(registry::find_metric("collective.allreduce", row.metric.str()), nullptr)
        << row.metric.str();
    EXPECT_EQ(row.ranks, 3);
    points[{row.algorithm.str(), row.bytes}][row.metric.str()] = row.median;
  }
  EXPECT_EQ(points.size(), 2 * (Registry<AllReduceAlgorithm>::all().size() - 1));
  for (const auto& [point, metrics] : points) {
    EXPECT_GT(metrics.at("time"), 0) << point.first;
    EXPECT_GT(metrics.at("predicted_time"), 0) << point.first;
    EXPECT_DOUBLE_EQ(metrics.at("measured_to_predicted"),
                     metrics.at("time") / metrics.at("predicted_time"));
    EXPECT_GT(metrics.at("bus_bandwidth"), 0);
  }
}

TEST(AllReduceProbe, SkipsWhatIsNotPossibleBeforeItTimesAnything) {
  const std::vector<Record> rows =
      run_probe("collective.allreduce", 2,
                {{"bytes", "8B,4194304GiB"}, {"algorithm", "ring,hierarchical,star"}});
  // Two sizes that do not fit; two of an algorithm that needs nodes which are not there.
  ASSERT_GT(rows.size(), 4u);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].status == Status::skipped, i < 4) << i;
    if (i >= 4) continue;
    EXPECT_NE(rows[i].reason.str().find("needs"), std::string::npos) << rows[i].reason.str();
    EXPECT_FALSE(is_present(rows[i].median));
  }
}

TEST(AllReduceProbe, MeasuresNothingWhenNothingIsPossible) {
  for (const std::string name :
       {"collective.allreduce", "collective.alltoall", "collective.broadcast"}) {
    const std::vector<Record> rows =
        run_probe(name, 2, {{"bytes", "4194304GiB"}, {"algorithm", "ring"}});
    ASSERT_EQ(rows.size(), 1u) << name;
    EXPECT_EQ(rows.front().status, Status::skipped);
  }
}

TEST(AllReduceProbe, SettingsAreCheckedWithoutRanks) {
  const network::RankProbe* probe = Registry<network::RankProbe>::find("collective.allreduce");
  ASSERT_NE(probe, nullptr);
  const auto check = [&](const std::string& key, const std::string& value) {
    probe->check_settings(
        [&](const std::string& asked) { return asked == key ? value : std::string(); },
        Profile::quick);
  };
  EXPECT_NO_THROW(check("algorithm", "ring,auto"));
  EXPECT_THROW(check("algorithm", "token_bus"), UsageError);
  EXPECT_THROW(check("dtype", "f8"), UsageError);
  EXPECT_THROW(check("bytes", "4096"), UsageError);
}

TEST(AllReduceProbe, RefusesWhatDoesNotExist) {
  EXPECT_THROW(run_probe("collective.allreduce", 2, {{"algorithm", "token_bus"}}), UsageError);
  EXPECT_THROW(run_probe("collective.allreduce", 2, {{"dtype", "f8"}}), UsageError);
  EXPECT_THROW(run_probe("collective.allreduce", 2, {{"operation", "mean"}}), UsageError);
  EXPECT_THROW(run_probe("collective.allreduce", 2, {{"bytes", "4096"}}), UsageError);
}

TEST(AllReduceProbe, RunsOnOneRank) {
  for (const Record& row :
       run_probe("collective.allreduce", 1, {{"bytes", "64B"}, {"algorithm", "ring,auto"}}))
    EXPECT_TRUE(carries_numbers(row.status)) << row.reason.str();
}

}  // namespace
}  // namespace assay::collectives
