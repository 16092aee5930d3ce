// A file of each format in each of its layouts, and damage of each that must end in a refusal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

using testing::HasSubstr;

struct Sample {
  const char* name;
  const char* format;
  std::string text;
  const char* probe;
  const char* metric;
  double value;  ///< Of the first row of that probe and metric.
  const char* operation = "";
  /// What to replace by what, so that the file must be refused.
  std::vector<std::pair<const char*, const char*>> damage;
  friend void PrintTo(const Sample& sample, std::ostream* out) { *out << sample.name; }
};

const char* const imb =
    "#------------------------------------------------------------\n"
    "#    Intel(R) MPI Benchmarks 2021.3, MPI-1 part\n"
    "# Benchmarking Allreduce \n# #processes = 4 \n"
    "#----------------------------------------------------------------\n"
    "       #bytes #repetitions  t_min[usec]  t_max[usec]  t_avg[usec]\n"
    "            4         1000         1.50         1.70         1.60\n"
    "      1048576           40       190.00       210.00       200.00\n"
    "# Benchmarking Barrier \n# #processes = 4 \n"
    " #repetitions  t_min[usec]  t_max[usec]  t_avg[usec]\n"
    "         1000         2.00         2.20         2.10\n"
    "# All processes entering MPI_Finalize\n";
const char* const imb_pingpong =
    "# Intel (R) MPI Benchmark Suite V3.2, MPI-1 part\n# Benchmarking PingPong \n# #processes = 2 "
    "\n"
    "# ( 2 additional processes waiting in MPI_Barrier)\n"
    "       #bytes #repetitions      t[usec]   Mbytes/sec\n"
    "            0         1000         0.90         0.00\n"
    "         1024         1000         1.40       697.54\n";
const char* const pingpong =
    "bytes   #sent   #ack     total       time     MB/sec    usec/xfer   Mxfers/sec\n"
    "64      10      =10      1.2k        0.00s      2.31       27.70       0.04\n"
    "4k      10      =10      80k         0.00s    120.47       34.00       0.03\n";
const char* const write_bw =
    "---------------------------------------------------------------------------------------\n"
    "                    RDMA_Write BW Test\n Number of qps   : 1            Transport type : IB\n"
    "---------------------------------------------------------------------------------------\n"
    " #bytes     #iterations    BW peak[MB/sec]    BW average[MB/sec]   MsgRate[Mpps]\n"
    " 65536      5000             11520.52            11444.09             0.183105\n"
    "---------------------------------------------------------------------------------------\n";
const char* const write_bw_gbits =
    "                    RDMA_Write BW Test\n"
    " #bytes     #iterations    BW peak[Gb/sec]    BW average[Gb/sec]   MsgRate[Mpps]\n"
    " 65536      5000             97.10              96.00                0.183105\n";
const char* const read_lat =
    "                    RDMA_Read Latency Test\n"
    " #bytes #iterations    t_min[usec]    t_max[usec]  t_typical[usec]    t_avg[usec]    "
    "t_stdev[usec]   99% percentile[usec]   99.9% percentile[usec] \n"
    " 2       1000          1.70           9.20         1.75               1.80             0.10   "
    " "
    "        2.00                    5.00   \n";
const char* const stream =
    "-------------------------------------------------------------\n"
    "STREAM version $Revision: 5.10 $\n"
    "Array size = 80000000 (elements), Offset = 0 (elements)\n"
    "Number of Threads counted = 8\n"
    "Function    Best Rate MB/s  Avg time     Min time     Max time\n"
    "Copy:           40000.0     0.040000     0.032000     0.050000\n"
    "Triad:          45000.0     0.042667     0.042667     0.043000\n"
    "Solution Validates: avg error less than 1.000000e-13 on all three arrays\n";
const char* const babel =
    "BabelStream\nVersion: 5.0\nImplementation: CUDA\nPrecision: double\n"
    "Array size: 268.4 MB (=0.3 GB)\nUsing CUDA device NVIDIA A100\n"
    "Function    MBytes/sec  Min (sec)   Max         Average     \n"
    "Copy        1400000.0   0.00040     0.00045     0.00050     \n"
    "Triad       1340000.0   0.00060     0.00062     0.00060     \n";
