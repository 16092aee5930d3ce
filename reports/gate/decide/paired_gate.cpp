#include "reports/gate/decide/paired_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <span>

#include "probes/core/clock.hpp"
#include "probes/core/interrupt.hpp"

namespace assay::gate {
namespace {

/// One metric over the pairs of one stage.
struct PairedMetric {
  std::string unit;
  Better better = Better::lower;
  MetricKind kind = MetricKind::measured;
  bool by_difference = false, may_be_zero = false;
  bool incomplete = false;  ///< Some launches have it, others do not.
  std::vector<double> base, head, differences;
  std::string problem;  ///< Why it cannot be judged; empty when it can.
};

void add_names(const PairedLaunches& launches, std::set<std::string>& names) {
  for (const std::vector<Launch>* side : {&launches.base, &launches.head})
    for (const Launch& launch : *side) {
      for (const auto& [name, reading] : launch.readings) names.insert(name);
      for (const auto& [name, absence] : launch.absences) names.insert(name);
    }
}
std::set<std::string> names_of(const PairedLaunches& launches) {
  std::set<std::string> names;
  add_names(launches, names);
  return names;
}

/// Why a name has no reading: what the launch itself said, or that it said nothing.
std::string absence_in(const std::vector<Launch>& side, const char* which,
                       const std::string& name) {
  std::size_t missing = 0;
  std::string said;
  for (const Launch& launch : side)
    if (launch.readings.count(name) == 0) {
      ++missing;
      if (const auto found = launch.absences.find(name); found != launch.absences.end())
        said = found->second;
    }
  if (missing == 0) return "";
  return fmt::format("missing in {} of {} launches of {}{}", missing, side.size(), which,
                     said.empty() ? "" : " (" + said + ")");
}

bool is_fraction(const Reading& reading) {
  return reading.kind == MetricKind::fitted && reading.unit == unit::one;
}

PairedMetric collect(const PairedLaunches& launches, const std::string& name) {
  PairedMetric metric;
  metric.problem = absence_in(launches.base, "base", name);
  if (metric.problem.empty()) metric.problem = absence_in(launches.head, "head", name);
  for (const std::vector<Launch>* side : {&launches.base, &launches.head})
    for (const Launch& launch : *side)
      if (const auto found = launch.readings.find(name); found != launch.readings.end()) {
        metric.unit = found->second.unit;
        metric.better = found->second.better;
        metric.kind = found->second.kind;
        metric.by_difference = is_fraction(found->second);
        metric.may_be_zero = found->second.may_be_zero;
        (side == &launches.base ? metric.base : metric.head)
            .push_back(representative(found->second));
      }
  metric.incomplete = !metric.problem.empty() && !(metric.base.empty() && metric.head.empty());
  if (!metric.problem.empty()) return metric;
  for (std::size_t pair = 0; pair < metric.base.size(); ++pair) {
    const double base = metric.base[pair], head = metric.head[pair];
    const bool both_zero = metric.may_be_zero && base == 0 && head == 0;
    metric.differences.push_back(
        both_zero ? 0 : difference(base, head, metric.better, metric.by_difference));
  }
  if (metric.kind != MetricKind::exact &&
      std::any_of(metric.differences.begin(), metric.differences.end(),
                  [](double d) { return std::isnan(d); }))
    metric.problem = "has values that are zero, negative or not finite, which no ratio compares";
  return metric;
}

/// A metric that some of the fresh launches lack is no better decided by the others, nor by the
/// screening.
void take_over_gaps(const PairedMetric& fresh, PairedMetric& screened) {
  const bool seen = !screened.base.empty() || !screened.head.empty();
  const bool gone = fresh.base.empty() && fresh.head.empty();
  screened.incomplete = screened.incomplete || fresh.incomplete || (seen && gone);
  if (screened.problem.empty() && (fresh.incomplete || gone)) screened.problem = fresh.problem;
}

/// ratio - 1 of a difference that is positive when worse; larger is positive again.
double as_change(double worse, const PairedMetric& metric) {
  const double larger = metric.better == Better::higher ? -worse : worse;
  return metric.by_difference ? larger : std::expm1(larger);
}

void judge_exact(const PairedMetric& metric, MetricResult& result) {
  const auto constant = [](const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); });
  };
  if (!constant(metric.base) || !constant(metric.head)) {
    result.reason = "varies from launch to launch, so it is no exact counter";
    return;
  }
  result.verdict = result.base == result.head ? Verdict::same : Verdict::regressed;
  result.change = result.base != 0 ? result.head / result.base - 1 : no_number;
  if (result.verdict == Verdict::regressed)
    result.reason = fmt::format("exact counter changed from {} to {}", result.base, result.head);
}

MetricResult without_decision(const std::string& name, const PairedMetric& metric,
                              const char* stage) {
  MetricResult result;
  result.name = name;
  result.unit = metric.unit;
  result.better = metric.better;
  result.kind = metric.kind;
  result.by_difference = metric.by_difference;
  result.stage = stage;
  result.reason = metric.problem;
  result.incomplete = metric.incomplete;
  result.base_values = metric.base;
  result.head_values = metric.head;
  if (!metric.base.empty()) result.base = median(metric.base);
  if (!metric.head.empty()) result.head = median(metric.head);
  return result;
}

