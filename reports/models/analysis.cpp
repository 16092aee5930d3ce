#include "reports/models/analysis.hpp"

#include "reports/models/laws/gustafson.hpp"
#include "reports/models/laws/usl.hpp"
#include "reports/models/messages/communication.hpp"

namespace assay::models {

namespace {

ScalingStudy study_of(const ScalingSeries& series, const std::vector<AlphaBetaFit>& wires) {
  ScalingStudy study{.series = series};
  const std::optional<CommunicationTerm> term = communication_term(series, wires);
  if (Outcome<Contest> contest = run_contest(series, term ? &*term : nullptr))
    study.contest = std::move(contest).value();
  else
    study.missing.push_back(contest.reason());
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

Analysis analyse(const RunData& run) {
  Analysis analysis{.alpha_beta = alpha_beta_fits(run), .rooflines = rooflines(run)};
  for (const ScalingSeries& series : scaling_series(run))
    analysis.scaling.push_back(study_of(series, analysis.alpha_beta));
  return analysis;
}

std::optional<CostStudy> cost_of(const ScalingStudy& study, const PriceList& prices,
                                 const Job& job) {
  if (!study.contest) return std::nullopt;
  const double per_node =
      job.ranks_per_node > 0 ? job.ranks_per_node : study.series.ranks_per_node();
  // Node counts in powers of two, to four times what was measured: beyond it all is scenario.
  std::vector<double> nodes;
  for (double n = 1; n == 1 || n * per_node <= 4 * study.series.reach.largest; n *= 2)
    nodes.push_back(n);
  return cost_study(*study.contest, job, prices, nodes);
}

}  // namespace assay::models
