// Coverage of all intervals with 1,000 trials per case: prints one line per case and fails when a
// demand is missed. Not a timing: run it once, `build/benchmarks/coverage_benchmark [TRIALS]`.
#include <fmt/format.h>

#include <cstdlib>
#include <future>
#include <vector>

#include "tests/calibration/coverage.hpp"

int main(int argc, char** argv) {
  using assay::coverage::Case;
  const int trials = argc > 1 ? std::atoi(argv[1]) : 1000;
  if (trials < 1) return 4;
  bool all_met = true;
  fmt::print("{:<26} {:>8} {:>9}  demand\n", "case", "covered", "projected");
  // Side by side; a case's trials have seeds of their own, so that the order changes nothing.
  const std::vector<Case> cases = assay::coverage::cases();
  std::vector<std::future<assay::coverage::Tally>> tallies;
  for (const Case& one : cases)
    tallies.push_back(std::async(std::launch::async,
                                 [&one, trials] { return assay::coverage::tally(one, trials); }));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& one = cases[i];
    const auto sum = tallies[i].get();
    const char* demand = "";
    bool met = true;
    switch (one.demand) {
      case Case::Demand::nominal:
        demand = "93 to 97 %";
        met = sum.coverage() >= 0.93 && sum.coverage() <= 0.97;
        break;
      case Case::Demand::at_least_90:
        demand = "at least 90 %";
        met = sum.coverage() >= 0.90;
        break;
      case Case::Demand::never_projected:
        demand = "never projected";
        met = sum.projected == 0;
        break;
    }
    fmt::print("{:<26} {:>6.1f} % {:>9}  {}{}\n", one.name, 100 * sum.coverage(), sum.projected,
               demand, met ? "" : "  MISSED");
    all_met &= met;
  }
  return all_met ? 0 : 1;
}
