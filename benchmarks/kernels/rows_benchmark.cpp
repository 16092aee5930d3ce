// A million measurement rows: read, fitted, written. Prints the time of each and the peak memory,
// and fails above 1 s or 500 MB. `build/benchmarks/rows_benchmark [ROWS]`. Meant for an idle
// machine, so it is no test.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "probes/core/clock.hpp"
#include "probes/core/csv.hpp"
#include "reports/models/model.hpp"

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

}  // namespace

int main(int argc, char** argv) {
  const int rows = argc > 1 ? std::atoi(argv[1]) : 1000000;
  if (rows < 1) return 4;
  const auto directory =
      std::filesystem::temp_directory_path() / fmt::format("assay-rows-{}", getpid());
  std::filesystem::create_directories(directory);
  // Made in a child, so that its memory is not counted.
  if (const pid_t child = fork(); child == 0) {
    make_file(directory / "measurements.csv", rows);
    _exit(0);
  } else {
    waitpid(child, nullptr, 0);
  }
  const Seconds start = now();
  RunData run{.directory = directory};
  run.records = csv::read_measurements(directory / "measurements.csv");
  const Seconds read = now();
  const std::vector<ModelRow> models = models::fit_all(run);
  const Seconds fitted = now();
  csv::write_measurements(directory / "written.csv", run.records);
  std::ofstream out(directory / "models.csv");
  out << csv::models_header();
  for (const ModelRow& row : models) out << csv::models_line(row);
  out.close();
  const Seconds written = now();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double megabytes = static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
  const bool same = std::filesystem::file_size(directory / "written.csv") ==
                    std::filesystem::file_size(directory / "measurements.csv");
  fmt::print(
      "{} rows of {:.0f} MB, {} model rows: read {:.3f} s, fitted {:.3f} s, written {:.3f} s, all "
      "{:.3f} s; {:.0f} MB; "
      "written file {}\n",
      rows, static_cast<double>(std::filesystem::file_size(directory / "measurements.csv")) / 1e6,
      models.size(), (read - start).value(), (fitted - read).value(), (written - fitted).value(),
      (written - start).value(), megabytes, same ? "as read" : "DIFFERS");
  std::filesystem::remove_all(directory);
  return same && (written - start).value() < 1 && megabytes < 500 ? 0 : 1;
}