const char* const likwid =
    "LIKWID MICRO BENCHMARK\nTest: load_avx\nSize (Byte):\t2000000000\nMFlops/s:\t0.50\n"
    "MByte/s:\t45211.10\n";
const char* const likwid_peak =
    "Test: peakflops_avx\nSize (Byte):\t16000\nMFlops/s:\t96000.00\nMByte/s:\t24000.00\n";
const char* const hpl =
    "T/V                N    NB     P     Q               Time                 Gflops\n"
    "--------------------------------------------------------------------------------\n"
    "WR11C2R4       10000   192     2     2               6.67             1.0002e+02\n"
    "||Ax-b||_oo/(eps*(||A||_oo*||x||_oo+||b||_oo)*N)=   2.1e-03 ...... PASSED\n";
const char* const hpcg31 =
    "HPCG-Benchmark version=3.1\nMachine Summary::Distributed Processes=4\n"
    "Final Summary::HPCG result is VALID with a GFLOP/s rating of=12.34\n";
const char* const ior =
    "IOR-3.3.0: MPI Coordinated Test of Parallel I/O\nOptions: \nnodes               : 2\n"
    "tasks               : 16\nResults: \n"
    "access    bw(MiB/s)  IOPS       Latency(s)  block(KiB) xfer(KiB)  open(s)    wr/rd(s)   "
    "close(s)   total(s)   iter\n"
    "------    ---------  ----       ----------  ---------- ---------  --------   --------   "
    "--------   --------   ----\n"
    "write     1000.00    250.01     0.060000    1048576    4096       0.010000   16.00      "
    "0.020000   16.03      0   \n"
    "Max Write: 1000.00 MiB/sec (1048.58 MB/sec)\n";
const char* const ior30 =
    "access    bw(MiB/s)  block(KiB) xfer(KiB)  open(s)    wr/rd(s)   close(s)   total(s)   iter\n"
    "read      500.00     1048576    1024.00    0.010000   16.00      0.020000   16.03      0   \n";
const char* const iperf =
    R"json({"start": {"test_start": {"protocol": "TCP", "num_streams": 1}}, "intervals": [],
"end": {"sum_sent": {"bits_per_second": 9.9e9}, "sum_received": {"bits_per_second": 9.6e9}}})json";
const char* const nvbandwidth =
    R"json({"nvbandwidth": {"CUDA Runtime Version": 12040, "testcases": [
{"name": "host_to_device_memcpy_ce", "status": "Passed",
 "bandwidth_description": "memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)",
 "bandwidth_matrix": [["55.50", "55.40"]]},
{"name": "device_local_copy", "status": "Passed",
 "bandwidth_description": "memcpy local GPU(column) bandwidth (GB/s)",
 "bandwidth_matrix": [["1500.00", "N/A"]]},
{"name": "device_to_device_latency_sm", "status": "Waived"}]}})json";
const char* const fio3 =
    R"json({"fio version": "fio-3.33", "global options": {"bs": "4k"}, "jobs": [{"jobname": "randread",
"error": 0, "read": {"bw_bytes": 409600000, "bw": 400000, "iops": 100000.0},
"write": {"bw_bytes": 0, "bw": 0, "iops": 0}}]})json";
const char* const fio2 =
    R"json({"fio version": "fio-2.2", "jobs": [{"jobname": "seq", "error": 0,
"read": {"bw": 400000, "iops": 100000.0}}]})json";
const char* const hyperfine =
    R"json({"results": [{"command": "./solve --np 4", "mean": 2.0, "times": [1.9, 2.1],
"exit_codes": [0, 0], "parameters": {"np": "4"}}]})json";
const char* const pytest =
    R"json({"machine_info": {}, "benchmarks": [{"name": "test_sort[4]", "fullname": "t.py::test_sort[4]",
