/// @file
/// Section 2: what speaks against believing the run, failed checks first.

#include <fmt/format.h>

#include <map>

#include "reports/render/findings.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

void add_check_table(Page& page, Node section, const std::string& caption,
                     const std::vector<decision::Check>& checks) {
  Table table{
      .id = "checks",
      .caption = caption,
      .columns = {
          {"verdict", ""}, {"check", ""}, {"host", ""}, {"what was seen", ""}, {"what to do", ""}}};
  for (const decision::Check& check : checks) {
    const std::string_view mark = check.verdict == "passed"   ? "\xE2\x9C\x93 "
                                  : check.verdict == "failed" ? "\xE2\x9C\x95 "
                                                              : "! ";
    table.add(
        {std::string(mark) + check.verdict, check.name, check.host, check.finding, check.advice});
  }
  page.add_table(section, std::move(table));
}

void add_checks(Page& page, const ReportInput& input) {
  Node section = page.add_section("checks", "Can these numbers be believed?");
  for (const Subject& subject : input.subjects) {
    const std::vector<decision::Check>& checks = subject.decision.checks;
    if (checks.empty()) {
      add_absence(section, subject_prefix(input, subject) + "The run holds no validity checks.");
      continue;
    }
    std::map<std::string, int> counts;
    for (const decision::Check& check : checks) ++counts[check.verdict];
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

const bool checks_section_registered = register_section({.place = 200, .add = add_checks});

}  // namespace

}  // namespace assay::render
