// The two commands as a user and a CI system see them: exit codes, messages, files.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "probes/process/subprocess.hpp"
#include "probes/run/run_directory.hpp"
#include "tests/paths.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/unit/gate/exit_statuses.hpp"

namespace assay::gate {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class GateCommands : public testing::Test {
 protected:
  /// Runs `assay ARGUMENTS` in the test's folder, without what a CI system of ours may have set.
  ProcessResult assay(const std::string& arguments) {
    return run_shell("cd " + shell_quote(folder_.string()) +
                         " && unset GITHUB_STEP_SUMMARY GITHUB_ACTIONS; " + environment_ + " " +
                         shell_quote(ASSAY_PROGRAM) + " " + arguments,
                     Seconds(120));
  }
  std::string read(const std::string& name) {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }

  /// A run directory with ten launches of one rate around `rate`.
  void write_run(const std::string& name, double rate, const std::string& cpu_model,
                 int temperature = 40) {
    RunWriter writer(folder_ / name, false);
    writer.set("options", {{"bytes", "4MiB"}});
    writer.set(
        "hosts",
        json::array({{{"host", "n1"}, {"cpu_model", cpu_model}, {"temperature_C", temperature}}}));
    for (int launch = 1; launch <= 10; ++launch) {
      Record row;
      row.probe = "memory.bandwidth";
      row.metric = "rate";
      row.unit = "B/s";
      row.host = "n1";
      row.level = "L2";
      row.operation = "copy";
      row.launch = std::to_string(launch);
      writer.put(with_samples(row, {rate * (1 + 1e-3 * (launch % 3))}));
    }
    writer.finish("complete");
  }

  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
  std::string environment_;
};

using namespace exit_status;

TEST_F(GateCommands, ARegressionEndsWithOneAndAllFiles) {
  environment_ = "GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=step.md";
  const ProcessResult result =
      assay("gate --base 'echo t=100' --head 'echo t=110' --metric 't=([0-9]+)' --output out");
  EXPECT_EQ(result.exit_status, regressed) << result.errors;
  EXPECT_NE(result.output.find("::error title=regressed"), std::string::npos);
  EXPECT_NE(read("step.md").find("regressed"), std::string::npos);
  for (const char* file : {"gate.json", "gate.csv", "junit.xml", "summary.md", "annotations.txt"})
    EXPECT_FALSE(read(std::string("out/") + file).empty()) << file;
  EXPECT_EQ(json::parse(read("out/gate.json"))["exit_code"], regressed);
}

TEST_F(GateCommands, HigherCanBeBetter) {
  EXPECT_EQ(
      assay("gate --base 'echo r=100' --head 'echo r=110' --metric 'r=([0-9]+)' --better higher")
          .exit_status,
      0);
  EXPECT_EQ(
      assay("gate --base 'echo r=100' --head 'echo r=90' --metric 'r=([0-9]+)' --better higher")
          .exit_status,
      regressed);
}

TEST_F(GateCommands, BadInputIsFourWithAReasonAndNeverGreen) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"gate --base 'exit 3' --head 'echo 1' --metric '[0-9]+'", "exit status 3"},
      {"gate --base 'echo 1' --head 'kill -9 $$' --metric '[0-9]+'", "signal 9"},
      {"gate --base 'echo none' --head 'echo 1' --metric '[0-9]+'", "no number"},
      {"gate --base 'echo \"{\\\"benchmarks\\\": [\"' --head 'echo 1'", "cut off"},
      {"gate --base 'sleep 60' --head 'echo 1' --metric '[0-9]+' --timeout 200ms", "did not end"},
      {"gate --base 'echo 1' --head 'echo 1' --metric '[0-9]+' --screen-pairs 0",
       "--screen-pairs 0"},
      {"gate --base 'echo 1' --head 'echo 1' --metric '[0-9]+' --confirm-pairs 0",
       "--confirm-pairs 0"},
      {"gate --base 'echo 1' --head 'echo 1' --metric '['", "regular expression"},
      {"gate --base 'echo 1' --head 'echo 1' --metric '[0-9]+' --timeout 5", "--timeout"},
      {"gate --base 'echo 1' --head 'echo 1' --metric '[0-9]+' --delta 1", "--delta"},
      {"gate --base 'echo 1' --head 'echo 1' --metric '[0-9]+' --better faster", "lower or higher"},
      {"gate --base 'echo 1' --head 'echo 1' --metric '[0-9]+' --inconclusive maybe",
       "report, pass or fail"},
      {"gate --base 'echo 1' --metric '[0-9]+'", "--head is missing"},
      {"gate --base '' --head 'echo 1' --metric '[0-9]+'", "--base is empty"},
      {"gate --base 'echo {output}' --head 'echo 1'", "wrote nothing"},
      {"compare one", "expected BASE and HEAD"},
      {"compare nowhere nowhere-else", "nowhere"},
      {"compare --history nowhere", "nowhere"},
  };
  for (const auto& [arguments, reason] : cases) {
    const ProcessResult result = assay(arguments);
    EXPECT_EQ(result.exit_status, bad) << arguments << "\n" << result.output << result.errors;
    EXPECT_NE(result.errors.find(reason), std::string::npos) << arguments << ": " << result.errors;
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  }
}

