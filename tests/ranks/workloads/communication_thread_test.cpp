#include "benchmarks/workloads/gradient/schedules/communication_thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <stdexcept>

#include "probes/core/errors.hpp"
#include "probes/network/launch/placement.hpp"
#include "probes/network/transport/threads.hpp"

namespace assay::workloads {
namespace {

using ::testing::ElementsAre;

/// A communication thread of one rank, and where its parts ran.
class CommunicationThreadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (pus_.size() < 2) GTEST_SKIP() << "one CPU allowed: none can be kept";
  }
  void with_thread(std::function<void(std::size_t)> reduce,
                   const std::function<void(CommunicationThread&)>& body) const {
    network::run_as_threads(1, [&](network::Communicator& communicator) {
      IdleHookCommunicator hooked(communicator);
      CommunicationThread schedule(
          hooked, reduce,
          {.idle = [] { sched_yield(); },
           .cores = CoreSplit{.compute = pus_.front(), .communication = pus_.back()}});
      body(schedule);
    });
  }
  const std::vector<int> pus_ = network::allowed_pus_now();
};

TEST_F(CommunicationThreadTest, ReducesOnTheKeptCoreAndComputesOnTheOther) {
  std::vector<int> reduced_on, reduced;
  with_thread(
      [&](std::size_t index) {
        reduced_on = network::allowed_pus_now();
        reduced.push_back(static_cast<int>(index));
      },
      [&](CommunicationThread& schedule) {
        EXPECT_THAT(network::allowed_pus_now(), ElementsAre(pus_.front()));
        schedule.begin();
        schedule.ready();
        schedule.ready();
        static_cast<void>(schedule.finish());
        EXPECT_THAT(reduced, ElementsAre(0, 1));
        EXPECT_THAT(reduced_on, ElementsAre(pus_.back()));
      });
}

TEST_F(CommunicationThreadTest, LendsItsCoresAndGivesThemBackInTheEnd) {
  network::run_as_threads(1, [&](network::Communicator& communicator) {
    {
      IdleHookCommunicator hooked(communicator);
      CommunicationThread schedule(
          hooked, [](std::size_t) {},
          {.idle = nullptr,
           .cores = CoreSplit{.compute = pus_.front(), .communication = pus_.back()}});
      schedule.lend_cores(true);
      EXPECT_EQ(network::allowed_pus_now(), pus_);
      schedule.lend_cores(false);
      EXPECT_THAT(network::allowed_pus_now(), ElementsAre(pus_.front()));
    }
    EXPECT_EQ(network::allowed_pus_now(), pus_);
  });
}

TEST_F(CommunicationThreadTest, CommunicatesAloneOnTheKeptCoreWithWorkBeside) {
  with_thread([](std::size_t) {},
              [&](CommunicationThread& schedule) {
                std::vector<int> on, beside_on;
                std::atomic<bool> has_worked = false;
                schedule.communicate_alone(
                    [&] {
                      on = network::allowed_pus_now();
                      while (!has_worked) sched_yield();
                    },
                    [&] {
                      beside_on = network::allowed_pus_now();
                      has_worked = true;
                    });
                EXPECT_THAT(on, ElementsAre(pus_.back()));
                EXPECT_THAT(beside_on, ElementsAre(pus_.front()));
                int calls = 0;
                schedule.communicate_alone([&] { ++calls; }, nullptr);
                EXPECT_EQ(calls, 1);
              });
}

TEST_F(CommunicationThreadTest, ACoreThatIsNotAllowedIsAnErrorThatNamesIt) {
  constexpr int nowhere = 100'000;
  network::run_as_threads(1, [&](network::Communicator& communicator) {
    IdleHookCommunicator hooked(communicator);
    const auto make = [&](CoreSplit cores) {
      return CommunicationThread(hooked, [](std::size_t) {}, {.idle = nullptr, .cores = cores});
    };
    EXPECT_THROW(make({.compute = nowhere, .communication = pus_.back()}), RunError);
    CommunicationThread schedule = make({.compute = pus_.front(), .communication = nowhere});
    schedule.begin();
    schedule.ready();
    try {
      static_cast<void>(schedule.finish());
      ADD_FAILURE() << "bound to a PU that does not exist";
    } catch (const RunError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("PU 100000"));
    }
  });
}

TEST_F(CommunicationThreadTest, AFailureReachesTheCompute) {
  const auto fail = [] { throw std::runtime_error("made to fail"); };
  with_thread([&](std::size_t) { fail(); },
              [&](CommunicationThread& schedule) {
                schedule.begin();
                schedule.ready();
                EXPECT_THROW(static_cast<void>(schedule.finish()), std::runtime_error);
              });
  with_thread([](std::size_t) {},
              [&](CommunicationThread& schedule) {
                EXPECT_THROW(schedule.communicate_alone(fail, [] {}), std::runtime_error);
              });
}

}  // namespace
}  // namespace assay::workloads
