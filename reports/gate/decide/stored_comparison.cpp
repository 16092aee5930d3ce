#include "reports/gate/decide/stored_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/special_functions/binomial.hpp>
#include <cmath>
#include <map>
#include <set>

#include "probes/core/statistics.hpp"
#include "probes/core/units.hpp"
#include "reports/gate/decide/sign_test.hpp"

namespace assay::gate {
namespace {

constexpr double same_alpha = 0.05;

double normal_quantile(double upper_tail) {
  return boost::math::quantile(boost::math::complement(boost::math::normal(), upper_tail));
}

/// One metric of one side: what each launch said, and how sure one launch is of itself.
struct SideMetric {
  std::vector<double> launches;
  std::vector<double> repetitions;  ///< Of the only launch; empty where there are several.
  std::size_t missing = 0;          ///< Launches without it.
  std::string absence;
};

struct StoredMetric {
  std::string name, unit;
  Better better = Better::lower;
  MetricKind kind = MetricKind::measured;
  bool may_be_zero = false;
  SideMetric base, head;
  [[nodiscard]] bool by_difference() const {
    return kind == MetricKind::fitted && unit == assay::unit::one;
  }
};

void add(const Launch& launch, const std::string& name, StoredMetric& metric, SideMetric& side) {
  if (const auto absent = launch.absences.find(name); absent != launch.absences.end())
    side.absence = absent->second;
  const auto found = launch.readings.find(name);
  if (found == launch.readings.end()) {
    ++side.missing;
    return;
  }
  const Reading& reading = found->second;
  metric.unit = reading.unit;
  metric.better = reading.better;
  metric.kind = reading.kind;
  metric.may_be_zero = reading.may_be_zero;
  if (reading.launches.size() > 1)
    side.launches.insert(side.launches.end(), reading.launches.begin(), reading.launches.end());
  else
    side.launches.push_back(representative(reading));
  side.repetitions = reading.values;
}

std::vector<StoredMetric> collect(const StoredSide& base, const StoredSide& head) {
  std::set<std::string> names;
  for (const StoredSide* side : {&base, &head})
    for (const Launch& launch : *side) {
      for (const auto& [name, reading] : launch.readings) names.insert(name);
      for (const auto& [name, absence] : launch.absences) names.insert(name);
    }
  std::vector<StoredMetric> metrics;
  for (const std::string& name : names) {
    StoredMetric metric;
    metric.name = name;
    for (const Launch& launch : base) add(launch, name, metric, metric.base);
    for (const Launch& launch : head) add(launch, name, metric, metric.head);
    for (SideMetric* side : {&metric.base, &metric.head})
      if (side->launches.size() > 1) side->repetitions.clear();
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

/// On the scale where differences are compared, turned so that larger is worse.
std::vector<double> worse_scale(const std::vector<double>& values, const StoredMetric& metric) {
  std::vector<double> result;
  const double direction = metric.better == Better::higher ? -1 : 1;
  for (const double value : values)
    result.push_back(direction * (metric.by_difference() ? value : std::log(value)));
  return result;
}

/// 0 throughout, where that is a result.
bool all_zero(const StoredMetric& metric) {
  const auto is_zero = [](double value) { return value == 0; };
  return metric.may_be_zero &&
         std::all_of(metric.base.launches.begin(), metric.base.launches.end(), is_zero) &&
         std::all_of(metric.head.launches.begin(), metric.head.launches.end(), is_zero);
}

bool comparable(const StoredMetric& metric) {
  if (metric.by_difference()) return true;
  const auto positive = [](double value) { return value > 0 && std::isfinite(value); };
  return std::all_of(metric.base.launches.begin(), metric.base.launches.end(), positive) &&
         std::all_of(metric.head.launches.begin(), metric.head.launches.end(), positive);
}

/// Launches without a number may be the slow ones: those that have one do not speak for them.
std::string absence_of(const SideMetric& side, std::size_t launches, const char* which) {
  if (side.missing == 0) return "";
  const std::string part =
      side.missing == launches ? "" : fmt::format("{} of {} launches of ", side.missing, launches);
  return fmt::format("missing in {}{}{}", part, which,
                     side.absence.empty() ? "" : " (" + side.absence + ")");
}

double change_of(double worse, const StoredMetric& metric) {
  const double larger = metric.better == Better::higher ? -worse : worse;
  return metric.by_difference() ? larger : std::expm1(larger);
}

void set_change(double middle, Interval interval, const StoredMetric& metric,
                MetricResult& result) {
  result.change = change_of(middle, metric);
  const double low = change_of(interval.low, metric), high = change_of(interval.high, metric);
  result.change_low = std::min(low, high);
  result.change_high = std::max(low, high);
}

/// The verdict of an interval that each errs with same_alpha, and of the two tests.
void settle(double p_slower, double p_faster, const Interval& interval, const Rule& rule,
            MetricResult& result) {
  result.p_value = std::min(p_slower, p_faster);
  if (p_slower <= rule.alpha)
    result.verdict = Verdict::regressed;
  else if (p_faster <= rule.alpha)
    result.verdict = Verdict::improved;
  else if (-rule.margin < interval.low && interval.high < rule.margin)
    result.verdict = Verdict::same;
  else
    result.reason = "the interval reaches beyond the margin, and no change is proven";
}

/// What one launch's repetitions say of the standard error of their median, relative.
double repetition_error(const SideMetric& side) {
  if (side.repetitions.size() < 6) return 0;
  const Interval interval = median_interval(side.repetitions, 0.95);
  return interval.width() / (2 * normal_quantile(0.025)) / std::abs(median(side.repetitions));
}

class Comparison {
 public:
  Comparison(const StoredSide& base, const StoredSide& head, const StoredOptions& options)
      : metrics_(collect(base, head)),
        base_launches_(base.size()),
        head_launches_(head.size()),
        options_(options) {}

  std::vector<MetricResult> run() {
    for (const StoredMetric& metric : metrics_) results_.push_back(start(metric));
    compare_launches();
    compare_single_launches();
    return std::move(results_);
  }

 private:
  static bool several(const StoredMetric& metric) {
    return metric.base.launches.size() > 1 && metric.head.launches.size() > 1;
  }

  MetricResult start(const StoredMetric& metric) {
    MetricResult result;
    result.name = metric.name;
    result.unit = metric.unit;
    result.better = metric.better;
    result.kind = metric.kind;
    result.by_difference = metric.by_difference();
    result.stage = "stored";
    result.base_values = metric.base.launches;
    result.head_values = metric.head.launches;
    if (!metric.base.launches.empty()) result.base = median(metric.base.launches);
    if (!metric.head.launches.empty()) result.head = median(metric.head.launches);
    result.reason = absence_of(metric.base, base_launches_, "base");
    if (result.reason.empty()) result.reason = absence_of(metric.head, head_launches_, "head");
    if (!result.reason.empty()) {
      result.incomplete = !metric.base.launches.empty() || !metric.head.launches.empty();
      return result;
    }
    if (metric.kind == MetricKind::exact) {
      if (!constant(metric.base.launches) || !constant(metric.head.launches)) {
        result.reason = "varies from launch to launch, so it is no exact counter";
        return result;
      }
      const bool equal = result.base == result.head;
      result.verdict = equal ? Verdict::same : Verdict::regressed;
      result.change = result.base != 0 ? result.head / result.base - 1 : no_number;
      if (!equal)
        result.reason =
            fmt::format("exact counter changed from {} to {}", result.base, result.head);
    } else if (all_zero(metric)) {
      result.verdict = Verdict::same;
      result.change = 0;
    } else if (!comparable(metric)) {
      result.reason = "has values that are zero, negative or not finite, which no ratio compares";
    } else {
      (several(metric) ? launches_ : single_).push_back(results_.size());
    }
    return result;
  }

  static bool constant(const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); });
  }

