// An independent pointer chase to hold ours against: a shuffled table of lines (std::shuffle), the
// cycle laid from it, a plain loop over it, steady_clock. It shares no code with the probe.
//   plain_chase SET_IN_MIB    prints the seconds of one load, the mean over half a second
// As long and as a mean as Google Benchmark gives ours: what a neighbour of the machine takes out
// of a shared cache in half a second is in no median of the first two milliseconds.
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <vector>

int main(int argc, char** argv) {
  const double mebibytes = argc == 2 ? std::atof(argv[1]) : 0;
  if (mebibytes <= 0 || mebibytes > 65536) {
    std::fprintf(stderr, "usage: plain_chase SET_IN_MIB\n");
    return 4;
  }
  constexpr std::size_t line = 64, huge = 2 << 20;
  const std::size_t bytes = static_cast<std::size_t>(mebibytes * 1048576);
  void* mapping =
      mmap(nullptr, bytes + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return 4;
  madvise(mapping, bytes + huge, MADV_HUGEPAGE);
  const auto address = (reinterpret_cast<std::uintptr_t>(mapping) + huge - 1) / huge * huge;
  char* base = reinterpret_cast<char*>(address);
  std::vector<std::uint32_t> order(bytes / line);
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(42));
  const auto at = [&](std::size_t i) { return base + std::size_t{order[i % order.size()]} * line; };
  for (std::size_t i = 0; i < order.size(); ++i) *reinterpret_cast<char**>(at(i)) = at(i + 1);

  char* here = at(0);
  const auto follow = [&](std::size_t steps) {
    for (; steps > 0; --steps) here = *reinterpret_cast<char* volatile*>(here);
  };
  follow(std::min<std::size_t>(order.size(), 1 << 20));
  constexpr std::size_t steps = 8192;
  using Duration = std::chrono::duration<double>;
  Duration total{};
  std::size_t loads = 0;
  for (; total < Duration(0.5); loads += steps) {
    const auto start = std::chrono::steady_clock::now();
    follow(steps);
    total += std::chrono::steady_clock::now() - start;
  }
  std::printf("%.9g\n", total.count() / static_cast<double>(loads));
  return here == nullptr;
}
