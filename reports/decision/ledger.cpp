#include "reports/decision/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "probes/core/statistics.hpp"
#include "probes/host/provenance.hpp"
#include "reports/decision/fingerprint.hpp"

namespace assay::decision {

namespace {

using models::ScalingStudy;

std::string text_at(const nlohmann::json& run, const char* pointer) {
  const nlohmann::json::json_pointer at(pointer);
  if (!run.contains(at) || !run.at(at).is_string()) return "";
  return run.at(at).get<std::string>();
}

/// What is the same work in two runs: the study without the path that its messages took.
std::string work_of(const models::ScalingSeries& series) {
  std::string work = series.probe;
  work += series.scaling == models::Scaling::weak ? " weak" : " strong";
  for (const std::string* part : {&series.operation, &series.dtype})
    if (!part->empty()) work += " " + *part;
  if (series.bytes >= 0) work += fmt::format(" {} B", series.bytes);
  return work;
}

std::string work_of(const Record& collective) {
  std::string work = collective.probe.str();
  for (const InternedString part :
       {collective.operation, collective.algorithm, collective.provider, collective.dtype})
    if (!part.empty()) work += " " + part.str();
  return fmt::format("{} {} B", work, collective.bytes);
}

std::string speakers(const models::ModelSelection& selection, Label label) {
  if (label == Label::measured) return "launches";
  std::string laws;
  for (const models::Candidate& candidate : selection.candidates)
    if (candidate.kept) laws += (laws.empty() ? "" : " ") + candidate.fit.law.name;
  return laws;
}

/// MeasuredTimes places, and to four times as far in steps of 2 and 3: where somebody will measure
/// next.
std::set<double> places_of(const models::ScalingSeries& series) {
  std::set<double> ranks;
  for (const models::ScalingPoint& point : series.points) ranks.insert(point.ranks);
  for (const double start : {1.0, 3.0})
    for (double n = start; n <= 4 * series.reach.largest; n *= 2) ranks.insert(n);
  return ranks;
}

void add_step_times(const ScalingStudy& study, const Prediction& origin,
                    std::vector<Prediction>& all) {
  if (!study.selection) return;
  for (const double ranks : places_of(study.series)) {
    const models::Prediction said = study.selection->at(ranks);
    if (!is_present(said.time.low) || said.label == Label::scenario) continue;
    Prediction prediction = origin;
    prediction.work = work_of(study.series);
    prediction.by = speakers(*study.selection, said.label);
    prediction.ranks = ranks;
    prediction.time = said.time;
    prediction.label = said.label;
    all.push_back(std::move(prediction));
  }
}

void add_deadline(const Decision& decision, const Prediction& origin,
                  std::vector<Prediction>& all) {
  const models::CostPoint* point = decision.point();
  if (point == nullptr || !decision.cost->job.deadline || !is_present(point->deadline_probability))
    return;
  const models::Offer& offer = decision.cost->offers[point->offer];
  if (!offer.measured_here && offer.type.relative_speed != 1) return;  // no run of ours tells
  Prediction prediction = origin;
  prediction.claim = Claim::deadline;
  prediction.work = work_of(offer.selection->series);
  prediction.by = speakers(*offer.selection, point->label);
  prediction.ranks = point->ranks;
  prediction.nodes = point->nodes;
  prediction.time = point->time;
  prediction.label = point->label;
  prediction.deadline = *decision.cost->job.deadline;
  prediction.steps = point->job_seconds;
  prediction.probability = point->deadline_probability;
  all.push_back(std::move(prediction));
}

void add_collectives(const RunData& run, const Prediction& origin, std::vector<Prediction>& all) {
  const InternedString metric("predicted_time");
  for (const Record& row : run.records) {
    if (row.metric != metric || !carries_numbers(row.status)) continue;
    Prediction prediction = origin;
    prediction.claim = Claim::collective;
    prediction.work = work_of(row);
    prediction.by = "alpha-beta";
    prediction.ranks = static_cast<double>(row.ranks);
    prediction.nodes = static_cast<double>(std::max<std::int64_t>(0, row.nodes));
    prediction.time = {row.median, absent, absent};
    all.push_back(std::move(prediction));
  }
}

double middle_of(const Estimate<double>& time) {
  return models::middle(time);
}

Score scored(const Prediction& prediction, const std::string& from, double measured) {
  Score score{.prediction = prediction, .from = from, .measured = measured};
  if (prediction.claim == Claim::deadline) {
    score.measured = measured * prediction.steps;
    score.off_by = absent;
    score.held = score.measured <= prediction.deadline;
    return score;
  }
  score.off_by = measured / middle_of(prediction.time) - 1;
  score.held = prediction.time.low <= measured && measured <= prediction.time.high;
  return score;
}

/// By work and ranks, what a run measured.
using MeasuredTimes = std::map<std::pair<std::string, double>, double>;

MeasuredTimes measured_by(const RunData& run, const models::Analysis& analysis) {
  MeasuredTimes measured;
  for (const ScalingStudy& study : analysis.scaling)
    for (const models::ScalingPoint& point : study.series.points)
      measured.emplace(std::pair(work_of(study.series), point.ranks), models::typical_time(point));
  const InternedString time("time");
  for (const Record& row : run.records)
    if (row.metric == time && row.status == Status::ok && row.ranks > 0 &&
        std::string_view(row.probe).starts_with("collective."))
      measured.emplace(std::pair(work_of(row), static_cast<double>(row.ranks)), row.median);
  return measured;
}

}  // namespace

std::string_view to_string(Claim claim) {
  switch (claim) {
    case Claim::step_time:
      return "step_time";
    case Claim::deadline:
      return "deadline";
    case Claim::collective:
      return "collective";
  }
  return "";
}

std::vector<Prediction> predictions_of(const RunData& run, const models::Analysis& analysis,
                                       const Decision& decision) {
  Prediction origin;
  origin.made = text_at(run.run, "/start");
  // Of the tool that predicts, which need not be the one that measured.
  const nlohmann::json tool = build_fingerprint();
  origin.version = text_at(tool, "/version") + " " + text_at(tool, "/commit").substr(0, 12);
  origin.machine = machine_of(run);
  std::vector<Prediction> all;
  for (const ScalingStudy& study : analysis.scaling) add_step_times(study, origin, all);
  add_deadline(decision, origin, all);
  add_collectives(run, origin, all);
  return all;
}

std::vector<Score> score(const std::vector<Prediction>& predictions, const std::string& from,
                         const RunData& later, const models::Analysis& analysis) {
  std::vector<Score> scores;
  const std::string machine = machine_of(later), start = text_at(later.run, "/start");
  std::optional<MeasuredTimes> measured;
  for (const Prediction& prediction : predictions) {
    // ISO 8601: text order is time order.
    if (machine.empty() || prediction.machine != machine || !(prediction.made < start)) continue;
    if (!measured) measured = measured_by(later, analysis);
    const auto found = measured->find({prediction.work, prediction.ranks});
    if (found != measured->end()) scores.push_back(scored(prediction, from, found->second));
  }
  return scores;
}

Tally tally(const std::vector<Score>& scores) {
  Tally sum;
  std::vector<double> errors;
  double claimed = 0;
  for (const Score& score : scores) {
    if (score.prediction.claim == Claim::deadline) {
      ++sum.deadlines;
      sum.in_time += score.held ? 1 : 0;
      claimed += score.prediction.probability;
      continue;
    }
    errors.push_back(std::abs(score.off_by));
    if (!is_present(score.prediction.time.low)) continue;
    ++sum.intervals;
    sum.held += score.held ? 1 : 0;
  }
  if (!errors.empty()) sum.median_error = median(errors);
  if (sum.deadlines > 0) sum.claimed = claimed / static_cast<double>(sum.deadlines);
  return sum;
}

}  // namespace assay::decision
