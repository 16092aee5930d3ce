#include "probes/host/disturbance.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

namespace assay {
namespace {

DisturbanceReading calm_reading() {
  DisturbanceReading reading;
  reading.realtime_offset = Seconds(1.7e9);
  reading.boottime_offset = 12_s;
  reading.allowed_pus = {0, 1, 2, 3};
  reading.cpu_quota = 4.0;
  return reading;
}

std::string seen(void (*change)(DisturbanceReading& after)) {
  DisturbanceReading after = calm_reading();
  change(after);
  return disturbance(calm_reading(), after);
}

TEST(Disturbance, NothingHappened) {
  EXPECT_EQ(disturbance(calm_reading(), calm_reading()), "");
  EXPECT_EQ(seen([](DisturbanceReading& r) { r.realtime_offset += 1_ms; }), "")
      << "what NTP slews in a round is no jump";
}

TEST(Disturbance, NamesWhatHappenedWithItsSize) {
  EXPECT_EQ(seen([](DisturbanceReading& r) { r.realtime_offset += 3600_s; }),
            "the clock was set forward by 3600 s");
  EXPECT_EQ(seen([](DisturbanceReading& r) { r.realtime_offset = r.realtime_offset - 2_s; }),
            "the clock was set back by 2 s");
  EXPECT_EQ(seen([](DisturbanceReading& r) {
              r.allowed_pus = {0, 1};
            }),
            "the allowed processing units changed from 0,1,2,3 to 0,1");
  EXPECT_EQ(seen([](DisturbanceReading& r) { r.cpu_quota = 2.0; }),
            "the CPU quota changed from 4.00 cores to 2.00 cores");
  EXPECT_EQ(seen([](DisturbanceReading& r) { r.cpu_quota.reset(); }),
            "the CPU quota changed from 4.00 cores to none");
  EXPECT_EQ(seen([](DisturbanceReading& r) {
              r.other_runs = {17, 18};
            }),
            "another run measures on this machine (process 17, 18)");
  // A suspended machine's real time clock went on as well: the sleep is what is said.
  EXPECT_EQ(seen([](DisturbanceReading& r) {
              r.boottime_offset += 40_s;
              r.realtime_offset += 40_s;
            }),
            "the machine was suspended for 40 s");
}

TEST(Disturbance, ARunThatEndedMeanwhileDisturbedToo) {
  DisturbanceReading before = calm_reading();
  before.other_runs = {17};
  EXPECT_EQ(disturbance(before, calm_reading()),
            "another run measures on this machine (process 17)");
}

TEST(MeasuringNotice, IsReadFromTheKernelsListOfSockets) {
  const std::string sockets =
      "Num RefCount Protocol Flags Type St Inode Path\n"
      "0000: 00000002 00000000 00000000 0002 01 100 @assay-measuring/4711\n"
      "0000: 00000002 00000000 00000000 0002 01 101 /run/systemd/notify\n"
      "0000: 00000002 00000000 00000000 0002 01 102 @assay-measuring/12\n"
      "0000: 00000002 00000000 00000000 0002 01 103 @assay-measuring/x\n";
  EXPECT_EQ(measuring_processes(sockets, 12), std::vector<int>{4711});
  EXPECT_EQ(measuring_processes(sockets, 1), (std::vector<int>{12, 4711}));
  EXPECT_TRUE(measuring_processes("", 1).empty());
}

TEST(MeasuringNotice, IsSeenByOthersWhileItLives) {
  const std::string job = "999999999";  // no process id of this machine
  {
    const MeasuringNotice notice(job);
    const std::vector<int> runs = read_disturbances().other_runs;
    if (runs.empty()) GTEST_SKIP() << "/proc/net/unix cannot be read";
    EXPECT_NE(std::ranges::find(runs, 999999999), runs.end());
  }
  const std::vector<int> runs = read_disturbances().other_runs;
  EXPECT_EQ(std::ranges::find(runs, 999999999), runs.end());
}

TEST(MeasuringNotice, OwnIsNoOther) {
  const MeasuringNotice notice;
  const std::vector<int> runs = read_disturbances().other_runs;
  EXPECT_EQ(std::ranges::find(runs, static_cast<int>(getpid())), runs.end());
}

}  // namespace
}  // namespace assay
