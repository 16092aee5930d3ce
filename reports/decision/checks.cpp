#include "reports/decision/checks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/decision/rule.hpp"

namespace assay::decision {

namespace {

/// Contradictions of one rule that are told each; further ones are counted.
constexpr std::size_t most_told = 4;

std::string text_member(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int weight_of(const std::string& verdict) {
  return verdict == "failed" ? 0 : verdict == "warning" ? 1 : verdict == "unknown" ? 2 : 3;
}

void add_recorded(const RunData& run, std::vector<Check>& checks) {
  for (const std::string& warning : run.warnings)
    checks.push_back(
        {"run directory", "", "warning", warning, "Measure again for a complete report."});
  if (!run.run.contains("checks") || !run.run["checks"].is_array()) return;
  for (const nlohmann::json& check : run.run["checks"])
    if (check.is_object())
      checks.push_back({text_member(check, "name"), text_member(check, "host"),
                        text_member(check, "verdict"), text_member(check, "finding"),
                        text_member(check, "advice")});
}

void add_statuses(const RunData& run, std::vector<Check>& checks) {
  const auto with = [&](Status status) {
    return std::count_if(run.records.begin(), run.records.end(),
                         [&](const Record& row) { return row.status == status; });
  };
  if (const auto incorrect = with(Status::incorrect); incorrect > 0)
    checks.push_back(
        {"correct results", "", "failed",
         fmt::format("{} of {} points gave a wrong result and carry no time", incorrect,
                     run.records.size()),
         "Look at their reasons before anything else: wrong results are no measurement."});
  if (const auto untrusted = with(Status::untrusted); untrusted > 0)
    checks.push_back(
        {"trusted points", "", "warning",
         fmt::format("{} of {} points are marked untrusted", untrusted, run.records.size()),
         "Their reasons stand beside them in the sections below."});
}

}  // namespace

std::vector<Check> checks_of(const Rule& rule, const Evidence& evidence) {
  const Finding finding = rule.look(evidence);
  std::vector<Check> checks;
  if (finding.looked_at == 0) return checks;
  const std::string verdict = rule.fails ? "failed" : "warning";
  for (const Contradiction& seen : finding.contradictions) {
    if (checks.size() == most_told) {
      checks.back().finding +=
          fmt::format("; and {} more of the kind", finding.contradictions.size() - most_told);
      break;
    }
    checks.push_back({rule.about.name, seen.host, verdict, seen.finding, rule.advice});
  }
  if (checks.empty())
    checks.push_back({rule.about.name, "", "passed",
                      fmt::format("{} results looked at", finding.looked_at), ""});
  return checks;
}

std::vector<Check> checks_of(const RunData& run, const models::Analysis& analysis) {
  std::vector<Check> checks;
  add_recorded(run, checks);
  add_statuses(run, checks);
  for (const Rule* rule : Registry<Rule>::all())
    for (Check& check : checks_of(*rule, {run, analysis})) checks.push_back(std::move(check));
  std::stable_sort(checks.begin(), checks.end(), [](const Check& a, const Check& b) {
    return weight_of(a.verdict) < weight_of(b.verdict);
  });
  return checks;
}

int count_of(const std::vector<Check>& checks, std::string_view verdict) {
  return static_cast<int>(std::count_if(
      checks.begin(), checks.end(), [&](const Check& check) { return check.verdict == verdict; }));
}

}  // namespace assay::decision
