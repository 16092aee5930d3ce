#include "reports/models/laws/usl.hpp"

#include <cmath>

#include "reports/models/core/rows.hpp"

namespace assay::models {

namespace {

double peak_of(const std::vector<double>& abc) {
  const double sigma = abc[1] / abc[0], kappa = abc[2] / abc[0];
  return sigma >= 1 ? 1 : std::sqrt((1 - sigma) / kappa);
}

std::vector<ModelRow> usl_rows(const FitInput& input) {
  std::vector<ModelRow> rows;
  for (const ScalingSeries& series : input.series) {
    if (series.scaling != Scaling::strong) continue;
    RowWriter out("usl", series.subject);
    if (const auto fit = fit_usl(series)) {
      out.add("gamma", unit::hertz, fit->gamma, Label::measured, joined(series.notes));
      out.add("sigma", unit::one, fit->sigma);
      out.add("kappa", unit::one, fit->kappa);
      const Label label = label_at(fit->peak_ranks.value, series.reach);
      out.add("peak_ranks", unit::one, fit->peak_ranks, label, describe(series.reach));
    } else {
      out.missing("sigma", unit::one, fit.reason());
    }
    append(rows, out.take());
  }
  return rows;
}

}  // namespace

Outcome<UslFit> fit_usl(const ScalingSeries& series, int draws, std::uint64_t seed) {
  if (series.scaling != Scaling::strong)
    return unsupported(
        "the universal scalability law is fitted to strong scaling; this series is weak");
  Outcome<LawFit> law = fit_law(usl_law(), series, draws, seed);
  if (!law) return NoValue{law.status(), law.reason()};
  UslFit fit{
      .fit = std::move(law).value(), .gamma = {}, .sigma = {}, .kappa = {}, .peak_ranks = {}};
  fit.gamma = derived(fit.fit, [](const std::vector<double>& abc) { return 1 / abc[0]; });
  fit.sigma = derived(fit.fit, [](const std::vector<double>& abc) { return abc[1] / abc[0]; });
  fit.kappa = derived(fit.fit, [](const std::vector<double>& abc) { return abc[2] / abc[0]; });
  fit.peak_ranks = derived(fit.fit, peak_of);
  return fit;
}

const bool usl_registered = Registry<Model>::add(
    {.about = {.kind = "model",
               .name = "usl",
               .summary = "Gunther's universal scalability law, as a named curve.",
               .metrics = {{"gamma", std::string(unit::hertz), "Steps per second of one rank.",
                            Better::higher},
                           {"sigma", std::string(unit::one), "Contention.", Better::lower},
                           {"kappa", std::string(unit::one), "Coherency.", Better::lower},
                           {"peak_ranks", std::string(unit::one),
                            "Ranks beyond which more are slower.", Better::higher}},
               .verification =
                   "Recovers known laws from made data; 95 % intervals cover 93 to 97 %."},
     .fit = usl_rows});

}  // namespace assay::models
