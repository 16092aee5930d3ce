/// @file
/// A program of about 0.2 s with 24 kernels, to be gated: `gate_subject [SLOW_DOWN]`.
///
/// Each kernel runs a different mix of arithmetic, loads and branches, about 0.4 ms at a time, 20
/// repetitions. SLOW_DOWN, for instance 0.05, makes kernel_07 slower by a spin of that share of its
/// time: the length is known, not guessed, because it is measured from the kernel itself in the
/// same repetition. Prints Google Benchmark's JSON.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kernel_count = 24;
constexpr int repetitions = 20;
constexpr int slow_kernel = 7;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Mixes what programs spend their time on; `number` changes the mix and the working set.
class Kernel {
 public:
  explicit Kernel(int number) : number_(number), table_(std::size_t{1} << (8 + number % 10)) {
    std::uint64_t state = 12345 + static_cast<std::uint64_t>(number);
    for (std::uint32_t& entry : table_)
      entry = static_cast<std::uint32_t>(
          (state = state * 6364136223846793005u + 1442695040888963407u) >> 33);
  }

  std::uint64_t run(int rounds) {
    std::uint64_t sum = 1;
    const std::size_t mask = table_.size() - 1;
    for (int round = 0; round < rounds; ++round) {
      switch (number_ % 4) {
        case 0:  // a chain of dependent loads
          for (int i = 0; i < 64; ++i) sum = sum * 3 + table_[(sum >> 7) & mask];
          break;
        case 1:  // branches that depend on data
          for (int i = 0; i < 64; ++i)
            sum += table_[static_cast<std::size_t>(round * 64 + i) & mask] % 3 == 0 ? sum >> 3 : 7;
          break;
        case 2:  // integer arithmetic
          for (int i = 0; i < 64; ++i)
            sum = (sum ^ (sum << 13)) * 0x9e3779b97f4a7c15u + static_cast<std::uint64_t>(i);
          break;
        default: {  // floating point
          double value = static_cast<double>(sum & 1023) + 1;
          for (int i = 0; i < 64; ++i)
            value = value * 0.999 +
                    static_cast<double>(table_[static_cast<std::size_t>(i) & mask]) * 1e-9;
          sum += static_cast<std::uint64_t>(value);
        }
      }
    }
    return sum;
  }

 private:
  int number_;
  std::vector<std::uint32_t> table_;
};

volatile std::uint64_t sink;

void spin(double seconds) {
  const Clock::time_point start = Clock::now();
  while (seconds_since(start) < seconds) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  const double slow_down = argc > 1 ? std::atof(argv[1]) : 0;
  if (slow_down < 0 || slow_down > 10) {
    std::fprintf(stderr, "usage: gate_subject [SLOW_DOWN from 0 to 10]\n");
    return 4;
  }
  nlohmann::json benchmarks = nlohmann::json::array();
  for (int number = 0; number < kernel_count; ++number) {
    Kernel kernel(number);
    constexpr int rounds = 2400;
    sink = kernel.run(rounds);  // warm-up
    for (int repetition = 0; repetition < repetitions; ++repetition) {
      const Clock::time_point start = Clock::now();
      sink = kernel.run(rounds);
      double time = seconds_since(start);
      if (number == slow_kernel && slow_down > 0) {
        spin(time * slow_down);
        time = seconds_since(start);
      }
      char name[16];
      std::snprintf(name, sizeof name, "kernel_%02d", number);
      benchmarks.push_back({{"name", name},
                            {"run_name", name},
                            {"run_type", "iteration"},
                            {"repetitions", repetitions},
                            {"repetition_index", repetition},
                            {"iterations", 1},
                            {"real_time", time * 1e9},
                            {"cpu_time", time * 1e9},
                            {"time_unit", "ns"}});
    }
  }
  const nlohmann::json document = {
      {"context", {{"executable", "gate_subject"}, {"library_build_type", "release"}}},
      {"benchmarks", benchmarks}};
  std::printf("%s\n", document.dump(1).c_str());
}
