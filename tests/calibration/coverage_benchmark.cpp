// Coverage of all intervals on planted truth, and what honesty costs:
//   build/benchmarks/coverage_benchmark [TRIALS]        the cases of coverage.hpp, one line each
//   build/benchmarks/coverage_benchmark grid [TRIALS [SEED]] the grid of coverage_grid.hpp, CSV
//   build/benchmarks/coverage_benchmark deadline [JOBS] P(in time) against jobs that run, as CSV
// Exit 1 when a demand is missed. Not a timing: run it once, by hand.
#include <fmt/format.h>

#include <cstdlib>
#include <future>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/calibration/coverage.hpp"
#include "tests/calibration/coverage_grid.hpp"
#include "tests/calibration/deadline.hpp"

namespace {

using assay::coverage::Case;
using assay::coverage::GridCell;
using assay::coverage::GridTally;
using assay::coverage::Tally;

int run_cases(int trials) {
  bool all_met = true;
  fmt::print("{:<26} {:>8} {:>9}  demand\n", "case", "covered", "projected");
  // Side by side; a case's trials have seeds of their own, so that the order changes nothing.
  const std::vector<Case> cases = assay::coverage::cases();
  std::vector<std::future<Tally>> tallies;
  for (const Case& one : cases)
    tallies.push_back(std::async(std::launch::async,
                                 [&one, trials] { return assay::coverage::tally(one, trials); }));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& one = cases[i];
    const Tally sum = tallies[i].get();
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

int run_grid(int trials, int seed) {
  const std::vector<GridCell> cells = assay::coverage::grid_cells();
  std::vector<std::future<GridTally>> tallies;
  // Two threads' worth of cells at a time: each is a second or so.
  const std::size_t side_by_side = std::max(1U, std::thread::hardware_concurrency());
  fmt::print("{}\n", assay::coverage::grid_header());
  int missed = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    while (tallies.size() < std::min(cells.size(), i + side_by_side)) {
      const GridCell& cell = cells[tallies.size()];
      tallies.push_back(std::async(std::launch::async, [&cell, trials, seed] {
        return assay::coverage::tally(cell, trials, seed);
      }));
    }
    const GridTally sum = tallies[i].get();
    fmt::print("{}\n", assay::coverage::grid_row(cells[i], sum));
    missed += assay::coverage::missed_by(cells[i], sum).empty() ? 0 : 1;
  }
  fmt::print(stderr, "{} of {} cells miss a demand\n", missed, cells.size());
  return missed == 0 ? 0 : 1;
}

int run_deadlines(int jobs) {
  bool all_met = true;
  fmt::print("where,tenth,jobs,claimed,true,in_time,calibrated\n");
  for (const bool beyond : {false, true}) {
    const assay::coverage::DeadlineTally sum = assay::coverage::tally_deadlines(jobs, beyond);
    for (std::size_t i = 0; i < sum.tenths.size(); ++i) {
      const assay::coverage::Tenth& tenth = sum.tenths[i];
      fmt::print("{},{:.1f},{},{:.3f},{:.3f},{:.3f},{}\n", beyond ? "at 2x" : "measured",
                 static_cast<double>(i) / 10, tenth.jobs, tenth.claim(), tenth.truth(),
                 static_cast<double>(tenth.in_time) / tenth.jobs,
                 tenth.is_calibrated() ? "yes" : "NO");
      all_met &= tenth.is_calibrated();
    }
    all_met &= sum.by_rejected_law == 0;
    fmt::print(stderr, "{}: {} purchases by a rejected law\n", beyond ? "at 2x" : "measured",
               sum.by_rejected_law);
  }
  return all_met ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const bool named = what == "grid" || what == "deadline";
  const int usual = what == "grid" ? 200 : what == "deadline" ? 2000 : 1000;
  const int given = argc > (named ? 2 : 1) ? std::atoi(argv[named ? 2 : 1]) : usual;
  if (given < 1) return 4;
  return what == "grid"       ? run_grid(given, argc > 3 ? std::atoi(argv[3]) : 0)
         : what == "deadline" ? run_deadlines(given)
                              : run_cases(given);
}
