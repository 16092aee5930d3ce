#include "reports/gate/decide/fitted_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "probes/core/statistics.hpp"
#include "probes/core/units.hpp"
#include "probes/run/csv.hpp"
#include "reports/gate/decide/sign_test.hpp"
#include "reports/gate/read/read_run_metrics.hpp"
#include "reports/models/laws/scaling_law.hpp"

namespace assay::gate {
namespace {

using Estimator = FittableParameter::Estimator;

/// What of a row belongs to which parameter.
struct Membership {
  std::string name, unit;
  Better better;
  Estimator estimator;
  double x;
};

std::string path_of(const Record& row) {
  std::string path = row.provider.str();
  for (const InternedString& part : {row.operation, row.algorithm, row.dtype})
    if (!part.empty()) path += (path.empty() ? "" : " ") + part.str();
  return path;
}

std::vector<Membership> memberships(const Record& row) {
  if (row.probe == "network.alpha_beta" && row.metric == "time" && is_present(row.bytes)) {
    const double bytes = static_cast<double>(row.bytes);
    return {{"alpha (" + path_of(row) + ")", std::string(unit::seconds), Better::lower,
             Estimator::alpha, bytes},
            {"beta (" + path_of(row) + ")", std::string(unit::seconds_per_byte), Better::lower,
             Estimator::beta, bytes}};
  }
  if (row.metric == "step_time" && row.scaling == "strong" && is_present(row.ranks))
    return {{"serial fraction (" + row.probe.str() + " " + path_of(row) + ")",
             std::string(unit::one), Better::lower, Estimator::serial_fraction,
             static_cast<double>(row.ranks)}};
  const bool compute_roof = row.probe == "compute.peak_flops" && row.metric == "rate";
  const bool memory_roof = row.probe == "memory.bandwidth" && row.metric == "rate" &&
                           row.operation.str().starts_with("triad");
  if (compute_roof || memory_roof) {
    const std::string threads =
        is_present(row.threads) ? fmt::format(", {} threads", row.threads) : "";
    return {{fmt::format("roof ({} {}{}{})", row.probe.str(), path_of(row),
                         row.level.empty() ? "" : " " + row.level.str(), threads) +
                 (row.isa.empty() ? "" : " " + row.isa.str()),
             row.unit.str(), Better::higher, Estimator::level, 0}};
  }
  return {};
}

/// Values of every parameter at every x, before it is known which kind of replicate to use.
struct Gathered {
  Membership about;
  std::map<double, std::vector<double>> launches;  ///< A median per row.
  std::map<double, std::vector<double>> samples;
};

void gather(const RunData& run, std::map<std::string, Gathered>& all) {
  std::set<std::string> usable;
  const MetricNames names(run.records);
  for (const Record& row : run.records) {
    if (!carries_numbers(row.status) || !(row.median > 0)) continue;
    usable.insert(names(row) + row.launch.str());
    for (const Membership& member : memberships(row)) {
      Gathered& gathered = all.try_emplace(member.name, Gathered{member, {}, {}}).first->second;
      gathered.launches[member.x].push_back(row.median);
    }
  }
  std::error_code ignored;
  const std::filesystem::path file = run.directory / "samples.csv";
  if (run.directory.empty() || !std::filesystem::exists(file, ignored)) return;
  bool cut_off = false;
  csv::read_samples(
      file,
      [&](const Record& key, std::int64_t, double value) {
        if (!(value > 0) || usable.count(names(key) + key.launch.str()) == 0) return;
        for (const Membership& member : memberships(key))
          if (const auto found = all.find(member.name); found != all.end())
            found->second.samples[member.x].push_back(value);
      },
      &cut_off);
}

/// A size that one of several runs looked closer at would leave the whole line with one launch.
void keep_points_of_all_launches(Gathered& gathered) {
  std::size_t most = 0;
  for (const auto& [x, values] : gathered.launches) most = std::max(most, values.size());
  const auto complete = [&](const auto& point) { return point.second.size() == most; };
  const auto kept = std::count_if(gathered.launches.begin(), gathered.launches.end(), complete);
  if (most < 2 || kept < 2) return;
  std::erase_if(gathered.launches, [&](const auto& point) { return !complete(point); });
  std::erase_if(gathered.samples,
                [&](const auto& point) { return gathered.launches.count(point.first) == 0; });
}

/// As median() of statistics.hpp, which sorts: here it is taken of every point of every resample.
double middle_of(std::vector<double> values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), half, values.end());
  return values.size() % 2 == 1 ? *half : (*half + *std::max_element(values.begin(), half)) / 2;
}

