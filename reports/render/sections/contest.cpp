/// @file
/// Section 10: which law predicts rank counts that it has not seen.

#include <fmt/format.h>

#include <cmath>

#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

using models::Contender;
using models::Contest;

std::string coefficients(const Contender& contender) {
  std::string text;
  for (std::size_t i = 0; i < contender.fit.parameters.size(); ++i) {
    const auto& value = contender.fit.parameters[i];
    text += fmt::format("{}{} = {} ({} to {})", i > 0 ? "; " : "", contender.fit.law.parameters[i],
                        show_digits(value.value), show_digits(value.low), show_digits(value.high));
  }
  return text;
}

std::string mark_of(const Contender& contender) {
  if (!contender.kept) return "\xE2\x9C\x95 ";
  return contender.consistent ? "\xE2\x9C\x93 " : "! ";
}

void add_one(Page& page, Node section, const std::string& title, const Contest& contest) {
  Table table{.id = "contest",
              .caption = title + ": laws, best first",
              .columns = {{"law", ""},
                          {"formula", ""},
                          {"hold-out error", "1"},
                          {"points held out", ""},
                          {"verdict", ""},
                          {"coefficients, with 95 % intervals", ""}}};
  for (const Contender& contender : contest.contenders)
    table.add({contender.fit.law.name, contender.fit.law.formula,
               Cell::percent(contender.holdout_error), Cell::count(contender.holdouts),
               mark_of(contender) + contender.verdict, coefficients(contender)});
  page.add_table(section, std::move(table));
  if (!contest.not_fitted.empty()) {
    Node line = add(section, "p", {{"class", "note"}}, "Not fitted: ");
    for (std::size_t i = 0; i < contest.not_fitted.size(); ++i)
      add_text(line, (i > 0 ? "; " : "") + contest.not_fitted[i]);
  }
  if (contest.alarms.empty()) return;
  Node line = add(section, "p");
  add_badge(line, "warn", "weaker claims");
  for (const std::string& alarm : contest.alarms) add_text(line, " " + alarm + ".");
}

}  // namespace

void add_contest(Page& page, const ReportInput& input) {
  Node section = page.add_section("contest", "Which law to believe");
  bool any = false;
  for (const Subject& subject : input.subjects)
    for (const models::ScalingStudy* drawn : studies_to_draw(subject)) {
      const models::ScalingStudy& study = *drawn;
      if (study.contest) {
        if (!any)
          add(section, "p", {},
              "Each law is fitted without the largest rank counts and predicts them; the hold-out "
              "error is how far it misses. The claim beyond the data is the envelope of the laws "
              "that are kept.");
        any = true;
        add_one(page, section, subject_prefix(input, subject) + study_name(subject, study),
                *study.contest);
      }
    }
  if (!any)
    add_absence(section, "No contest: it takes a scaling study with two or more rank counts.");
}

}  // namespace assay::render
