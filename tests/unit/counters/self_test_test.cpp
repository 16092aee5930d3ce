#include "probes/counters/self_test.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "probes/counters/known_work.hpp"
#include "probes/host/probe.hpp"

namespace assay::counters {
namespace {

/// Counts the known work exactly, times a planted factor for each event.
class ScriptedCounter final : public EventCounter {
 public:
  std::map<std::string, double> factor;
  std::map<std::string, std::string> missing;

  Outcome<double> count(const std::string& event, const std::function<void()>& body) override {
    if (missing.contains(event)) return unsupported(missing[event]);
    body();
    const double right = event == "PAPI_TOT_INS"                            ? 66.0 * 20000
                         : event == "PAPI_DP_OPS" || event == "PAPI_FP_OPS" ? 64.0 * 20000
                                                                            : 20000;
    return right * (factor.contains(event) ? factor[event] : 1.0);
  }
};

Status status_of(const std::vector<EventVerdict>& verdicts, const std::string& event) {
  const auto found =
      std::find_if(verdicts.begin(), verdicts.end(),
                   [&](const EventVerdict& verdict) { return verdict.event == event; });
  EXPECT_NE(found, verdicts.end()) << event;
  return found == verdicts.end() ? Status::skipped : found->test.status();
}

TEST(SelfTest, TrustsCountersThatReadKnownWork) {
  ScriptedCounter counter;
  counter.factor["PAPI_DP_OPS"] = 1.015;
  for (const EventVerdict& verdict : self_test(counter))
    EXPECT_EQ(verdict.test.status(), Status::ok) << verdict.event << " " << verdict.test.reason();
}

TEST(SelfTest, DoesNotTrustOnesThatAreOff) {
  ScriptedCounter counter;
  counter.factor["PAPI_DP_OPS"] = 2;     // counts an FMA's two, say, for each addition
  counter.factor["PAPI_L3_TCM"] = 0.97;  // prefetched lines are missing
  const auto verdicts = self_test(counter);
  EXPECT_EQ(status_of(verdicts, "PAPI_DP_OPS"), Status::untrusted);
  EXPECT_EQ(status_of(verdicts, "PAPI_FP_OPS"), Status::ok);
  if (KnownLines::can_flush()) {
    EXPECT_EQ(status_of(verdicts, "PAPI_L3_TCM"), Status::untrusted);
  }
}

TEST(SelfTest, ZeroIsNotACount) {
  ScriptedCounter counter;
  counter.factor["PAPI_FP_OPS"] = 0;
  const auto verdicts = self_test(counter);
  EXPECT_EQ(status_of(verdicts, "PAPI_FP_OPS"), Status::untrusted);
}

TEST(SelfTest, KeepsTheReasonOfAnEventThatIsMissing) {
  ScriptedCounter counter;
  counter.missing["PAPI_DP_OPS"] = "no such event";
  const auto verdicts = self_test(counter);
  EXPECT_EQ(status_of(verdicts, "PAPI_DP_OPS"), Status::unsupported);
  EXPECT_EQ(verdicts.front().test.reason(), "no such event");
}

TEST(KnownWork, IsWhatItSays) {
  const KnownAdditions work = run_known_additions(10);
  EXPECT_EQ(work.flops, 640U);
  KnownLines lines(1000);
  lines.flush();
  EXPECT_EQ(lines.run(), 999U * 1000 / 2);  // each index once
}

TEST(CpuPmu, IsADeviceOfTheKernelNotAPermission) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(testing::TempDir()) / ("pmu_devices_" + std::to_string(getpid()));
  fs::remove_all(root);
  EXPECT_FALSE(has_cpu_pmu(root));
  for (const char* name : {"software", "tracepoint", "breakpoint", "msr", "uncore_imc_0"})
    fs::create_directories(root / name);
  EXPECT_FALSE(has_cpu_pmu(root));
  fs::create_directories(root / "armv8_pmuv3_0");
  EXPECT_TRUE(has_cpu_pmu(root));
  fs::remove(root / "armv8_pmuv3_0");
  fs::create_directories(root / "cpu_core");
  EXPECT_TRUE(has_cpu_pmu(root));
  fs::remove_all(root);
}

TEST(OpenPapi, SaysWhyWhereTheKernelListsACpuThatPapiCannotUse) {
  namespace fs = std::filesystem;
  if (has_cpu_pmu(pmu_devices)) GTEST_SKIP() << "this machine has a PMU that PAPI may use";
  const fs::path root = fs::path(testing::TempDir()) / ("papi_devices_" + std::to_string(getpid()));
  fs::create_directories(root / "cpu");
  // The kernel promises a PMU, PAPI finds none or may not use it: unsupported, or counts that fail.
  const auto counter = open_papi(root);
  fs::remove_all(root);
  if (!counter) {
    EXPECT_EQ(counter.status(), Status::unsupported);
    EXPECT_NE(counter.reason().find("PAPI"), std::string::npos) << counter.reason();
    return;
  }
  for (const EventVerdict& verdict : self_test(**counter)) {
    EXPECT_NE(verdict.test.status(), Status::ok) << verdict.event;
    EXPECT_FALSE(verdict.test.reason().empty()) << verdict.event;
  }
}

TEST(CountersProbe, GivesARowPerEventOrOneReason) {
  const Machine machine = discover_machine();
  RecordList sink;
  NodeContext context{machine, Profile::quick, sink, [](double, const std::string&) {},
                      [](const std::string&) { return std::string(); }};
  Registry<NodeProbe>::find("counters.selftest")->run(context);
  ASSERT_FALSE(sink.records.empty());
  for (const Record& row : sink.records) {
    EXPECT_EQ(row.metric, "ratio");
    if (carries_numbers(row.status)) {
      EXPECT_FALSE(row.operation.empty());
    } else {
      EXPECT_FALSE(row.reason.empty());
    }
  }
  if (!has_cpu_pmu("/sys/bus/event_source/devices")) {
    ASSERT_EQ(sink.records.size(), 1U);
    EXPECT_EQ(sink.records[0].status, Status::unsupported);
    EXPECT_NE(sink.records[0].reason.str().find("no cpu PMU"), std::string::npos);
  }
}

}  // namespace
}  // namespace assay::counters
