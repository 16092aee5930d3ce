#include "reports/gate/decide/roof_fraction.hpp"

#include <gtest/gtest.h>

#include "probes/run/run_directory.hpp"

namespace assay::gate {
namespace {

Record roof_row(const char* probe, const char* unit, double median) {
  Record record;
  record.probe = probe;
  record.metric = "rate";
  record.unit = unit;
  record.threads = 4;
  record.median = median;
  return record;
}

RunData machine(double speed) {
  RunData run;
  run.records = {roof_row("compute.peak_flops", "FLOP/s", 100e9 * speed),
                 roof_row("compute.gemm", "FLOP/s", 80e9 * speed),
                 roof_row("memory.bandwidth", "B/s", 20e9),
                 roof_row("memory.bandwidth", "B/s", 15e9),
                 roof_row("roofline.check", "FLOP/s", 4e9),
                 roof_row("workload.gradient", "s", 1)};
  for (std::size_t i : {0u, 1u}) run.records[i].dtype = "f64";
  run.records[0].isa = "AVX3";
  for (std::size_t i : {2u, 3u, 4u}) run.records[i].level = "DRAM";
  run.records[2].operation = "triad";
  run.records[3].operation = "copy";
  run.records[4].operation = "ai=0.25";
  run.records[4].dtype = "f64";
  return run;
}

RunMetricsOptions options() {
  RunMetricsOptions result;
  result.nature = [](const Record& record) {
    return MetricNature{record.unit == "s" ? Better::lower : Better::higher, false};
  };
  return result;
}

TEST(RoofFraction, DividesByTheRoofOfTheSameRun) {
  const NormalisedLaunch normalised = normalise(machine(1), options());
  ASSERT_EQ(normalised.launch.readings.size(), 3u);
  for (const auto& [name, reading] : normalised.launch.readings) {
    EXPECT_EQ(reading.kind, MetricKind::normalised);
    EXPECT_EQ(reading.unit, "1");
    if (name.starts_with("compute.gemm")) {
      EXPECT_DOUBLE_EQ(representative(reading), 0.8);
    }
    if (name.starts_with("memory.bandwidth")) {
      EXPECT_DOUBLE_EQ(representative(reading), 0.75);
    }
    if (name.starts_with("roofline.check")) {
      EXPECT_DOUBLE_EQ(representative(reading), 0.8);
    }
  }
  EXPECT_EQ(normalised.left_out, 3) << "both roofs themselves, and a time";
}

TEST(RoofFraction, AnotherMachineHasTheSameFractions) {
  const auto slow = normalise(machine(1), options()).launch.readings;
  const auto fast = normalise(machine(2), options()).launch.readings;
  for (const auto& [name, reading] : slow)
    EXPECT_DOUBLE_EQ(representative(reading), representative(fast.at(name))) << name;
}

TEST(RoofFraction, WithoutARoofThereIsNoFraction) {
  RunData run = machine(1);
  run.records.erase(run.records.begin());
  const NormalisedLaunch normalised = normalise(run, options());
  for (const auto& [name, reading] : normalised.launch.readings)
    EXPECT_FALSE(name.starts_with("compute.gemm"));
}

}  // namespace
}  // namespace assay::gate
