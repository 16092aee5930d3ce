/// Every all-reduce algorithm on ranks that are threads: rank counts, element counts, types,
/// operations.
#include "benchmarks/collectives/all_reduce.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "benchmarks/collectives/verification.hpp"
#include "probes/core/errors.hpp"
#include "probes/network/transport/threads.hpp"

namespace assay::collectives {
namespace {

using network::Communicator;
using network::ElementType;
using network::Operation;
using network::run_as_threads;

/// 0, 1, around the rank count, around a segment of every type, and a long odd one.
std::vector<std::size_t> counts_for(int ranks, ElementType type, bool is_long) {
  const auto p = static_cast<std::size_t>(ranks);
  const std::size_t segment = (std::size_t{128} << 10) / network::size_of(type);
  std::set<std::size_t> counts = {0, 1, p - 1, p, p + 1, 2 * p - 1, 2 * p + 1};
  if (is_long) counts.insert({segment - 1, segment + 1, (std::size_t{1} << 18) + 3});
  return {counts.begin(), counts.end()};
}

struct Case {
  std::string algorithm;
  int ranks;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.algorithm << " on " << c.ranks;
}

class AllReduceMatrix : public testing::TestWithParam<Case> {};

TEST_P(AllReduceMatrix, IsExactEqualOnAllRanksAndRepeatable) {
  const AllReduceAlgorithm& algorithm = find_all_reduce(GetParam().algorithm);
  run_as_threads(GetParam().ranks, [&](Communicator& communicator) {
    ASSERT_EQ(algorithm.unsupported_reason(communicator), "");
    const auto all_reduce = algorithm.prepare(communicator);
    Verifier verifier(communicator, *all_reduce);
    for (const ElementType type : network::element_types)
      for (const Operation operation : network::operations) {
        // Many ranks: each type and each operation once, since what is done to an element does not
        // depend on p.
        if (communicator.size() > 9 && static_cast<int>(type) != static_cast<int>(operation))
          continue;
        const bool is_long = operation == Operation::sum && communicator.size() <= 5;
        for (const std::size_t count : counts_for(communicator.size(), type, is_long))
          for (const bool in_place : {false, true})
            verifier.check(type, operation, count, in_place);
      }
    ASSERT_EQ(verifier.verdict(), "");
  });
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const AllReduceAlgorithm* algorithm : Registry<AllReduceAlgorithm>::all())
    for (const int ranks : {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33}) {
      // `auto` tries several of the others on each new size, so it costs as much as all of them.
      const bool is_costly = algorithm->chooses && ranks != 1 && ranks != 3;
      const bool needs_nodes = algorithm->topology == "hierarchical";  // tested below
      if (!is_costly && !needs_nodes) cases.push_back({algorithm->about.name, ranks});
    }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Algorithms, AllReduceMatrix, testing::ValuesIn(all_cases()),
                         [](const auto& tested) {
                           return tested.param.algorithm + "_" + std::to_string(tested.param.ranks);
                         });

TEST(AllReduce, ManyCallsBackToBackInterleavedWithRandomEntry) {
  run_as_threads(5, [](Communicator& communicator) {
    std::mt19937 random(static_cast<unsigned>(communicator.rank()));
    std::vector<std::unique_ptr<AllReduce>> prepared;
    for (const AllReduceAlgorithm* algorithm : Registry<AllReduceAlgorithm>::all())
      if (!algorithm->chooses && algorithm->unsupported_reason(communicator).empty())
        prepared.push_back(algorithm->prepare(communicator));
    std::vector<float> in(3001), out(in.size());
    const auto in_bytes = std::as_writable_bytes(std::span(in)),
               out_bytes = std::as_writable_bytes(std::span(out));
    for (int iteration = 0; iteration < 8; ++iteration)
      for (const auto& all_reduce : prepared) {
        if (random() % 8 == 0)
          std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
        fill_exact(in_bytes, ElementType::f32, Operation::sum, communicator.rank(), iteration);
        all_reduce->run({.in = in_bytes, .out = out_bytes});
        ASSERT_EQ(check_exact(out_bytes, ElementType::f32, Operation::sum, communicator.size(),
                              iteration),
                  "");
      }
  });
}

TEST(AllReduce, HierarchicalOverEvenAndUnevenNodes) {
  const AllReduceAlgorithm& algorithm = find_all_reduce("hierarchical");
  for (const auto& [ranks, hosts] :
       std::vector<std::pair<int, int>>{{2, 2}, {4, 2}, {5, 2}, {7, 3}, {8, 4}, {12, 5}, {17, 2}})
    run_as_threads(
        ranks,
        [&](Communicator& communicator) {
          ASSERT_EQ(algorithm.unsupported_reason(communicator), "");
          const auto all_reduce = algorithm.prepare(communicator);
          Verifier verifier(communicator, *all_reduce);
          for (const ElementType type : network::element_types)
            for (const std::size_t count :
                 counts_for(communicator.size(), type, communicator.size() <= 5))
              for (const bool in_place : {false, true})
                verifier.check(type, Operation::sum, count, in_place);
          ASSERT_EQ(verifier.verdict(), "") << communicator.size();
        },
        hosts);
  run_as_threads(2, [&](Communicator& communicator) {
    EXPECT_NE(algorithm.unsupported_reason(communicator).find("two nodes"), std::string::npos);
  });
}

TEST(AllReduce, SharedMemoryNeedsOneHost) {
  run_as_threads(
      2,
      [](Communicator& communicator) {
        EXPECT_NE(
            find_all_reduce("shared_memory").unsupported_reason(communicator).find("several hosts"),
            std::string::npos);
      },
      2);
}

TEST(AllReduce, TwoCommunicatorsAtOnceDoNotMix) {
  for (const AllReduceAlgorithm* algorithm : Registry<AllReduceAlgorithm>::all()) {
    if (algorithm->topology == "hierarchical" || algorithm->chooses) continue;
    run_as_threads(6, [&](Communicator& world) {
      const std::vector<int> mine =
          world.rank() % 2 == 0 ? std::vector{0, 2, 4} : std::vector{1, 3, 5};
      const auto half = world.subset(mine);
      const auto in_world = algorithm->prepare(world);
      const auto in_half = algorithm->prepare(*half);
      for (int round = 0; round < 3; ++round) {
        ASSERT_EQ(verify(*half, *in_half, ElementType::f64, Operation::sum, 777, false), "");
        ASSERT_EQ(verify(world, *in_world, ElementType::f64, Operation::sum, 777, false), "");
      }
    });
  }
}

/// The verification itself: each planted fault must be found.
class Faulty final : public AllReduce {
 public:
  enum class Fault { none, one_bit, stale, overrun, differs, unrepeatable };
  Faulty(Communicator& communicator, Fault fault)
      : communicator_(communicator),
        good_(find_all_reduce("one_shot").prepare(communicator)),
        fault_(fault) {}
  void run(const AllReduceCall& call) override {
    if (fault_ == Fault::stale) return;
    good_->run(call);
    const bool is_last = communicator_.rank() == communicator_.size() - 1;
    ++calls_;
    if (fault_ == Fault::one_bit) call.out[call.out.size() / 2] ^= std::byte{0x40};
    if (fault_ == Fault::overrun && is_last) call.out.data()[call.out.size()] = std::byte{0};
    if (fault_ == Fault::differs && is_last && calls_ >= 2) call.out[0] ^= std::byte{1};
    if (fault_ == Fault::unrepeatable && calls_ == 3) call.out[0] ^= std::byte{1};
  }

