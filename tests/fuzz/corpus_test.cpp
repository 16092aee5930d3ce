/// Every format under damaged files: each layout and each case of tests/unit/import is damaged, also
/// with lines of the others, and read as a stranger's log would be, page included where it was read.
/// ASSAY_FUZZ_ROUNDS: damages of each file (default 8); ASSAY_FUZZ_SECONDS: go on for so long, and
/// hold each input to a second of CPU time and the process to 1 GB of memory.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>

#include "probes/core/errors.hpp"
#include "reports/import/import.hpp"
#include "reports/models/messages/alpha_beta.hpp"
#include "tests/fuzz/mutations.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;

struct Good {
  std::string name, text;
};

std::vector<Good> corpus() {
  std::vector<Good> files;
  for (const char* folder : {"layouts", "cases"})
    for (const auto& entry :
         fs::directory_iterator(fs::path(ASSAY_SOURCE_DIR) / "tests/unit/import" / folder)) {
      std::ifstream in(entry.path(), std::ios::binary);
      files.push_back({entry.path().filename().string(), {std::istreambuf_iterator<char>(in), {}}});
    }
  std::sort(files.begin(), files.end(),
            [](const Good& a, const Good& b) { return a.name < b.name; });
  return files;
}

int number_from(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double peak_gigabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e9;
}

/// A number that no machine has must not come out of any text.
void expect_sane(const RunData& run) {
  ASSERT_FALSE(run.records.empty());
  for (const Record& record : run.records) {
    if (!carries_numbers(record.status)) {
      EXPECT_FALSE(record.reason.empty());
      continue;
    }
    EXPECT_TRUE(std::isfinite(record.median) && record.median >= 0) << record.median;
    EXPECT_LE(record.median, 1e25);
    if (record.metric == "time" || record.metric == "step_time") {
      EXPECT_GT(record.median, 0);
    }
    if (is_present(record.ranks)) {
      EXPECT_GE(record.ranks, 1);
    }
    if (is_present(record.bytes)) {
      EXPECT_GE(record.bytes, 0);
    }
  }
  EXPECT_FALSE(import::listing(run).empty());
  static_cast<void>(models::alpha_beta_fits(run));
}

class Search {
 public:
  explicit Search(bool timed) : timed_(timed) {}

  void read(const Good& good, const std::string& text) {
    const double before = cpu_seconds();
    try {
      expect_sane(import::read_bytes(text, good.name));
      ++read_;
    } catch (const InputError& error) {
      check_message(error.what());
    } catch (const UsageError& error) {
      check_message(error.what());
    } catch (const std::exception& error) {
      ADD_FAILURE() << good.name << ": " << typeid(error).name() << ": " << error.what();
    }
    const double took = cpu_seconds() - before;
    longest_ = std::max(longest_, took);
    if (timed_) {
      EXPECT_LT(took, 1.0) << good.name;
    }
    ++inputs_;
    if (testing::Test::HasFailure()) std::ofstream("failed-input.txt", std::ios::binary) << text;
  }

  void tell() const {
    std::printf(
        "%ld inputs, %ld of them read, the others refused; longest %.3f s of CPU; peak %.3f GB\n",
        inputs_, read_, longest_, peak_gigabytes());
    std::fflush(stdout);
  }
  [[nodiscard]] long read_count() const { return read_; }
  [[nodiscard]] long inputs() const { return inputs_; }

 private:
  static void check_message(const std::string& message) {
    EXPECT_FALSE(message.empty());
    EXPECT_LT(message.size(), 2000u) << message.substr(0, 200);
    EXPECT_EQ(message.find('\n'), std::string::npos) << message.substr(0, 200);
  }

  bool timed_;
  long inputs_ = 0, read_ = 0;
  double longest_ = 0;
};

TEST(Corpus, DamagedLogsAreReadOrRefused) {
  const std::vector<Good> files = corpus();
  ASSERT_GT(files.size(), 100u);
  std::vector<std::string> lines;
  for (const Good& file : files)
    for (std::size_t start = 0; start < file.text.size();) {
      const std::size_t end = std::min(file.text.find('\n', start), file.text.size() - 1);
      lines.push_back(file.text.substr(start, end - start + 1));
      start = end + 1;
    }
  const int rounds = number_from("ASSAY_FUZZ_ROUNDS", 8);
  const int seconds = number_from("ASSAY_FUZZ_SECONDS", 0);
  const std::time_t end = std::time(nullptr) + seconds;
  Search search(seconds > 0);
  std::uint32_t seed = 1;
  std::time_t told = std::time(nullptr);
  do {
    for (const Good& file : files) {
      Mutations mutations(file.text, seed, &lines);
      for (int round = 0; round < rounds && !HasFailure(); ++round)
        search.read(file, mutations.next());
      if (seconds > 0 && std::time(nullptr) >= end) break;
    }
    ++seed;
    if (std::time(nullptr) >= told + 60) {
      search.tell();
      told = std::time(nullptr);
    }
  } while (std::time(nullptr) < end && !HasFailure());
  search.tell();
  EXPECT_GT(search.read_count(), 0);
  EXPECT_LT(search.read_count(), search.inputs());
  if (seconds > 0) {
    EXPECT_LT(peak_gigabytes(), 1.0);
  }
}

}  // namespace
}  // namespace assay::test
