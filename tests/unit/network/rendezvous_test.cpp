/// The control connections of a job: ranks as threads of this process, and strangers at the door.

#include "probes/network/launch/rendezvous.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <future>
#include <thread>

#include "probes/core/authentication.hpp"
#include "probes/core/errors.hpp"

namespace assay::network {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using Opened = std::unique_ptr<Rendezvous>;

const char* const secret = "0123456789abcdef";

Listener loopback() {
  return Listener(resolve({"127.0.0.1", 0}).front());
}

Rendezvous::Plan plan_of(int rank, int size, const HostPort& at, Seconds patience = 10_s,
                         const char* key = secret) {
  return {rank, size, JobKey::from_text(key, "test"), at, patience};
}

/// Ranks 1 to size-1 in threads, rank 0 here.
std::vector<Opened> open_all(int size, Listener listener) {
  const HostPort at = listener.address();
  std::vector<std::future<Opened>> others;
  for (int rank = 1; rank < size; ++rank)
    others.push_back(std::async(std::launch::async, [=] {
      return Rendezvous::open(plan_of(rank, size, at), std::nullopt);
    }));
  std::vector<Opened> all;
  all.push_back(Rendezvous::open(plan_of(0, size, at), std::move(listener)));
  for (auto& other : others) all.push_back(other.get());
  return all;
}

template <class Condition>
bool becomes(const Condition& condition) {
  for (const Deadline deadline(10_s); !deadline.passed();) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

TEST(ARendezvous, BringsWhatEachRankHasToAll) {
  std::vector<Opened> ranks = open_all(4, loopback());
  const std::string large(300'000, 'x');
  for (const std::string& suffix : {std::string("a"), std::string(), large}) {
    std::vector<Rendezvous::Meeting> meetings;
    for (const Opened& rank : ranks)
      meetings.push_back(rank->meet(std::to_string(rank->rank()) + suffix));
    for (const Rendezvous::Meeting& meeting : meetings) {
      ASSERT_TRUE(becomes([&] { return meeting.is_done(); }));
      EXPECT_THAT(meeting.all(),
                  ElementsAre("0" + suffix, "1" + suffix, "2" + suffix, "3" + suffix));
    }
  }
}

TEST(ARendezvous, BringsAFailureToAllOthersUnderItsLaunch) {
  std::vector<Opened> ranks = open_all(3, loopback());
  ranks[2]->announce(7, {Failure::Kind::peer_lost, 2, true, "rank 2 was killed"});
  for (const int rank : {0, 1}) {
    ASSERT_TRUE(becomes([&] { return ranks[static_cast<std::size_t>(rank)]->announced(7); }));
    EXPECT_EQ(ranks[static_cast<std::size_t>(rank)]->announced(7)->message, "rank 2 was killed");
    EXPECT_FALSE(ranks[static_cast<std::size_t>(rank)]->announced(8));
  }
}

TEST(ARendezvous, TellsAllWhoHasLeft) {
  std::vector<Opened> ranks = open_all(3, loopback());
  ranks[1].reset();
  for (const std::size_t rank : {0U, 2U}) {
    ASSERT_TRUE(becomes([&] { return ranks[rank]->gone(); }));
    EXPECT_EQ(ranks[rank]->gone()->rank, 1);
    EXPECT_TRUE(ranks[rank]->gone()->said_so);
  }
}

TEST(ARendezvous, NamesTheRanksThatDoNotCome) {
  Listener listener = loopback();
  const HostPort at = listener.address();
  auto one = std::async(std::launch::async,
                        [=] { return Rendezvous::open(plan_of(1, 4, at, 5_s), std::nullopt); });
  std::string reason;
  try {
    (void)Rendezvous::open(plan_of(0, 4, at, 300_ms), std::move(listener));
  } catch (const TimedOut& error) {
    reason = error.what();
  }
  EXPECT_THAT(reason, AllOf(HasSubstr("ranks"), HasSubstr("2 and 3 of 4"), HasSubstr("127.0.0.1")));
  try {
    (void)one.get();
    ADD_FAILURE() << "rank 1 began";
  } catch (const TimedOut& error) {  // It may have come too late to be told.
    EXPECT_THAT(error.what(), testing::AnyOf(HasSubstr("2 and 3 of 4"), HasSubstr("no rank 0")));
  }
}

std::string refusal_of(Rendezvous::Plan plan) {
  try {
    (void)Rendezvous::open(std::move(plan), std::nullopt);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(ARendezvous, RefusesAnotherKeyAnotherSizeAndARankTwice) {
  Listener listener = loopback();
  const HostPort at = listener.address();
  auto first = std::async(std::launch::async, [at, door = std::move(listener)]() mutable {
    return Rendezvous::open(plan_of(0, 3, at), std::move(door));
  });
  EXPECT_THAT(refusal_of(plan_of(1, 3, at, 10_s, "another secret of 16")),
              AllOf(HasSubstr("another job key"), HasSubstr("ASSAY_JOB_KEY")));
  EXPECT_THAT(refusal_of(plan_of(1, 4, at)), HasSubstr("one of 4 ranks, rank 0 as one of 3"));
  // Of two that say they are rank 1 the second is refused.
  std::vector<std::future<std::string>> twins;
  std::vector<Opened> opened(2);
  for (Opened& place : opened)
    twins.push_back(std::async(std::launch::async, [at, &place]() -> std::string {
      try {
        place = Rendezvous::open(plan_of(1, 3, at), std::nullopt);
      } catch (const UsageError& error) {
        return error.what();
      }
      return "";
    }));
  const auto is_refused = [&](std::size_t i) {
    return twins[i].wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  ASSERT_TRUE(becomes([&] { return is_refused(0) || is_refused(1); }));
  const Opened two = Rendezvous::open(plan_of(2, 3, at), std::nullopt);
  EXPECT_NE(first.get(), nullptr);
  EXPECT_THAT(twins[0].get() + twins[1].get(), HasSubstr("rank 1 is there already"));
  EXPECT_NE(opened[0] == nullptr, opened[1] == nullptr);
}

int connect_stranger(const HostPort& at) {
  const SocketAddress address = resolve(at).front();
  const int stranger = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(connect(stranger, address.get(), address.length), 0);
  return stranger;
}

TEST(Strangers, NeitherJoinNorKeepOthersOut) {
  Listener listener = loopback();
  const HostPort at = listener.address();
  auto first = std::async(std::launch::async, [at, door = std::move(listener)]() mutable {
    return Rendezvous::open(plan_of(0, 2, at), std::move(door));
  });
  std::vector<int> strangers;
  for (int i = 0; i < 445; ++i) {
    strangers.push_back(connect_stranger(at));
    const std::string words = i % 4 == 0   ? random_bytes(100)
                              : i % 4 == 1 ? std::string("\x41\0\0\0J", 5)  // A head and no more.
                              : i % 4 == 2 ? std::string("\xff\xff\xff\xff", 4)
                                           : std::string();  // It holds the connection.
    EXPECT_EQ(send(strangers.back(), words.data(), words.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(words.size()));
  }
  const Opened other = Rendezvous::open(plan_of(1, 2, at), std::nullopt);
  const Opened zero = first.get();
  const auto mine = zero->meet("zero"), theirs = other->meet("one");
  ASSERT_TRUE(becomes([&] { return mine.is_done() && theirs.is_done(); }));
  EXPECT_THAT(mine.all(), ElementsAre("zero", "one"));
  // When all have come nobody listens any more.
  const SocketAddress address = resolve(at).front();
  const int late = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_NE(connect(late, address.get(), address.length), 0);
  close(late);
  for (const int stranger : strangers) close(stranger);
}

TEST(TheAddressToListenAt, IsOneThatAllHostsReachAndNoOther) {
  const HostAddresses a{"a", {{"127.0.0.1", 8, true}, {"172.17.0.1", 16}, {"10.1.0.1", 24}}};
  const HostAddresses b{"b", {{"127.0.0.1", 8, true}, {"172.17.0.1", 16}, {"10.1.0.2", 24}}};
  const HostAddresses far{"c", {{"127.0.0.1", 8, true}, {"10.2.0.2", 24}}};
  EXPECT_EQ(choose_listen_address({a, a}), "127.0.0.1");
  EXPECT_EQ(choose_listen_address({a, b}), "10.1.0.1") << "bridges are the same everywhere";
  EXPECT_EQ(choose_listen_address({a, far}), "172.17.0.1") << "the first that is nobody else's";
  EXPECT_EQ(choose_listen_address({HostAddresses{"d", {{"127.0.0.1", 8, true}}}, a}), std::nullopt);
  const HostAddresses back = decode_addresses(encode(a));
  EXPECT_EQ(back.stack, "a");
  ASSERT_EQ(back.addresses.size(), 3U);
  EXPECT_TRUE(back.addresses[0].is_loopback);
  EXPECT_EQ(back.addresses[2].address, "10.1.0.1");
  EXPECT_EQ(back.addresses[2].prefix, 24);
  EXPECT_TRUE(decode_addresses("x,nonsense,1.2.3/8,1.2.3.4/y").addresses.empty());
}

}  // namespace
}  // namespace assay::network
