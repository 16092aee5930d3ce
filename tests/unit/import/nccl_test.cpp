// What nccl-tests print in one run or several, checked or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

using testing::HasSubstr;

const std::string ranks =
    "# Using devices\n#  Rank  0 Group  0 Pid  900 on     gpu-a0 device  0 [0000:04:00] H100\n"
    "#  Rank  1 Group  0 Pid  901 on     gpu-a1 device  0 [0000:04:00] H100\n";
const std::string header =
    "#       size         count      type   redop    root     time   algbw   busbw #wrong     time "
    "  algbw   busbw #wrong\n"
    "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)            "
    "(us)  (GB/s)  (GB/s)       \n";

std::string row(const std::string& redop, const std::string& root, const std::string& bus,
                const std::string& wrong) {
  return "     1048576        262144     float     " + redop + "      " + root +
         "    60.00   17.48   " + bus + "      " + wrong + "    59.00   17.77   " + bus + "    " +
         wrong + "\n";
}

TEST(NcclTests, ProgramsByName) {
  const std::pair<const char*, const char*> programs[] = {
      {"all_gather_perf", "allgather"}, {"reduce_scatter_perf", "reduce_scatter"},
      {"sendrecv_perf", "sendrecv"},    {"alltoall_perf", "alltoall"},
      {"gather_perf", "gather"},        {"scatter_perf", "scatter"},
      {"broadcast_perf", "broadcast"},  {"hypercube_perf", "hypercube"}};
  for (const auto& [program, collective] : programs) {
    const RunData run = read_log("# Collective test starting: " + std::string(program) + "\n" +
                                 ranks + header + row("none", "-1", "8.74", "0"));
    EXPECT_EQ(run.records.front().probe.str(), std::string("collective.") + collective);
    EXPECT_FALSE(has_probe(run, "collective.allreduce")) << program;
  }
  // A command line in the log names it, too.
  const RunData run = read_log("+ mpirun -np 2 ./build/alltoall_perf -b 1M\n" + ranks + header +
                               row("none", "-1", "8.74", "0"));
  EXPECT_EQ(run.records.front().probe, "collective.alltoall");
}

TEST(NcclTests, UncheckedAndWrongAndOutOfBounds) {
  const RunData unchecked = read_log(ranks + header + row("sum", "-1", "17.48", "N/A"));
  EXPECT_EQ(unchecked.records.front().status, Status::untrusted);
  EXPECT_DOUBLE_EQ(unchecked.records.front().median, 60e-6);
  const RunData wrong =
      read_log(ranks + header + row("sum", "-1", "17.48", "1.5e+06") +
               row("sum", "-1", "17.48", "0") + "# Out of bounds values : 2 FAILED\n");
  EXPECT_EQ(wrong.records.front().status, Status::incorrect);
  EXPECT_THAT(wrong.records.front().reason.str(), HasSubstr("1.5e+06 wrong values"));
  EXPECT_EQ(wrong.records.back().status, Status::ok);
  const RunData bounds = read_log(ranks + header + row("sum", "-1", "17.48", "0") +
                                  "# Out of bounds values : 3 FAILED\n");
  for (const Record& record : bounds.records) EXPECT_EQ(record.status, Status::incorrect);
}

TEST(NcclTests, BothDirectionsAreOneLaunch) {
  const std::string log = ranks + header + row("sum", "-1", "17.48", "0");
  const RunData run = read_log("# Collective test starting: all_reduce_perf\n" + log);
  ASSERT_EQ(run.records.size(), 4u);
  EXPECT_EQ(run.records[0].operation, "sum");
  EXPECT_EQ(run.records[2].operation, "sum in place");
  for (const Record& record : run.records) EXPECT_EQ(record.launch, "1");
  // A second run in the same log is a second launch, in both directions.
  const std::string head = "# Collective test starting: all_reduce_perf\n";
  const RunData two = read_log(head + log + head + log);
  ASSERT_EQ(two.records.size(), 8u);
  EXPECT_EQ(two.records[4].launch, "2");
  EXPECT_EQ(two.records[6].launch, "2");
  const RunData gather = read_log("# Collective test starting: all_gather_perf\n" + ranks + header +
                                  row("none", "-1", "8.74", "0"));
  EXPECT_EQ(gather.records.at(0).operation, "");
  EXPECT_EQ(gather.records.at(2).operation, "in place");
}

TEST(NcclTests, CpuTimeIsNoTime) {
  std::string cpu = header;
  for (std::size_t at; (at = cpu.find("   time ")) != std::string::npos;)
    cpu.replace(at, 8, " cputime");
  const RunData run = read_log(ranks + cpu + row("sum", "-1", "17.48", "0"));
  EXPECT_EQ(run.records.front().status, Status::untrusted);
  EXPECT_THAT(run.records.front().reason.str(), HasSubstr("CPU time"));
}

TEST(NcclTests, RefusesTornRows) {
  const std::string good = row("sum", "-1", "17.48", "0");
  for (const char* torn :
       {"     1048576        262144     float     sum      -1    60.00   17.48\n",
        "     1048576        262144     float     sum      -1    60,00   17,48   "
        "17,48      0    59,00   17,77   17,77      0\n",
        "     1048576        262144     float     sum      -1    nan   17.48   "
        "17.48      0    59.00   17.77   17.77      0\n"})
    EXPECT_THAT(refusal_of(ranks + header + good + torn), HasSubstr("log:7")) << torn;
  EXPECT_THAT(refusal_of(ranks + good), HasSubstr("not a format that can be read"));
  EXPECT_THAT(refusal_of(ranks + "#  Rank  7 Group  0 Pid  901 on     gpu-a1 device  0 [0x] H\n" +
                         header + good),
              HasSubstr("log:4: rank 7; expected rank 2"));
}

}  // namespace
}  // namespace assay::import
