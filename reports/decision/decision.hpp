#pragma once
/// @file
/// The one decision: every figure that money hangs on, computed once from runs, prices and a job.
/// Page, terminal, Markdown, models.csv, `assay plan buy`, comparison and what-if only show it.
///
/// Which configuration: the lowest expected total (cost and value of time) of those that meet
/// deadline and budget, each with P >= 0.9; a scenario only where nothing better known meets them.
/// Without a deadline, a budget or a value of time that is nearly always the fewest nodes, and the
/// decision says so and names the count of lowest cost x time beside it (Kleinrock's power).
///
/// Ranks per node: as stated; else, where equal ranks were on different numbers of nodes, the
/// commonest; else the most that the study's rows put on one node; else one, which is an assumption
/// that is said, and nothing beyond the measured is more than a scenario then.
///
/// Two configurations are told apart where the lower total is lower in 95 % of the draws.

#include <optional>
#include <string>
#include <vector>

#include "probes/core/errors.hpp"
#include "reports/decision/checks.hpp"
#include "reports/models/analysis.hpp"
#include "reports/models/money/cost.hpp"

namespace assay::decision {

/// Cost where no price is given: node-seconds, shown with this unit.
inline constexpr std::string_view node_seconds = "node-s";
/// The node type of a study without prices.
inline constexpr std::string_view measured_node = "measured node";
/// P of being lower from which on two figures are told apart.
inline constexpr double told_apart = 0.95;

/// Measurements of one cluster.
struct Source {
  std::string type;  ///< Of the price list, that they are of; empty: the type of relative speed 1.
  const RunData* run = nullptr;
  const models::Analysis* analysis = nullptr;
};

/// What is asked.
struct Inquiry {
  models::Job job;
  /// Which study of each source: its subject, or a part of it; empty: the main one.
  std::string subject;
  /// Ascending; empty: powers of two up to four times the largest measured, and every measured one.
  std::vector<double> node_counts;
};

/// How many ranks a node is taken to hold, and why.
struct Placement {
  double ranks_per_node = 1;
  bool known = true;  ///< False: assumed.
  std::string text;   ///< "2 ranks per node, as measured"
};

/// What limits the study at its largest measured rank count.
struct Binding {
  std::string what;    ///< "Communication", "Memory bandwidth", ...
  std::string reason;  ///< With the numbers behind it.
};

enum class Verdict {
  answered,
  inconclusive,  ///< Nothing meets the job, or what does is a scenario.
  no_verdict,    ///< A validity check failed.
};

struct Decision {
  /// Of the first source; null where it holds none.
  const models::ScalingStudy* study = nullptr;
  Placement placement;
  /// Every configuration looked at; empty where no study has laws.
  std::optional<models::CostStudy> cost;
  bool priced = false;                     ///< False: cost is node-seconds of the measured node.
  std::optional<std::size_t> recommended;  ///< Index into cost->points.
  /// Those that meet the job and whose total cannot be told from the recommended one's.
  std::vector<std::size_t> tied;
  std::optional<std::size_t> balanced;  ///< Lowest cost x time of those stated as points.
  Binding binding;
  std::vector<Check> checks;             ///< Of all sources, failed first.
  std::vector<std::string> assumptions;  ///< What the answer takes for granted.
  std::vector<std::string> risks;        ///< Why it may be wrong, biggest first.
  std::string next_run;                  ///< Empty where there is nothing to advise.
  std::string retrograde;  ///< "Beyond about 93 ranks (80 to 120) more are slower."; or empty.
  Verdict verdict = Verdict::answered;
  std::string why;  ///< Of a verdict that is not `answered`, in a sentence without its full stop.

  [[nodiscard]] const models::CostPoint* point() const {
    return recommended ? &cost->points[*recommended] : nullptr;
  }
  [[nodiscard]] int failed() const { return count_of(checks, "failed"); }
  [[nodiscard]] int warned() const { return count_of(checks, "warning"); }
};

/// The study a decision rests on: strong scaling that has laws, with the most rank counts; else any
/// that has laws; else the first. Null when there is none.
[[nodiscard]] const models::ScalingStudy* main_study(const models::Analysis& analysis);

/// Pure. Throws InputError where inquiry.subject matches no study of a source, or several.
/// @param sources not empty; of several, each names another type of the price list
/// @param prices null: cost in node-seconds
[[nodiscard]] Decision decide(const std::vector<Source>& sources, const models::PriceList* prices,
                              const Inquiry& inquiry);

/// 0, 2 or 3, as the verdict is.
[[nodiscard]] ExitCode exit_code(const Decision& decision);

/// P(a random draw of `a` is below one of `b`), ties counting half. @pre both not empty
[[nodiscard]] double probability_below(std::vector<double> a, std::vector<double> b);

}  // namespace assay::decision
