// Whatever a log states: where it differs between two results of one name and place, it is part of
// their names.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/import/settings.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> operations(const RunData& run) {
  std::vector<std::string> names;
  for (const Record& record : run.records)
    if (names.empty() || names.back() != record.operation.str())
      names.push_back(record.operation.str());
  return names;
}

TEST(Stated, PairsOfALineAreFound) {
  Stated stated;
  state_line(stated, " Dual-port       : OFF\t\tDevice         : mlx5_0");
  state_line(stated, "# [ pairs: 4 ] [ window size: 64 ]");
  state_line(stated, "Mtu : 4096[B]");
  state_line(stated, "Began : Mon Jan  1");
  state_line(stated, " local address: LID 0x01 QPN 0x0028");
  state_words(stated, "# Send Buffer on DEVICE (D)");
  EXPECT_EQ(stated, (Stated{{"dual-port", "OFF"},
                            {"device", "mlx5_0"},
                            {"pairs", "4"},
                            {"window size", "64"},
                            {"mtu", "4096[B]"},
                            {"send buffer", "Send Buffer on DEVICE (D)"}}));
}

TEST(Stated, OnlyWhatDiffersIsNamed) {
  std::vector<Record> records(3, Record{.probe = "p", .metric = "m", .operation = "read"});
  tell_apart(records, {{{"depth", "1"}, {"engine", "io"}},
                       {{"depth", "8"}, {"engine", "io"}},
                       {{"depth", "8"}, {"engine", "io"}}});
  EXPECT_EQ(records[0].operation, "read [depth 1]");
  EXPECT_EQ(records[1].operation, "read [depth 8]");
  EXPECT_EQ(records[2].operation, "read [depth 8]");
  // At other ranks other options are no reason for other names.
  records = {{.probe = "p", .metric = "m", .ranks = 1, .operation = "read"},
             {.probe = "p", .metric = "m", .ranks = 2, .operation = "read"}};
  tell_apart(records, {{{"hosts", "1"}}, {{"hosts", "2"}}});
  EXPECT_EQ(records[0].operation, "read");
}

TEST(Stated, BuffersOfOsu) {
  const auto test = [](const char* buffers, const char* time) {
    return fmt::format(
        "# OSU MPI-CUDA Latency Test v7.4\n# {}\n# Size       Avg Latency(us)\n1   {}\n", buffers,
        time);
  };
  const RunData run =
      read_log(test("Send Buffer on DEVICE (D) and Receive Buffer on DEVICE (D)", "5.00") +
               test("Send Buffer on HOST (H) and Receive Buffer on HOST (H)", "1.00"));
  EXPECT_THAT(
      operations(run),
      ElementsAre(
          "ping_pong [send buffer Send Buffer on DEVICE (D) and Receive Buffer on DEVICE (D)]",
          "ping_pong [send buffer Send Buffer on HOST (H) and Receive Buffer on HOST (H)]"));
}

TEST(Stated, LaunchesOfOsuAreThoseOfItsOwnCommand) {
  const std::string table =
      "# OSU MPI Allreduce Latency Test v7.4\n# Size       Avg Latency(us)\n4   1.85\n";
  const auto ranks = [&](const std::string& before) {
    return read_log(before + "\n" + table).records[0].ranks;
  };
  EXPECT_EQ(ranks("$ mpirun -np 4 ./prepare && mpirun -np 32 ./osu_allreduce"), 32);
  EXPECT_EQ(ranks("+ srun -n 16 hostname\nnode1\n+ ./run_osu.sh"), absent_count);
  EXPECT_EQ(ranks("mpirun -np 4 ./osu_allreduce > small.txt\nmpirun --hostfile h ./osu_allreduce"),
            absent_count);
  EXPECT_EQ(ranks("mpirun -np 8 ./osu_allreduce\nssh login mpirun -n $NP ./osu_allreduce"),
            absent_count);
  const RunData run = read_log("$ srun -N 2 -n 8 ./osu_allreduce\n" + table +
                               "$ srun -N 1 -n 8 ./osu_allreduce\n" + table);
  EXPECT_EQ(run.records[0].nodes, 2);
  EXPECT_EQ(run.records[1].nodes, 1);
  for (const char* nodes : {"-N2", "--nodes=2", "--nodes 2"})
    EXPECT_EQ(
        read_log(fmt::format("$ srun {} -n 8 ./osu_allreduce\n{}", nodes, table)).records[0].nodes,
        2)
        << nodes;
}

TEST(Stated, WindowsOfPerftestAndRowsBehindItsTable) {
  const auto test = [](const char* depth) {
    return fmt::format(
        "                    RDMA_Write BW Test\n Number of qps   : 1\t\tTransport type : IB\n"
        " TX depth        : {}\n #bytes     #iterations    BW peak[MB/sec]    BW average[MB/sec]   "
        "MsgRate[Mpps]\n 65536      5000             23000.00            22900.00\t\t   0.366400\n"
        "-----------------\n",
        depth);
  };
  EXPECT_THAT(operations(read_log(test("128") + test("1"))),
              ElementsAre("rdma_write_stream [tx depth 128]", "rdma_write_stream [tx depth 1]"));
  EXPECT_THAT(refusal_of(test("128") + " 131072     5000             23000.00            22900.00"
                                       "\t\t   0.183200\n"),
              HasSubstr("before the first row"));
}

