// The titles and headers of OSU's programs, old and new.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

using testing::HasSubstr;

struct Program {
  const char* title;
  const char* header;
  const char* row;
  const char* probe;
  const char* operation;
  const char* metric;
  double value;
};

TEST(Osu, EveryProgramIsWhatItsTitleSays) {
  const Program programs[] = {
      {"# OSU MPI Latency Test (Version 2.0)", "# Size\t\tLatency (us) ", "8\t\t1.50",
       "network.alpha_beta", "ping_pong", "time", 1.5e-6},
      {"# OSU MPI-CUDA Latency Test v5.6.3", "# Size          Latency (us)", "8   1.50",
       "network.alpha_beta", "ping_pong", "time", 1.5e-6},
      {"# OSU MPI Multi-threaded Latency Test v7.2", "# Size          Latency (us)", "8   1.50",
       "network.alpha_beta", "multi_threaded_ping_pong", "time", 1.5e-6},
      {"# OSU MPI Multi Latency Test v5.9", "# Size          Latency (us)", "8   1.50",
       "network.alpha_beta", "multi_pair_ping_pong", "time", 1.5e-6},
      {"# OSU MPI Bandwidth Test v3.1.1", "# Size        Bandwidth (MB/s)", "8   10.00",
       "network.alpha_beta", "stream", "rate", 10e6},
      {"# OSU MPI Bi-Directional Bandwidth Test v5.9", "# Size      Bandwidth (MB/s)", "8   10.00",
       "network.alpha_beta", "bidirectional_stream", "rate", 10e6},
      {"# OSU MPI Multiple Bandwidth / Message Rate Test v5.9\n# [ pairs: 4 ] [ window size: 64 ]",
       "# Size                  MB/s        Messages/s", "8   10.00   1250000.00",
       "network.alpha_beta", "multi_pair_stream", "rate", 10e6},
      {"# OSU One Sided MPI_Put latency Test v3.1.1", "# Size    Latency (us)", "8   1.50",
       "network.alpha_beta", "put", "time", 1.5e-6},
      {"# OSU MPI_Get Bandwidth Test v5.9\n# Window creation: MPI_Win_allocate",
       "# Size    Bandwidth (MB/s)", "8   10.00", "network.alpha_beta", "get_stream", "rate", 10e6},
      {"# OSU MPI_Accumulate latency Test v5.9", "# Size  Latency (us)", "8   1.50",
       "network.alpha_beta", "accumulate", "time", 1.5e-6},
      {"# OSU MPI_Fetch_and_op latency Test v5.9", "# Size  Latency (us)", "8   1.50",
       "network.alpha_beta", "fetch_and_op", "time", 1.5e-6},
      {"# OSU MPI Reduce Latency Test v5.9", "# Size       Avg Latency(us)", "8   1.50",
       "collective.reduce", "sum", "time", 1.5e-6},
      {"# OSU MPI Reduce_scatter Latency Test v5.9", "# Size       Avg Latency(us)", "8   1.50",
       "collective.reduce_scatter", "sum", "time", 1.5e-6},
      {"# OSU MPI All-to-All Personalized Exchange Latency Test v5.9",
       "# Size       Avg Latency(us)", "8   1.50", "collective.alltoall", "", "time", 1.5e-6},
      {"# OSU MPI All-to-Allv Personalized Exchange Latency Test v5.9",
       "# Size       Avg Latency(us)", "8   1.50", "collective.alltoallv", "", "time", 1.5e-6},
      {"# OSU MPI Broadcast Latency Test v3.1.1", "# Size       Latency (us)", "8   1.50",
       "collective.broadcast", "", "time", 1.5e-6},
      {"# OSU MPI Scatterv Latency Test v5.9",
       "# Size       Avg Latency(us)   Min Latency(us)   Max Latency(us)  Iterations",
       "8   1.50   1.00   2.00  1000", "collective.scatterv", "", "time", 1.5e-6},
      {"# OSU MPI Non-blocking Allreduce Latency Test v5.9\n# Overall = Coll. Init + Compute + "
       "MPI_Test + MPI_Wait",
       "# Size           Overall(us)       Compute(us)    Pure Comm.(us)        Overlap(%)",
       "8   3.00   1.40   1.50   20.00", "collective.iallreduce", "sum", "time", 1.5e-6},
      {"# OSU MPI Non-blocking Barrier Latency Test v5.9",
       "# Overall(us)       Compute(us)    Pure Comm.(us)        Overlap(%)",
       "3.00   1.40   1.50   20.00", "collective.ibarrier", "", "time", 1.5e-6},
      {"# OSU MPI Neighborhood Allgather Latency Test v7.2", "# Size       Avg Latency(us)",
       "8   1.50", "collective.allgather", "neighborhood", "time", 1.5e-6},
      {"# OSU MPI Allreduce Latency Test v7.2\n# Datatype: MPI_FLOAT.",
       "# Size       Avg Latency(us)     P50 Tail Lat(us)  P99 Tail Lat(us)", "8 1.50 1.40 1.90",
       "collective.allreduce", "sum", "time", 1.5e-6}};
  for (const Program& program : programs) {
    const RunData run =
        read_log(std::string(program.title) + "\n" + program.header + "\n" + program.row + "\n");
    ASSERT_FALSE(run.records.empty()) << program.title;
    const Record& first = run.records.front();
    EXPECT_EQ(first.probe.str(), program.probe) << program.title;
    EXPECT_EQ(first.operation.str(), program.operation) << program.title;
    EXPECT_EQ(first.metric.str(), program.metric) << program.title;
    EXPECT_NEAR(first.median, program.value, 1e-9 * program.value) << program.title;
  }
}

