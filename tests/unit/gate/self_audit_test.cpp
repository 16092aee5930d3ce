#include "reports/gate/decide/self_audit.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "probes/core/errors.hpp"
#include "reports/gate/write/outputs.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::gate {
namespace {

GateOptions quick_options() {
  GateOptions options;
  options.clock = [] { return Seconds(0); };
  return options;
}

TEST(SelfAudit, AnHonestGateStaysTrusted) {
  const LaunchSource source = [](Side) {
    Launch launch;
    launch.readings["a"].values = {1};
    return launch;
  };
  int kept = 0;
  const GateReport report =
      run_self_audit(source, quick_options(), 5, {}, [&](const AuditRecord&) { ++kept; });
  EXPECT_EQ(kept, 5);
  EXPECT_EQ(report.audit->runs, 5);
  EXPECT_EQ(report.audit->false_reds, 0);
  EXPECT_EQ(report.exit_code(), ExitCode::done);
}

TEST(SelfAudit, AGateThatBreaksItsPromiseIsDemoted) {
  // A broken machine: whatever is launched as head is slower, though it is the same.
  const LaunchSource source = [](Side side) {
    Launch launch;
    launch.readings["a"].values = {side == Side::head ? 1.1 : 1};
    return launch;
  };
  const GateReport report = run_self_audit(source, quick_options(), 3, {}, nullptr);
  EXPECT_EQ(report.audit->false_reds, 3);
  EXPECT_TRUE(report.advisory());
  EXPECT_EQ(report.exit_code(), ExitCode::environment_differs);
  EXPECT_NE(report.headline().find("self-audit"), std::string::npos);
}

TEST(SelfAudit, OneFalseRedIsCountedAndNoVerdict) {
  // Red in the second of four runs only: 14 launches each, or 54 where one confirms.
  int launches = 0;
  const LaunchSource source = [&](Side side) {
    const bool slow = ++launches > 14 && launches <= 14 + 54 && side == Side::head;
    Launch launch;
    launch.readings["a"].values = {slow ? 1.1 : 1};
    return launch;
  };
  const GateReport report = run_self_audit(source, quick_options(), 4, {100, 0, 0.01}, nullptr);
  EXPECT_EQ(report.audit->runs, 104);
  EXPECT_EQ(report.audit->false_reds, 1);
  EXPECT_EQ(report.exit_code(), ExitCode::done) << "1 in 104 is what was promised";
  EXPECT_NE(junit_xml(report).find("tests=\"1\" failures=\"0\""), std::string::npos);
}

TEST(SelfAudit, ABudgetTooSmallIsNoPass) {
  GateOptions options;
  Seconds time;
  options.clock = [&] { return time += Seconds(1); };
  options.budget = Seconds(3);
  const LaunchSource source = [](Side) {
    Launch launch;
    launch.readings["a"].values = {1};
    return launch;
  };
  const GateReport report = run_self_audit(source, options, 2, {}, nullptr);
  EXPECT_EQ(report.audit->runs, 0);
  EXPECT_EQ(report.exit_code(), ExitCode::inconclusive);
}

TEST(AuditRecord, OneFalseRedInTwentyIsNoProofTwoAre) {
  EXPECT_FALSE((AuditRecord{20, 1, 0.01}.broken()));
  EXPECT_TRUE((AuditRecord{20, 2, 0.01}.broken()));
  EXPECT_FALSE((AuditRecord{0, 0, 0.01}.broken()));
}

TEST(AuditRecord, SurvivesTheFileAndRefusesAnotherOne) {
  const test::TemporaryFolder folder;
  const std::string file = (folder / "audit.json").string();
  EXPECT_EQ(read_audit(file).runs, 0);
  write_audit(file, {7, 1, 0.02});
  EXPECT_EQ(read_audit(file).runs, 7);
  EXPECT_EQ(read_audit(file).false_reds, 1);
  EXPECT_DOUBLE_EQ(read_audit(file).promise, 0.02);
  for (const char* text : {"{", "{}", "[]", "{\"runs\": 1, \"false_reds\": 2, \"promise\": 0.01}",
                           "{\"runs\": -1, \"false_reds\": 0, \"promise\": 0.01}",
                           "{\"runs\": 1, \"false_reds\": 0, \"promise\": 0}"}) {
    std::ofstream(file) << text;
    EXPECT_THROW((void)read_audit(file), InputError) << text;
  }
}

}  // namespace
}  // namespace assay::gate
