#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>
#include <thread>

#include "probes/core/errors.hpp"
#include "probes/core/record_sink.hpp"
#include "probes/host/topology.hpp"
#include "probes/network/launch/launch.hpp"
#include "probes/network/transport/fabric.hpp"
#include "probes/network/transport/sleep.hpp"

namespace assay::network {
namespace {

// Forked ranks under thread sanitizer would start threads of libfabric in a child of a threaded
// process.
#if defined(__SANITIZE_THREAD__)
constexpr bool can_fork = false;
#else
constexpr bool can_fork = true;
#endif

Record row_of(int rank, double value) {
  Record row;
  row.probe = "test";
  row.ranks = rank;
  return with_samples(row, {value});
}

struct Case {
  const char* provider;
  int ranks;
};
std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = std::string(info.param.provider) + "_" + std::to_string(info.param.ranks);
  for (char& c : name)
    if (c == ';') c = '_';
  return name;
}

class OverLibfabric : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    unsetenv("PMIX_RANK");
    if (!can_fork) GTEST_SKIP() << "forked ranks are not tested under thread sanitizer";
  }
  /// Runs `body`; an exception in a rank fails the test, a missing provider skips it.
  void run(const Job::Body& body) {
    Job::Options options;
    options.provider = GetParam().provider;
    const auto job = Job::create(GetParam().ranks);
    try {
      job->run(GetParam().ranks, options, rows_, body);
    } catch (const UsageError& missing) {
      GTEST_SKIP() << missing.what();
    }
  }
  RecordList rows_;
};

/// Runs in the rank: gtest's expectations would be lost there.
void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

TEST_P(OverLibfabric, MessagesOfAllSizesArriveBothWays) {
  run([](Communicator& c, RecordSink& sink, const auto&) {
    const int right = (c.rank() + 1) % c.size(), left = (c.rank() + c.size() - 1) % c.size();
    for (const std::size_t bytes : {0U, 1U, 64U, 65U, 4096U, 4097U, 16384U, 16385U, 1'000'003U}) {
      std::vector<std::byte> out(bytes, std::byte(c.rank() + 1)), in(bytes);
      c.exchange(right, out, left, in, 9);
      require(in == std::vector<std::byte>(bytes, std::byte(left + 1)), "payload");
    }
    c.barrier();
    sink.put(row_of(c.rank(), 1));
  });
  if (IsSkipped()) return;
  ASSERT_EQ(rows_.records.size(), 1U) << "rank 0's row and no other";
  EXPECT_EQ(rows_.records[0].ranks, 0);
  EXPECT_EQ(rows_.records[0].values, std::vector<double>{1});
}

TEST_P(OverLibfabric, AWindowOfMessagesArrivesInOrder) {
  run([](Communicator& c, RecordSink&, const auto&) {
    if (c.rank() > 1 || c.size() < 2) return;
    const int peer = 1 - c.rank();
    std::vector<std::vector<int>> in(32, std::vector<int>(3000)), out = in;
    std::vector<Request> requests;
    for (auto& message : in)
      requests.push_back(c.receive(peer, 1, std::as_writable_bytes(std::span(message))));
    for (int i = 0; i < 32; ++i) {
      auto& message = out[static_cast<std::size_t>(i)];
      std::iota(message.begin(), message.end(), i * 10000);
      requests.push_back(c.send(peer, 1, std::as_bytes(std::span(message))));
    }
    c.wait_all(requests);
    require(in == out, "order or payload");
  });
}

TEST_P(OverLibfabric, SubsetsGatherAndSelfMessagesWork) {
  run([](Communicator& c, RecordSink&, const auto&) {
    const auto ranks = c.gather_all(static_cast<double>(c.rank()));
    for (int r = 0; r < c.size(); ++r) require(ranks[static_cast<std::size_t>(r)] == r, "gather");
    std::vector<int> even;
    for (int r = 0; r < c.size(); r += 2) even.push_back(r);
    if (c.rank() % 2 == 0) {
      const auto part = c.subset(even);
      part->barrier();
      require(part->gather_all(1.0).size() == even.size(), "subset");
    }
    int out = 5 + c.rank(), in = 0;
    c.exchange(c.rank(), std::as_bytes(std::span(&out, 1)), c.rank(),
               std::as_writable_bytes(std::span(&in, 1)), 2);
    require(in == out, "message to oneself");
    std::vector<std::byte> text(c.rank() == 0 ? 5000 : 0, std::byte(7));
    c.share(text, 0);
    require(text == std::vector<std::byte>(5000, std::byte(7)), "share");
  });
}

