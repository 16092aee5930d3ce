#include "probes/network/launch/failure_notice.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include "probes/core/clock.hpp"

namespace assay::network {
namespace {

const Failure death{Failure::Kind::peer_lost, 3, true, "rank 3 on n2 was killed"};

std::optional<Failure> wait_for(const NoticeBox& box, int launch, Seconds limit) {
  std::optional<Failure> failure;
  for (const Deadline deadline(limit); !failure && !deadline.passed();) {
    failure = box.receive(launch);
    const timespec interval{0, 1'000'000};
    nanosleep(&interval, nullptr);
  }
  return failure;
}

TEST(FailureNotice, ArrivesAsItWasSent) {
  const NoticeBox here, there;
  here.send(there.address(), 7, death);
  const auto failure = wait_for(there, 7, 60_s);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->rank, 3);
  EXPECT_TRUE(failure->first_hand);
  EXPECT_EQ(failure->message, death.message);
  EXPECT_FALSE(here.receive(7)) << "it went to another box";
}

TEST(FailureNotice, OfAnEarlierLaunchOrWithoutTheSecretIsNotHeard) {
  const NoticeBox here, there;
  here.send(there.address(), 1, death);
  std::string forged = there.address();
  forged.front() = forged.front() == '9' ? '8' : static_cast<char>(forged.front() + 1);
  here.send(forged, 2, death);
  EXPECT_FALSE(wait_for(there, 2, 100_ms));
  here.send("", 2, death);
  here.send("1,nonsense", 2, death);
  here.send(there.address(), 2, {Failure::Kind::run, 0, false, std::string(10'000, 'x')});
  const auto cut = wait_for(there, 2, 60_s);
  ASSERT_TRUE(cut) << "a long message is cut, not lost";
  EXPECT_GT(cut->message.size(), 500U);
}

}  // namespace
}  // namespace assay::network
