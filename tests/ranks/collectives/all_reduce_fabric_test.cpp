/// Every all-reduce algorithm over real processes and libfabric, on each provider that works on
/// this host.
#include <gtest/gtest.h>

#include <set>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/verification.hpp"
#include "probes/core/errors.hpp"
#include "probes/network/launch/launch.hpp"
#include "tests/sanitized.hpp"

namespace assay::collectives {
namespace {

using network::Communicator;
using network::ElementType;
using network::Operation;

class AllReduceOverFabric : public testing::TestWithParam<std::string> {};

/// The verdicts come back as rows: a rank is a process of its own.
std::vector<Record> verify_all(int ranks, const std::string& provider) {
  RecordList rows;
  network::Job::Options options;
  options.provider = provider;
  network::Job::create(ranks)->run(
      ranks, options, rows, [](Communicator& communicator, RecordSink& sink, const auto&) {
        const auto p = static_cast<std::size_t>(communicator.size());
        for (const AllReduceAlgorithm* algorithm : Registry<AllReduceAlgorithm>::all()) {
          if (algorithm->chooses || !algorithm->unsupported_reason(communicator).empty()) continue;
          const auto all_reduce = algorithm->prepare(communicator);
          Verifier verifier(communicator, *all_reduce);
          // Around the providers' eager limits (64 B to 16 KiB), and one that is segmented. Types,
          // operations and all other counts are the matter of the test over threads.
          bool in_place = false;
          for (const std::size_t count :
               {std::size_t{0}, p - 1, p + 1, std::size_t{16}, std::size_t{17}, std::size_t{4095},
                std::size_t{4097}, std::size_t{70'001}}) {
            verifier.check(ElementType::f32, Operation::sum, count, in_place);
            in_place = !in_place;
          }
          verifier.check(ElementType::bf16, Operation::max, 1001, false);
          Record row;
          row.algorithm = algorithm->about.name;
          row.reason = verifier.verdict();
          if (communicator.rank() == 0) sink.put(row);
        }
      });
  return rows.records;
}

TEST_P(AllReduceOverFabric, IsCorrectOnOneToEightRanks) {
  ASSAY_SKIP_UNDER_SANITIZERS();
  for (int ranks = 1; ranks <= 8; ++ranks) {
    std::vector<Record> rows;
    try {
      rows = verify_all(ranks, GetParam());
    } catch (const UsageError& error) {
      GTEST_SKIP() << error.what();  // this host's libfabric has no such provider
    }
    EXPECT_EQ(rows.size(), 10u);  // all but hierarchical, auto, auto_fabric
    for (const Record& row : rows)
      EXPECT_EQ(row.reason.str(), "")
          << row.algorithm.str() << " on " << ranks << " ranks over " << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(Providers, AllReduceOverFabric, testing::Values("shm", "net", "tcp"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace assay::collectives
