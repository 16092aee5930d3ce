#include "reports/models/laws/next_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace assay::models {

namespace {

constexpr int launches_per_run = 5;
constexpr double worthwhile = 0.25, least_promised = 0.10;
constexpr int rehearsals = 5;
constexpr int rehearsal_worlds = 400;

NextRun at_once(const ModelSelection& selection, double ranks, std::string reason) {
  return {.ranks = ranks,
          .launches = launches_per_run,
          .rank_seconds = launches_per_run * ranks * selection.median_time(ranks),
          .narrower = absent,
          .reason = std::move(reason)};
}

/// NaN where no law stands: such worlds are launches alone.
double width_at(const Posterior& posterior, double ranks) {
  if (posterior.worlds.empty() || posterior.worlds.front().draw.parameters.empty()) return absent;
  const std::vector<BasisRow> rows = posterior.rows_at(ranks);
  std::vector<double> times;
  for (const World& world : posterior.worlds) times.push_back(posterior.time(world, rows));
  return central_interval(std::move(times)).width();
}

/// The study with launches at `ranks` as the world would give them.
ScalingSeries with_launches(const ModelSelection& selection, const World& world, double ranks,
                            std::mt19937_64& engine) {
  ScalingSeries series = selection.series;
  const double time = selection.posterior.time(world, selection.posterior.rows_at(ranks));
  const double deviation = selection.noise.degrees > 0 ? selection.noise.deviation : 0;
  std::normal_distribution<double> normal;
  const auto at = std::find_if(series.points.begin(), series.points.end(),
                               [&](const ScalingPoint& point) { return point.ranks >= ranks; });
  const bool known = at != series.points.end() && at->ranks == ranks;
  ScalingPoint& point = known ? *at : *series.points.insert(at, ScalingPoint{.ranks = ranks});
  for (int i = 0; i < launches_per_run; ++i)
    point.times.push_back(time * std::exp(deviation * normal(engine)));
  point.figure = 0;
  series.reach.smallest = series.points.front().ranks;
  series.reach.largest = series.points.back().ranks;
  return series;
}

/// Median over rehearsals of the share that the launches take off the width at the target.
double rehearse(const ModelSelection& selection, double ranks, double target, double before) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(std::llround(ranks)) + 17);
  std::vector<double> shares;
  for (std::size_t i = 0; i < rehearsals; ++i) {
    const World& world =
        selection.posterior.worlds[i * selection.posterior.worlds.size() / rehearsals];
    const ScalingSeries series = with_launches(selection, world, ranks, engine);
    const Posterior again = posterior_of(series, launch_noise(series.points),
                                         members_for(series, nullptr), rehearsal_worlds, i + 1);
    const double after = width_at(again, target);
    shares.push_back(std::isfinite(after) ? 1 - after / before : 0);
  }
  return median(shares);
}

std::vector<double> candidates_for(const ModelSelection& selection, double target) {
  const std::vector<ScalingPoint>& points = selection.series.points;
  std::vector<double> candidates{points.front().ranks, points.back().ranks};
  const double largest = selection.series.reach.largest;
  if (target > largest) candidates.push_back(std::min(2 * largest, target));
  if (selection.measured_at(target) != nullptr) candidates.push_back(target);
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  return candidates;
}

/// Inside the data only more launches there narrow what the launches say.
NextRun more_launches(const ModelSelection& selection, const ScalingPoint& point) {
  const CountNoise& count =
      selection.noise.counts[static_cast<std::size_t>(&point - selection.series.points.data())];
  if (!(count.degrees > 0))
    return at_once(selection, point.ranks,
                   "repeats the launches: one says nothing of its interval");
  CountNoise more = count;
  more.launches += launches_per_run;
  const double narrower = 1 - more.error() / count.error();
  if (narrower < least_promised)
    return at_once(selection, point.ranks,
                   "more launches hardly narrow the interval there: it is as narrow as the times' "
                   "resolution lets it be, so time more steps at once");
  return {.ranks = point.ranks,
          .launches = launches_per_run,
          .rank_seconds = launches_per_run * point.ranks * std::exp(count.log_mean),
          .narrower = narrower,
          .reason = fmt::format("takes about {:.0f} % off the interval at {} rank{}",
                                100 * narrower, point.ranks, point.ranks == 1 ? "" : "s")};
}

}  // namespace

NextRun next_run(const ModelSelection& selection, double target) {
  const double largest = selection.series.reach.largest;
  if (const Tier* tier = selection.series.reach.first_unmeasured(target)) {
    const double ranks = std::min(target, 2.0 * static_cast<double>(tier->ranks));
    return at_once(selection, ranks,
                   fmt::format("crosses the {} border at {} ranks, which nothing measured did",
                               tier->name, tier->ranks));
  }
  if (const ScalingPoint* point = selection.measured_at(target))
    return more_launches(selection, *point);
  if (largest < target / 4)
    return at_once(selection, std::ceil(target / 4),
                   fmt::format("{} ranks are less than a quarter of {}", largest, target));
  if (selection.at(target).speaker != Speaker::laws)
    return at_once(selection, target <= largest ? target : std::min(target, 2 * largest),
                   selection.explained ? "nothing is known there" : "no law explains these times");
  const double before = width_at(selection.posterior, target);
  NextRun best;
  for (const double ranks : candidates_for(selection, target)) {
    NextRun run = at_once(selection, ranks, "");
    run.narrower = rehearse(selection, ranks, target, before);
    const bool good = run.narrower >= worthwhile, best_good = best.narrower >= worthwhile;
    const bool prefer =
        good && best_good ? run.rank_seconds < best.rank_seconds : run.narrower > best.narrower;
    if (best.ranks == 0 || prefer) best = run;
  }
  if (best.narrower < least_promised)
    return at_once(
        selection, std::min(target, 2 * largest),
        fmt::format("measures nearer to {} ranks; how much that narrows is not known", target));
  best.reason = fmt::format(
      "takes about {:.0f} % off the interval at {} ranks, as {} refits with "
      "such launches drawn had it",
      100 * best.narrower, target, rehearsals);
  return best;
}

}  // namespace assay::models
