#include "reports/models/laws/work_depth.hpp"

#include "reports/models/core/rows.hpp"

namespace assay::models {

namespace {

std::vector<ModelRow> work_depth_rows(const FitInput& input) {
  std::vector<ModelRow> rows;
  for (const ScalingSeries& series : input.series) {
    if (series.scaling != Scaling::strong) continue;
    RowWriter out("work_depth", series.subject);
    const auto amdahl = fit_amdahl(series);
    const auto found = amdahl ? work_and_depth(*amdahl)
                              : Outcome<WorkDepth>(NoValue{amdahl.status(), amdahl.reason()});
    if (found) {
      out.add("work", unit::seconds, found->work);
      out.add("depth", unit::seconds, found->depth, Label::scenario,
              "extrapolated to endless ranks");
      out.add("parallelism", unit::one, found->parallelism, Label::scenario);
      out.add("brent_bound", unit::seconds, found->brent_bound(series.reach.largest),
              Label::measured, "at the largest N measured");
    } else {
      out.missing("parallelism", unit::one, found.reason());
    }
    append(rows, out.take());
  }
  return rows;
}

}  // namespace

Outcome<WorkDepth> work_and_depth(const AmdahlFit& fit) {
  if (!fit.limit_stated)
    return unsupported("overhead grows with N, so the points show no critical path");
  return WorkDepth{
      .work = derived(fit.fit, [](const std::vector<double>& ab) { return ab[0] + ab[1]; }),
      .depth = fit.fit.parameters[0],
      .parallelism = fit.speedup_limit};
}

const bool work_depth_registered = Registry<Model>::add(
    {.about = {.kind = "model",
               .name = "work_depth",
               .summary = "Work, critical path and parallelism, with Brent's bound.",
               .metrics = {{"work", std::string(unit::seconds), "T1.", Better::lower},
                           {"depth", std::string(unit::seconds), "T_inf, the critical path.",
                            Better::lower},
                           {"parallelism", std::string(unit::one), "T1/T_inf.", Better::higher},
                           {"brent_bound", std::string(unit::seconds),
                            "T1/N + T_inf: a greedy schedule is no slower.", Better::lower}},
               .verification =
                   "Follows from the Amdahl fit; every measured point lies below the bound."},
     .fit = work_depth_rows});

}  // namespace assay::models