void apply(const Decision& decision, const PairedMetric& metric, MetricResult& result) {
  result.verdict = decision.verdict;
  result.reason = decision.reason;
  result.change = as_change(decision.median, metric);
  const double low = as_change(decision.interval.low, metric);
  const double high = as_change(decision.interval.high, metric);
  result.change_low = std::min(low, high);
  result.change_high = std::max(low, high);
  result.one_sided_error = decision.one_sided_error;
}

double spread_of(const PairedMetric& screening, const PairedMetric* confirmation) {
  std::vector<double> all = screening.differences;
  if (confirmation != nullptr)
    all.insert(all.end(), confirmation->differences.begin(), confirmation->differences.end());
  return all.size() < 2 ? 0 : standard_deviation(all);
}

/// `spreads` beyond delta are found, if any change is.
void state_detectable(double spread, const Rule& rule, std::optional<double> spreads,
                      MetricResult& result) {
  if (result.kind == MetricKind::exact || !spreads) return;
  const double effect = rule.delta + *spreads * spread;
  result.detectable = result.by_difference ? effect : std::expm1(effect);
}

void state_detectable_changes(std::span<const PairedMetric> screened,
                              const PairedLaunches& confirmation, const Rule& rule,
                              std::size_t suspects, std::span<MetricResult> results) {
  const std::optional<double> spreads = detectable_spreads(rule, static_cast<int>(suspects));
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!screened[i].problem.empty()) continue;
    const bool fresh = results[i].stage == "confirm";
    PairedMetric confirmed;
    if (fresh) confirmed = collect(confirmation, results[i].name);
    state_detectable(spread_of(screened[i], fresh ? &confirmed : nullptr), rule, spreads,
                     results[i]);
  }
}

}  // namespace

Screening screen_launches(const PairedLaunches& screening, const Rule& rule) {
  Screening counts;
  for (const std::string& name : names_of(screening)) {
    const PairedMetric metric = collect(screening, name);
    if (!metric.problem.empty() || metric.kind == MetricKind::exact) continue;
    const bool suspected = screen(metric.differences, rule) != Suspicion::none;
    if (!suspected && leaning(metric.differences, rule) != Suspicion::none) ++counts.leaning;
    if (suspected)
      ++counts.suspects;
    else if (decide_unsuspected(metric.differences, rule).verdict == Verdict::inconclusive)
      ++counts.undecided;
  }
  return counts;
}

std::vector<MetricResult> judge(const PairedLaunches& screening, const PairedLaunches& confirmation,
                                const Rule& rule, const std::string& confirm_refused) {
  struct Open {
    std::size_t result;
    PairedMetric fresh;
  };
  std::vector<MetricResult> results;
  std::vector<PairedMetric> screened;
  std::vector<Open> suspects_open;
  std::vector<Suspect> suspects;
  const bool confirming = !confirmation.base.empty();

  std::set<std::string> names = names_of(screening);
  add_names(confirmation, names);
  for (const std::string& name : names) {
    screened.push_back(collect(screening, name));
    PairedMetric& metric = screened.back();
    if (confirming) take_over_gaps(collect(confirmation, name), metric);
    results.push_back(without_decision(name, metric, "screen"));
    MetricResult& result = results.back();
    if (!metric.problem.empty()) continue;
    if (metric.kind == MetricKind::exact) {
      judge_exact(metric, result);
      continue;
    }
    const Decision first = decide_unsuspected(metric.differences, rule);
    apply(first, metric, result);
    const Suspicion suspicion = screen(metric.differences, rule);
    const bool open = suspicion != Suspicion::none || first.verdict != Verdict::same;
    const Suspicion tested = suspicion != Suspicion::none ? suspicion
                             : confirming                 ? leaning(metric.differences, rule)
                                                          : Suspicion::none;
    if (!open && tested == Suspicion::none) continue;
    if (!confirming) {
      result.verdict = Verdict::inconclusive;
      if (suspicion != Suspicion::none) result.reason = "suspected in the screening, not confirmed";
      if (!confirm_refused.empty()) result.reason += ": " + confirm_refused;
      continue;
    }
    PairedMetric fresh = collect(confirmation, name);
    result = without_decision(name, fresh, "confirm");
    if (!fresh.problem.empty()) continue;
    if (tested == Suspicion::none) {
      apply(decide_unsuspected(fresh.differences, rule), fresh, result);
      continue;
    }
    suspects.push_back({.suspicion = tested,
                        .differences = fresh.differences,
                        .strength = strength_of(metric.differences, tested, rule),
                        .only_leans = suspicion == Suspicion::none,
                        .fitted = metric.kind == MetricKind::fitted});
    suspects_open.push_back({results.size() - 1, std::move(fresh)});
  }

  const std::vector<Decision> decisions = decide_confirmed(suspects, rule);
  for (std::size_t k = 0; k < decisions.size(); ++k) {
    MetricResult& result = results[suspects_open[k].result];
    apply(decisions[k], suspects_open[k].fresh, result);
    result.p_value = decisions[k].p_value;
  }
  state_detectable_changes(screened, confirmation, rule, suspects.size(), results);
  return results;
}

