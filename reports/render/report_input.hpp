#pragma once
/// @file
/// What a report is made of: one or several runs with their fits, and what the user said about
/// prices.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/run/run_directory.hpp"
#include "reports/decision/comparison.hpp"
#include "reports/decision/decision.hpp"
#include "reports/decision/ledger.hpp"
#include "reports/models/analysis.hpp"
#include "reports/render/sample_trail.hpp"

namespace assay::render {

/// One run directory.
struct Subject {
  std::string name;  ///< As shown: the cluster or host, and made unique among the subjects.
  RunData run;
  models::Analysis analysis;
  /// Points into `analysis`: a subject may be moved, not copied.
  decision::Decision decision;
  std::vector<decision::Score> scores;  ///< Of what earlier runs of these machines said.
  /// From the report to the run directory, for links to CSV rows; empty: no links (redacted).
  std::string link_base;
  SampleTrail samples;
  nlohmann::json gate;  ///< gate.json of the run directory; null when there is none.
  std::optional<models::PriceList> prices;  ///< This cluster's, where several are compared.
};

struct ReportInput {
  std::vector<Subject> subjects;                   ///< At least one.
  std::optional<decision::Comparison> comparison;  ///< Of two subjects or more.
  models::Job job;
  bool redacted = false;
  std::string command;  ///< The command line that makes this report again.
  std::string trace;    ///< Of the first run, where a copy was asked for.

  [[nodiscard]] const Subject& first() const { return subjects.front(); }
};

using Rows = std::vector<const Record*>;

/// Rows for which `wanted` holds, in file order.
[[nodiscard]] Rows select(const RunData& run, const std::function<bool(const Record&)>& wanted);
/// The same of one probe and metric, with numbers.
[[nodiscard]] Rows measured(const RunData& run, std::string_view probe, std::string_view metric);

struct RowGroup {
  std::string key;
  Rows rows;
};
/// By the text that `key` gives, in the order in which keys appear.
[[nodiscard]] std::vector<RowGroup> group_by(const Rows& rows,
                                             const std::function<std::string(const Record&)>& key);

/// "measurements.csv#row=17" relative to the report; rows count from 1, the header included (RFC
/// 7111).
[[nodiscard]] std::string row_link(const Subject& subject, const Record& record);

/// A member of run.json as text; `otherwise` when it is missing. Path as in "/tool/version".
[[nodiscard]] std::string run_text(const RunData& run, const std::string& pointer,
                                   const std::string& otherwise = "");

}  // namespace assay::render
