/// Every reader under damaged files: it reads, or it says in one exception of errors.hpp what is
/// wrong. Under the sanitizers this also shows that no damage makes it read where it must not.
/// ASSAY_FUZZ_ROUNDS=100000 for a long search.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "probes/core/errors.hpp"
#include "probes/core/units.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/run_directory.hpp"
#include "reports/gate/decide/history.hpp"
#include "reports/gate/decide/self_audit.hpp"
#include "reports/gate/read/read_google_benchmark.hpp"
#include "reports/gate/read/read_numbers.hpp"
#include "reports/import/import.hpp"
#include "reports/models/money/price_list.hpp"
#include "reports/plan/options.hpp"
#include "reports/render/sample_trail.hpp"
#include "tests/fuzz/mutations.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;

struct Reader {
  std::string name;
  std::string file;  ///< Name of the file that is damaged.
  std::string good;
  std::function<void(const fs::path& file, const std::string& text)> read;
  friend void PrintTo(const Reader& reader, std::ostream* out) { *out << reader.name; }
};

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

Record measured() {
  Record record{.probe = "memory.bandwidth",
                .metric = "rate",
                .unit = unit::bytes_per_second,
                .host = "node, \"one\""};
  record.threads = 4;
  record.operation = "=triad";
  return with_samples(record, {1.5e9, 1.25e9, 1.75e9});
}

std::string json_of_a_run() {
  return R"({"schema": 1, "tool": {"name": "assay", "version": "0.1.0"}, "state": "complete",
    "options": {"profile": "quick"}, "start": "2024-01-01T00:00:00Z", "end": "2024-01-01T00:01:00Z",
    "hosts": [{"host": "a", "cpu": "x"}], "checks": [{"name": "steal", "state": "passed", "reason": ""}]})";
}

std::vector<Reader> readers() {
  const Record row = measured();
  const ModelRow model{.model = "amdahl",
                       .subject = "step",
                       .parameter = "serial_fraction",
                       .unit = "1",
                       .value = 0.05};
  const std::string measurements =
      csv::measurements_header() + csv::measurements_line(row) + csv::measurements_line(row);
  const std::string benchmark = R"({"context": {"num_cpus": 4}, "benchmarks": [
    {"name": "step/ranks:1", "run_type": "iteration", "real_time": 10.0, "cpu_time": 9.0, "time_unit": "ms", "threads": 1, "bytes": 5},
    {"name": "step/ranks:4", "run_type": "iteration", "real_time": 3.0, "cpu_time": 2.0, "time_unit": "ms", "threads": 1}]})";
  const auto quiet = [](const auto& value) { static_cast<void>(value); };
  const auto any = [quiet](const fs::path& file, const std::string&) {
    quiet(import::read_any(file));
  };
  return {
      {"measurements", "measurements.csv", measurements,
       [quiet](const fs::path& file, const std::string&) { quiet(csv::read_measurements(file)); }},
      {"samples", "samples.csv", csv::samples_header() + csv::samples_lines(row),
       [](const fs::path& file, const std::string&) {
         csv::read_samples(file, [](const Record&, std::int64_t, double) {});
       }},
      {"sample_trail", "samples.csv", csv::samples_header() + csv::samples_lines(row),
       [quiet](const fs::path& file, const std::string&) {
         quiet(render::read_sample_trail(file));
       }},
      {"models", "models.csv", csv::models_header() + csv::models_line(model),
       [quiet](const fs::path& file, const std::string&) { quiet(csv::read_models(file)); }},
      {"run_json", "run.json", json_of_a_run(),
       [quiet, measurements](const fs::path& file, const std::string&) {
         std::ofstream(file.parent_path() / "measurements.csv") << measurements;
         quiet(read_run(file.parent_path()));
       }},
      {"price_list", "prices.csv",
       text_of(fs::path(ASSAY_SOURCE_DIR) / "reports/example-prices.csv"),
       [quiet](const fs::path& file, const std::string&) { quiet(models::read_price_list(file)); }},
      {"job_file", "job.toml",
       "# a job\nwork = \"1000\"\nnode-price = 2.5\ndeadline = \"30h\"\nnodes = \"1,2,4\"\n",
       [](const fs::path& file, const std::string&) {
         const Command command{.about = {.name = "plan test"}, .usage = "assay plan test"};
         plan::OptionList options(command);
         options.add("work", "W", "work")
             .add("node-price", "P", "price")
             .add("nodes", "LIST", "nodes")
             .add("deadline", "TIME", "deadline")
             .add_common();
         if (!options.parse({"--job", file.string()})) return;
         if (options.has("work")) static_cast<void>(options.positive("work"));
         if (options.has("node-price")) static_cast<void>(options.positive("node-price"));
         if (options.has("deadline")) static_cast<void>(options.seconds("deadline"));
         if (options.has("nodes")) static_cast<void>(options.list("nodes", 1));
       }},
      {"times_csv", "times.csv", "ranks,time\n1,10.5\n2,5.4\n2,5.6\n4,3.1\n",
       [quiet](const fs::path& file, const std::string&) { quiet(import::read_any(file)); }},
      {"osu", "osu.txt",
       "# OSU MPI Allreduce Latency Test v7.3\n# Size       Avg Latency(us)\n8    1.52\n16   "
       "1.71\n",
       [quiet](const fs::path& file, const std::string&) { quiet(import::read_any(file)); }},
      {"nccl_tests", "nccl.txt",
       "# nThread 1 nGpus 2\n#       size         count      type   redop    root     time   algbw "
       "  busbw #wrong     time   algbw   busbw #wrong\n"
       "           8             2     float     sum      -1     9.1    0.00    0.00      0     "
       "9.0    0.00    0.00      0\n",
       [quiet](const fs::path& file, const std::string&) { quiet(import::read_any(file)); }},
      {"google_benchmark", "benchmark.json", benchmark,
       [quiet](const fs::path& file, const std::string&) { quiet(import::read_any(file)); }},
      {"any_csv", "some.csv", "ranks,time\n1,10.5\n2,5.4\n", any},
      {"any_json", "some.json", benchmark, any},
      {"gate_google_benchmark", "", benchmark,
       [quiet](const fs::path&, const std::string& text) {
         quiet(gate::read_google_benchmark(text, "benchmark"));
         quiet(gate::google_benchmark_context(text));
       }},
      {"gate_numbers", "", "time: 1.25 s\ntime: 1.5 s\n",
       [quiet](const fs::path&, const std::string& text) {
         quiet(gate::read_numbers(text, "output", {"time: ([^ ]+)"}, Better::lower));
       }},
      {"gate_history", "history.csv",
       "time,label,metric,unit,better,value\n2024-01-01T00:00:00Z,a,step,s,lower,1.5\n"
       "2024-01-02T00:00:00Z,b,step,s,lower,1.6\n",
       [quiet](const fs::path& file, const std::string&) {
         std::vector<std::string> warnings;
         quiet(gate::read_history(file.string(), warnings));
       }},
      {"gate_audit", "audit.json", R"({"runs": 100, "false_reds": 1, "promise": 0.01})",
       [quiet](const fs::path& file, const std::string&) {
         quiet(gate::read_audit(file.string()));
       }},
      {"quantities", "", "1.5MiB",
       [quiet](const fs::path&, const std::string& text) {
         // Each alone: one that throws must not hide the next.
         for (const std::function<void()>& parse : std::initializer_list<std::function<void()>>{
                  [&] { quiet(parse_bytes(text, "bytes")); },
                  [&] { quiet(parse_seconds(text, "time")); },
                  [&] { quiet(parse_bytes_per_second(text, "rate")); }})
           try {
             parse();
           } catch (const UsageError&) {
           }
       }},
  };
}

