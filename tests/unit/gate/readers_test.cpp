#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "probes/core/registry.hpp"
#include "probes/run/run_directory.hpp"
#include "reports/gate/decide/stored_comparison.hpp"
#include "reports/gate/read/read_google_benchmark.hpp"
#include "reports/gate/read/read_numbers.hpp"
#include "reports/gate/read/read_run_metrics.hpp"
#include "tests/sanitized.hpp"

namespace assay::gate {
namespace {

const std::string two_repetitions = R"({"context": {"num_cpus": 4}, "benchmarks": [
  {"name": "a/8", "run_name": "a/8", "run_type": "iteration", "real_time": 2.0, "cpu_time": 1.0, "time_unit": "us", "bytes": 64},
  {"name": "a/8", "run_name": "a/8", "run_type": "iteration", "real_time": 4.0, "cpu_time": 1.5, "time_unit": "us", "bytes": 64},
  {"name": "a/8_median", "run_name": "a/8", "run_type": "aggregate", "aggregate_name": "median", "real_time": 99, "cpu_time": 99, "time_unit": "us"},
  {"name": "b_mean", "run_name": "b", "run_type": "aggregate", "aggregate_name": "mean", "real_time": 7, "cpu_time": 7, "time_unit": "ns"},
  {"name": "b_median", "run_name": "b", "run_type": "aggregate", "aggregate_name": "median", "real_time": 5, "cpu_time": 5, "time_unit": "ns"},
  {"name": "broken", "run_name": "broken", "run_type": "iteration", "error_occurred": true, "error_message": "no device", "real_time": 0, "cpu_time": 0, "time_unit": "ns"}
]})";

TEST(ReadGoogleBenchmark, RepetitionsAreValuesOfOneLaunch) {
  const Launch launch = read_google_benchmark(two_repetitions, "x.json");
  ASSERT_EQ(launch.readings.size(), 2u);
  EXPECT_EQ(launch.readings.at("a/8").values, (std::vector{2e-6, 4e-6}));
  EXPECT_EQ(launch.readings.at("a/8").unit, "s");
  EXPECT_EQ(launch.readings.at("b").values, std::vector{5e-9})
      << "the median stands for repetitions not kept";
  EXPECT_EQ(launch.absences.at("broken"), "error: no device");
  EXPECT_EQ(read_google_benchmark(two_repetitions, "x", {.cpu_time = true, .exact = {}})
                .readings.at("a/8")
                .values,
            (std::vector{1e-6, 1.5e-6}));
  EXPECT_EQ(google_benchmark_context(two_repetitions)["num_cpus"], 4);
}

TEST(ReadGoogleBenchmark, NamedCountersAreExact) {
  GoogleBenchmarkOptions options;
  options.exact.emplace_back("/bytes$");
  const Launch launch = read_google_benchmark(two_repetitions, "x.json", options);
  EXPECT_EQ(launch.readings.at("a/8/bytes").kind, MetricKind::exact);
  EXPECT_DOUBLE_EQ(representative(launch.readings.at("a/8/bytes")), 64);
}

TEST(ReadGoogleBenchmark, NamedCountersStandInForTheTime) {
  // As much work as fits into 1 ms: the time says nothing, the rate does.
  const std::string text = R"({"benchmarks": [
    {"name": "fma", "run_type": "iteration", "real_time": 1, "time_unit": "ms", "FLOP/s": 5e10, "chains": 8},
    {"name": "load", "run_type": "iteration", "real_time": 3, "time_unit": "ms", "s/load": 1e-9},
    {"name": "bad", "run_type": "iteration", "real_time": 1, "time_unit": "ms", "FLOP/s": 1e10},
    {"name": "bad", "run_type": "iteration", "error_occurred": true, "error_message": "wrong"}]})";
  GoogleBenchmarkOptions options;
  options.counters.emplace_back("/(FLOP|B)/s$");
  const Launch launch = read_google_benchmark(text, "x.json", options);
  ASSERT_EQ(launch.readings.size(), 2u) << "one metric per benchmark, none of the failed one";
  EXPECT_EQ(launch.readings.at("fma/FLOP/s").better, Better::higher);
  EXPECT_EQ(launch.readings.at("fma/FLOP/s").unit, "FLOP/s");
  EXPECT_DOUBLE_EQ(representative(launch.readings.at("fma/FLOP/s")), 5e10);
  EXPECT_DOUBLE_EQ(representative(launch.readings.at("load")), 3e-3);
}

