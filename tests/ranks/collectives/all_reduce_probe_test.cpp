#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/verification.hpp"
#include "probes/core/errors.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/network/transport/threads.hpp"

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
    // What `auto` sends depends on what it chose.
    EXPECT_EQ(metrics.contains("messages"), !find_all_reduce(point.first).chooses) << point.first;
    EXPECT_EQ(metrics.contains("bytes_sent"), !find_all_reduce(point.first).chooses);
    if (point.first == "ring") {
      EXPECT_EQ(metrics.at("bytes_sent"), 2 * 2 * static_cast<double>(point.second));
    }
  }
}

/// What all ranks sent in one call, by algorithm; counted, nothing timed.
std::map<std::string, network::Traffic> sent_in_a_call(int ranks, std::size_t bytes, int hosts) {
  std::map<std::string, network::Traffic> all;
  network::run_as_threads(
      ranks,
      [&](network::Communicator& communicator) {
        for (const AllReduceAlgorithm* algorithm : Registry<AllReduceAlgorithm>::all()) {
          if (algorithm->chooses || !algorithm->unsupported_reason(communicator).empty()) continue;
          const auto all_reduce = algorithm->prepare(communicator);
          Verifier verifier(communicator, *all_reduce);
          verifier.check(network::ElementType::f32, network::Operation::sum, bytes / 4, false);
          EXPECT_EQ(verifier.verdict(), "");
          const network::Traffic sent = communicator.sum_over_ranks(verifier.sent());
          if (communicator.rank() == 0) all[algorithm->about.name] = sent;
        }
      },
      hosts);
  return all;
}

TEST(AllReduceTraffic, IsWhatEachAlgorithmStates) {
  // By hand, for p = 4 and m = 4 KiB, all ranks together.
  constexpr std::uint64_t p = 4, m = 4096;
  const std::map<std::string, network::Traffic> expected{
      {"ring", {p * 2 * (p - 1), 2 * (p - 1) * m}},
      {"recursive_doubling", {p * 2, p * 2 * m}},
      {"rabenseifner", {p * 2 * 2, 2 * (p - 1) * m}},
      {"binomial_tree", {2 * (p - 1), 2 * (p - 1) * m}},
      {"star", {2 * (p - 1), 2 * (p - 1) * m}},
      {"direct", {2 * p * (p - 1), 2 * (p - 1) * m}},
      {"one_shot", {p * (p - 1), p * (p - 1) * m}},
      {"shared_memory", {0, 0}},
  };
  const auto sent = sent_in_a_call(4, m, 1);
  for (const auto& [algorithm, by_hand] : expected) {
    ASSERT_TRUE(sent.contains(algorithm)) << algorithm;
    EXPECT_EQ(sent.at(algorithm).messages, by_hand.messages) << algorithm;
    EXPECT_EQ(sent.at(algorithm).bytes, by_hand.bytes) << algorithm;
  }
}

TEST(AllReduceTraffic, IsTheSameInEveryRun) {
  // Odd rank counts fold, long vectors travel in segments, two hosts have the hierarchical one.
  for (const auto& [ranks, hosts] : {std::pair(3, 1), std::pair(4, 2)}) {
    const auto first = sent_in_a_call(ranks, 256 << 10, hosts);
    EXPECT_EQ(first, sent_in_a_call(ranks, 256 << 10, hosts)) << ranks;
    EXPECT_GE(first.size(), 9u);
    EXPECT_EQ(first.contains("hierarchical"), hosts == 2);
  }
}

TEST(CollectiveProbe, CountsTheMessagesAndBytesOfACall) {
  constexpr double p = 3, m = 3 * 4096;
  const std::map<std::string, std::pair<double, double>> expected{
      {"reduce_scatter", {p * (p - 1), (p - 1) * m}},
      {"allgather", {p * (p - 1), (p - 1) * m}},
      {"alltoall", {p * (p - 1), (p - 1) * m}},
      {"broadcast", {p - 1, (p - 1) * m}}};
  for (const auto& [name, by_hand] : expected) {
    const std::string probe = "collective." + name;
    int counts = 0;
    for (const Record& row : run_probe(probe, 3, {{"bytes", "12KiB"}})) {
      const bool is_count = row.metric == "messages" || row.metric == "bytes_sent";
      EXPECT_EQ(registry::find_metric(probe, row.metric)->exact, is_count) << row.metric.str();
      if (!is_count) continue;
      ++counts;
      EXPECT_EQ(row.median, row.metric == "messages" ? by_hand.first : by_hand.second) << name;
    }
    EXPECT_EQ(counts, 2) << name;
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
