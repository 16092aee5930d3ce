/// @file
/// A program of a user with a main of its own: a triad whose marker puts it on the roofline.

#include <assay/assay.hpp>

#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  using namespace assay;
  constexpr std::size_t count = 1'000'000;
  std::vector<double> a(count), b(count, 1), c(count, 2);
  try {
    if (const auto counted = counters::count_regions(); !counted)
      std::printf("FLOPs as declared: %s\n", counted.reason().c_str());
    RegionRun run({.output = argc > 1 ? argv[1] : "assay-regions"});
    for (int i = 0; i < 9; ++i) {
      // Two FLOPs and three moved values each; what the caches read before writing is not ours.
      const Region region("triad", {.flops = Flops(2.0 * count), .bytes = Bytes(24.0 * count)});
      for (std::size_t j = 0; j < count; ++j) a[j] = b[j] + 3 * c[j];
    }
    run.write();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 4;
  }
  return a[count / 2] == 7 ? 0 : 3;
}