namespace {

/// The launches of a gate: it makes them, counts them and keeps to the budget.
class PairedRun {
 public:
  PairedRun(const LaunchSource& source, const GateOptions& options)
      : source_(source),
        options_(options),
        clock_(options.clock ? options.clock : std::function<Seconds()>(now)),
        start_(clock_()),
        planned_(2 * (options.warmup + options.rule.screen_pairs)) {}

  void warm_up() {
    for (int i = 0; i < options_.warmup; ++i)
      for (const Side side : {Side::base, Side::head}) (void)launch(side, "warm-up");
  }

  /// Why it ended early; empty when all pairs were made.
  [[nodiscard]] std::string screen(PairedLaunches& launches) {
    const int pairs = options_.rule.screen_pairs;
    const Seconds begin = clock_();
    for (int pair = 0; pair < pairs; ++pair) {
      if (left() <= 0_s)
        return fmt::format("the budget of {} ended after {} of {} screening pairs",
                           format(budget()), pair, pairs);
      run_pair(static_cast<std::size_t>(pair), "screen", launches);
    }
    pair_time_ = (clock_() - begin) / pairs;
    return "";
  }

  /// As many fresh pairs as the rule and the budget allow; none where they are fewer than `needed`
  /// anyway. Why they do not suffice, and then no launches; empty when they do.
  [[nodiscard]] std::string confirm(int needed, PairedLaunches& launches, int& pairs) {
    const int most = options_.rule.confirm_pairs;
    // A launch cannot be faster than the fastest: where that is too few pairs, none is begun.
    const auto within = static_cast<double>(needed) * std::min(pair_time_, fastest_ * 2.0);
    const bool hopeless = most < needed || within > left();
    planned_ += hopeless ? 0 : 2 * most;
    pairs = 0;
    while (!hopeless && pairs < most && pair_time_ <= left()) {
      const Seconds begin = clock_();
      run_pair(static_cast<std::size_t>(pairs++), "confirm", launches);
      pair_time_ = clock_() - begin;
    }
    if (pairs >= needed) return "";
    launches = {};
    if (most < needed)
      return fmt::format("{} fresh pairs are needed and the settings allow {}", needed, most);
    return fmt::format("{} fresh pairs are needed and the budget of {} allows {}", needed,
                       format(budget()), pairs);
  }

  void finish() const {
    if (options_.progress) options_.progress(done_, done_, "done");
  }

 private:
  [[nodiscard]] Seconds budget() const {
    const Rule& rule = options_.rule;
    const int all_launches = 2 * (options_.warmup + rule.screen_pairs + rule.confirm_pairs);
    return options_.budget.value_or(std::max(options_.patience, fastest_ * (2.0 * all_launches)));
  }
  [[nodiscard]] Seconds left() const { return budget() - (clock_() - start_); }

  Launch launch(Side side, const char* stage) {
    throw_if_interrupted();
    if (options_.progress) options_.progress(done_, planned_, stage);
    const Seconds begin = clock_();
    Launch result = source_(side);
    fastest_ = std::min(fastest_, clock_() - begin);
    ++done_;
    return result;
  }
  void run_pair(std::size_t pair, const char* stage, PairedLaunches& launches) {
    for (const Side side : pair_order(pair))
      (side == Side::base ? launches.base : launches.head).push_back(launch(side, stage));
  }

  const LaunchSource& source_;
  const GateOptions& options_;
  std::function<Seconds()> clock_;
  Seconds start_;
  Seconds fastest_ = Seconds(HUGE_VAL), pair_time_{0};
  int done_ = 0, planned_;
};

}  // namespace

GateReport run_paired_gate(const LaunchSource& source, const GateOptions& options) {
  const Rule& rule = options.rule;
  if (rule.screen_pairs < 5)
    throw UsageError(
        fmt::format("--screen-pairs {} is too few: fewer than 5 pairs support no "
                    "verdict at all; give at least 5",
                    rule.screen_pairs));
  GateReport report;
  report.kind = "gate";
  report.claim =
      "Paired fresh launches of both sides in alternating order, on this machine and at this time.";
  report.rule = rule;
  PairedRun run(source, options);
  run.warm_up();

  PairedLaunches screening, confirmation;
  report.refusal = run.screen(screening);
  if (!report.refusal.empty()) {
    for (const std::string& name : names_of(screening)) {
      PairedMetric metric = collect(screening, name);
      metric.problem = report.refusal;
      report.metrics.push_back(without_decision(name, metric, "screen"));
    }
    return report;
  }

  const Screening counts = screen_launches(screening, rule);
  std::string refused;
  if (counts.suspects + counts.undecided > 0) {
    const int needed =
        counts.suspects > 0 ? confirm_pairs_needed(counts.suspects + counts.leaning, rule) : 5;
    refused = run.confirm(needed, confirmation, report.rule.confirm_pairs);
  }
  run.finish();
  report.metrics = judge(screening, confirmation, report.rule, refused);
  return report;
}

}  // namespace assay::gate