"params": {"ranks": 4}, "stats": {"min": 0.9, "max": 1.2, "mean": 1.0, "median": 1.05}}],
"version": "4.0.0"})json";
const char* const criterion =
    R"json({"mean": {"confidence_interval": {"confidence_level": 0.95, "lower_bound": 900.0,
"upper_bound": 1100.0}, "point_estimate": 1000.0, "standard_error": 1.0},
"median_abs_dev": {"point_estimate": 1.0}, "slope": null})json";
const char* const cargo_criterion =
    "{\"reason\":\"benchmark-complete\",\"id\":\"sort\",\"typical\":{\"estimate\":1.5,"
    "\"lower_bound\":1.4,\"upper_bound\":1.6,\"unit\":\"us\"}}\n"
    "{\"reason\":\"group-complete\",\"group_name\":\"g\"}\n";
const char* const extra_p =
    "PARAMETER p\nPOINTS 2 4 8\nREGION main\nMETRIC time\nDATA 8.0 8.2\nDATA 4.1 4.2\nDATA 2.2 "
    "2.3\n";
const char* const extra_p_two =
    "PARAMETER p\nPARAMETER n\nPOINTS ( 2 10 ) ( 4 10 )\nREGION main\nMETRIC time\nDATA 8.0\nDATA "
    "4.1\n";
const char* const extra_p_json =
    R"json({"parameters": ["p"], "measurements": {"main": {"time": [{"point": [2], "values": [8.0, 8.2]},
{"point": [4], "values": [4.1]}]}}})json";
const char* const extra_p_lines =
    "{\"params\":{\"p\":2},\"metric\":\"time\",\"callpath\":\"main\",\"value\":8.0}\n"
    "{\"params\":{\"p\":4},\"metric\":\"time\",\"callpath\":\"main\",\"value\":4.1}\n";
const char* const reframe3 =
    "2025-01-31T12:00:00|reframe 3.9.0|stream on daint:mc using gnu|jobid=7|num_tasks=4|"
    "triad=45000.5|ref=45000 (l=-0.05, u=null)|MB/s\n";
const char* const reframe4 =
    "job_completion_time|display_name|num_tasks|result|triad_value|triad_unit\n"
    "2025-01-31T12:00:00|stream|4|pass|45.5|GB/s\n";
const char* const nccl_json =
    R"json({"version": 1, "args": ["./all_reduce_perf", "-J", "x"], "nccl_version": 22703, "config":
{"devices": [{"rank": 0, "hostname": "a"}, {"rank": 1, "hostname": "b"}]}, "results": [
{"size": 1048576, "type": "float", "redop": "sum", "root": "    -1",
 "out_of_place": {"time": 60.0, "alg_bw": 17.48, "bus_bw": 17.48, "nwrong": 0},
 "in_place": {"time": 59.0, "alg_bw": 17.77, "bus_bw": 17.77, "nwrong": null}}],
"out_of_bounds": {"count": 0, "okay": true}})json";
const char* const nccl_broadcast =
    "# Collective test starting: broadcast_perf\n"
    "#       size         count    type    root     time   algbw   busbw  error     time   algbw   "
    "busbw  error\n"
    "     1048576        262144   float       0    60.00   17.48   17.48  0e+00    59.00   17.77   "
    "17.77  0e+00\n# Out of bounds values : 0 OK\n";
const char* const figures = "figure,value,unit,dtype\ngemm,790,TFLOP/s,bf16\nhbm,4.8,TB/s,\n";

