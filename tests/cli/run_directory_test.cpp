/// What a measuring command leaves behind: the contract between measuring and reporting.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "probes/run/csv.hpp"
#include "probes/run/run_directory.hpp"
#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> with(std::vector<std::string> words,
                              const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string key_of(const Record& row) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {}", row.probe.str(), row.metric.str(),
                     row.operation.str(), row.level.str(), row.dtype.str(), row.isa.str(),
                     row.threads, row.bytes, row.provider.str(), row.ranks);
}

/// A row that carries a number has each of its samples in samples.csv. More are there only where
/// there are more rounds than the row counts: one that could not be trusted, beside others that can.
void expect_all_samples(const fs::path& run, const std::vector<Record>& records) {
  struct Count {
    std::int64_t samples = 0, rounds = 0;
  };
  std::map<std::string, Count> expected, found;
  for (const Record& record : records)
    if (std::isfinite(record.median)) {
      expected[key_of(record)].samples += record.samples;
      expected[key_of(record)].rounds += is_present(record.rounds) ? record.rounds : 1;
    }
  csv::read_samples(run / "samples.csv", [&](const Record& key, std::int64_t sample, double value) {
    EXPECT_TRUE(std::isfinite(value));
    ++found[key_of(key)].samples;
    found[key_of(key)].rounds += sample == 0;
  });
  EXPECT_FALSE(expected.empty());
  for (const auto& [key, wanted] : expected) {
    ASSERT_GE(found[key].rounds, wanted.rounds) << key;
    if (found[key].rounds == wanted.rounds)
      EXPECT_EQ(found[key].samples, wanted.samples) << key;
    else
      EXPECT_GT(found[key].samples, wanted.samples) << key;
  }
}

/// What CTest does before the tests that read it.
TEST(MakesTheFinishedRun, ForTheTestsThatReadIt) {
  EXPECT_TRUE(fs::exists(finished_run() / "report.html"));
}

TEST(FinishedRun, HoldsWhatTheContractSays) {
  const fs::path directory = finished_run();
  EXPECT_EQ(read_text(directory.parent_path() / ".stderr").find('\r'), std::string::npos)
      << "a progress bar where there is no terminal";

  EXPECT_THAT(
      read_text(directory / "measurements.csv"),
      StartsWith("probe,metric,unit,status,reason,host,nodes,ranks,threads,bytes,dtype,isa,"
                 "level,operation,provider,algorithm,topology,scaling,launch,samples,median,"
                 "ci_low,ci_high,min,max,p05,p95,cpu_wall_ratio,session,rounds,between_spread"));
  EXPECT_THAT(read_text(directory / "samples.csv"), HasSubstr(",sample,value"));
  EXPECT_THAT(read_text(directory / "models.csv"),
              StartsWith("model,subject,parameter,unit,value,ci_low,ci_high,label,note"));

  const RunData run = read_run(directory);
  EXPECT_TRUE(run.warnings.empty());
  EXPECT_EQ(run.run.at("state"), "complete");
  for (const char* key : {"schema", "tool", "options", "start", "end", "hosts", "checks"})
    EXPECT_TRUE(run.run.contains(key)) << key;
  ASSERT_FALSE(run.records.empty());
  for (const Record& record : run.records) {
    const bool is_number = record.status == Status::ok || record.status == Status::untrusted;
    EXPECT_EQ(std::isfinite(record.median), is_number) << record.probe.str() << record.reason.str();
    if (!is_number) {
      EXPECT_FALSE(record.reason.str().empty()) << record.probe.str();
      continue;
    }
    EXPECT_LE(record.ci_low, record.median) << record.probe.str();
    EXPECT_GE(record.ci_high, record.median) << record.probe.str();
  }
  expect_all_samples(directory, run.records);
}

TEST(RunDirectory, IsNamedByTimeAndHostByDefault) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_assay({"probe", "counters", "--profile", "quick", "--rounds", "1"}, folder.path())
                .exit_status,
            0);
  const auto found = run_directories(folder / "assay-results");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].filename().string().substr(0, 2), "20") << found[0];
}

TEST(RunDirectory, AppendAddsAndLosesNothing) {
  const TemporaryFolder folder;
  const std::vector<std::string> command = {"probe", "counters", "--profile",
                                            "quick", "--output", "run"};
  ASSERT_EQ(run_assay(command, folder.path()).exit_status, 0);
  const std::string before = read_text(folder / "run/measurements.csv");
  EXPECT_EQ(run_assay(command, folder.path()).exit_status, 4);
  EXPECT_EQ(read_text(folder / "run/measurements.csv"), before);
  ASSERT_EQ(run_assay(with(command, {"--append"}), folder.path()).exit_status, 0);
  const std::string after = read_text(folder / "run/measurements.csv");
  EXPECT_THAT(after, StartsWith(before));
  EXPECT_GT(after.size(), before.size());
}

TEST(DryRun, ShowsThePlanAndMeasuresNothing) {
  const TemporaryFolder folder;
  const Ended ended = run_assay({"probe", "--dry-run", "--profile", "quick"}, folder.path());
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("memory.bandwidth"));
  EXPECT_TRUE(run_directories(folder.path()).empty());
}

TEST(MoreRanksThanCores, EveryRowSaysSo) {
  const TemporaryFolder folder;
  const unsigned cores = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN));
  const Ended ended = run_assay(
      {"suite", "allreduce", "--profile", "quick", "--rounds", "1", "--ranks",
       std::to_string(cores + 1), "--bytes", "1KiB", "--algorithm", "ring", "--output", "run"},
      folder.path());
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  int oversubscribed = 0;
  for (const Record& record : csv::read_measurements(folder / "run/measurements.csv")) {
    if (record.ranks <= static_cast<int>(cores)) continue;
    EXPECT_NE(record.status, Status::ok) << record.probe.str();
    if (record.status == Status::untrusted) {
      EXPECT_THAT(record.reason.str(), HasSubstr("oversubscribed"));
      ++oversubscribed;
    }
  }
  EXPECT_GT(oversubscribed, 0);
}

TEST(Launchers, FourRanksUnderMpirunMakeOneRunDirectory) {
  if (!is_installed("mpirun")) GTEST_SKIP() << "mpirun is not installed";
  const TemporaryFolder folder;
  const Ended ended =
      run_command({"env", "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "mpirun",
                   "--oversubscribe", "--bind-to", "none", "-np", "4", ASSAY_PROGRAM, "probe",
                   "counters", "--profile", "quick", "--rounds", "1"},
                  folder.path());
  EXPECT_EQ(ended.exit_status, 0) << ended.errors << ended.output;
  const auto found = run_directories(folder.path());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(read_run(found[0]).records.empty());
}

}  // namespace
}  // namespace assay::test