TEST(Osu, RefusesWhatItDoesNotKnowOrCannotBe) {
  const std::string title = "# OSU MPI Allreduce Latency Test v7.2\n",
                    header = "# Size       Avg Latency(us)\n";
  EXPECT_THAT(refusal_of("# OSU MPI Init Test v5.9\nnprocs: 4, min: 40 ms\n"),
              HasSubstr("log:1: unknown test"));
  EXPECT_THAT(refusal_of(title + "# Size       Mean Latency(us)\n8 1.5\n"),
              HasSubstr("log:2: unknown column at \"meanlatency(us)\""));
  EXPECT_THAT(refusal_of(title + "8 1.50\n"), HasSubstr("log:2"));
  for (const char* row :
       {"8 1,50", "8 nan", "8 inf", "8 -1.5", "8 0x1p3", "8 1e300", "8", "8 1.5 2.5", "8 1.5us",
        "8.5 1.5", "-8 1.5", "8 1.402.75", "8 1_000", "1,024 1.5"})
    EXPECT_THAT(refusal_of(title + header + "4 1.40\n" + row + "\n"), HasSubstr("log:4")) << row;
}

TEST(Osu, TwoProcessesThatWroteOneTableAreRefused) {
  EXPECT_THAT(
      refusal_of("# OSU MPI Latency Test v5.9\n# OSU MPI Latency Test v5.9\n# Size  Latency "
                 "(us)\n# Size  Latency (us)\n8   1.50\n8   1.60\n"),
      HasSubstr("log:6: column Size: 8 for the second time"));
}

TEST(Osu, TablesDoNotRunIntoEachOther) {
  const RunData run = read_log(
      "# OSU MPI Latency Test v5.9\n# Size  Latency (us)\n8   1.50\n\nsome words of the job "
      "script\n"
      "# OSU MPI Bandwidth Test v5.9\n# Size  Bandwidth (MB/s)\n8   10.00\n"
      "# OSU MPI Latency Test v5.9\n# Size  Latency (us)\n8   1.60\n");
  EXPECT_EQ(the_record(run, "network.alpha_beta", "rate").operation, "stream");
  std::vector<double> latencies;
  for (const Record& record : run.records)
    if (record.operation == "ping_pong") latencies.push_back(record.median);
  EXPECT_THAT(latencies, testing::ElementsAre(1.5e-6, 1.6e-6));
  EXPECT_NE(run.records.front().launch.str(), run.records.back().launch.str());
}

}  // namespace
}  // namespace assay::import
