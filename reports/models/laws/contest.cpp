#include "reports/models/laws/contest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>

#include "reports/models/laws/holdout.hpp"
#include "reports/models/laws/launch_mean.hpp"
#include "reports/models/rows.hpp"

namespace assay::models {

namespace {

/// Below it, a hold-out error this large would be seen less than once in a hundred good families.
constexpr double family_level = 0.01;
/// Fitted over probed communication: outside this, probe and workload disagree.
constexpr Interval plausible_factor{0.7, 1.5};

std::vector<Law> contenders_for(const ScalingSeries& series, const CommunicationTerm* term) {
  std::vector<Law> laws;
  laws.push_back(series.scaling == Scaling::strong ? amdahl_law() : gustafson_law());
  laws.push_back(overhead_law(series.scaling));
  if (term != nullptr) {
    laws.push_back(communication_law(*term, series.scaling));
    laws.push_back(straggler_law(*term, series.scaling));
  }
  return laws;
}

double median_of(std::vector<double> values) {
  if (values.empty()) return absent;
  return median(values);
}

/// Standard error of one rank count's typical time, in ln T.
double point_error(const LawFit& fit, const ScalingSeries& series) {
  if (!std::isfinite(fit.deviation)) return 0;
  double launches = 0;
  for (const ScalingPoint& point : series.points)
    launches += static_cast<double>(point.times.size());
  return fit.deviation / std::sqrt(launches / static_cast<double>(series.points.size()));
}

bool better(const Contender& a, const Contender& b) {
  const bool a_tested = std::isfinite(a.holdout_error), b_tested = std::isfinite(b.holdout_error);
  if (a_tested != b_tested) return a_tested;
  if (a.consistent != b.consistent) return a.consistent;
  if (a_tested && a.holdout_error != b.holdout_error) return a.holdout_error < b.holdout_error;
  if (a.fit.aicc != b.fit.aicc) return a.fit.aicc < b.fit.aicc;
  return a.fit.parameters.size() < b.fit.parameters.size();
}

/// A law with probed communication knows something that the times do not show yet: it stays while
/// it is consistent.
bool is_probed(const Contender& contender) {
  const auto& names = contender.fit.law.parameters;
  return std::find(names.begin(), names.end(), "k") != names.end();
}

std::string verdict_on(const Contender& contender, bool needs_consistent, double limit) {
  if (!std::isfinite(contender.holdout_error) && contender.kept)
    return "kept for its probed communication: too few rank counts to hold one out";
  if (!std::isfinite(contender.holdout_error))
    return "rejected: too few rank counts to hold one out";
  if (needs_consistent && !contender.consistent)
    return fmt::format(
        "rejected: misses the times by more than noise explains (held-out error {:.2f} %)",
        100 * contender.holdout_error);
  if (contender.kept && !contender.consistent)
    return fmt::format("kept as the least wrong: held-out error {:.2f} %, more than noise explains",
                       100 * contender.holdout_error);
  if (contender.kept && contender.holdout_error > limit)
    return fmt::format("kept for its probed communication: held-out error {:.2f} %",
                       100 * contender.holdout_error);
  return fmt::format("{}: held-out error {:.2f} % against a limit of {:.2f} %",
                     contender.kept ? "kept" : "rejected", 100 * contender.holdout_error,
                     100 * limit);
}

void keep_the_best(Contest& contest) {
  std::sort(contest.contenders.begin(), contest.contenders.end(), better);
  Contender& best = contest.contenders.front();
  contest.smallest_holdout_error = best.holdout_error;
  if (!std::isfinite(best.holdout_error)) {
    best.kept = true;
    best.verdict = "kept untested: too few rank counts to hold one out";
    for (std::size_t i = 1; i < contest.contenders.size(); ++i)
      contest.contenders[i].verdict = "not needed: nothing could be held out to prefer it";
    return;
  }
  const double limit = 2 * best.holdout_error + point_error(best.fit, contest.series);
  for (Contender& contender : contest.contenders) {
    contender.kept =
        contender.consistent == best.consistent &&
        (contender.holdout_error <= limit || (contender.consistent && is_probed(contender)));
    contender.verdict = verdict_on(contender, best.consistent, limit);
  }
}

void judge_family(Contest& contest) {
  const Contender& best = contest.contenders.front();
  if (!std::isfinite(best.holdout_error))
    contest.alarms.push_back(
        fmt::format("no law could be tested on held-out rank counts: only {} were measured",
                    contest.series.points.size()));
  contest.explained = best.consistent || !std::isfinite(best.holdout_error);
  if (!contest.explained)
    contest.alarms.push_back(
        fmt::format("no law explains these times: the best, {}, misses held-out rank counts by "
                    "{:.1f} %, more than the "
                    "launches' differences explain",
                    best.fit.law.name, 100 * best.holdout_error));
  for (const Contender& contender : contest.contenders) {
    const auto& names = contender.fit.law.parameters;
    const auto k = std::find(names.begin(), names.end(), "k");
    if (!contender.kept || k == names.end() || !contender.fit.has_interval()) continue;
    const Estimate<double>& factor =
        contender.fit.parameters[static_cast<std::size_t>(k - names.begin())];
    if (factor.high < plausible_factor.low || factor.low > plausible_factor.high)
      contest.alarms.push_back(fmt::format(
          "{}: communication is {:.2f} ({:.2f} to {:.2f}) times what the probe predicts: probe "
          "and workload disagree",
          contender.fit.law.name, factor.value, factor.low, factor.high));
  }
  contest.family_holds = contest.alarms.empty();
}

std::vector<const LawFit*> kept_fits(const Contest& contest) {
  std::vector<const LawFit*> kept;
  for (const Contender& contender : contest.contenders)
    if (contender.kept) kept.push_back(&contender.fit);
  return kept;
}

/// Model error beyond the data, in ln T: it grows with the distance.
double extrapolation_error(const Contest& contest, double ranks) {
  const double largest = contest.series.reach.largest;
  if (ranks <= largest || !std::isfinite(contest.smallest_holdout_error)) return 0;
  return contest.smallest_holdout_error * std::sqrt(1 + std::log2(ranks / largest));
}

/// Every time of every draw of the kept laws, and of one run in that draw.
struct Pool {
  std::vector<double> times, runs, speedups;
};

void envelop(Interval& all, const Interval& one) {
  if (std::isnan(one.low)) return;
  if (std::isnan(all.low) || one.low < all.low) all.low = one.low;
  if (std::isnan(all.high) || one.high > all.high) all.high = one.high;
}

/// Inside the data: the laws agree, and their draws are one sample.
void pool_inside(const std::vector<const LawFit*>& kept, double ranks, double work,
                 Prediction& prediction) {
  Pool pool;
  for (const LawFit* fit : kept) {
    const BasisRow here = fit->law.basis(ranks), alone = fit->law.basis(1);
    for (const LawDraw& draw : fit->draws) {
      const double time = fit->time(here, draw);
      pool.times.push_back(time);
      pool.runs.push_back(time * std::exp(draw.noise));
      pool.speedups.push_back(work * fit->time(alone, draw) / time);
    }
  }
  if (pool.times.empty()) return;
  const Interval time = central_interval(std::move(pool.times));
  const Interval speedup = central_interval(std::move(pool.speedups));
  prediction.time.low = time.low;
  prediction.time.high = time.high;
  prediction.single_run = central_interval(std::move(pool.runs));
  prediction.speedup.low = speedup.low;
  prediction.speedup.high = speedup.high;
}

/// Beyond the data they need not agree: the envelope, widened with distance.
void envelop_beyond(const std::vector<Prediction>& predictions, double error,
                    Prediction& prediction) {
  Interval time, speedup;
  for (const Prediction& one : predictions) {
    envelop(time, {one.time.low, one.time.high});
    envelop(prediction.single_run, one.single_run);
    envelop(speedup, {one.speedup.low, one.speedup.high});
  }
  const double wider = std::exp(error);
  prediction.time.low = time.low / wider;
  prediction.time.high = time.high * wider;
  prediction.single_run.low /= wider;
  prediction.single_run.high *= wider;
  prediction.speedup.low = speedup.low / wider;
  prediction.speedup.high = speedup.high * wider;
}

/// What was measured, in place of what laws say that do not hold.
void state_as_measured(const ScalingPoint& point, const ScalingSeries& series,
                       Prediction& prediction) {
  const LaunchMean mean = launch_mean(point);
  prediction.time = mean.time;
  prediction.single_run = mean.single_run;
  prediction.note = "as measured: no law explains these times";
  const ScalingPoint& first = series.points.front();
  prediction.speedup = {absent, absent, absent};
  if (first.ranks != 1) return;
  const Estimate<double> alone = launch_mean(first).time;
  const double work = series.scaling == Scaling::weak ? point.ranks : 1;
  prediction.speedup = {work * alone.value / mean.time.value, work * alone.low / mean.time.high,
                        work * alone.high / mean.time.low};
  if (&point == &first) prediction.speedup = {1, 1, 1};
}

}  // namespace

const ScalingPoint* Contest::launches_at(double ranks) const {
  if (explained) return nullptr;
  for (const ScalingPoint& point : series.points)
    if (point.ranks == ranks) return &point;
  return nullptr;
}

Prediction Contest::at(double ranks) const {
  const std::vector<const LawFit*> kept = kept_fits(*this);
  std::vector<Prediction> predictions;
  std::vector<double> times, speedups;
  for (const LawFit* fit : kept) {
    predictions.push_back(fit->at(ranks));
    times.push_back(predictions.back().time.value);
    speedups.push_back(predictions.back().speedup.value);
  }
  Prediction result{.ranks = ranks,
                    .time = {median_of(times), absent, absent},
                    .speedup = {median_of(speedups), absent, absent},
                    .label = label_at(ranks, series.reach),
                    .note = predictions.front().note};
  const double work = series.scaling == Scaling::weak ? ranks : 1;
  if (ranks <= series.reach.largest)
    pool_inside(kept, ranks, work, result);
  else
    envelop_beyond(predictions, extrapolation_error(*this, ranks), result);
  if (const ScalingPoint* point = launches_at(ranks)) {
    state_as_measured(*point, series, result);
  } else if (!explained && result.label == Label::measured) {
    result.label = Label::range;
    result.note = joined({result.note, alarms.front()});
  }
  if (result.label == Label::projected && !family_holds) {
    result.label = Label::range;
    result.note = joined({result.note, alarms.front()});
  }
  if (result.label == Label::range && std::isnan(result.time.low)) result.label = Label::scenario;
  if (result.label == Label::projected && std::isnan(result.time.low))
    result.label = Label::scenario;
  if (!has_point(result.label)) result.time.value = result.speedup.value = absent;
  result.efficiency = {result.speedup.value / ranks, result.speedup.low / ranks,
                       result.speedup.high / ranks};
  return result;
}

double Contest::median_time(double ranks) const {
  if (const ScalingPoint* point = launches_at(ranks)) return typical_time(*point);
  std::vector<double> times;
  for (const LawFit* fit : kept_fits(*this)) times.push_back(fit->time(ranks));
  return median_of(times);
}

std::vector<double> Contest::draw_times(double ranks) const {
  if (const ScalingPoint* point = launches_at(ranks))
    return launch_mean_draws(*point, report_draws);
  std::vector<const LawFit*> kept = kept_fits(*this);
  std::erase_if(kept, [](const LawFit* fit) { return !fit->has_interval(); });
  std::vector<double> times;
  if (kept.empty()) return times;
  std::vector<BasisRow> rows;
  for (const LawFit* fit : kept) rows.push_back(fit->law.basis(ranks));
  const double error = extrapolation_error(*this, ranks) / 1.96;  // +-error is a 95 % half-width
  const boost::math::normal normal;
  for (int j = 0; j < report_draws; ++j) {
    const auto law = static_cast<std::size_t>(j) % kept.size();
    const auto draw = static_cast<std::size_t>(j) % kept[law]->draws.size();
    // The same quantile for draw j at every N, in an order that has nothing to do with the draws.
    const double quantile = ((j * 197) % report_draws + 0.5) / report_draws;
    times.push_back(kept[law]->time(rows[law], kept[law]->draws[draw]) *
                    std::exp(error * boost::math::quantile(normal, quantile)));
  }
  return times;
}

Outcome<Contest> run_contest(const ScalingSeries& series, const CommunicationTerm* term, int draws,
                             std::uint64_t seed) {
  require_valid(series);
  if (auto missing = missing_for_fit(series, 2)) return *missing;
  Contest contest{.series = series};
  for (const Law& law : contenders_for(series, term)) {
    Outcome<LawFit> fit = fit_law(law, series, draws, seed);
    if (!fit) {
      contest.not_fitted.push_back(fmt::format("{}: {}", law.name, fit.reason()));
      continue;
    }
    const Holdout held = holdout(law, series);
    const bool consistent =
        !fit->lack_of_fit && holdout_p_value(*fit, series, held.error, 200, seed) >= family_level;
    contest.contenders.push_back({.fit = std::move(fit).value(),
                                  .holdout_error = held.error,
                                  .holdouts = held.predictions,
                                  .consistent = consistent});
  }
  keep_the_best(contest);
  judge_family(contest);
  return contest;
}

}  // namespace assay::models
