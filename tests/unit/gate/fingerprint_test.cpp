#include "reports/gate/decide/fingerprint.hpp"

#include <gtest/gtest.h>

#include "reports/gate/decide/canary.hpp"
#include "reports/gate/decide/report.hpp"

namespace assay::gate {
namespace {

using nlohmann::json;

json run_json() {
  return json::parse(R"({
    "schema": 1, "start": "2026-01-01T00:00:00Z", "state": "complete",
    "tool": {"commit": "abc"}, "options": {"bytes": "4MiB", "output": "x"}, "provider": ["tcp"],
    "hosts": [{"host": "n1", "cpu_model": "A", "microcode": "0x1", "temperature_C": 50, "neighbours": 0,
               "environment": {"OMP_NUM_THREADS": "4"},
               "build": {"flags": "-O3", "commit": "abc"}, "caches": [{"level": 1, "size_B": 49152}]}]})");
}

/// The only difference there must be, or a failure.
FingerprintDifference only_difference(const json& head, const FingerprintOptions& options = {}) {
  const auto differences = compare_fingerprints(run_json(), head, options);
  EXPECT_EQ(differences.size(), 1u);
  return differences.empty() ? FingerprintDifference{} : differences.front();
}

TEST(Fingerprint, EqualRunsDifferInNothing) {
  json head = run_json();
  head["start"] = "2026-02-02T00:00:00Z";
  head["tool"]["commit"] = "def";
  head["options"]["output"] = "y";
  head["hosts"][0]["build"]["commit"] = "def";
  EXPECT_TRUE(compare_fingerprints(run_json(), head).empty());
}

/// All that Google Benchmark says of a processor is its clock.
TEST(Fingerprint, AnotherHostWithAnotherClockIsAnotherMachine) {
  const auto context = [](const char* host, int clock) {
    return json{{"context", {{"host_name", host}, {"mhz_per_cpu", clock}}}};
  };
  const auto hard = [&](const json& head) {
    std::string keys;
    for (const auto& one : compare_fingerprints(context("runner-a1", 3500), head))
      if (one.hard) keys += one.key + " " + one.base + " " + one.head;
    return keys;
  };
  EXPECT_EQ(hard(context("runner-b7", 3219)), "context.mhz_per_cpu 3500 3219");
  EXPECT_EQ(hard(context("runner-b7", 3499)), "");
  EXPECT_EQ(hard(context("runner-a1", 3219)), "");
}

struct HardCase {
  const char* pointer;
  json value;
  const char* key;
};

TEST(Fingerprint, AHardKeyIsRefusedByName) {
  const std::vector<HardCase> cases{
      {"/hosts/0/cpu_model", "B", "hosts.cpu_model"},
      {"/provider", json::array({"shm"}), "provider"},
      {"/hosts/0/build/flags", "-O2", "hosts.build.flags"},
      {"/options/bytes", "8MiB", "options.bytes"},
      {"/problem_size/workload.gradient", json::array({100}), "problem_size.workload.gradient"},
      {"/hosts/0/environment/OMP_NUM_THREADS", "2", "hosts.environment.OMP_NUM_THREADS"},
      {"/hosts/0/caches/0/size_B", 32768, "hosts.caches"},
      {"/hosts/0/something_new", 1, "hosts.something_new"},
  };
  for (const HardCase& one : cases) {
    json head = run_json();
    head[json::json_pointer(one.pointer)] = one.value;
    const FingerprintDifference difference = only_difference(head);
    EXPECT_EQ(difference.key, one.key);
    EXPECT_TRUE(difference.hard) << one.key;
    GateReport report;
    report.fingerprint = {difference};
    EXPECT_EQ(report.exit_code(), ExitCode::environment_differs);
    FingerprintOptions allowed;
    allowed.allowed = {one.key};
    EXPECT_TRUE(only_difference(head, allowed).allowed) << one.key;
  }
}

TEST(Fingerprint, ASoftKeyIsAWarning) {
  for (const char* pointer :
       {"/hosts/0/temperature_C", "/hosts/0/neighbours", "/hosts/0/microcode", "/hosts/0/host"}) {
    json head = run_json();
    head[json::json_pointer(pointer)] = "other";
    EXPECT_FALSE(only_difference(head).hard) << pointer;
  }
}

TEST(Fingerprint, AFewDegreesAreNoDifference) {
  json head = run_json();
  head["hosts"][0]["temperature_C"] = 55.5;
  EXPECT_TRUE(compare_fingerprints(run_json(), head).empty());
  head["hosts"][0]["temperature_C"] = 80;
  EXPECT_FALSE(only_difference(head).hard);
}

TEST(Fingerprint, ANeighbourThatTheChecksSawIsAWarning) {
  json head = run_json();
  head["checks"] = json::array({{{"name", "steal"}, {"host", "n1"}, {"verdict", "passed"}},
                                {{"name", "other_load"}, {"host", "n1"}, {"verdict", "warning"}},
                                {{"name", "other_load"}, {"host", "n2"}, {"verdict", "failed"}},
                                {{"name", "other_load"}, {"host", "n3"}, {"verdict", "warning"}}});
  const FingerprintDifference difference = only_difference(head);
  EXPECT_EQ(difference.key, "checks.other_load");
  EXPECT_EQ(difference.base, "passed");
  EXPECT_EQ(difference.head, "failed") << "the worst of all hosts";
  EXPECT_FALSE(difference.hard);
  EXPECT_TRUE(compare_fingerprints(head, head).empty());
}

TEST(Fingerprint, AKeyOfOneSideOnlyIsADifference) {
  json head = run_json();
  head["hosts"][0].erase("cpu_model");
  EXPECT_EQ(only_difference(head).head, "(unknown)");
  head["hosts"][0]["cpu_model"] = nullptr;
  EXPECT_TRUE(only_difference(head).hard) << "null is as unknown as absent";
}

TEST(Fingerprint, AnotherHostCountAndAnotherSecondHost) {
  json two = run_json();
  two["hosts"].push_back(two["hosts"][0]);
  const auto more = compare_fingerprints(run_json(), two);
  EXPECT_TRUE(std::any_of(more.begin(), more.end(),
                          [](const auto& d) { return d.key == "nodes" && d.hard; }));
  json other = two;
  other["hosts"][1]["cpu_model"] = "B";
  const auto second = compare_fingerprints(two, other);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].key, "hosts#2.cpu_model");
  EXPECT_TRUE(second[0].hard);
}

