#include "reports/models/laws/gustafson.hpp"

#include "reports/models/core/rows.hpp"

namespace assay::models {

namespace {

std::vector<ModelRow> gustafson_rows(const FitInput& input) {
  std::vector<ModelRow> rows;
  for (const ScalingSeries& series : input.series) {
    if (series.scaling != Scaling::weak) continue;
    RowWriter out("gustafson", series.subject);
    if (const auto fit = fit_gustafson(series)) {
      out.add("serial_fraction", unit::one, fit->serial_fraction, Label::measured,
              joined(series.notes));
      const Prediction last = fit->fit.at(series.reach.largest);
      out.add("scaled_speedup", unit::one, last.speedup, last.label, describe(series.reach));
    } else {
      out.missing("serial_fraction", unit::one, fit.reason());
    }
    append(rows, out.take());
  }
  return rows;
}

}  // namespace

Outcome<GustafsonFit> fit_gustafson(const ScalingSeries& series, int draws, std::uint64_t seed) {
  if (series.scaling != Scaling::weak)
    return unsupported("Gustafson's law is about weak scaling; this series is strong");
  Outcome<LawFit> law = fit_law(gustafson_law(), series, draws, seed);
  if (!law) return NoValue{law.status(), law.reason()};
  GustafsonFit fit{.fit = std::move(law).value(), .serial_fraction = {}};
  fit.serial_fraction =
      derived(fit.fit, [](const std::vector<double>& uv) { return 1 - uv[1] / uv[0]; });
  return fit;
}

const bool gustafson_registered = Registry<Model>::add(
    {.about = {.kind = "model",
               .name = "gustafson",
               .summary = "Gustafson's law for weak scaling.",
               .metrics = {{"serial_fraction", std::string(unit::one),
                            "Share of the parallel run that is serial.", Better::lower},
                           {"scaled_speedup", std::string(unit::one),
                            "N T(1)/T(N) at the largest N measured.", Better::higher}},
               .verification = "Recovers a known serial fraction from made data."},
     .fit = gustafson_rows});

}  // namespace assay::models
