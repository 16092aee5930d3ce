/// @file
/// Section 2: what speaks against believing the run, failed checks first.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

struct Check {
  std::string name, host, verdict, finding, advice;
};

std::string member(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int rank(const std::string& verdict) {
  return verdict == "failed" ? 0 : verdict == "warning" ? 1 : verdict == "unknown" ? 2 : 3;
}

std::vector<Check> checks_of(const RunData& run) {
  std::vector<Check> checks;
  for (const std::string& warning : run.warnings)
    checks.push_back(
        {"run directory", "", "warning", warning, "Measure again for a complete report."});
  if (run.run.contains("checks") && run.run["checks"].is_array())
    for (const nlohmann::json& check : run.run["checks"])
      if (check.is_object())
        checks.push_back({member(check, "name"), member(check, "host"), member(check, "verdict"),
                          member(check, "finding"), member(check, "advice")});
  const auto untrusted =
      std::count_if(run.records.begin(), run.records.end(),
                    [](const Record& row) { return row.status == Status::untrusted; });
  const auto incorrect =
      std::count_if(run.records.begin(), run.records.end(),
                    [](const Record& row) { return row.status == Status::incorrect; });
  if (incorrect > 0)
    checks.push_back(
        {"correct results", "", "failed",
         fmt::format("{} of {} points gave a wrong result and carry no time", incorrect,
                     run.records.size()),
         "Look at their reasons before anything else: wrong results are no measurement."});
  if (untrusted > 0)
    checks.push_back(
        {"trusted points", "", "warning",
         fmt::format("{} of {} points are marked untrusted", untrusted, run.records.size()),
         "Their reasons stand beside them in the sections below."});
  std::stable_sort(checks.begin(), checks.end(), [](const Check& a, const Check& b) {
    return rank(a.verdict) < rank(b.verdict);
  });
  return checks;
}

void add_check_table(Page& page, Node section, const std::string& caption,
                     const std::vector<Check>& checks) {
  Table table{
      .id = "checks",
      .caption = caption,
      .columns = {
          {"verdict", ""}, {"check", ""}, {"host", ""}, {"what was seen", ""}, {"what to do", ""}}};
  for (const Check& check : checks) {
    const std::string_view mark = check.verdict == "passed"   ? "\xE2\x9C\x93 "
                                  : check.verdict == "failed" ? "\xE2\x9C\x95 "
                                                              : "! ";
    table.add(
        {std::string(mark) + check.verdict, check.name, check.host, check.finding, check.advice});
  }
  page.add_table(section, std::move(table));
}

}  // namespace

void add_checks(Page& page, const ReportInput& input) {
  Node section = page.add_section("checks", "Can these numbers be believed?");
  for (const Subject& subject : input.subjects) {
    const std::vector<Check> checks = checks_of(subject.run);
    if (checks.empty()) {
      add_absence(section, subject_prefix(input, subject) + "The run holds no validity checks.");
      continue;
    }
    std::map<std::string, int> counts;
    for (const Check& check : checks) ++counts[check.verdict];
    const int open = counts["failed"] + counts["warning"];
    Node line = add(section, "p");
    add_badge(line,
              counts["failed"] > 0 ? "bad"
              : open > 0           ? "warn"
                                   : "good",
              counts["failed"] > 0 ? fmt::format("{} failed", counts["failed"])
              : open > 0           ? fmt::format("{} warning{}", open, open == 1 ? "" : "s")
                                   : "all passed");
    add_text(line,
             fmt::format(" {}{} checks: {} passed, {} warned, {} failed, {} could not be made.",
                         subject_prefix(input, subject), checks.size(), counts["passed"],
                         counts["warning"], counts["failed"], counts["unknown"]));
    add_check_table(page, section, subject_prefix(input, subject) + "Validity checks, failed first",
                    checks);
  }
  add_sample_trail(page, section, input);
}

}  // namespace assay::render
