/// @file
/// A workload of a user: pi by the midpoint rule, its intervals shared by the ranks.

#include <assay/assay.hpp>

#include <cmath>
#include <cstdlib>
#include <numbers>

namespace {

using namespace assay;
using namespace assay::literals;

/// Sum of 4 / (1 + x^2) over this rank's midpoints; 6 FLOPs each.
double own_sum(long intervals, int rank, int ranks) {
  const Region region("midpoints", {.flops = Flops(6.0 * static_cast<double>(intervals) / ranks)});
  double sum = 0;
  for (long i = rank; i < intervals; i += ranks) {
    const double x = (static_cast<double>(i) + 0.5) / static_cast<double>(intervals);
    sum += 4 / (1 + x * x);
  }
  return sum;
}

void run(network::RankContext& context) {
  network::Communicator& communicator = context.communicator;
  const long per_study = 200'000;
  const bool is_weak = context.setting("scaling") == "weak";
  const long intervals = is_weak ? per_study * communicator.size() : per_study;
  double pi = 0;
  const auto step = [&] {
    pi = 0;
    for (const double part :
         communicator.gather_all(own_sum(intervals, communicator.rank(), communicator.size())))
      pi += part;
    pi /= static_cast<double>(intervals);
  };
  const collectives::CallTimes times =
      collectives::time_calls(communicator, {.budget = 50_ms, .min_calls = 5}, step);
  Record row = context.row("workload.pi", "step_time", unit::seconds);
  row.scaling = is_weak ? "weak" : "strong";
  const bool is_right = std::abs(pi - std::numbers::pi) < 1e-9;
  context.sink.put(is_right ? with_samples(row, times.global)
                            : without_value(row, incorrect("this is not pi")));
}

const bool registered = Registry<network::RankProbe>::add(
    {.about = {.kind = "workload",
               .name = "workload.pi",
               .summary = "Pi by the midpoint rule over the ranks.",
               .metrics = {{"step_time", "s", "One evaluation.", Better::lower}},
               .verification = "differs from pi by less than 1e-9"},
     .ranks_min = 1,
     .expected_time = [](int, Profile) { return 0.2_s; },
     .run = run});

}  // namespace
