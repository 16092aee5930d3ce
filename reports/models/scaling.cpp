// The "scaling" model: what the selection among laws says about each workload, as rows.
#include <fmt/format.h>

#include <cmath>

#include "reports/models/core/rows.hpp"
#include "reports/models/laws/model_selection.hpp"
#include "reports/models/messages/communication.hpp"

namespace assay::models {

namespace {

void add_laws(const ModelSelection& selection, RowWriter& out) {
  for (const Candidate& candidate : selection.candidates) {
    const LawFit& fit = candidate.fit;
    out.add(fit.law.name + " holdout_error", unit::one, candidate.holdout_error, Label::measured,
            candidate.verdict);
    out.add(fit.law.name + " evidence", unit::one, candidate.probability, Label::measured,
            fit.law.formula);
    for (std::size_t i = 0; i < fit.parameters.size(); ++i)
      out.add(fit.law.name + " " + fit.law.parameters[i], fit.unit_of(i), fit.parameters[i],
              Label::measured, candidate.kept ? fit.law.formula : "rejected");
  }
  for (const std::string& reason : selection.not_fitted) out.missing("law", unit::one, reason);
}

void add_predictions(const ModelSelection& selection, RowWriter& out) {
  const double largest = selection.series.reach.largest;
  for (const ScalingPoint& point : selection.series.points) {
    const Prediction prediction = selection.at({point.ranks, point.nodes});
    // Where equal ranks were on other nodes, too, the second is named with them.
    const std::string place = selection.measured_at(point.ranks) == &point
                                  ? fmt::format("{}", point.ranks)
                                  : fmt::format("{} on {} nodes", point.ranks, point.nodes);
    out.add(fmt::format("time({})", place), unit::seconds, prediction.time, prediction.label,
            prediction.note);
    out.add(fmt::format("efficiency({})", place), unit::one, prediction.efficiency,
            prediction.label);
  }
  for (double factor : {2.0, 4.0}) {
    const Prediction prediction = selection.at(factor * largest);
    out.add(fmt::format("time({})", factor * largest), unit::seconds, prediction.time,
            prediction.label, joined({describe(selection.series.reach), prediction.note}));
  }
  if (const Fastest peak = fastest(selection); peak.known)
    out.add("fastest_ranks", unit::one, peak.ranks,
            label_at(peak.ranks.value, selection.series.reach), peak.sentence);
  for (const std::string& alarm : selection.alarms) out.missing("alarm", unit::one, alarm);
}

std::vector<ModelRow> scaling_rows(const FitInput& input) {
  std::vector<ModelRow> rows;
  for (const ScalingSeries& series : input.series) {
    RowWriter out("scaling", series.subject);
    const std::optional<CommunicationTerm> term = communication_term(series, input.wires);
    if (const auto selection = select_model(series, term ? &*term : nullptr)) {
      add_laws(*selection, out);
      add_predictions(*selection, out);
    } else {
      out.missing("time", unit::seconds, selection.reason());
    }
    append(rows, out.take());
  }
  return rows;
}

}  // namespace

const bool scaling_registered = Registry<Model>::add(
    {.about =
         {.kind = "model",
          .name = "scaling",
          .summary = "Laws of scaling weighed by their evidence, and what they predict.",
          .metrics =
              {{"holdout_error", std::string(unit::one),
                "RMS of ln(T/T_predicted) on rank counts left out.", Better::lower},
               {"evidence", std::string(unit::one),
                "Share of the evidence that a law has among those that took part.", Better::higher},
               {"fastest_ranks", std::string(unit::one),
                "Ranks beyond which more are slower, where that is within reach.", Better::higher},
               {"time", std::string(unit::seconds), "Of one step at N ranks.", Better::lower},
               {"efficiency", std::string(unit::one), "Speedup over N.", Better::higher}},
          .verification = "Made data of known truth: intervals cover, and a wrong family or an "
                          "unmeasured tier never ends as a projected point."},
     .fit = scaling_rows});

}  // namespace assay::models