/// t(m) = alpha + m beta, by the models' estimator, without its own bootstrap.
double fitted_line(const std::vector<models::ScalingPoint>& points, std::size_t parameter) {
  const models::Law law{.name = "alpha_beta",
                        .formula = "t(m) = alpha + m beta",
                        .parameters = {"alpha", "beta"},
                        .basis = [](double bytes) {
                          return models::BasisRow{{1.0, bytes}};
                        }};
  return models::fit_points(law, points, 0).parameters[parameter].value;
}

double serial_fraction(const std::vector<models::ScalingPoint>& points) {
  const auto fit = models::fit_points(models::amdahl_law(), points, 0);
  const double serial = fit.parameters[0].value, parallel = fit.parameters[1].value;
  return serial / (serial + parallel);
}

/// Draws the replicates of each point of both sides, in step where both have as many. Launches are
/// drawn whole: what made one of them slow made all its points slow.
void resample(const FittableParameter& base, const FittableParameter& head, std::mt19937_64& engine,
              FittableParameter& base_draw, FittableParameter& head_draw) {
  std::uniform_real_distribution<double> uniform;
  const bool whole = base.launches && head.launches;
  std::vector<double> shares;  // where in its point's list the i-th draw lies, from 0 to 1
  const auto draw = [&](const std::vector<double>& from, std::size_t i) {
    return from[static_cast<std::size_t>(shares[i] * static_cast<double>(from.size()))];
  };
  for (std::size_t p = 0; p < base.points.size(); ++p) {
    const std::vector<double>& from = base.points[p].replicates;
    const std::vector<double>& to = head.points[p].replicates;
    const bool paired = from.size() == to.size();
    const std::size_t needed = paired ? from.size() : from.size() + to.size();
    if (!whole) shares.clear();
    while (shares.size() < needed) shares.push_back(uniform(engine));
    for (std::size_t i = 0; i < from.size(); ++i) base_draw.points[p].replicates[i] = draw(from, i);
    for (std::size_t i = 0; i < to.size(); ++i)
      head_draw.points[p].replicates[i] = draw(to, paired ? i : from.size() + i);
  }
}

/// Launches behind the point that has the fewest.
std::size_t fewest_replicates(const FittableParameter& parameter) {
  std::size_t fewest = SIZE_MAX;
  for (const ReplicatedPoint& point : parameter.points)
    fewest = std::min(fewest, point.replicates.size());
  return fewest;
}

constexpr std::size_t fewest_launches_for_a_fit = 3;

/// How far the spread of the draws may be trusted: resampling n launches gives sqrt((n - 1) / n) of
/// the standard error, and one that is itself known from n - 1 differences only.
struct Trust {
  double degrees_of_freedom = 1e6, inflation = 1, least_error = 1e-12;
};
Trust trust_in(const FittableParameter& base, const FittableParameter& head) {
  if (!base.launches || !head.launches) return {};  // hundreds of samples, and stated launch noise
  const auto n = static_cast<double>(std::min(fewest_replicates(base), fewest_replicates(head)));
  // Launches that happen to agree to the last digit do not prove that launches agree.
  return {n - 1, std::sqrt(n / (n - 1)), 1e-3};
}

/// Only the points that both sides measured.
void keep_common(FittableParameter& base, FittableParameter& head) {
  const auto has = [](const FittableParameter& parameter, double x) {
    return std::any_of(parameter.points.begin(), parameter.points.end(),
                       [&](const ReplicatedPoint& point) { return point.x == x; });
  };
  std::erase_if(base.points, [&](const ReplicatedPoint& point) { return !has(head, point.x); });
  std::erase_if(head.points, [&](const ReplicatedPoint& point) { return !has(base, point.x); });
}