TEST_P(OverLibfabric, TheSharedRegionIsCommonToTheForkedRanks) {
  run([](Communicator& c, RecordSink&, const auto&) {
    const auto region = c.shared_region(1 << 20);
    require(region != nullptr, "no region");
    auto* values = reinterpret_cast<int*>(region->bytes().data());
    values[c.rank()] = c.rank() + 1;
    c.barrier();
    for (int r = 0; r < c.size(); ++r) require(values[r] == r + 1, "another rank's value");
    c.barrier();
  });
}

TEST_P(OverLibfabric, AnotherProviderCanBeOpenedOverACommunicator) {
  run([](Communicator& c, RecordSink&, const auto&) {
    for (const char* provider : {"net", "tcp"}) {
      std::unique_ptr<Communicator> other;
      try {
        other = open_fabric(c, {.provider = provider});
      } catch (const UsageError&) {
        continue;  // Not in this libfabric.
      }
      require(other->provider() != "shm" && other->size() == c.size(), "provider");
      other->barrier();
    }
    c.barrier();
  });
}

TEST_P(OverLibfabric, AMessageOfAnotherLengthIsAnError) {
  Job::Options options;
  options.provider = GetParam().provider;
  const auto job = Job::create(2);
  const auto wrong = [](Communicator& c, RecordSink&, const auto&) {
    std::vector<std::byte> bytes(100);
    if (c.rank() == 0) c.send_now(1, 1, std::span(bytes).first(40));
    if (c.rank() == 1) c.receive_now(0, 1, bytes);
    c.barrier();
  };
  EXPECT_THROW(job->run(2, options, rows_, wrong), std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Providers, OverLibfabric,
                         testing::Values(Case{"shm", 2}, Case{"shm", 3}, Case{"net", 2},
                                         Case{"net", 3}, Case{"tcp;ofi_rxm", 2},
                                         Case{"tcp;ofi_rxm", 3}, Case{"shm", 1}),
                         name_of);

/// The processes of a launch, as its ranks write them down.
class RankProcesses {
 public:
  void put(int rank) { pids_[rank] = getpid(); }
  /// Files in /dev/shm that the shm provider named after one of them: everybody has files there.
  [[nodiscard]] int files_left() const {
    int count = 0;
    for (const auto& file : std::filesystem::directory_iterator("/dev/shm")) {
      const std::string name = file.path().filename().string();
      for (int rank = 0; rank < ranks; ++rank)
        count += pids_[rank] > 0 && name.starts_with(std::to_string(pids_[rank]) + ":");
    }
    return count;
  }
  RankProcesses()
      : pids_(static_cast<pid_t*>(
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~RankProcesses() { munmap(pids_, bytes); }
  RankProcesses(const RankProcesses&) = delete;
  RankProcesses& operator=(const RankProcesses&) = delete;

 private:
  static constexpr int ranks = 16;
  static constexpr std::size_t bytes = ranks * sizeof(pid_t);
  pid_t* pids_;
};

/// As on a machine of one core, however many this one has: few ranks are more than that.
class OnOneCpu {
 public:
  OnOneCpu() {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(discover_machine().allowed_pus.front(), &one);
    is_bound_ = sched_setaffinity(0, sizeof one, &one) == 0;
  }
  ~OnOneCpu() { sched_setaffinity(0, sizeof before_, &before_); }
  OnOneCpu(const OnOneCpu&) = delete;
  OnOneCpu& operator=(const OnOneCpu&) = delete;
  [[nodiscard]] bool is_bound() const { return is_bound_; }

 private:
  cpu_set_t before_{};
  bool is_bound_ = false;
};

class ForkedJob : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("PMIX_RANK");
    if (!can_fork) GTEST_SKIP() << "forked ranks are not tested under thread sanitizer";
    options_.timeout = 60_s;
  }
  /// The message of the exception of type E that the launch ends in.
  template <class E>
  std::string failure_of(int ranks, const Job::Body& body) {
    try {
      Job::create(ranks)->run(ranks, options_, rows_, body);
    } catch (const E& error) {
      return error.what();
    }
    ADD_FAILURE() << "the launch ended without the expected exception";
    return "";
  }
  Job::Options options_;
  RecordList rows_;
};

TEST_F(ForkedJob, AnUnknownProviderIsBadInput) {
  options_.provider = "pigeon";
  EXPECT_THAT(failure_of<UsageError>(2, [](Communicator&, RecordSink&, const auto&) {}),
              testing::HasSubstr("pigeon"));
}

TEST_F(ForkedJob, AKilledRankIsNamedWithHostAndPhaseAndTheRowsBeforeItAreKept) {
  RankProcesses processes;
  const std::string message =
      failure_of<PeerLost>(3, [&](Communicator& c, RecordSink& sink, const auto& progress) {
        processes.put(c.rank());
        progress(0.5, "the planted phase");
        sink.put(row_of(c.rank(), 1));
        c.barrier();
        if (c.rank() == 2) kill(getpid(), SIGKILL);
        c.barrier();
        while (true) c.progress();
      });
  EXPECT_THAT(message, testing::AllOf(testing::HasSubstr("rank 2"), testing::HasSubstr("signal 9"),
                                      testing::HasSubstr("the planted phase")));
  EXPECT_EQ(rows_.records.size(), 1U);
  EXPECT_EQ(processes.files_left(), 0);
}

TEST_F(ForkedJob, AStoppedRankIsNamedWithinTheTimeout) {
  options_.timeout = 5_s;  // Beyond what the ranks need to connect on a busy machine.
  const Seconds start = now();
  const std::string message =
      failure_of<PeerLost>(2, [](Communicator& c, RecordSink&, const auto&) {
        if (c.rank() == 1) kill(getpid(), SIGSTOP);
        c.barrier();
      });
  EXPECT_THAT(message, testing::AllOf(testing::HasSubstr("rank 1"), testing::HasSubstr("stopped")));
  // Far above the timeout: on a busy machine the other ranks may wait seconds for a core.
  EXPECT_LT((now() - start).value(), 10 * options_.timeout.value() + 60);
}

TEST_F(ForkedJob, ARankThatNeverAnswersIsNamedByItsPeersDeadline) {
  options_.timeout = 5_s;  // Beyond what the ranks need to connect on a busy machine.
  const std::string message =
      failure_of<TimedOut>(3, [](Communicator& c, RecordSink&, const auto&) {
        // 0 waits for 2, 2 waits for 1, and 1 computes for ever.
        std::byte byte{};
        if (c.rank() == 1)
          while (true) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        c.receive_now(c.rank() == 0 ? 2 : 1, 1, {&byte, 1});
      });
  EXPECT_THAT(message, testing::HasSubstr("did not answer is rank 1"));
}

TEST_F(ForkedJob, AnExceptionInARankArrivesAsWhatItWas) {
  EXPECT_THAT(failure_of<RunError>(2,
                                   [](Communicator& c, RecordSink&, const auto&) {
                                     if (c.rank() == 1) throw RunError("disk on fire");
                                     c.barrier();
                                   }),
              testing::AllOf(testing::HasSubstr("rank 1"), testing::HasSubstr("disk on fire")));
}

// A provider that copies out of the sender's memory reports an error of its own when the sender has
// failed and its buffers are gone.
TEST_F(ForkedJob, AFailedTransferIsNotBlamedWhereItsPeerFailedFirst) {
  const std::string message =
      failure_of<TimedOut>(2, [](Communicator& c, RecordSink&, const auto&) {
        if (c.rank() == 1) {
          std::vector<std::byte> bytes(std::size_t{64} << 20);
          (void)c.send(0, 1, bytes);
          throw TimedOut("rank 1 waited in vain");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        std::vector<std::byte> bytes(std::size_t{64} << 20);
        c.receive_now(1, 1, bytes);
      });
  EXPECT_THAT(message, testing::HasSubstr("waited in vain"));
}

TEST_F(ForkedJob, TheNextLaunchWorksAndSeesItsOwnEnvironment) {
  const auto job = Job::create(2);
  EXPECT_THROW(
      job->run(2, options_, rows_, [](Communicator&, RecordSink&, const auto&) { _exit(3); }),
      PeerLost);
  options_.environment = {{"ASSAY_TEST_SETTING", "42"}};
  job->run(2, options_, rows_, [](Communicator& c, RecordSink& sink, const auto&) {
    sink.put(row_of(c.rank(), std::atof(std::getenv("ASSAY_TEST_SETTING"))));
  });
  ASSERT_EQ(rows_.records.size(), 1U);
  EXPECT_EQ(rows_.records[0].median, 42);
  EXPECT_EQ(std::getenv("ASSAY_TEST_SETTING"), nullptr);
}

Seconds processor_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return Seconds(static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec));
}

