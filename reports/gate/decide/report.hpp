#pragma once
/// @file
/// The outcome of a gate run or a comparison: what every output is made from. The text form is
/// gate.json, whose schema is in reports/gate/README.md.

#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/errors.hpp"
#include "reports/gate/decide/verdict.hpp"
#include "reports/gate/read/metric.hpp"

namespace assay::gate {

inline constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// One metric with its verdict. Numbers that do not exist are NaN, and null in JSON.
struct MetricResult {
  std::string name;
  std::string unit;
  Better better = Better::lower;
  MetricKind kind = MetricKind::measured;
  Verdict verdict = Verdict::inconclusive;
  std::string reason;
  std::string stage;        ///< "screen", "confirm" (decided on fresh pairs) or "stored".
  double base = no_number;  ///< Median of the launches of that side, in `unit`.
  double head = no_number;
  double change =
      no_number;  ///< head / base - 1 of the median pair; positive is larger, not worse.
  double change_low = no_number;
  double change_high = no_number;
  double one_sided_error = no_number;  ///< Of each bound of the change.
  double p_value = no_number;          ///< Holm-adjusted; NaN where nothing was tested.
  double detectable =
      no_number;  ///< Slow-down that would have been found at the rule's power, as a ratio - 1.
  std::vector<double> base_values;  ///< One per launch that decided.
  std::vector<double> head_values;
  /// Launches of one side have it and launches of the other do not: no policy turns that green.
  bool incomplete = false;
  /// True for fractions: change, its bounds and `detectable` are head - base, not ratios.
  bool by_difference = false;
};
/// How much worse: positive is worse, in the metric's own direction; for sorting. NaN sorts last.
[[nodiscard]] double worsening(const MetricResult& metric);

/// A key of the fingerprint that differs between the two sides.
struct FingerprintDifference {
  std::string key;
  std::string base;
  std::string head;
  bool hard = true;      ///< Refuses a verdict; otherwise a warning.
  bool allowed = false;  ///< Hard, but the user allowed this key to differ.
};

/// A probe that stands for the whole machine, in both runs.
struct Canary {
  std::string name;
  double base = no_number;
  double head = no_number;
  double limit = no_number;  ///< Allowed |ln(head / base)|: three standard deviations.
  bool passed = true;
};

/// A metric over time with the points where it changed. Advisory: never part of the verdict.
struct HistorySeries {
  std::string metric;
  std::string unit;
  Better better = Better::lower;
  struct Point {
    std::string time;   ///< ISO 8601, UTC.
    std::string label;  ///< Commit or directory name.
    double value;
  };
  std::vector<Point> points;
  struct ChangePoint {
    std::size_t index;     ///< First point after the change.
    double before, after;  ///< Medians of the segments on both sides.
    double p_value;        ///< Of the whole search, by permutation.
    double q_value;        ///< Benjamini-Hochberg over all metrics.
    bool accepted;         ///< q_value small enough and the shift at least delta.
  };
  std::vector<ChangePoint> changes;
};

/// What is known of the gate's own error rate.
struct AuditRecord {
  int runs = 0;        ///< A/A runs so far.
  int false_reds = 0;  ///< Of them, how many said "regressed".
  double promise = 0.01;
  [[nodiscard]] double rate_low() const;   ///< Exact 95 % lower bound.
  [[nodiscard]] double rate_high() const;  ///< Exact 95 % upper bound.
  [[nodiscard]] bool broken() const { return rate_low() > promise; }
};

/// How "inconclusive" turns into an exit code.
enum class InconclusivePolicy { report, pass, fail };

struct GateReport {
  std::string kind;  ///< "gate" or "compare".
  std::string base;  ///< Command or path.
  std::string head;
  std::string started, finished;  ///< ISO 8601, UTC.
  /// What the verdicts rest on, in words: paired fresh launches, stored launches, one launch each.
  std::string claim;
  Rule rule;
  InconclusivePolicy inconclusive = InconclusivePolicy::report;
  std::vector<MetricResult> metrics;
  std::vector<FingerprintDifference> fingerprint;
  std::vector<Canary> canaries;
  std::vector<HistorySeries> history;
  std::optional<AuditRecord> audit;
  std::vector<std::string> warnings;
  /// Why there are no verdicts at all (environment, budget); empty otherwise.
  std::string refusal;

  [[nodiscard]] int count(Verdict verdict) const;
  /// True when an allowed, but not a refused, difference or canary stands in the way of a verdict.
  [[nodiscard]] bool environment_differs() const;
  /// The gate broke its promise in A/A runs, so that its verdicts are advice.
  [[nodiscard]] bool advisory() const { return audit && audit->broken(); }
  /// By the precedence environment, untrusted, regressed, inconclusive. No metric at all is
  /// inconclusive. Where nothing was decided, or a metric is incomplete, InconclusivePolicy::pass
  /// is as report: a benchmark that fell away is no pass.
  [[nodiscard]] ExitCode exit_code() const;
  /// The exit code in a few words, with the figure: "regressed: 2 of 24 metrics".
  [[nodiscard]] std::string headline() const;
};

[[nodiscard]] nlohmann::json to_json(const GateReport& report);

}  // namespace assay::gate
