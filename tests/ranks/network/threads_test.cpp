#include "probes/network/transport/threads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>

#include "probes/core/errors.hpp"

namespace assay::network {
namespace {

std::vector<int> pattern(int sender, std::size_t count) {
  std::vector<int> values(count);
  std::iota(values.begin(), values.end(), sender * 1000);
  return values;
}

class Threads : public testing::TestWithParam<int> {};

TEST_P(Threads, ExchangeAroundARingDeliversWhatWasSent) {
  run_as_threads(GetParam(), [](Communicator& c) {
    const int right = (c.rank() + 1) % c.size(), left = (c.rank() + c.size() - 1) % c.size();
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, std::size_t{1024}, std::size_t{50'000}}) {
      const std::vector<int> out = pattern(c.rank(), count);
      std::vector<int> in(count, -1);
      c.exchange(right, std::as_bytes(std::span(out)), left, std::as_writable_bytes(std::span(in)),
                 7);
      EXPECT_EQ(in, pattern(left, count));
    }
  });
}

TEST_P(Threads, BarrierLetsNobodyThroughBeforeAllHaveCome) {
  std::atomic<int> arrived{0};
  run_as_threads(GetParam(), [&](Communicator& c) {
    for (int round = 1; round <= 20; ++round) {
      ++arrived;
      c.barrier();
      EXPECT_GE(arrived, round * c.size());
      c.barrier();
    }
  });
}

TEST_P(Threads, GatherAllAndShareGiveEveryRankTheSame) {
  run_as_threads(GetParam(), [](Communicator& c) {
    const std::vector<double> ranks = c.gather_all(static_cast<double>(c.rank()));
    for (int r = 0; r < c.size(); ++r) EXPECT_EQ(ranks[static_cast<std::size_t>(r)], r);
    for (int root = 0; root < c.size(); ++root) {
      std::vector<std::byte> bytes(c.rank() == root ? 10'000 + static_cast<std::size_t>(root) : 3,
                                   std::byte(root + 1));
      c.share(bytes, root);
      EXPECT_EQ(bytes, std::vector<std::byte>(10'000 + static_cast<std::size_t>(root),
                                              std::byte(root + 1)));
    }
  });
}

TEST_P(Threads, SubsetsAreSeparateFromTheirParentAndNest) {
  run_as_threads(GetParam(), [](Communicator& c) {
    std::vector<int> mine;  // The ranks of my parity, in reverse order.
    for (int r = c.size() - 1; r >= 0; --r)
      if (r % 2 == c.rank() % 2) mine.push_back(r);
    const auto part = c.subset(mine);
    EXPECT_EQ(part->size(), static_cast<int>(mine.size()));
    EXPECT_EQ(mine[static_cast<std::size_t>(part->rank())], c.rank());
    // Same peer, same tag, in the parent and in the subset: each gets its own.
    const int last = part->size() - 1;
    if (part->size() > 1 && (part->rank() == 0 || part->rank() == last)) {
      const int peer = part->rank() == 0 ? last : 0;
      const int peer_in_parent = mine[static_cast<std::size_t>(peer)];
      int in_parent = 0, in_part = 0;
      const int one = 1, two = 2;
      Request a = part->receive(peer, 5, std::as_writable_bytes(std::span(&in_part, 1)));
      Request b = c.receive(peer_in_parent, 5, std::as_writable_bytes(std::span(&in_parent, 1)));
      c.send_now(peer_in_parent, 5, std::as_bytes(std::span(&one, 1)));
      part->send_now(peer, 5, std::as_bytes(std::span(&two, 1)));
      part->wait(a);
      c.wait(b);
      EXPECT_EQ(in_parent, 1);
      EXPECT_EQ(in_part, 2);
    }
    const auto alone = part->subset({part->rank()});
    alone->barrier();
    EXPECT_EQ(alone->size(), 1);
    c.barrier();
  });
}

INSTANTIATE_TEST_SUITE_P(RankCounts, Threads, testing::Values(1, 2, 3, 4, 5, 8, 17));

TEST(ThreadsTransport, MessagesOfOneTagArriveInOrderAndEarlyOnesAreKept) {
  run_as_threads(2, [](Communicator& c) {
    if (c.rank() == 0) {
      for (int i = 0; i < 50; ++i) c.send_now(1, 3, std::as_bytes(std::span(&i, 1)));
      c.barrier();
    } else {
      c.barrier();  // Everything is here before the first receive is posted.
      std::vector<int> got(50, -1);
      std::vector<Request> requests;
      for (int& value : got)
        requests.push_back(c.receive(0, 3, std::as_writable_bytes(std::span(&value, 1))));
      c.wait_all(requests);
      for (int i = 0; i < 50; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
    }
  });
}

TEST(ThreadsTransport, AMessageToOneselfArrives) {
  run_as_threads(1, [](Communicator& c) {
    const std::vector<int> out = pattern(3, 5000);
    std::vector<int> in(5000);
    c.exchange(0, std::as_bytes(std::span(out)), 0, std::as_writable_bytes(std::span(in)), 1);
    EXPECT_EQ(in, out);
  });
}

TEST(ThreadsTransport, ALargeSendDoesNotCompleteBeforeItIsReceived) {
  run_as_threads(2, [](Communicator& c) {
    std::vector<std::byte> big(100'000);
    if (c.rank() == 0) {
      Request request = c.send(1, 1, big);
      EXPECT_FALSE(c.test(request));
      c.barrier();
      c.wait(request);
    } else {
      c.barrier();
      c.receive_now(0, 1, big);
    }
  });
}

TEST(ThreadsTransport, AMessageOfAnotherLengthIsAnError) {
  const auto run = [] {
    run_as_threads(2, [](Communicator& c) {
      std::byte bytes[8]{};
      if (c.rank() == 0)
        c.send_now(1, 1, std::span(bytes, 8));
      else
        c.receive_now(0, 1, std::span(bytes, 4));
    });
  };
  EXPECT_THROW(run(), RunError);
}

TEST(ThreadsTransport, TheFirstFailureIsRethrownAndTheOthersAreReleased) {
  std::atomic<int> released{0};
  const auto run = [&] {
    run_as_threads(4, [&](Communicator& c) {
      if (c.rank() == 2) throw std::out_of_range("planted");
      try {
        c.barrier();
        c.barrier();
      } catch (const PeerLost& lost) {
        EXPECT_EQ(lost.rank(), 2);
        ++released;
        throw;
      }
    });
  };
  EXPECT_THROW(run(), std::out_of_range);
  EXPECT_EQ(released, 3);
}

TEST(ThreadsTransport, WaitingForARankThatReturnedNamesIt) {
  const auto run = [] {
    run_as_threads(2, [](Communicator& c) {
      std::byte byte{};
      if (c.rank() == 0) c.receive_now(1, 1, {&byte, 1});
    });
  };
  EXPECT_THROW(
      {
        try {
          run();
        } catch (const PeerLost& lost) {
          EXPECT_EQ(lost.rank(), 1);
          throw;
        }
      },
      PeerLost);
}

TEST(ThreadsTransport, AWaitEndsAtItsDeadlineAndNamesThePeer) {
  std::string message;
  const auto run = [&] {
    run_as_threads(2, [&](Communicator& c) {
      c.set_timeout(50_ms);
      std::byte byte{};
      if (c.rank() == 0) {
        try {
          c.receive_now(1, 1, {&byte, 1});
        } catch (const TimedOut& late) {
          message = late.what();
          throw;
        }
      } else {
        while (true) c.progress();  // Busy with something else, until rank 0 has given up.
      }
    });
  };
  EXPECT_THROW(run(), TimedOut);
  EXPECT_THAT(message, testing::HasSubstr("for rank 1"));
}

TEST(ThreadsTransport, HostsAreFilledBlockWise) {
  run_as_threads(
      5,
      [](Communicator& c) {
        std::vector<int> nodes, local;
        for (int r = 0; r < c.size(); ++r) {
          nodes.push_back(c.place(r).node);
          local.push_back(c.place(r).local_rank);
        }
        EXPECT_THAT(nodes, testing::ElementsAre(0, 0, 0, 1, 1));
        EXPECT_THAT(local, testing::ElementsAre(0, 1, 2, 0, 1));
      },
      2);
}

TEST(ThreadsTransport, ASharedRegionIsSharedByTheRanksOfOneHostOnly) {
  run_as_threads(
      5,
      [](Communicator& c) {
        const auto region = c.shared_region(5 * sizeof(int));
        ASSERT_NE(region, nullptr);
        auto* values = reinterpret_cast<int*>(region->bytes().data());
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(values) % 4096, 0U);
        for (int i = 0; i < 5; ++i) EXPECT_EQ(values[i], 0);
        c.barrier();
        values[c.rank()] = c.rank() + 1;
        c.barrier();
        for (int r = 0; r < c.size(); ++r)
          EXPECT_EQ(values[r], c.place(r).node == c.place(c.rank()).node ? r + 1 : 0);
        c.barrier();
      },
      2);
}

}  // namespace
}  // namespace assay::network