TEST(Stated, AlgorithmsOfNccl) {
  const auto test = [](const char* algorithm, const char* time, const char* rate) {
    return fmt::format(
        "NCCL_ALGO={}\n# nThread 1 nGpus 2 minBytes 1048576 maxBytes 1048576 step: 2(factor) "
        "warmup "
        "iters: 5 iters: 20 agg iters: 1 validate: 1 graph: 0\n# Using devices\n"
        "#  Rank  0 Group  0 Pid  1234 on  node1 device  0 [0x07] H100\n"
        "#  Rank  1 Group  0 Pid  1234 on  node2 device  0 [0x0a] H100\n"
        "#       size         count      type   redop    root     time   algbw   busbw #wrong\n"
        "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)\n"
        "     1048576        262144     float     sum      -1    {}   {}   {}      0\n"
        "# Avg bus bandwidth    : 52.43\n",
        algorithm, time, rate, rate);
  };
  EXPECT_THAT(operations(read_log(test("Ring", "20.00", "52.43") + test("Tree", "40.00", "26.21"))),
              ElementsAre("sum [nccl_algo Ring]", "sum [nccl_algo Tree]"));
}

TEST(Stated, DevicesOfBabelStream) {
  const auto test = [](const char* device, const char* rate) {
    return fmt::format(
        "BabelStream\nVersion: 5.0\nImplementation: CUDA\nPrecision: double\nArray size: 268.4 MB "
        "(=0.3 GB)\nUsing CUDA device {}\nFunction    MBytes/sec  Min (sec)   Max         Average\n"
        "Copy        {}  0.00039     0.00041     0.00040\n",
        device, rate);
  };
  EXPECT_THAT(
      operations(read_log(test("NVIDIA A100", "1376000.000") + test("NVIDIA H100", "1376000.000"))),
      ElementsAre("copy [using cuda Using CUDA device NVIDIA A100]",
                  "copy [using cuda Using CUDA device NVIDIA H100]"));
}

TEST(Stated, FilesOfOneFolderAreToldApartToo) {
  const test::TemporaryFolder folder;
  for (const char* reverse : {"0", "1"})
    std::ofstream(folder / (std::string(reverse) + ".json"))
        << R"({"start": {"test_start": {"protocol": "TCP", "num_streams": 1, "reverse": )"
        << reverse << R"(}}, "intervals": [], "end": {"sum_received": {"bits_per_second": 8e9}}})";
  EXPECT_THAT(operations(read_any(folder.path())),
              ElementsAre("stream [reverse 0]", "stream [reverse 1]"));
}

TEST(Stated, JsonOfPerftestAndNccl) {
  const test::TemporaryFolder perftest, nccl;
  for (const char* name : {"1024", "4096"}) {
    std::ofstream(perftest / (std::string(name) + ".json"))
        << R"({"test_info": {"test": "RDMA_Write_BW_Test", "Number_of_qps": 1, "Mtu": )" << name
        << R"(}, "results": {"MsgSize": 65536, "BW_average": 96.00, "MsgRate": 0.183105}})";
    std::ofstream(nccl / (std::string(name) + ".json"))
        << R"({"args": ["./all_reduce_perf", "-G", ")" << name << R"(", "-J", "out)" << name
        << R"("], "nccl_version": 22703, "config": {"devices": [{"rank": 0, "hostname": "a"},
           {"rank": 1, "hostname": "b"}]}, "results": [{"size": 1048576, "type": "float",
           "redop": "sum", "root": "-1", "out_of_place": {"time": 60.0, "alg_bw": 17.48,
           "bus_bw": 17.48, "nwrong": 0}}]})";
  }
  EXPECT_THAT(operations(read_any(perftest.path())),
              ElementsAre("rdma_write_stream [mtu 1024]", "rdma_write_stream [mtu 4096]"));
  EXPECT_THAT(operations(read_any(nccl.path())),
              ElementsAre("sum [option -G 1024]", "sum [option -G 4096]"));
}

TEST(Stated, OptionsOfFio) {
  const RunData run = read_log(
      R"({"fio version": "fio-3.33", "global options": {"rw": "read"}, "jobs": [
      {"jobname": "a", "groupid": 0, "error": 0, "job options": {"filename": "/dev/nvme0n1"},
       "read": {"bw_bytes": 100000000, "iops": 0}},
      {"jobname": "a", "groupid": 1, "error": 0, "job options": {"filename": "/dev/sda"},
       "read": {"bw_bytes": 200000000, "iops": 0}}]})");
  EXPECT_THAT(operations(run), ElementsAre("a read rw=read [filename /dev/nvme0n1]",
                                           "a read rw=read [filename /dev/sda]"));
}

TEST(Stated, ColumnsOfWordsAreSettings) {
  EXPECT_THAT(
      operations(read_log("np,time_s,network,rep\n1,20,eth,1\n2,10,eth,1\n2,11,eth,2\n2,5,ib,1\n")),
      ElementsAre("network=eth", "network=ib"));
  // Twice the steps are twice the work.
  EXPECT_THAT(refusal_of("np,time_s,steps\n1,10,100\n2,10,200\n"),
              HasSubstr("column steps: is another one for every number of ranks"));
  EXPECT_THAT(refusal_of("np,nodes,ppn,time_s\n8,2,8,10\n"),
              HasSubstr("8 on 2 nodes of 8; expected 9 to 16"));
}

}  // namespace
}  // namespace assay::import