 private:
  Communicator& communicator_;
  std::unique_ptr<AllReduce> good_;
  Fault fault_;
  int calls_ = 0;
};

TEST(Verification, FindsEveryPlantedFaultOnAllRanks) {
  using Fault = Faulty::Fault;
  const std::pair<Fault, std::string> faults[] = {{Fault::none, ""},
                                                  {Fault::one_bit, "expected"},
                                                  {Fault::stale, "expected"},
                                                  {Fault::overrun, "beside the result"},
                                                  {Fault::differs, "different bits"},
                                                  {Fault::unrepeatable, "different bits"}};
  for (const auto& [fault, complaint] : faults)
    run_as_threads(3, [&, fault = fault, complaint = complaint](Communicator& communicator) {
      Faulty faulty(communicator, fault);
      const std::string verdict =
          verify(communicator, faulty, ElementType::f32, Operation::sum, 100, false);
      if (complaint.empty()) {
        EXPECT_EQ(verdict, "");
      } else {
        EXPECT_NE(verdict.find(complaint), std::string::npos) << "verdict: " << verdict;
      }
    });
}

TEST(AllReduce, UnknownNamesSayWhatThereIs) {
  try {
    static_cast<void>(find_all_reduce("token_bus"));
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("recursive_doubling"), std::string::npos);
  }
}

}  // namespace
}  // namespace assay::collectives