TEST(ReadGoogleBenchmark, RefusesWhatIsCutOffOrForeign) {
  const std::string cut = two_repetitions.substr(0, two_repetitions.size() / 2);
  try {
    (void)read_google_benchmark(cut, "x.json");
    FAIL() << "a truncated file was read";
  } catch (const InputError& fault) {
    EXPECT_NE(std::string(fault.what()).find("x.json"), std::string::npos);
    EXPECT_NE(std::string(fault.what()).find("cut off"), std::string::npos);
  }
  for (const char* text :
       {"", "[]", "{}", "{\"benchmarks\": 3}", "{\"benchmarks\": []}", "{\"benchmarks\": [1]}",
        "{\"benchmarks\": [{\"name\": \"a\", \"real_time\": 1, \"time_unit\": \"h\"}]}"})
    EXPECT_THROW((void)read_google_benchmark(text, "x"), InputError) << text;
}

TEST(ReadNumbers, NumberThatGoesOnIsRefused) {
  for (const char* text : {"t 9.0e-03\n", "t 1,234.5\n", "t 1,62\n"}) try {
      (void)read_numbers(text, "output", {"t ([0-9.]+)"}, Better::lower);
      FAIL() << text;
    } catch (const InputError& fault) {
      EXPECT_NE(std::string(fault.what()).find("but the number goes on in"), std::string::npos)
          << fault.what();
    }
}

TEST(ReadGoogleBenchmark, TellsAggregatesSkippedRowsAndCountersApart) {
  const Launch launch = read_google_benchmark(
      R"json({"context": {}, "benchmarks": [
        {"name": "a", "iterations": 9, "real_time": 10.0, "cpu_time": 9.0, "time_unit": "ns"},
        {"name": "a", "iterations": 9, "real_time": 12.0, "cpu_time": 9.0, "time_unit": "ns"},
        {"name": "a_mean", "iterations": 9, "real_time": 11.0, "cpu_time": 9.0, "time_unit": "ns"},
        {"name": "a_stddev", "iterations": 9, "real_time": 1.4, "cpu_time": 0, "time_unit": "ns"},
        {"name": "a_BigO", "cpu_coefficient": 6, "real_coefficient": 6, "big_o": "N", "time_unit": "ns"},
        {"name": "a_RMS", "rms": 0.02},
        {"name": "b", "skipped": true, "skip_message": "no device", "real_time": 0, "time_unit": "ns"},
        {"name": "my_mean", "real_time": 7.0, "cpu_time": 7.0, "time_unit": "ns", "x": NaN}]})json",
      "x.json");
  ASSERT_EQ(launch.readings.size(), 2u);
  ASSERT_EQ(launch.readings.at("a").values.size(), 2u);
  EXPECT_DOUBLE_EQ(representative(launch.readings.at("a")), 11e-9);
  EXPECT_DOUBLE_EQ(representative(launch.readings.at("my_mean")), 7e-9);
  EXPECT_EQ(launch.absences.at("b"), "skipped: no device");
}

