// `assay compare` on stored runs whose data were made: exact counters and fitted parameters, from
// the files to the exit code.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include "probes/core/units.hpp"
#include "probes/process/subprocess.hpp"
#include "probes/run/run_directory.hpp"
#include "tests/paths.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/unit/gate/exit_statuses.hpp"

namespace assay::gate {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

using namespace exit_status;

Record row_of(const char* probe, const char* metric, std::string_view unit) {
  Record row;
  row.probe = probe;
  row.metric = metric;
  row.unit = unit;
  row.host = "n1";
  return row;
}

/// What a program is made of, and how much its launches differ.
struct Made {
  double alpha = 2e-6, beta = 1e-10;
  double serial_fraction = 0.05;
  double roof = 1e11;
  double messages = 24, bytes_sent = 98304, flops = 2e7;
  std::uint64_t seed = 1;
  double launch_noise = 0.01, sample_noise = 0.003;
};

class CompareRuns : public testing::Test {
 protected:
  /// A directory of `launches` run directories, each of one launch.
  void write_side(const std::string& name, const Made& made, int launches) {
    std::mt19937_64 engine(made.seed);
    std::normal_distribution<double> normal;
    for (int launch = 0; launch < launches; ++launch) {
      RunWriter writer(folder_ / name / ("launch" + std::to_string(10 + launch)), false);
      writer.set("options", {{"ranks", 4}});
      writer.set("hosts", json::array({{{"host", "n1"}, {"cpu_model", "A"}}}));
      // What makes a launch slow makes all its times slow.
      const double luck = std::exp(made.launch_noise * normal(engine));
      const auto noisy = [&] { return luck * std::exp(made.sample_noise * normal(engine)); };
      write_network(writer, made, noisy);
      for (const int ranks : {1, 2, 4, 8}) {
        Record row = row_of("workload.gradient", "step_time", unit::seconds);
        row.scaling = "strong";
        row.ranks = ranks;
        const double time = made.serial_fraction + (1 - made.serial_fraction) / ranks;
        writer.put(with_samples(row, {0.01 * time * noisy()}));
      }
      Record roof = row_of("compute.peak_flops", "rate", unit::flops_per_second);
      roof.operation = "fma_add";
      writer.put(with_samples(roof, {made.roof / noisy()}));
      write_counts(writer, made);
      writer.finish("complete");
    }
  }

  void compare(const std::string& arguments = "") {
    result_ =
        run_shell("cd " + shell_quote(folder_.string()) + " && " + shell_quote(ASSAY_PROGRAM) +
                      " compare base head --output out " + arguments,
                  Seconds(120));
    std::ifstream in(folder_ / "out/gate.json");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    metrics_ = text.empty() ? json::array() : json::parse(text)["metrics"];
  }
  /// Of the metric whose name starts so.
  std::string verdict(const std::string& start) {
    for (const json& metric : metrics_)
      if (metric["name"].get<std::string>().starts_with(start)) return metric["verdict"];
    return "no such metric";
  }

  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
  ProcessResult result_;
  json metrics_;