TEST_F(GateCommands, WhereNothingCanBeWrittenNothingIsLaunched) {
  EXPECT_EQ(
      assay("gate --base 'touch started' --head true --metric x --output /proc/no").exit_status,
      bad);
  EXPECT_FALSE(fs::exists(folder_ / "started"));
}

TEST_F(GateCommands, AnAuditThatWasNeverMadeIsSaid) {
  const ProcessResult result =
      assay("gate --base 'echo 7' --head 'echo 7' --metric '[0-9]+' --audit audit.json");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_NE(result.output.find("audit.json records no A/A run"), std::string::npos)
      << result.output;
}

TEST_F(GateCommands, ABudgetTooSmallIsInconclusive) {
  const ProcessResult result = assay(
      "gate --base 'sleep 0.05; echo 1' --head 'sleep 0.05; echo 1' --metric '[0-9]+' --budget "
      "200ms --inconclusive pass");
  EXPECT_EQ(result.exit_status, inconclusive) << result.output;
  EXPECT_NE(result.output.find("budget"), std::string::npos);
}

TEST_F(GateCommands, AMetricOfOneSideOnlyIsInconclusive) {
  const std::string gate =
      "gate --base 'echo a=1' --head 'printf \"a=1\\nb=2\\n\"' --metric '(a|b)=([0-9])'";
  for (const char* policy : {"", " --inconclusive pass"}) {
    const ProcessResult result = assay(gate + policy);
    EXPECT_EQ(result.exit_status, inconclusive) << policy;
    EXPECT_NE(result.output.find("missing in 6 of 6 launches of base"), std::string::npos)
        << result.output;
  }
  EXPECT_EQ(assay(gate + " --inconclusive fail").exit_status, regressed);
}

TEST_F(GateCommands, GatesRunDirectoriesWrittenToOutput) {
  write_run("slow", 1e9, "A");
  write_run("fast", 2e9, "A");
  const ProcessResult result =
      assay("gate --base 'cp -r fast {output}' --head 'cp -r slow {output}'");
  EXPECT_EQ(result.exit_status, regressed) << result.output << result.errors;
  EXPECT_NE(result.output.find("memory.bandwidth rate (level=L2, operation=copy)"),
            std::string::npos)
      << result.output;
}

TEST_F(GateCommands, CompareRefusesAnotherMachineByName) {
  write_run("a", 1e9, "A");
  write_run("b", 1e9, "B");
  const ProcessResult result = assay("compare a b --output out");
  EXPECT_EQ(result.exit_status, differs);
  EXPECT_NE(result.output.find("hosts.cpu_model: A -> B"), std::string::npos) << result.output;
  EXPECT_TRUE(json::parse(read("out/gate.json"))["metrics"].empty()) << "no verdict at all";
  EXPECT_EQ(assay("compare a b --allow-difference hosts.cpu_model").exit_status, 0);
}

TEST_F(GateCommands, CompareWarnsOfAnotherTemperature) {
  write_run("a", 1e9, "A", 40);
  write_run("b", 1e9, "A", 80);
  const ProcessResult result = assay("compare a b");
  EXPECT_EQ(result.exit_status, 0) << result.output;
  EXPECT_NE(result.output.find("warning, differs: hosts.temperature_C: 40 -> 80"),
            std::string::npos)
      << result.output;
  EXPECT_NE(result.output.find("weaker than paired"), std::string::npos);
}

