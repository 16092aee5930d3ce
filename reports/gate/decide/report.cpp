#include "reports/gate/decide/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "probes/core/version.hpp"
#include "reports/gate/decide/sign_test.hpp"

namespace assay::gate {
namespace {

using nlohmann::json;

json number(double value) {
  return std::isfinite(value) ? json(value) : json(nullptr);
}

json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

std::string_view name_of(Better better) {
  switch (better) {
    case Better::higher:
      return "higher";
    case Better::lower:
      return "lower";
    case Better::neither:
      return "neither";
  }
  return "";
}

json to_json(const MetricResult& metric) {
  return {{"name", metric.name},
          {"unit", metric.unit},
          {"better", name_of(metric.better)},
          {"kind", to_string(metric.kind)},
          {"verdict", to_string(metric.verdict)},
          {"reason", metric.reason},
          {"stage", metric.stage},
          {"base", number(metric.base)},
          {"head", number(metric.head)},
          {"incomplete", metric.incomplete},
          {"by_difference", metric.by_difference},
          {"change", number(metric.change)},
          {"change_low", number(metric.change_low)},
          {"change_high", number(metric.change_high)},
          {"one_sided_error", number(metric.one_sided_error)},
          {"p_value", number(metric.p_value)},
          {"detectable", number(metric.detectable)},
          {"base_values", numbers(metric.base_values)},
          {"head_values", numbers(metric.head_values)}};
}

json to_json(const HistorySeries& series) {
  json points = json::array(), changes = json::array();
  for (const HistorySeries::Point& point : series.points)
    points.push_back(
        {{"time", point.time}, {"label", point.label}, {"value", number(point.value)}});
  for (const HistorySeries::ChangePoint& change : series.changes)
    changes.push_back({{"index", change.index},
                       {"before", number(change.before)},
                       {"after", number(change.after)},
                       {"p_value", number(change.p_value)},
                       {"q_value", number(change.q_value)},
                       {"accepted", change.accepted}});
  return {{"metric", series.metric},
          {"unit", series.unit},
          {"better", name_of(series.better)},
          {"points", points},
          {"changes", changes}};
}

}  // namespace

double worsening(const MetricResult& metric) {
  if (std::isnan(metric.change)) return -HUGE_VAL;
  if (metric.by_difference) return metric.better == Better::higher ? -metric.change : metric.change;
  const double ratio = std::log1p(std::max(metric.change, -1 + 1e-12));
  return metric.better == Better::higher ? -ratio : ratio;
}

double AuditRecord::rate_low() const {
  return binomial_lower_bound(false_reds, runs);
}
double AuditRecord::rate_high() const {
  return binomial_upper_bound(false_reds, runs);
}

int GateReport::count(Verdict verdict) const {
  return static_cast<int>(
      std::count_if(metrics.begin(), metrics.end(),
                    [&](const MetricResult& metric) { return metric.verdict == verdict; }));
}

bool GateReport::environment_differs() const {
  return std::any_of(fingerprint.begin(), fingerprint.end(),
                     [](const FingerprintDifference& d) { return d.hard && !d.allowed; }) ||
         std::any_of(canaries.begin(), canaries.end(),
                     [](const Canary& canary) { return !canary.passed; });
}

ExitCode GateReport::exit_code() const {
  if (kind == "history") return ExitCode::done;  // Nothing was to be judged.
  if (environment_differs() || advisory()) return ExitCode::environment_differs;
  if (kind == "self-audit" && refusal.empty()) return ExitCode::done;
  if (count(Verdict::regressed) > 0) return ExitCode::regression;
  const bool open = metrics.empty() || !refusal.empty() || count(Verdict::inconclusive) > 0;
  if (!open) return ExitCode::done;
  // Where nothing at all was decided, or a side lacks a metric, no policy turns it green.
  const bool decided = count(Verdict::same) + count(Verdict::improved) > 0;
  const bool complete = std::none_of(metrics.begin(), metrics.end(),
                                     [](const MetricResult& metric) { return metric.incomplete; });
  if (inconclusive == InconclusivePolicy::pass && decided && complete) return ExitCode::done;
  return inconclusive == InconclusivePolicy::fail ? ExitCode::regression : ExitCode::inconclusive;
}

std::string GateReport::headline() const {
  const auto of_all = [&](Verdict verdict) {
    return fmt::format("{} of {} metric{}", count(verdict), metrics.size(),
                       metrics.size() == 1 ? "" : "s");
  };
  if (kind == "history") {
    const auto changed =
        std::count_if(history.begin(), history.end(), [](const HistorySeries& series) {
          return std::any_of(series.changes.begin(), series.changes.end(),
                             [](const auto& change) { return change.accepted; });
        });
    return fmt::format("history (advisory): {} of {} metrics changed their level", changed,
                       history.size());
  }
  if (environment_differs()) return "no verdict: the environment differs";
  if (advisory())
    return fmt::format("no verdict: the gate failed its self-audit ({} false reds in {} A/A runs)",
                       audit->false_reds, audit->runs);
  if (kind == "self-audit" && refusal.empty())
    return fmt::format("pass: {} false reds in {} A/A runs do not refute the promise of {:g} %",
                       audit->false_reds, audit->runs, 100 * audit->promise);
  if (count(Verdict::regressed) > 0) return "regressed: " + of_all(Verdict::regressed);
  if (!refusal.empty()) return "inconclusive: " + refusal;
  if (metrics.empty()) return "inconclusive: no metric to compare";
  if (count(Verdict::inconclusive) > 0) return "inconclusive: " + of_all(Verdict::inconclusive);
  if (count(Verdict::improved) > 0)
    return "pass: no regression, " + of_all(Verdict::improved) + " improved";
  return "pass: no regression in " + std::to_string(metrics.size()) +
         (metrics.size() == 1 ? " metric" : " metrics");
}

json to_json(const GateReport& report) {
  json metrics = json::array(), fingerprint = json::array(), canaries = json::array(),
       history = json::array();
  for (const MetricResult& metric : report.metrics) metrics.push_back(to_json(metric));
  for (const FingerprintDifference& difference : report.fingerprint)
    fingerprint.push_back({{"key", difference.key},
                           {"base", difference.base},
                           {"head", difference.head},
                           {"hard", difference.hard},
                           {"allowed", difference.allowed}});
  for (const Canary& canary : report.canaries)
    canaries.push_back({{"name", canary.name},
                        {"base", number(canary.base)},
                        {"head", number(canary.head)},
                        {"limit", number(canary.limit)},
                        {"passed", canary.passed}});
  for (const HistorySeries& series : report.history) history.push_back(to_json(series));
  json audit = nullptr;
  if (report.audit)
    audit = {{"runs", report.audit->runs},
             {"false_reds", report.audit->false_reds},
             {"promise", report.audit->promise},
             {"rate_low", report.audit->rate_low()},
             {"rate_high", report.audit->rate_high()},
             {"broken", report.audit->broken()}};
  return {{"schema", 1},
          {"kind", report.kind},
          {"tool_version", build::version},
          {"base", report.base},
          {"head", report.head},
          {"started", report.started},
          {"finished", report.finished},
          {"claim", report.claim},
          {"exit_code", static_cast<int>(report.exit_code())},
          {"headline", report.headline()},
          {"refusal", report.refusal},
          {"rule",
           {{"delta", std::expm1(report.rule.delta)},
            {"margin", std::expm1(report.rule.margin)},
            {"alpha", report.rule.alpha},
            {"screen_p", report.rule.screen_p},
            {"screen_pairs", report.rule.screen_pairs},
            {"confirm_pairs", report.rule.confirm_pairs},
            {"detection_power", report.rule.detection_power}}},
          {"metrics", metrics},
          {"fingerprint", fingerprint},
          {"canaries", canaries},
          {"history", history},
          {"audit", audit},
          {"warnings", report.warnings}};
}

}  // namespace assay::gate
