#include "reports/models/laws/model_selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "reports/models/core/rows.hpp"
#include "reports/models/laws/holdout.hpp"

namespace assay::models {

namespace {

/// Fitted over probed communication: outside this, probe and workload disagree.
constexpr Interval plausible_factor{0.7, 1.5};
constexpr std::size_t counts_to_test = 5;
/// High over low end of an interval: beyond the first no point is named, beyond the second nothing.
constexpr double widest_projection = 1.5, widest_range = 9;
constexpr double least_probability = 0.01;
/// Between and beyond the counts: quantiles that cover 90 % of planted truths in every cell of the
/// calibration with the priors of posterior.cpp. Plain laws are the lower edge of all that may
/// grow, so that the lower end lies further out; with few counts both ends do.
constexpr Interval beyond_quantiles{0.02, 0.93}, beyond_quantiles_of_few{0.015, 0.985};
/// Fewer counts say nothing beyond twice the largest.
constexpr std::size_t counts_to_reach = 4;
/// Draws of a candidate's own coefficients: for its row in the table.
constexpr int shown_draws = 400;

std::string verdict_on(const Candidate& candidate, const Member& member) {
  const double misses = 100 * member.residual_deviation;
  if (!member.stands)
    return fmt::format(
        "rejected: misses the times by {:.1f} % per rank count, more than noise explains", misses);
  const std::string evidence = fmt::format("{:.0f} % of the evidence", 100 * candidate.probability);
  if (!candidate.kept) return "set aside: " + evidence;
  if (member.spare <= 0) return "kept, " + evidence + ": no rank count is left to test it";
  return fmt::format("kept, {}; misses the times by {:.2f} %", evidence, misses);
}

bool better(const Candidate& a, const Candidate& b) {
  if (a.consistent != b.consistent) return a.consistent;
  return a.probability > b.probability;
}

/// One candidate per name: of the powers the likeliest exponent, with the evidence of all.
void add_candidates(ModelSelection& selection, std::uint64_t seed) {
  std::vector<const Member*> best;
  std::vector<double> shares;
  for (const Member& member : selection.posterior.members) {
    const auto same = std::find_if(best.begin(), best.end(), [&](const Member* other) {
      return other->law.name == member.law.name;
    });
    const auto i = static_cast<std::size_t>(same - best.begin());
    if (same == best.end()) {
      best.push_back(&member);
      shares.push_back(member.probability);
      continue;
    }
    shares[i] += member.probability;
    if (member.probability > best[i]->probability) best[i] = &member;
  }
  for (std::size_t i = 0; i < best.size(); ++i) {
    Outcome<LawFit> fit = fit_law(best[i]->law, selection.series, shown_draws, seed);
    if (!fit) {
      selection.not_fitted.push_back(fmt::format("{}: {}", best[i]->law.name, fit.reason()));
      continue;
    }
    const Holdout held = holdout(best[i]->law, selection.series);
    Candidate candidate{.fit = std::move(fit).value(),
                        .holdout_error = held.error,
                        .holdouts = held.predictions,
                        .consistent = best[i]->stands,
                        .kept = best[i]->stands && shares[i] >= least_probability,
                        .probability = shares[i]};
    candidate.verdict = verdict_on(candidate, *best[i]);
    selection.candidates.push_back(std::move(candidate));
  }
  std::stable_sort(selection.candidates.begin(), selection.candidates.end(), better);
}

void judge_communication(ModelSelection& selection) {
  for (const Candidate& candidate : selection.candidates) {
    const auto& names = candidate.fit.law.parameters;
    const auto k = std::find(names.begin(), names.end(), "k");
    if (candidate.fit.lack_of_fit || k == names.end() || !candidate.fit.has_interval()) continue;
    const Estimate<double>& factor =
        candidate.fit.parameters[static_cast<std::size_t>(k - names.begin())];
    if (factor.high < plausible_factor.low || factor.low > plausible_factor.high)
      selection.alarms.push_back(fmt::format(
          "{}: communication is {:.2f} ({:.2f} to {:.2f}) times what the probe predicts: probe "
          "and workload disagree",
          candidate.fit.law.name, factor.value, factor.low, factor.high));
  }
}

/// Laws that stand only because counts may differ by an effect of their own.
void judge_effect(ModelSelection& selection) {
  const Member* best = nullptr;
  for (const Member& member : selection.posterior.members) {
    if (!member.stands) continue;
    if (member.spare <= 0 || member.p_value >= rejection_level) return;
    if (best == nullptr || member.p_value > best->p_value) best = &member;
  }
  if (best == nullptr) return;
  selection.alarms.push_back(fmt::format(
      "the best law, {}, misses the times by {:.1f} % per rank count, more than launches differ: "
      "each rank count has an effect of its own",
      best->law.name, 100 * best->residual_deviation));
}

void judge_family(ModelSelection& selection) {
  const std::vector<Member>& members = selection.posterior.members;
  selection.explained =
      std::any_of(members.begin(), members.end(), [](const Member& one) { return one.stands; });
  if (!selection.explained && !members.empty()) {
    const Member& best =
        *std::min_element(members.begin(), members.end(), [](const Member& a, const Member& b) {
          return a.residual_deviation < b.residual_deviation;
        });
    selection.alarms.push_back(fmt::format(
        "no law explains these times: the best, {}, misses them by {:.1f} % per rank count, more "
        "than the launches' differences explain",
        best.law.name, 100 * best.residual_deviation));
  }
  if (!selection.explained && members.empty())
    selection.alarms.push_back("no law can be fitted to these times");
  if (selection.series.points.size() < counts_to_test)
    selection.alarms.push_back(
        fmt::format("only {} rank counts were measured: they cannot tell one law of growth from "
                    "another",
                    selection.series.points.size()));
  judge_effect(selection);
  judge_communication(selection);
  selection.family_holds = selection.alarms.empty();
}

/// Of what laws say at a count that was not measured.
Estimate<double> beyond(const ModelSelection& selection, std::vector<double> times) {
  const Interval& ends =
      selection.series.points.size() < counts_to_test ? beyond_quantiles_of_few : beyond_quantiles;
  return {median(times), quantile(times, ends.low), quantile(times, ends.high)};
}

Estimate<double> with_middle(double middle, std::vector<double> draws) {
  if (draws.empty()) return {middle, absent, absent};
  const Interval interval = central_interval(std::move(draws));
  return {middle, interval.low, interval.high};
}

/// Quantiles of Student's t, each once over the draws, in an order that differs from point to
/// point: launches of one place say nothing of those of another.
double student_of(double degrees, std::size_t draw, std::size_t point) {
  const double shuffled = static_cast<double>((draw * 7919 + point * 104729) % 99991);
  const double place = std::fmod((shuffled + 0.5) * 0.6180339887498949, 1.0);
  return boost::math::quantile(boost::math::students_t(degrees), std::clamp(place, 1e-6, 1 - 1e-6));
}

/// ln of the factor of one more launch where outliers were seen: how often, and which.
double outlier_in(const LaunchNoise& noise, const CountNoise* count, std::size_t draw) {
  if (noise.outliers.empty()) return 0;
  // A sequence without meaning, so that no other draw goes with it.
  const double place = std::fmod(static_cast<double>(draw) * 0.7548776662466927, 1.0);
  const double share = noise.outlier_probability(count);
  if (place >= share) return 0;
  const std::vector<double>& seen =
      count != nullptr && !count->outliers.empty() ? count->outliers : noise.outliers;
  return seen[static_cast<std::size_t>(place / share * static_cast<double>(seen.size()))];
}

}  // namespace

const ScalingPoint* ModelSelection::measured_at(Place place) const {
  const ScalingPoint* found = nullptr;
  for (const ScalingPoint& point : series.points) {
    if (point.ranks != place.ranks) continue;
    if (place.nodes > 0 && point.nodes > 0 && point.nodes != place.nodes) continue;
    if (found == nullptr || in_fit[index_of(point)] >= 0) found = &point;
  }
  return found;
}

std::size_t ModelSelection::index_of(const ScalingPoint& point) const {
  return static_cast<std::size_t>(&point - series.points.data());
}

/// Every world's time there: the mean of its launches where there were any, else its law's.
std::vector<double> ModelSelection::world_times(const ScalingPoint* point, double ranks) const {
  std::vector<double> times;
  times.reserve(posterior.worlds.size());
  if (point == nullptr) {
    const std::vector<BasisRow> rows = posterior.rows_at(ranks);
    for (const World& world : posterior.worlds) times.push_back(posterior.time(world, rows));
    return times;
  }
  const std::ptrdiff_t in_world = in_fit[index_of(*point)];
  const CountNoise& count = noise.counts[index_of(*point)];
  if (in_world < 0 && !(count.degrees > 0)) return times;
  for (std::size_t j = 0; j < posterior.worlds.size(); ++j)
    times.push_back(std::exp(
        in_world >= 0
            ? posterior.worlds[j].log_times[static_cast<std::size_t>(in_world)]
            : count.log_mean + count.error() * student_of(count.degrees, j, index_of(*point))));
  return times;
}

Prediction ModelSelection::nobody(double ranks, std::string why) const {
  return {.ranks = ranks,
          .time = {absent, absent, absent},
          .single_run = {absent, absent},
          .speedup = {absent, absent, absent},
          .efficiency = {absent, absent, absent},
          .label = Label::scenario,
          .note = std::move(why),
          .speaker = Speaker::nobody};
}

namespace {

/// The weaker label that an interval so wide, or such doubts, leave.
Label label_of(const ModelSelection& selection, double ranks, const Estimate<double>& time) {
  const ScalingSeries& series = selection.series;
  const bool between = ranks >= series.reach.smallest && ranks <= series.reach.largest;
  if (ranks > series.reach.largest && !series.placement_known) return Label::scenario;
  const Label label = weaker(label_at(ranks, series.reach), Label::projected);
  const bool wide = time.high > widest_projection * time.low;
  return label == Label::projected && (wide || (!between && !selection.family_holds)) ? Label::range
                                                                                      : label;
}

std::string note_of(const ModelSelection& selection, double ranks, Label label) {
  const ScalingSeries& series = selection.series;
  if (const Tier* tier = series.reach.first_unmeasured(ranks))
    return fmt::format("crosses the {} border (beyond {} ranks), which nothing measured did",
                       tier->name, tier->ranks);
  if (ranks < series.reach.smallest)
    return fmt::format("below {:g} ranks, the fewest that were measured: by the laws",
                       series.reach.smallest);
  if (ranks <= series.reach.largest) return "between counts that were measured: by the laws";
  if (label == Label::projected) return "";
  if (!series.placement_known)
    return "assumed: more ranks are placed as those measured, whose nodes are not given";
  return selection.alarms.empty() ? "" : selection.alarms.front();
}

}  // namespace

/// Over one rank on one node: its launches, or the laws where none were made.
void ModelSelection::add_speedup(Prediction& result, const std::vector<double>& times,
                                 const ScalingPoint* point) const {
  result.speedup = result.efficiency = {absent, absent, absent};
  const ScalingPoint* alone = measured_at(1);
  if (alone == nullptr && !explained) return;
  const double work = series.scaling == Scaling::weak ? result.ranks : 1;
  const std::vector<double> bases = world_times(alone, 1);
  std::vector<double> speedups;
  for (std::size_t i = 0; i < std::min(bases.size(), times.size()); ++i)
    speedups.push_back(work * bases[i] / times[i]);
  const double middle = work * median_time(1) / median_time({result.ranks, result.nodes});
  result.speedup = with_middle(middle, std::move(speedups));
  if (point != nullptr && point == alone) result.speedup = {1, 1, 1};
  if (!has_point(result.label)) result.speedup.value = absent;
  result.efficiency = {result.speedup.value / result.ranks, result.speedup.low / result.ranks,
                       result.speedup.high / result.ranks};
}

Prediction ModelSelection::at_launches(const ScalingPoint& point) const {
  const LaunchMean mean = launch_mean(noise.counts[index_of(point)]);
  Prediction result{.ranks = point.ranks,
                    .nodes = point.nodes,
                    .time = mean.time,
                    .single_run = mean.single_run,
                    .speaker = Speaker::launches};
  const std::vector<double> times = world_times(&point, point.ranks);
  if (!times.empty()) result.time = with_middle(mean.time.value, times);
  if (!explained) result.note = "as measured: no law explains these times";
  if (!is_present(result.time.low))
    result.note = joined({result.note, "one launch per rank count: no interval"});
  add_speedup(result, times, &point);
  return result;
}

Prediction ModelSelection::at_laws(Place place) const {
  std::vector<double> times = world_times(nullptr, place.ranks);
  Prediction result{.ranks = place.ranks,
                    .nodes = place.nodes,
                    .time = beyond(*this, times),
                    .speaker = Speaker::laws};
  if (place.ranks > 2 * series.reach.largest && series.points.size() < counts_to_reach)
    return nobody(place.ranks, fmt::format("unknown: {} rank counts say nothing of more than "
                                           "twice the largest",
                                           series.points.size()));
  if (result.time.high > widest_range * result.time.low)
    return nobody(place.ranks, fmt::format("unknown: at {} ranks the laws that these times leave "
                                           "standing are more than a factor {:.0f} apart",
                                           place.ranks, widest_range));
  result.label = label_of(*this, place.ranks, result.time);
  result.note = note_of(*this, place.ranks, result.label);
  add_speedup(result, times, nullptr);
  if (!has_point(result.label)) result.time.value = absent;
  for (std::size_t i = 0; i < times.size(); ++i)
    times[i] *= std::exp(posterior.worlds[i].draw.noise);
  result.single_run = central_interval(std::move(times));
  return result;
}

Prediction ModelSelection::at(Place place) const {
  if (const ScalingPoint* point = measured_at(place)) return at_launches(*point);
  if (!explained) return nobody(place.ranks, alarms.front());
  if (posterior.worlds.empty())
    return nobody(place.ranks, "one launch per rank count and no spare point: no interval");
  return at_laws(place);
}

bool ModelSelection::speaks(Place place) const {
  return !posterior.worlds.empty() && (explained || measured_at(place) != nullptr);
}

double ModelSelection::median_time(Place place) const {
  if (const ScalingPoint* point = measured_at(place))
    return std::exp(noise.counts[index_of(*point)].log_mean);
  if (!speaks(place)) return absent;
  return median(world_times(nullptr, place.ranks));
}

std::vector<double> ModelSelection::draw_times(Place place) const {
  std::vector<double> times;
  if (!speaks(place)) return times;
  times = world_times(measured_at(place), place.ranks);
  times.resize(std::min<std::size_t>(times.size(), report_draws));
  return times;
}

std::vector<double> ModelSelection::draw_runs(Place place) const {
  if (!speaks(place)) return {};
  const ScalingPoint* point = measured_at(place);
  std::vector<double> times = world_times(point, place.ranks);
  if (point != nullptr && noise.degrees > 0) {
    // The launches are such jobs: Student's t of one more of them.
    const CountNoise& count = noise.counts[index_of(*point)];
    const double error = std::hypot(count.error(), count.deviation);
    for (std::size_t j = 0; j < times.size(); ++j)
      times[j] = std::exp(count.log_mean + error * student_of(count.degrees, j, index_of(*point)));
  } else {
    for (std::size_t j = 0; j < times.size(); ++j)
      times[j] *= std::exp(posterior.worlds[j].draw.noise);
  }
  const CountNoise* own = point != nullptr ? &noise.counts[index_of(*point)] : nullptr;
  for (std::size_t j = 0; j < times.size(); ++j) times[j] *= std::exp(outlier_in(noise, own, j));
  return times;
}

double ModelSelection::mean_over_typical(Place place) const {
  const ScalingPoint* point = measured_at(place);
  return models::mean_over_typical(noise,
                                   point != nullptr ? &noise.counts[index_of(*point)] : nullptr);
}

std::string ModelSelection::outliers_text(Place place) const {
  const ScalingPoint* point = measured_at(place);
  if (point == nullptr) return "";
  const CountNoise& count = noise.counts[index_of(*point)];
  if (count.outliers.empty()) return "";
  const std::size_t all = point->times.size(), apart = count.outliers.size();
  const double typical = std::exp(median(count.outliers));
  return fmt::format("{} of {} launches took about {:.3g} times as long and {} set aside", apart,
                     all, typical, apart == 1 ? "is" : "are");
}

Fastest fastest(const ModelSelection& selection) {
  constexpr double farthest = 64;  // times the largest count
  constexpr double step = 1.02;
  const double largest = selection.series.reach.largest;
  Fastest answer{.ranks = {absent, absent, absent}, .searched = farthest * largest};
  if (!selection.explained || selection.posterior.worlds.empty()) return answer;
  const bool weak = selection.series.scaling == Scaling::weak;
  const auto draws = std::min<std::size_t>(selection.posterior.worlds.size(), report_draws);
  std::vector<double> best_ranks(draws, 1), best_speed(draws, 0);
  for (double n = 1; n <= answer.searched; n = std::max(n + 1, std::floor(n * step))) {
    const std::vector<BasisRow> rows = selection.posterior.rows_at(n);
    for (std::size_t j = 0; j < draws; ++j) {
      const double speed =
          (weak ? n : 1) / selection.posterior.time(selection.posterior.worlds[j], rows);
      if (speed > best_speed[j]) best_speed[j] = speed, best_ranks[j] = n;
    }
  }
  for (double& n : best_ranks)
    if (n * step * step >= answer.searched) n = std::numeric_limits<double>::infinity();
  const double middle = median(best_ranks);
  answer.ranks = with_middle(middle, std::move(best_ranks));
  answer.known = middle <= 4 * largest;
  if (answer.known)
    answer.sentence =
        std::isfinite(answer.ranks.high)
            ? fmt::format("beyond about {:.0f} ranks ({:.0f} to {:.0f}) more are slower", middle,
                          answer.ranks.low, answer.ranks.high)
            : fmt::format("beyond about {:.0f} ranks (at least {:.0f}) more are probably slower",
                          middle, answer.ranks.low);
  return answer;
}

Outcome<ModelSelection> select_model(const ScalingSeries& series, const CommunicationTerm* term,
                                     int draws, std::uint64_t seed) {
  require_valid(series);
  if (auto missing = missing_for_fit(series, 2)) return *missing;
  ModelSelection selection{.series = series, .noise = launch_noise(series.points)};
  const ScalingSeries line = one_point_per_count(series);
  auto next = line.points.begin();
  for (const ScalingPoint& point : series.points) {
    const bool here =
        next != line.points.end() && next->ranks == point.ranks && next->nodes == point.nodes;
    selection.in_fit.push_back(here ? next++ - line.points.begin() : -1);
  }
  selection.posterior =
      posterior_of(line, launch_noise(line.points), members_for(line, term), draws, seed);
  add_candidates(selection, seed);
  judge_family(selection);
  return selection;
}

}  // namespace assay::models
