// A million measurement rows: read, fitted, written. Prints the time and peak memory of each round,
// and fails when the median is above 1 s or a peak above 500 MB.
// `build/benchmarks/rows_benchmark [ROWS [ROUNDS]]`. Meant for an idle machine, so it is no test.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <new>
#include <random>

#include "probes/core/clock.hpp"
#include "probes/core/statistics.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/run_directory.hpp"
#include "reports/models/core/model.hpp"
#include "reports/models/fit_all.hpp"

namespace {

using namespace assay;

/// Eight workloads over sixteen rank counts with many launches, and message sizes over two
/// providers.
void make_file(const std::filesystem::path& file, int rows) {
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  std::ofstream out(file);
  out << csv::measurements_header();
  for (int row = 0; row < rows; ++row) {
    Record record{.probe = "workload.gradient",
                  .metric = "step_time",
                  .unit = unit::seconds,
                  .host = "node001"};
    record.threads = 1;
    record.samples = 101;
    double time = 0;
    if (row % 8 == 0) {
      const auto bytes = std::int64_t{8} << (row / 8 % 20);
      record.probe = "network.alpha_beta";
      record.metric = "time";
      record.bytes = bytes;
      record.operation = "exchange";
      record.provider = row / 8 % 40 < 20 ? "shm" : "tcp;ofi_rxm";
      record.ranks = 2;
      record.nodes = 1;
      time = 2e-6 + 1e-10 * static_cast<double>(bytes);
    } else {
      const int ranks = 1 << (row / 8 % 8);
      record.ranks = ranks;
      record.nodes = (ranks + 3) / 4;
      record.dtype = "f64";
      record.algorithm = "ring";
      record.topology = "ring";
      record.provider = "tcp;ofi_rxm";
      record.scaling = "strong";
      record.operation = fmt::format("variant{}", row % 8);
      time = 0.02 + 0.98 / ranks;
    }
    time *= std::exp(0.02 * normal(engine));
    record.launch = std::to_string(row / 128);
    record.median = time;
    record.ci_low = time * 0.99;
    record.ci_high = time * 1.01;
    record.min = time * 0.9;
    record.max = time * 1.3;
    record.p05 = time * 0.95;
    record.p95 = time * 1.1;
    record.cpu_wall_ratio = 0.998;
    out << csv::measurements_line(record);
  }
}

struct Round {
  double read = 0, all = 0, megabytes = 0;  ///< s, s, peak memory of the process
  std::size_t models = 0;
  bool same = false;
};

Round run_round(const std::filesystem::path& directory) {
  const Seconds start = now();
  RunData run{.directory = directory};
  run.records = csv::read_measurements(directory / "measurements.csv");
  const Seconds read = now();
  // Neither waits for the other: the copy of the rows is written while the laws are fitted.
  auto copy = std::async(std::launch::async,
                         [&] { csv::write_measurements(directory / "written.csv", run.records); });
  const std::vector<ModelRow> models = models::fit_all(run);
  std::ofstream out(directory / "models.csv");
  out << csv::models_header();
  for (const ModelRow& row : models) out << csv::models_line(row);
  out.close();
  copy.get();
  const Seconds written = now();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {.read = (read - start).value(),
          .all = (written - start).value(),
          .megabytes = static_cast<double>(usage.ru_maxrss) * 1024 / 1e6,
          .models = models.size(),
          .same = std::filesystem::file_size(directory / "written.csv") ==
                  std::filesystem::file_size(directory / "measurements.csv")};
}

/// In a process of its own, so that each round starts with fresh memory and has its own peak.
/// Whether `work` returned.
template <class Work>
bool in_child(const Work& work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int rows = argc > 1 ? std::atoi(argv[1]) : 1000000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 7;
  if (rows < 1 || rounds < 1) return 4;
  const auto directory =
      std::filesystem::temp_directory_path() / fmt::format("assay-rows-{}", getpid());
  const std::filesystem::path file = directory / "measurements.csv";
  std::filesystem::create_directories(directory);
  bool sound = in_child([&] { make_file(file, rows); });
  fmt::print("{} rows of {:.0f} MB\n", rows,
             static_cast<double>(std::filesystem::file_size(file)) / 1e6);
  // Shared with the children, who leave their results there.
  void* const page =
      mmap(nullptr, sizeof(Round), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 4;
  const Round& round = *new (page) Round;
  std::vector<double> times;
  double megabytes = 0;
  for (int i = 0; i < rounds && sound; ++i) {
    sound = in_child([&] { *static_cast<Round*>(page) = run_round(directory); });
    if (!sound) break;
    fmt::print("read {:.3f} s, all {:.3f} s, {:.0f} MB, {} model rows, written file {}\n",
               round.read, round.all, round.megabytes, round.models,
               round.same ? "as read" : "DIFFERS");
    times.push_back(round.all);
    megabytes = std::max(megabytes, round.megabytes);
    sound = round.same;
  }
  std::filesystem::remove_all(directory);
  if (!sound) return 4;
  fmt::print("median {:.3f} s, at most {:.0f} MB\n", median(times), megabytes);
  return median(times) < 1 && megabytes < 500 ? 0 : 1;
}