std::vector<Sample> samples() {
  return {
      {"imb",
       "intel-mpi-benchmarks",
       imb,
       "collective.allreduce",
       "time",
       1.7e-6,
       "sum",
       {{"1.70", "1,70"},
        {"Allreduce", "Allfoo"},
        {"#processes = 4", "#processes = many"},
        {"#bytes ", "#octets "},
        {"210.00       200.00", "210.00"}}},
      {"imb3",
       "intel-mpi-benchmarks",
       imb_pingpong,
       "network.alpha_beta",
       "time",
       0.9e-6,
       "ping_pong",
       {{"1.40", "1e300"},
        {"PingPong", "PongPing"},
        {"# #processes = 2 \n", ""},
        {"t[usec]", "t[msec]"},
        {"697.54", ""}}},
      {"fi_pingpong",
       "fabtests",
       pingpong,
       "network.alpha_beta",
       "time",
       27.7e-6,
       "ping_pong",
       {{"27.70", "27,70"},
        {"4k ", "4q "},
        {"34.00", "nan"},
        {"total ", "sum "},
        {"0.03\n", "\n"}}},
      {"write_bw",
       "perftest",
       write_bw,
       "network.alpha_beta",
       "rate",
       11444.09 * 1048576,
       "rdma_write_stream",
       {{"11444.09", "11.444,09"},
        {"RDMA_Write", "RDMA_Wrote"},
        {"65536 ", "64K "},
        {"MsgRate[Mpps]", "Rate[Mpps]"},
        {"0.183105", ""}}},
      {"write_bw_gbits",
       "perftest",
       write_bw_gbits,
       "network.alpha_beta",
       "rate",
       12e9,
       "rdma_write_stream",
       {{"96.00", "inf"},
        {"RDMA_Write BW Test", "BW of it"},
        {"average[Gb", "average[Tb"},
        {"97.10", "97.10 98"},
        {"65536", "-1"}}},
      {"read_lat",
       "perftest",
       read_lat,
       "network.alpha_beta",
       "time",
       1.75e-6,
       "rdma_read_latency",
       {{"1.75", "0"},
        {"t_typical", "t_usual"},
        {"9.20", "9.2.0"},
        {"RDMA_Read", "RDMA"},
        {"5.00   \n", "\n"}}},
      {"stream",
       "stream",
       stream,
       "memory.bandwidth",
       "rate",
       32e9,
       "copy",
       {{"40000.0", "40,000.0"},
        {"Avg time", "Mean time"},
        {"0.032000", "0.052000"},
        {"Triad:          45000.0", "Triad:"},
        {"0.042667     0.042667", "1e300 0.042667"}}},
      {"babelstream",
       "stream",
       babel,
       "memory.bandwidth",
       "rate",
       1.12e12,
       "copy",
       {{"1400000.0", "1.400.000"},
        {"Average", "Mean"},
        {"0.00040", "0.00060"},
        {"0.00045     0.00050", "0.00045"},
        {"1340000.0", "nan"}}},
      {"likwid",
       "likwid-bench",
       likwid,
       "memory.bandwidth",
       "rate",
       45211.1e6,
       "load_avx",
       {{"45211.10", "45,211.10"},
        {"2000000000", "2GB"},
        {"Test: load_avx\n", ""},
        {"45211.10", "-1"},
        {"45211.10", ""}}},
      {"likwid_peak",
       "likwid-bench",
       likwid_peak,
       "compute.peak_flops",
       "rate",
       96e9,
       "peakflops_avx",
       {{"96000.00", "nan"},
        {"16000", "16k"},
        {"Test: peakflops_avx\n", ""},
        {"96000.00", "1e300"},
        {"96000.00", ""}}},
      {"hpl",
       "hpl",
       hpl,
       "workload.exec",
       "step_time",
       6.67,
       "HPL N=10000 NB=192",
       {{"1.0002e+02", "1.0002e+03"},
        {"6.67", "6,67"},
        {"10000 ", "1e4.5 "},
        {"192     2", "192     0"},
        {"WR11C2R4       10000", "WR11C2R4       20000"}}},
      {"hpcg",
       "hpcg",
       hpcg31,
       "workload.exec",
       "rate",
       12.34e9,
       "HPCG",
       {{"12.34", "12,34"},
        {"12.34", "nan"},
        {"is VALID with", "is something with"},
        {"Processes=4", "Processes=four"},
        {"=12.34", "="}}},
      {"ior",
       "ior",
       ior,
       "storage.parallel",
       "rate",
       1000 * 1048576.0,
       "write",
       {{"1000.00    250.01", "1,000.00    250.01"},
        {"Latency(s)", "Lat(s)"},
        {"16.03      0", "16.03"},
        {"1000.00    250.01", "nan    250.01"},
        {"tasks               : 16", "tasks               : x"}}},
      {"ior30",
       "ior",
       ior30,
       "storage.parallel",
       "rate",
       500 * 1048576.0,
       "read",
       {{"500.00", "500,00"},
        {"block(KiB)", "blk(KiB)"},
        {"0.020000   16.03", "16.03"},
        {"500.00", "0"},
        {"1024.00", "1k"}}},
      {"iperf3",
       "iperf3",
       iperf,
       "network.alpha_beta",
       "rate",
       1.2e9,
       "stream",
       {{"9.6e9", "\"9,6e9\""},
        {"9.6e9", "-1"},
        {"9.6e9}}}", "9.6e9"},
        {"9.6e9", "1e300"},
        {"\"intervals\": []", "\"error\": \"unable to connect\""}}},
      {"nvbandwidth",
       "nvbandwidth",
       nvbandwidth,
       "memory.bandwidth",
       "rate",
       1.5e12,
       "copy",
       {{"55.50", "55,50"},
        {"(GB/s)", "(furlongs)"},
        {"testcases", "cases"},
        {"[[\"1500.00\", \"N/A\"]]", "[3]"},
        {"Waived\"}]}}", "Waived\""}}},
      {"fio3",
       "fio",
       fio3,
       "storage.fio",
       "rate",
       409.6e6,
       "randread read",
       {{"409600000", "\"many\""},
        {"409600000", "1e300"},
        {"\"read\": {", "\"reed\": {"},
        {"100000.0}", "\"x\"}"},
        {"}}]}", "}}"}}},
      {"fio2",
       "fio",
       fio2,
       "storage.fio",
       "rate",
       400000 * 1024.0,
       "seq read",
       {{"400000", "null"},
        {"400000", "-1"},
        {"\"read\"", "\"reed\""},
        {"\"bw\"", "\"wb\""},
        {"\"iops\"", "\"spoi\""}}},
      {"hyperfine",
       "hyperfine",
       hyperfine,
       "workload.exec",
       "step_time",
       1.9,
       "./solve --np {np}",
       {{"1.9", "\"1,9\""},
        {"1.9", "-1"},
        {"1.9", "1e300"},
        {"\"4\"", "\"four\""},
        {"1.9,", "null,"}}},
      {"pytest",
       "pytest-benchmark",
       pytest,
       "workload.exec",
       "step_time",
       1.05,
       "t.py::test_sort",
       {{"1.05", "NaN"},
        {"1.05", "\"fast\""},
        {"\"stats\"", "\"stat\""},
        {"1.05", "0"},
        {"\"ranks\": 4", "\"ranks\": 0.5"}}},
      {"criterion",
       "criterion",
       criterion,
       "workload.exec",
       "step_time",
       1e-6,
       "criterion",
       {{"1000.0", "NaN"},
        {"1000.0", "5000.0"},
        {"point_estimate\": 1000.0", "point\": 1000.0"},
        {"lower_bound", "lower"},
        {"1000.0", "1e300"}}},
      {"cargo_criterion",
       "criterion",
       cargo_criterion,
       "workload.exec",
       "step_time",
       1.5e-6,
       "sort",
       {{"\"us\"", "\"weeks\""},
        {"1.5,", "null,"},
        {"1.4", "1.7"},
        {"benchmark-complete", "done"},
        {"\"typical\"", "\"usual\""}}},
      {"extra_p",
       "extra-p",
       extra_p,
       "workload.exec",
       "step_time",
       8.0,
       "main",
       {{"8.0", "8,0"},
        {"PARAMETER p", "PARAMETER size"},
        {"DATA 2.2 2.3\n", ""},
        {"POINTS", "PUNKTE"},
        {"8.2", "nan"}}},
      {"extra_p_two",
       "extra-p",
       extra_p_two,
       "workload.exec",
       "step_time",
       8.0,
       "main n=10",
       {{"( 2 10 )", "( 2 10"},
        {"( 2 10 )", "2 10"},
        {"( 2 10 )", "( 2 )"},
        {"DATA 8.0", "DATA"},
        {"( 4 10 )", "( 4.5 10 )"}}},
      {"extra_p_json",
       "extra-p-json",
       extra_p_json,
       "workload.exec",
       "step_time",
       8.0,
       "main",
       {{"8.0", "\"8,0\""},
        {"\"p\"", "\"size\""},
        {"[2]", "[2, 3]"},
        {"8.0", "-8.0"},
        {"[2]", "[0]"}}},
      {"extra_p_lines",
       "extra-p-json",
       extra_p_lines,
       "workload.exec",
       "step_time",
       8.0,
       "main",
       {{"8.0", "null"},
        {"\"p\":2", "\"p\":-2"},
        {"\"p\":4", "\"q\":4"},
        {"4.1}", "4.1"},
        {"8.0", "1e300"}}},
      {"reframe3",
       "reframe",
       reframe3,
       "workload.exec",
       "rate",
       45000.5e6,
       "triad of stream on daint:mc using gnu",
       {{"2025-01-31", "2025-02-31"},
        {"2025-01-31", "2025-99-99"},
        {"45000.5", "45,000.5"},
        {"|MB/s", "|sheep"},
        {"num_tasks=4", "num_tasks=x"}}},
      {"reframe4",
       "reframe",
       reframe4,
       "workload.exec",
       "rate",
       45.5e9,
       "triad of stream",
       {{"2025-01-31", "2025-13-31"},
        {"45.5", "45,5"},
        {"|GB/s", ""},
        {"|4|", "|four|"},
        {"45.5", "nan"}}},
      {"nccl_json",
       "nccl-tests-json",
       nccl_json,
       "collective.allreduce",
       "time",
       60e-6,
       "sum",
       {{"60.0", "\"60,0\""},
        {"all_reduce_perf", "all_foo_perf"},
        {"\"size\"", "\"sise\""},
        {"\"bus_bw\": 17.48", "\"bus\": 17.48"},
        {"60.0", "1e300"}}},
      {"nccl_broadcast",
       "nccl-tests",
       nccl_broadcast,
       "collective.broadcast",
       "time",
       60e-6,
       "",
       {{"60.00", "60,00"},
        {"broadcast_perf", "broadcost_perf"},
        {"busbw  error", "busbw  fault"},
        {"17.77  0e+00", "17.77"},
        {"262144", "26.2144"}}},
      {"figures",
       "figures-csv",
       figures,
       "compute.peak_flops",
       "rate",
       790e12,
       "gemm",
       {{"790", "1.790,5"},
        {"TFLOP/s", "Tsheep/s"},
        {"dtype", "colour"},
        {"790", "nan"},
        {"4.8", ""}}},
  };
}

class Formats : public testing::TestWithParam<Sample> {};

TEST_P(Formats, IsReadAsWhatItIs) {
  const Sample& sample = GetParam();
  const RunData run = read_log(sample.text);
  EXPECT_EQ(run.run["imported"][0]["format"], sample.format);
  const Record record = the_record(run, sample.probe, sample.metric);
  EXPECT_NEAR(record.median, sample.value, 1e-9 * sample.value);
  EXPECT_EQ(record.operation, sample.operation);
  EXPECT_FALSE(listing(run).empty());
}

TEST_P(Formats, DamageIsRefused) {
  const Sample& sample = GetParam();
  EXPECT_EQ(sample.damage.size(), 5u);
  for (const auto& [from, to] : sample.damage) {
    std::string text = sample.text;
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, std::string_view(from).size(), to);
    const std::string message = refusal_of(text);
    EXPECT_THAT(message, HasSubstr("; expected ")) << from << " -> " << to;
    EXPECT_THAT(message, testing::StartsWith("log")) << from << " -> " << to;
  }
}

INSTANTIATE_TEST_SUITE_P(Import, Formats, testing::ValuesIn(samples()),
                         [](const auto& about) { return std::string(about.param.name); });

}  // namespace
}  // namespace assay::import
