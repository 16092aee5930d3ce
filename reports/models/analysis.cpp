#include "reports/models/analysis.hpp"

#include <algorithm>

#include "reports/models/laws/gustafson.hpp"
#include "reports/models/laws/usl.hpp"
#include "reports/models/messages/communication.hpp"

namespace assay::models {

namespace {

ScalingStudy study_of(const ScalingSeries& series, const std::vector<AlphaBetaFit>& wires) {
  ScalingStudy study{.series = series};
  const std::optional<CommunicationTerm> term = communication_term(series, wires);
  if (Outcome<ModelSelection> selection = select_model(series, term ? &*term : nullptr))
    study.selection = std::move(selection).value();
  else
    study.missing.push_back(selection.reason());
  if (series.scaling == Scaling::weak) {
    if (Outcome<GustafsonFit> fit = fit_gustafson(series))
      study.gustafson = std::move(fit).value().fit;
    return study;
  }
  if (Outcome<AmdahlFit> fit = fit_amdahl(series)) study.amdahl = std::move(fit).value();
  if (Outcome<UslFit> fit = fit_usl(series))
    study.usl = std::move(fit).value().fit;
  else
    study.missing.push_back("usl: " + fit.reason());
  return study;
}

}  // namespace

Analysis analyse(const RunData& run, const std::vector<Tier>& tiers) {
  Analysis analysis{.alpha_beta = alpha_beta_fits(run), .rooflines = rooflines(run)};
  for (ScalingSeries& series : scaling_series(run)) {
    std::vector<Tier>& known = series.reach.tiers;
    known.insert(known.end(), tiers.begin(), tiers.end());
    std::sort(known.begin(), known.end(),
              [](const Tier& a, const Tier& b) { return a.ranks < b.ranks; });
    analysis.scaling.push_back(study_of(series, analysis.alpha_beta));
  }
  return analysis;
}

}  // namespace assay::models