TEST_F(GateCommands, CompareFindsARegression) {
  write_run("a", 1e9, "A");
  write_run("b", 0.9e9, "A");
  EXPECT_EQ(assay("compare a b").exit_status, regressed);
  EXPECT_EQ(assay("compare b a").exit_status, 0) << "an improvement is green";
}

TEST_F(GateCommands, CompareReadsGoogleBenchmarkAndRefusesATruncatedOne) {
  const std::string text =
      R"({"context": {"num_cpus": 4}, "benchmarks": [{"name": "a", "run_type": "iteration", "real_time": 10, "time_unit": "us"}]})";
  write("a.json", text);
  write("b.json", text);
  write("cut.json", text.substr(0, 80));
  const ProcessResult result = assay("compare a.json b.json --launch-noise 1%");
  EXPECT_EQ(result.exit_status, 0) << result.output << result.errors;
  EXPECT_NE(result.output.find("One launch"), std::string::npos);
  write("slow.json", std::string(text).replace(text.find("10,"), 3, "30,"));
  EXPECT_EQ(assay("compare a.json slow.json --launch-noise 1%").exit_status, regressed);
  const ProcessResult suspected = assay("compare a.json slow.json");
  EXPECT_EQ(suspected.exit_status, inconclusive) << "nobody said how much launches differ";
  EXPECT_NE(suspected.output.find("suspected to be worse"), std::string::npos) << suspected.output;
  const ProcessResult cut = assay("compare a.json cut.json");
  EXPECT_EQ(cut.exit_status, bad);
  EXPECT_NE(cut.errors.find("cut.json"), std::string::npos);
}

TEST_F(GateCommands, SelfAuditCountsAndABrokenGateIsAdvisory) {
  EXPECT_EQ(
      assay("gate --self-audit --base 'echo 7' --metric '[0-9]+' --audit audit.json --audit-runs 2")
          .exit_status,
      0);
  EXPECT_EQ(json::parse(read("audit.json"))["runs"], 2);
  write("audit.json", R"({"runs": 20, "false_reds": 3, "promise": 0.01})");
  const ProcessResult result =
      assay("gate --base 'echo 7' --head 'echo 9' --metric '[0-9]+' --audit audit.json");
  EXPECT_EQ(result.exit_status, differs);
  EXPECT_NE(result.output.find("failed its self-audit"), std::string::npos) << result.output;
}

TEST_F(GateCommands, AGateThatIsBrokenHereDemotesItself) {
  // Whatever is launched as head is slower, though it is the same command.
  const std::string broken =
      "gate --self-audit --base 'test $ASSAY_GATE_SIDE = head && echo 9 || echo 7' --metric "
      "'[0-9]+' --audit audit.json --audit-runs 2";
  const ProcessResult result = assay(broken);
  EXPECT_EQ(result.exit_status, differs) << result.output << result.errors;
  EXPECT_NE(result.output.find("failed its self-audit (2 false reds in 2 A/A runs)"),
            std::string::npos)
      << result.output;
  const std::string later = "gate --base 'echo 7' --head 'echo 9' --metric '[0-9]+'";
  EXPECT_EQ(assay(later + " --audit audit.json").exit_status, differs) << "demoted from now on";
  EXPECT_EQ(assay(later).exit_status, regressed);
}

TEST_F(GateCommands, HistoryOfRunDirectoriesIsAdvisory) {
  for (int i = 0; i < 12; ++i) {
    const std::string name = "store/r" + std::to_string(10 + i);
    write_run(name, i < 6 ? 1e9 : 0.8e9, "A");
    // Runs of one second apart at best; the order must come from the start that each file states.
    json run = json::parse(read(name + "/run.json"));
    run["start"] = "2026-01-" + std::to_string(10 + i) + "T00:00:00Z";
    write(name + "/run.json", run.dump());
  }
  const ProcessResult result = assay("compare --history store --output out");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_NE(result.output.find("history (advisory): memory.bandwidth rate"), std::string::npos)
      << result.output;
  EXPECT_NE(result.output.find("1 of 1 metrics changed their level"), std::string::npos);
  EXPECT_EQ(json::parse(read("out/gate.json"))["exit_code"], 0);
  const json history = json::parse(read("out/gate.json"))["history"];
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0]["points"].size(), 12u);
  EXPECT_EQ(history[0]["changes"][0]["index"], 6);
}

}  // namespace
}  // namespace assay::gate