TEST(Fingerprint, NormalisedMetricsSetTheHardwareAsideButNotTheBuild) {
  FingerprintOptions normalised;
  normalised.normalised = true;
  json head = run_json();
  head["hosts"][0]["cpu_model"] = "B";
  EXPECT_TRUE(only_difference(head, normalised).allowed);
  head = run_json();
  head["hosts"][0]["build"]["flags"] = "-O2";
  EXPECT_FALSE(only_difference(head, normalised).allowed);
}

TEST(Fingerprint, TheLoadOfAMomentIsADifferenceFromOneProcessOn) {
  const auto context = [](double load) {
    return json{{"context", {{"load_avg", {load, 1.0, 1.0}}}}};
  };
  EXPECT_TRUE(compare_fingerprints(context(0.3), context(0.9)).empty());
  const auto busier = compare_fingerprints(context(0.3), context(3.1));
  ASSERT_EQ(busier.size(), 1u);
  EXPECT_FALSE(busier[0].hard);
}

TEST(Fingerprint, GoogleBenchmarkContext) {
  const json base = {
      {"context",
       {{"num_cpus", 4}, {"date", "a"}, {"load_avg", {1.0}}, {"library_build_type", "release"}}}};
  json head = base;
  head["context"]["date"] = "b";
  head["context"]["load_avg"] = {2.0};
  const auto soft = compare_fingerprints(base, head);
  ASSERT_EQ(soft.size(), 1u);
  EXPECT_FALSE(soft[0].hard);
  head = base;
  head["context"]["library_build_type"] = "debug";
  EXPECT_TRUE(compare_fingerprints(base, head).at(0).hard);
}

Record canary_row(double median) {
  Record record;
  record.probe = "compute.peak_flops";
  record.metric = "rate";
  record.unit = "FLOP/s";
  record.operation = "fma";
  record.median = median;
  record.p05 = 0.99 * median;
  record.p95 = 1.01 * median;
  return record;
}

/// A side of one run for each rate.
std::vector<RunData> runs_of(const std::vector<double>& rates) {
  std::vector<RunData> runs(rates.size());
  for (std::size_t i = 0; i < rates.size(); ++i) runs[i].records = {canary_row(rates[i])};
  return runs;
}

TEST(Canary, ASlowerMachineIsSeen) {
  const auto near = compare_canaries(runs_of({100e9}), runs_of({97e9}));
  ASSERT_EQ(near.size(), 1u);
  EXPECT_TRUE(near[0].passed) << "3 % is within three deviations of 1.4 %";
  const auto canaries = compare_canaries(runs_of({100e9}), runs_of({90e9}));
  EXPECT_FALSE(canaries[0].passed);
  GateReport report;
  report.canaries = canaries;
  EXPECT_EQ(report.exit_code(), ExitCode::environment_differs);
}

TEST(Canary, OfSeveralRunsTheMedianCountsAndHowTheyDiffer) {
  const auto one_odd = compare_canaries(runs_of({80e9, 100e9, 100.5e9}), runs_of({100e9, 100e9}));
  EXPECT_DOUBLE_EQ(one_odd.at(0).base, 100e9);
  EXPECT_TRUE(one_odd[0].passed) << "the machine was slow in one run only";
  const auto slower = compare_canaries(runs_of({100e9, 101e9, 100e9}), runs_of({90e9, 90e9, 91e9}));
  EXPECT_FALSE(slower.at(0).passed);
}

TEST(Canary, NoneWhereTheRunsShareNoProbe) {
  std::vector<RunData> nothing(1);
  EXPECT_TRUE(compare_canaries(runs_of({100e9}), nothing).empty());
  std::vector<RunData> half = runs_of({100e9, 100e9});
  half[1].records.clear();
  EXPECT_TRUE(compare_canaries(half, runs_of({100e9})).empty()) << "not in all runs";
}

TEST(Provenance, ProvidersAndProblemSizesComeFromTheRows) {
  RunData run;
  run.run = json::object();
  Record row;
  row.probe = "workload.gradient";
  row.provider = "shm";
  row.bytes = 800;
  run.records = {row};
  const json provenance = provenance_of(run);
  EXPECT_EQ(provenance["provider"], json::array({"shm"}));
  EXPECT_EQ(provenance["problem_size"]["workload.gradient"], json::array({800}));
}

}  // namespace
}  // namespace assay::gate