struct Compared {
  MetricResult result;
  double p_slower = 1, p_faster = 1;
  Interval worse;  ///< 95 % two-sided level of "same": 5 % each.
  bool tested = false;
  bool inside_launch = false;  ///< One side's replicates are samples of its only launch.
};

double worse_by(double base, double head, const FittableParameter& parameter) {
  return difference(base, head, parameter.better,
                    parameter.estimator == Estimator::serial_fraction);
}

Compared bootstrap_difference(FittableParameter base, FittableParameter head,
                              const StoredOptions& options, int resamples) {
  Compared compared;
  MetricResult& result = compared.result;
  result.by_difference = base.estimator == Estimator::serial_fraction;
  keep_common(base, head);
  result.base = base.points.empty() ? no_number : estimate(base);
  result.head = head.points.empty() ? no_number : estimate(head);
  const double middle = worse_by(result.base, result.head, base);
  if (std::isnan(middle)) {
    result.reason = "cannot be fitted on both sides from the same points";
    return compared;
  }
  compared.inside_launch = !base.launches || !head.launches;
  if (!compared.inside_launch &&
      std::min(fewest_replicates(base), fewest_replicates(head)) < fewest_launches_for_a_fit) {
    result.reason = "two launches are too few for a verdict";
    return compared;
  }
  const double widening = compared.inside_launch ? options.launch_noise * std::sqrt(2.0) : 0;
  // A fraction of the step time moves with the times it is made of.
  const double scale = result.by_difference ? std::max(result.base, result.head) : 1;
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  FittableParameter base_draw = base, head_draw = head;
  std::vector<double> draws;
  for (int i = 0; i < resamples; ++i) {
    resample(base, head, engine, base_draw, head_draw);
    const double draw = worse_by(estimate(base_draw), estimate(head_draw), base);
    if (!std::isnan(draw)) draws.push_back(draw + scale * widening * normal(engine));
  }
  if (static_cast<int>(draws.size()) < resamples * 9 / 10) {
    result.reason = "the fit fails on too many resamples";
    return compared;
  }
  const Trust trust = trust_in(base, head);
  const boost::math::students_t distribution(trust.degrees_of_freedom);
  const double error =
      std::max(standard_deviation(draws) * trust.inflation, scale * trust.least_error);
  const double half = boost::math::quantile(distribution, 0.95) * error;
  // Whichever is wider: quantiles know of skew, few launches do not.
  compared.worse = {std::min(quantile(draws, 0.05), middle - half),
                    std::max(quantile(draws, 0.95), middle + half)};
  const auto tail = [&](double t) {
    return boost::math::cdf(boost::math::complement(distribution, t));
  };
  compared.p_slower = tail((middle - options.rule.delta) / error);
  compared.p_faster = tail((-middle - options.rule.delta) / error);
  compared.tested = true;
  const auto change = [&](double worse) {
    const double larger = base.better == Better::higher ? -worse : worse;
    return result.by_difference ? larger : std::expm1(larger);
  };
  result.change = change(middle);
  result.change_low = std::min(change(compared.worse.low), change(compared.worse.high));
  result.change_high = std::max(change(compared.worse.low), change(compared.worse.high));
  result.one_sided_error = 0.05;
  const double detectable =
      options.rule.delta +
      error * (boost::math::quantile(distribution, 1 - options.rule.alpha) +
               boost::math::quantile(distribution, options.rule.detection_power));
  result.detectable = result.by_difference ? detectable : std::expm1(detectable);
  return compared;
}