TEST(ReadNumbers, OneGroupTwoGroupsAndNone) {
  const std::string text = "warm\ntime: 1.5 s\ntime: 2.5e0 s\nsolve=+3 read=4\n";
  EXPECT_EQ(read_numbers(text, "x", {"time: ([0-9.e]+)"}, Better::lower)
                .readings.at("time: ([0-9.e]+)")
                .values,
            (std::vector{1.5, 2.5}));
  const Launch named = read_numbers(text, "x", {"(solve|read)=(\\S+)"}, Better::higher);
  EXPECT_EQ(named.readings.at("solve").values, std::vector{3.0});
  EXPECT_EQ(named.readings.at("read").better, Better::higher);
  EXPECT_EQ(read_numbers("42\n", "x", {"^[0-9]+$"}, Better::lower).readings.begin()->second.values,
            std::vector{42.0});
}

TEST(ReadNumbers, SaysWhatWasFoundInstead) {
  EXPECT_THROW((void)read_numbers("nothing", "x", {"time ([0-9]+)"}, Better::lower), InputError);
  EXPECT_THROW((void)read_numbers("time abc", "x", {"time (\\w+)"}, Better::lower), InputError);
  EXPECT_THROW((void)read_numbers("time nan", "x", {"time (\\w+)"}, Better::lower), InputError);
  EXPECT_THROW((void)read_numbers("time inf", "x", {"time (\\w+)"}, Better::lower), InputError);
  EXPECT_THROW(check_expression("time ("), UsageError);
  EXPECT_THROW(check_expression("(a)(b)(c)"), UsageError);
  check_expression("(?:a|b) ([0-9]+)");
}

TEST(ReadNumbers, SurvivesALineOfAMegabyte) {
  ASSAY_SKIP_UNDER_SANITIZERS();
  const std::string text = std::string(1 << 20, 'a') + "\ntime 3\n";
  EXPECT_EQ(read_numbers(text, "x", {"(?:a|b)*time ([0-9]+)"}, Better::lower)
                .readings.begin()
                ->second.values,
            std::vector{3.0});
}

Record row(const char* probe, const char* metric, double median) {
  Record record;
  record.probe = probe;
  record.metric = metric;
  record.unit = "s";
  record.host = "node7";
  record.ranks = 4;
  record.median = median;
  record.samples = 1;
  return record;
}

RunMetricsOptions lower_is_better() {
  RunMetricsOptions options;
  options.nature = [](const Record&) { return MetricNature{Better::lower, false}; };
  return options;
}

TEST(RunMetrics, LaunchesAreReplicatesOfOneMetric) {
  RunData run;
  for (const double value : {1.0, 3.0, 2.0}) {
    run.records.push_back(row("workload.gradient", "step_time", value));
    run.records.back().launch = std::to_string(run.records.size());
  }
  const Launch launch = run_metrics(run, lower_is_better());
  ASSERT_EQ(launch.readings.size(), 1u);
  EXPECT_EQ(launch.readings.begin()->first, "workload.gradient step_time (ranks=4)");
  EXPECT_EQ(launch.readings.begin()->second.launches.size(), 3u);
  EXPECT_DOUBLE_EQ(representative(launch.readings.begin()->second), 2);
}

TEST(RunMetrics, SizesThatTheProbeLookedCloserAtAreNoMetrics) {
  RunData run;
  const auto point = [&](const char* operation, std::int64_t bytes) {
    run.records.push_back(row("network.alpha_beta", "time", 1e-6));
    run.records.back().operation = operation;
    run.records.back().bytes = bytes;
  };
  for (const char* operation : {"ping_pong", "exchange"})
    for (const std::int64_t bytes : {8, 4096}) point(operation, bytes);
  point("exchange", 4206);  // where its fit jumped in this run
  const Launch launch = run_metrics(run, lower_is_better());
  EXPECT_EQ(launch.readings.size(), 4u);
  for (const auto& [name, reading] : launch.readings)
    EXPECT_EQ(name.find("4206"), std::string::npos) << name;
}