  /// The family of Holm's correction is every metric that is tested at all.
  [[nodiscard]] double family() const {
    return static_cast<double>(launches_.size() + single_.size());
  }

  void compare_launches() {
    std::vector<double> slower, faster;
    std::vector<MedianBounds> bounds;
    for (const std::size_t i : launches_) {
      std::vector<double> base = worse_scale(metrics_[i].base.launches, metrics_[i]);
      std::vector<double> head = worse_scale(metrics_[i].head.launches, metrics_[i]);
      bounds.push_back(shift_bounds(base, head, same_alpha));
      slower.push_back(shifted_test(base, head));
      faster.push_back(shifted_test(head, base));
    }
    correct(slower);
    correct(faster);
    for (std::size_t k = 0; k < launches_.size(); ++k) {
      const StoredMetric& metric = metrics_[launches_[k]];
      MetricResult& result = results_[launches_[k]];
      std::vector<double> base = worse_scale(metric.base.launches, metric);
      std::vector<double> head = worse_scale(metric.head.launches, metric);
      set_change(median(head) - median(base), bounds[k].interval, metric, result);
      result.one_sided_error = bounds[k].one_sided_error;
      if (bounds[k].one_sided_error > same_alpha) {
        result.reason =
            fmt::format("{} and {} launches are too few for a verdict", base.size(), head.size());
        continue;
      }
      settle(slower[k], faster[k], bounds[k].interval, options_.rule, result);
      if (!can_be_significant(base.size(), head.size())) {
        say_too_few(base.size(), head.size(), bounds[k].interval, result);
        continue;  // No change at all could have been found: there is no detectable one.
      }
      const double error = std::sqrt(variance(base) / static_cast<double>(base.size()) +
                                     variance(head) / static_cast<double>(head.size()));
      state_detectable(error, metric, result);
    }
  }

