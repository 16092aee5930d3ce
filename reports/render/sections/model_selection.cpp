/// @file
/// Section 10: which law predicts rank counts that it has not seen.

#include <fmt/format.h>

#include <cmath>

#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

using models::Candidate;
using models::ModelSelection;

std::string coefficients(const Candidate& candidate) {
  std::string text;
  for (std::size_t i = 0; i < candidate.fit.parameters.size(); ++i) {
    const auto& value = candidate.fit.parameters[i];
    text += fmt::format("{}{} = {} ({} to {})", i > 0 ? "; " : "", candidate.fit.law.parameters[i],
                        show_digits(value.value), show_digits(value.low), show_digits(value.high));
  }
  return text;
}

std::string mark_of(const Candidate& candidate) {
  if (!candidate.kept) return "\xE2\x9C\x95 ";
  return candidate.consistent ? "\xE2\x9C\x93 " : "! ";
}

void add_one(Page& page, Node section, const std::string& title, const ModelSelection& selection) {
  Table table{.id = "contest",
              .caption = title + ": laws, best first",
              .columns = {{"law", ""},
                          {"formula", ""},
                          {"hold-out error", "1"},
                          {"points held out", ""},
                          {"verdict", ""},
                          {"coefficients, with 95 % intervals", ""}}};
  for (const Candidate& candidate : selection.candidates)
    table.add({candidate.fit.law.name, candidate.fit.law.formula,
               Cell::percent(candidate.holdout_error), Cell::count(candidate.holdouts),
               mark_of(candidate) + candidate.verdict, coefficients(candidate)});
  page.add_table(section, std::move(table));
  if (!selection.not_fitted.empty()) {
    Node line = add(section, "p", {{"class", "note"}}, "Not fitted: ");
    for (std::size_t i = 0; i < selection.not_fitted.size(); ++i)
      add_text(line, (i > 0 ? "; " : "") + selection.not_fitted[i]);
  }
  if (selection.alarms.empty()) return;
  Node line = add(section, "p");
  add_badge(line, "warn", "weaker claims");
  for (const std::string& alarm : selection.alarms) add_text(line, " " + alarm + ".");
}

void add_model_selection(Page& page, const ReportInput& input) {
  Node section = page.add_section("contest", "Which law to believe");
  bool any = false;
  for (const Subject& subject : input.subjects)
    for (const models::ScalingStudy* drawn : studies_to_draw(subject)) {
      const models::ScalingStudy& study = *drawn;
      if (study.selection) {
        if (!any)
          add(section, "p", {},
              "Each law is fitted without the largest rank counts and predicts them; the hold-out "
              "error is how far it misses. The claim beyond the data is the envelope of the laws "
              "that are kept.");
        any = true;
        add_one(page, section, subject_prefix(input, subject) + study_name(subject, study),
                *study.selection);
      }
    }
  if (!any)
    add_absence(section, "No contest: it takes a scaling study with two or more rank counts.");
}

const bool model_selection_section_registered =
    register_section({.place = 1200, .add = add_model_selection});

}  // namespace

}  // namespace assay::render