TEST(RunMetrics, TheLevelThatALatencyCurveWasReadByIsNoPartOfItsName) {
  const auto name_with = [](const char* probe, const char* level) {
    Record row;
    row.probe = probe;
    row.metric = "time";
    row.bytes = 64 << 20;
    row.level = level;
    return MetricNames({row})(row);
  };
  EXPECT_EQ(name_with("memory.latency", "L3"), name_with("memory.latency", "DRAM"));
  EXPECT_EQ(name_with("memory.latency", ""), "memory.latency time (bytes=67108864)");
  EXPECT_NE(name_with("memory.bandwidth", "L3"), name_with("memory.bandwidth", "DRAM"))
      << "there the level was asked for";
}

TEST(RunMetrics, HostsAreNumberedSoThatAnotherClusterHasTheSameNames) {
  RunData run;
  run.records = {row("network.pairs", "time", 1), row("network.pairs", "time", 2)};
  run.records[0].host = "alpha>beta";
  run.records[1].host = "beta>alpha";
  const Launch launch = run_metrics(run, lower_is_better());
  EXPECT_TRUE(launch.readings.count("network.pairs time (host=host1>host2, ranks=4)"));
  EXPECT_TRUE(launch.readings.count("network.pairs time (host=host2>host1, ranks=4)"));
}

TEST(RunMetrics, RowsWithoutANumberAreAbsencesButNotWhatAMachineCannotDo) {
  RunData run;
  run.records = {row("a", "time", 1), row("b", "time", 1)};
  run.records[0].status = Status::timed_out;
  run.records[0].reason = "waited 20 s";
  run.records[1].status = Status::unsupported;
  run.records[1].reason = "no AMX";
  const Launch launch = run_metrics(run, lower_is_better());
  EXPECT_TRUE(launch.readings.empty());
  ASSERT_EQ(launch.absences.size(), 1u);
  EXPECT_EQ(launch.absences.begin()->second, "timed_out: waited 20 s");
}

/// What a probe declares exact in the registry needs no --exact, and any change of it fails.
TEST(RunMetrics, AMetricDeclaredExactFailsOnAnyChange) {
  static const Description counting{
      .kind = "probe",
      .name = "made.counter",
      .summary = "Made for this test: counts messages.",
      .metrics = {{"messages", std::string(unit::one), "Sent per call.", Better::neither, true},
                  {"note", std::string(unit::one), "Not to be compared.", Better::neither, false}},
      .verification = "Made."};
  static const bool added = (registry::add_description(&counting), true);
  ASSERT_TRUE(added);
  const auto launch_with = [](double messages) {
    RunData run;
    run.records = {row("made.counter", "messages", messages),
                   row("made.counter", "note", messages)};
    return run_metrics(run, {});
  };
  const std::string name = "made.counter messages (ranks=4)";
  ASSERT_EQ(launch_with(12).readings.size(), 1u);
  EXPECT_EQ(launch_with(12).readings.at(name).kind, MetricKind::exact);
  const auto verdict = [&](double head) {
    return compare_stored({launch_with(12)}, {launch_with(head)}, {}).at(0).verdict;
  };
  EXPECT_EQ(verdict(12), Verdict::same);
  EXPECT_EQ(verdict(13), Verdict::regressed);
  EXPECT_EQ(verdict(11), Verdict::regressed) << "fewer is a change, too";
}

TEST(RunMetrics, FittedParametersHaveADirection) {
  RunData run;
  run.models.push_back({"amdahl", "workload.gradient strong", "serial_fraction", "1", 0.02, 0.01,
                        0.03, Label::measured, ""});
  run.models.push_back({"cost", "x", "dollars", "USD", 3, 2, 4, Label::projected, ""});
  const Launch launch = run_metrics(run, lower_is_better());
  ASSERT_EQ(launch.readings.size(), 1u);
  EXPECT_EQ(launch.readings.begin()->second.kind, MetricKind::fitted);
  EXPECT_EQ(launch.readings.begin()->second.better, Better::lower);
}

}  // namespace
}  // namespace assay::gate