  void compare_single_launches() {
    std::vector<double> slower, faster, middles, errors;
    for (const std::size_t i : single_) {
      const StoredMetric& metric = metrics_[i];
      const double middle = median(worse_scale(metric.head.launches, metric)) -
                            median(worse_scale(metric.base.launches, metric));
      const double scale = metric.by_difference() ? std::max(std::abs(results_[i].base), 1e-3) : 1;
      const double error =
          scale * std::hypot(repetition_error(metric.base), repetition_error(metric.head),
                             options_.launch_noise * std::sqrt(2.0));
      middles.push_back(middle);
      errors.push_back(error);
      slower.push_back(upper_tail((middle - options_.rule.delta) / error));
      faster.push_back(upper_tail((-middle - options_.rule.delta) / error));
    }
    correct(slower);
    correct(faster);
    for (std::size_t k = 0; k < single_.size(); ++k) {
      MetricResult& result = results_[single_[k]];
      const double half = normal_quantile(same_alpha) * errors[k];
      const Interval interval{middles[k] - half, middles[k] + half};
      set_change(middles[k], interval, metrics_[single_[k]], result);
      result.one_sided_error = same_alpha;
      settle(slower[k], faster[k], interval, options_.rule, result);
      if (!options_.launch_noise_stated) withhold_change(result);
      state_detectable(errors[k], metrics_[single_[k]], result);
    }
  }

  /// Whether Mann-Whitney can pass Holm at all: complete separation has p = 1 / C(n + m, n).
  [[nodiscard]] bool can_be_significant(std::size_t base, std::size_t head) const {
    const double arrangements = boost::math::binomial_coefficient<double>(
        static_cast<unsigned>(base + head), static_cast<unsigned>(base));
    return family() / arrangements <= options_.rule.alpha;
  }
  void say_too_few(std::size_t base, std::size_t head, const Interval& interval,
                   MetricResult& result) const {
    if (result.verdict != Verdict::inconclusive) return;
    std::size_t enough = std::max(base, head);
    while (!can_be_significant(enough, enough)) ++enough;
    const char* const looks = interval.low > options_.rule.delta ? "suspected to be worse, but "
                              : interval.high < -options_.rule.delta
                                  ? "suspected to be better, but "
                                  : "";
    result.reason =
        fmt::format("{}{} and {} launches can prove no change of one in {:.0f} metrics; {} could",
                    looks, base, head, family(), enough);
  }

  /// Mann-Whitney of: `to` lies above `from` by more than delta.
  [[nodiscard]] double shifted_test(const std::vector<double>& from,
                                    const std::vector<double>& to) const {
    std::vector<double> shifted = from;
    for (double& value : shifted) value += options_.rule.delta;
    return mann_whitney_greater(shifted, to);
  }

  /// Holm, counting the metrics of the other kind of comparison into the family.
  void correct(std::vector<double>& p_values) const {
    std::vector<double> family_values = p_values;
    family_values.resize(launches_.size() + single_.size(), 1.0);
    const std::vector<double> adjusted = holm(family_values);
    std::copy_n(adjusted.begin(), p_values.size(), p_values.begin());
  }

  static double upper_tail(double z) {
    return boost::math::cdf(boost::math::complement(boost::math::normal(), z));
  }
  static double variance(const std::vector<double>& values) {
    const double deviation = standard_deviation(values);
    return deviation * deviation;
  }

  void state_detectable(double error, const StoredMetric& metric, MetricResult& result) const {
    const double effect =
        options_.rule.delta + (normal_quantile(options_.rule.alpha / family()) +
                               normal_quantile(1 - options_.rule.detection_power)) *
                                  error;
    result.detectable = metric.by_difference() ? effect : std::expm1(effect);
  }

  std::vector<StoredMetric> metrics_;
  std::size_t base_launches_, head_launches_;  ///< Runs stored, each of one launch or several.
  const StoredOptions& options_;
  std::vector<MetricResult> results_;
  std::vector<std::size_t> launches_, single_;
};

}  // namespace

std::vector<MetricResult> compare_stored(const StoredSide& base, const StoredSide& head,
                                         const StoredOptions& options) {
  return Comparison(base, head, options).run();
}

std::size_t fewest_launches(const StoredSide& side) {
  std::map<std::string, std::size_t> launches;
  for (const Launch& launch : side)
    for (const auto& [name, reading] : launch.readings)
      launches[name] += std::max<std::size_t>(1, reading.launches.size());
  std::size_t fewest = 0;
  for (const auto& [name, count] : launches) fewest = fewest == 0 ? count : std::min(fewest, count);
  return fewest;
}

void withhold_change(MetricResult& result) {
  if (result.verdict != Verdict::regressed && result.verdict != Verdict::improved) return;
  result.reason = fmt::format(
      "suspected to be {}, but one launch does not show how much launches differ: measure several, "
      "or state it with --launch-noise",
      result.verdict == Verdict::regressed ? "worse" : "better");
  result.verdict = Verdict::inconclusive;
}

std::string stored_claim(std::size_t base_launches, std::size_t head_launches,
                         const StoredOptions& options) {
  if (base_launches > 1 && head_launches > 1)
    return fmt::format(
        "Stored launches, {} of base and {} of head, measured at different times: weaker than "
        "paired "
        "launches, because nothing cancels what the machine did in between.",
        base_launches, head_launches);
  return fmt::format(
      "One launch on at least one side: much weaker than paired launches. How much launches differ "
      "is not in the data; {:.1f} % is {}.",
      100 * options.launch_noise,
      options.launch_noise_stated
          ? "what --launch-noise states"
          : "assumed, so that a change is only suspected (--launch-noise states it)");
}

}  // namespace assay::gate