TEST_F(ForkedJob, RanksThatShareCoresSleepOnTheirSocketsAndAreWoken) {
  const OnOneCpu one_cpu;
  if (!one_cpu.is_bound()) GTEST_SKIP() << "a process cannot be bound to a CPU here";
  constexpr int ranks = 3;
  options_.provider = std::string(native_tcp());
  Job::create(ranks)->run(
      ranks, options_, rows_, [](Communicator& c, RecordSink& sink, const auto&) {
        require(share_cores(c), "more ranks than cores, and all have one of their own");
        std::vector<std::byte> news(100'000), copy = news;
        c.barrier();
        const Seconds before = processor_time(), start = now();
        if (c.rank() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(400));
        c.exchange((c.rank() + 1) % c.size(), news, (c.rank() + c.size() - 1) % c.size(), copy, 7);
        c.barrier();
        const Seconds waited = now() - start;
        sink.put(row_of(c.rank(), 1));
        // The neighbour of the one that was late; it would have spun all the time.
        require(c.rank() != 1 || processor_time() - before < 0.5 * waited, "a waiting rank spins");
      });
  EXPECT_EQ(rows_.records.size(), 1U);
}

TEST_F(ForkedJob, ADeathWakesRanksThatSleepOnTheirSockets) {
  const OnOneCpu one_cpu;
  if (!one_cpu.is_bound()) GTEST_SKIP() << "a process cannot be bound to a CPU here";
  constexpr int ranks = 3;
  options_.provider = std::string(native_tcp());
  EXPECT_THAT(failure_of<PeerLost>(ranks,
                                   [](Communicator& c, RecordSink&, const auto&) {
                                     c.barrier();
                                     if (c.rank() == 1) kill(getpid(), SIGKILL);
                                     c.barrier();
                                   }),
              testing::AllOf(testing::HasSubstr("rank 1"), testing::HasSubstr("signal 9")));
}

TEST_F(ForkedJob, RanksOnCoresOfTheirOwnDoNotShareThem) {
  Job::create(1)->run(1, options_, rows_, [](Communicator& c, RecordSink&, const auto&) {
    require(!share_cores(c), "a single rank shares its core");
  });
}

TEST_F(ForkedJob, MoreRanksThanCoresRunAndAreKnownToBe) {
  const OnOneCpu one_cpu;
  if (!one_cpu.is_bound()) GTEST_SKIP() << "a process cannot be bound to a CPU here";
  constexpr int ranks = 3;
  const auto job = Job::create(ranks);
  EXPECT_TRUE(job->is_oversubscribed(ranks));
  EXPECT_FALSE(job->is_oversubscribed(1));
  job->run(ranks, options_, rows_, [](Communicator& c, RecordSink& sink, const auto&) {
    for (int i = 0; i < 20; ++i) c.barrier();
    sink.put(row_of(c.rank(), c.size()));
  });
  ASSERT_EQ(rows_.records.size(), 1U);
  EXPECT_EQ(rows_.records[0].median, ranks);
}

}  // namespace
}  // namespace assay::network