int rounds() {
  const char* wanted = std::getenv("ASSAY_FUZZ_ROUNDS");
  return wanted == nullptr ? 300 : std::atoi(wanted);
}

class DamagedFiles : public testing::TestWithParam<Reader> {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  void read(const std::string& text) const {
    const fs::path file = folder_ / (GetParam().file.empty() ? "unused" : GetParam().file);
    if (!GetParam().file.empty()) std::ofstream(file, std::ios::binary) << text;
    GetParam().read(file, text);
  }

  fs::path folder_ = fs::path(testing::TempDir()) /
                     ("assay-fuzz-" + std::to_string(getpid()) + "-" + GetParam().name);
};

TEST_P(DamagedFiles, AreReadOrRefusedWithAMessage) {
  ASSERT_NO_THROW(read(GetParam().good));
  Mutations mutations(GetParam().good);
  int refused = 0;
  for (int round = 0; round < rounds(); ++round) {
    const std::string text = mutations.next();
    std::string message;
    try {
      read(text);
      continue;
    } catch (const InputError& error) {
      message = error.what();
    } catch (const UsageError& error) {
      message = error.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "round " << round << ": " << typeid(error).name() << ": " << error.what()
                    << "\nfor: " << text.substr(0, 2000);
      return;
    }
    ++refused;
    EXPECT_FALSE(message.empty());
    EXPECT_LT(message.size(), 2000U) << "round " << round;
    EXPECT_EQ(message.find('\n'), std::string::npos) << "round " << round << ": " << message;
  }
  if (GetParam().name != "quantities") {
    EXPECT_GT(refused, 0) << "no damage was ever noticed";
  }
}

INSTANTIATE_TEST_SUITE_P(Readers, DamagedFiles, testing::ValuesIn(readers()),
                         [](const auto& about) { return about.param.name; });

}  // namespace
}  // namespace assay::test