 private:
  template <class Noise>
  static void write_network(RunWriter& writer, const Made& made, const Noise& noisy) {
    const auto put = [&](const char* operation, std::int64_t bytes, double time) {
      Record row = row_of("network.alpha_beta", "time", unit::seconds);
      row.provider = "tcp";
      row.operation = operation;
      row.bytes = bytes;
      writer.put(with_samples(row, {time * noisy()}));
    };
    put("ping_pong", 8, 2e-6);  // the canary: the machine is the same
    for (const std::int64_t bytes : {8, 512, 4096, 32768, 262144, 1048576})
      put("exchange", bytes, made.alpha + made.beta * static_cast<double>(bytes));
  }
  static void write_counts(RunWriter& writer, const Made& made) {
    Record call = row_of("collective.allreduce", "messages", unit::one);
    call.algorithm = "ring";
    writer.put(with_samples(call, {made.messages}));
    call.metric = "bytes_sent";
    call.unit = unit::bytes;
    writer.put(with_samples(call, {made.bytes_sent}));
    writer.put(with_samples(row_of("workload.gradient", "flops", unit::flops), {made.flops}));
  }
};

TEST_F(CompareRuns, OneMessageByteOrFlopMoreIsConvicted) {
  const Made made;
  write_side("base", made, 1);
  const auto head_with = [&](double Made::*count, double more) {
    Made changed = made;
    changed.*count += more;
    fs::remove_all(folder_ / "head");
    write_side("head", changed, 1);
    compare();
  };
  const std::string messages = "collective.allreduce messages (algorithm=ring)",
                    bytes = "collective.allreduce bytes_sent (algorithm=ring)",
                    flops = "workload.gradient flops";
  head_with(&Made::messages, 0);
  EXPECT_EQ(verdict(messages) + verdict(bytes) + verdict(flops), "samesamesame")
      << result_.output << result_.errors;
  EXPECT_NE(result_.exit_status, regressed) << result_.output;

  head_with(&Made::messages, 1);
  EXPECT_EQ(result_.exit_status, regressed) << result_.output << result_.errors;
  EXPECT_EQ(verdict(messages), "regressed");
  EXPECT_NE(result_.output.find("exact counter changed from 24 to 25"), std::string::npos)
      << result_.output;

  head_with(&Made::bytes_sent, 1);
  EXPECT_EQ(result_.exit_status, regressed) << result_.output;
  EXPECT_EQ(verdict(bytes), "regressed");
  EXPECT_NE(result_.output.find("changed from 98304 to 98305"), std::string::npos);

  head_with(&Made::flops, -1);
  EXPECT_EQ(result_.exit_status, regressed) << "fewer is a change too: the program is another\n"
                                            << result_.output;
  EXPECT_EQ(verdict(flops), "regressed");

  compare("--inconclusive pass --launch-noise 50%");
  EXPECT_EQ(result_.exit_status, regressed) << "no statistics, so no option excuses it";
}

TEST_F(CompareRuns, ACountOfOneSideOnlyIsNeverGreen) {
  write_side("base", {}, 1);
  write_side("head", {}, 1);
  Record row = row_of("collective.allreduce", "messages", unit::one);
  row.algorithm = "star";
  RunWriter(folder_ / "head/launch10", true).put(with_samples(row, {6}));
  compare("--inconclusive pass --launch-noise 0.5%");
  EXPECT_EQ(result_.exit_status, inconclusive) << result_.output << result_.errors;
  EXPECT_NE(result_.output.find("missing in base"), std::string::npos) << result_.output;
}

/// Twelve launches a side.
class CompareParameters : public CompareRuns {
 protected:
  void compare_made(const Made& head) {
    Made other = head;
    other.seed = 2;
    write_side("base", {}, 12);
    write_side("head", other, 12);
    compare();
  }
  const std::string alpha = "alpha (tcp exchange)", beta = "beta (tcp exchange)",
                    fraction = "serial fraction (workload.gradient", roof = "roof (compute";
};

TEST_F(CompareParameters, UnchangedOnesAreNotRed) {
  compare_made({});
  EXPECT_NE(result_.exit_status, regressed) << result_.output << result_.errors;
  for (const std::string& name : {alpha, beta, fraction, roof})
    EXPECT_TRUE(verdict(name) == "same" || verdict(name) == "inconclusive")
        << name << " " << verdict(name) << "\n"
        << result_.output;
}

TEST_F(CompareParameters, AlphaPlusTwentyPercentIsConvictedAndBetaIsNot) {
  compare_made({.alpha = 2.4e-6});
  EXPECT_EQ(result_.exit_status, regressed) << result_.errors;
  EXPECT_EQ(verdict(alpha), "regressed") << result_.output;
  EXPECT_EQ(verdict(beta), "same") << result_.output;
  EXPECT_NE(verdict(fraction), "regressed");
  EXPECT_NE(verdict(roof), "regressed");
}

TEST_F(CompareParameters, BetaPlusTwentyPercentIsConvictedAndAlphaIsNot) {
  compare_made({.beta = 1.2e-10});
  EXPECT_EQ(result_.exit_status, regressed) << result_.errors;
  EXPECT_EQ(verdict(beta), "regressed") << result_.output;
  EXPECT_NE(verdict(alpha), "regressed") << result_.output;
}

TEST_F(CompareParameters, ALargerSerialFractionIsConvicted) {
  compare_made({.serial_fraction = 0.08});
  EXPECT_EQ(result_.exit_status, regressed) << result_.errors;
  EXPECT_EQ(verdict(fraction), "regressed") << result_.output;
  EXPECT_EQ(verdict(alpha), "same") << result_.output;
}

TEST_F(CompareParameters, ALowerRoofIsConvictedAndAHigherOneImproved) {
  compare_made({.roof = 0.95e11});
  EXPECT_EQ(result_.exit_status, regressed) << result_.errors;
  EXPECT_EQ(verdict(roof), "regressed") << result_.output;
  fs::remove_all(folder_ / "base");
  fs::remove_all(folder_ / "head");
  compare_made({.roof = 1.05e11});
  EXPECT_EQ(verdict(roof), "improved") << result_.output;
}

}  // namespace
}  // namespace assay::gate