void settle(Compared& compared, double p_slower, double p_faster, const Rule& rule) {
  MetricResult& result = compared.result;
  result.p_value = std::min(p_slower, p_faster);
  if (p_slower <= rule.alpha && compared.worse.low > rule.delta)
    result.verdict = Verdict::regressed;
  else if (p_faster <= rule.alpha && compared.worse.high < -rule.delta)
    result.verdict = Verdict::improved;
  else if (-rule.margin < compared.worse.low && compared.worse.high < rule.margin)
    result.verdict = Verdict::same;
  else if (compared.worse.low > rule.delta || compared.worse.high < -rule.delta)
    result.reason = fmt::format("suspected to be {}, but not proven among so many parameters",
                                compared.worse.low > rule.delta ? "worse" : "better");
  else
    result.reason = "the interval reaches beyond the margin, and no change is proven";
}

}  // namespace

std::vector<FittableParameter> fittable_parameters(const std::vector<RunData>& runs) {
  std::map<std::string, Gathered> all;
  for (const RunData& run : runs) gather(run, all);
  std::vector<FittableParameter> parameters;
  for (auto& [name, gathered] : all) {
    keep_points_of_all_launches(gathered);
    FittableParameter parameter{
        name, gathered.about.unit, gathered.about.better, gathered.about.estimator, true, {}};
    parameter.launches = std::all_of(gathered.launches.begin(), gathered.launches.end(),
                                     [](const auto& at) { return at.second.size() > 1; });
    // Samples are used only where they cover every point; a lone median is better than a gap.
    const bool sampled = !parameter.launches && gathered.samples.size() == gathered.launches.size();
    for (const auto& [x, values] : sampled ? gathered.samples : gathered.launches)
      parameter.points.push_back({x, values});
    const bool needs_two = parameter.estimator != Estimator::level;
    if (!needs_two || parameter.points.size() >= 2) parameters.push_back(std::move(parameter));
  }
  return parameters;
}

double estimate(const FittableParameter& parameter) {
  if (parameter.estimator == Estimator::level) return middle_of(parameter.points.at(0).replicates);
  if (parameter.points.size() < 2) return no_number;
  std::vector<models::ScalingPoint> points;
  // One value per point: the median, as in a run's own fit of one launch.
  for (const ReplicatedPoint& point : parameter.points)
    points.push_back({point.x, {middle_of(point.replicates)}});
  switch (parameter.estimator) {
    case Estimator::alpha:
      return fitted_line(points, 0);
    case Estimator::beta:
      return fitted_line(points, 1);
    default:
      return serial_fraction(points);
  }
}

std::vector<MetricResult> compare_parameters(const std::vector<FittableParameter>& base,
                                             const std::vector<FittableParameter>& head,
                                             const StoredOptions& options, int resamples) {
  std::map<std::string, std::pair<const FittableParameter*, const FittableParameter*>> both;
  for (const FittableParameter& parameter : base) both[parameter.name].first = &parameter;
  for (const FittableParameter& parameter : head) both[parameter.name].second = &parameter;
  std::vector<Compared> compared;
  std::vector<double> slower, faster;
  for (const auto& [name, sides] : both) {
    const auto& [from, to] = sides;
    const FittableParameter& any = from != nullptr ? *from : *to;
    Compared one;
    if (from != nullptr && to != nullptr)
      one = bootstrap_difference(*from, *to, options, resamples);
    else
      one.result.reason = from == nullptr ? "missing in base" : "missing in head";
    one.result.incomplete = from == nullptr || to == nullptr;
    one.result.name = name;
    one.result.unit = any.unit;
    one.result.better = any.better;
    one.result.kind = MetricKind::fitted;
    one.result.stage = "stored";
    if (one.tested) {
      slower.push_back(one.p_slower);
      faster.push_back(one.p_faster);
    }
    compared.push_back(std::move(one));
  }
  slower = holm(slower);
  faster = holm(faster);
  std::vector<MetricResult> results;
  std::size_t tested = 0;
  for (Compared& one : compared) {
    if (one.tested) {
      settle(one, slower[tested], faster[tested], options.rule);
      if (one.inside_launch && !options.launch_noise_stated) withhold_change(one.result);
      ++tested;
    }
    results.push_back(std::move(one.result));
  }
  return results;
}

}  // namespace assay::gate
