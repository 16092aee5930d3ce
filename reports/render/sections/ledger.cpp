/// @file
/// Section 13: what earlier runs of these machines said, against what this one measured.

#include <fmt/format.h>

#include <cmath>

#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

using decision::Claim;
using decision::Score;

Table table_of(const std::vector<Score>& scores, const std::string& prefix, const std::string& by) {
  Table table{.id = "ledger",
              .caption = prefix + "Predictions and what became of them",
              .columns = {{"work", ""},
                          {"predicted by", ""},
                          {"ranks", ""},
                          {"label", ""},
                          {"said", "s"},
                          {"low", "s"},
                          {"high", "s"},
                          {"measured by", ""},
                          {"measured", "s"},
                          {"off by", "1"},
                          {"inside the interval", ""}}};
  for (const Score& score : scores) {
    const decision::Prediction& said = score.prediction;
    const bool has_interval = is_present(said.time.low);
    std::string outcome = score.held ? "\xE2\x9C\x93 yes" : "\xE2\x9C\x95 no";
    if (said.claim == Claim::deadline)
      outcome = fmt::format("{} (P {} of {})", score.held ? "in time" : "late",
                            show_percent(said.probability), show(said.deadline, "s"));
    else if (!has_interval)
      outcome = "";
    table.add({said.work, fmt::format("{}, {}", score.from, said.by),
               Cell::count(std::llround(said.ranks)), Cell(to_string(said.label)),
               Cell::quantity(said.time.value, "s"), Cell::quantity(said.time.low, "s"),
               Cell::quantity(said.time.high, "s"), by, Cell::quantity(score.measured, "s"),
               Cell::percent(score.off_by), outcome});
  }
  return table;
}

std::string reading_of(const decision::Tally& tally) {
  std::string text;
  if (tally.intervals > 0)
    text = fmt::format("{} of {} later measurements fell inside the interval", tally.held,
                       tally.intervals);
  if (is_present(tally.median_error))
    text += fmt::format("{}the median error is {}", text.empty() ? "" : "; ",
                        show_percent(tally.median_error));
  if (tally.deadlines > 0)
    text += fmt::format("{}{} of {} deadlines were met, claimed with {}", text.empty() ? "" : "; ",
                        tally.in_time, tally.deadlines, show_percent(tally.claimed));
  return text + ".";
}

void add_ledger(Page& page, const ReportInput& input) {
  Node section = page.add_section("ledger", "Earlier predictions, later measurements");
  bool any = false;
  for (const Subject& subject : input.subjects) {
    if (subject.scores.empty()) continue;
    any = true;
    const std::string prefix = subject_prefix(input, subject);
    add(section, "p", {}, prefix + reading_of(decision::tally(subject.scores)));
    page.add_table(section, table_of(subject.scores, prefix, subject.name));
  }
  if (!any)
    add_absence(section,
                "Nothing to score yet. What this run predicts is kept in its directory "
                "(predictions.json); a later run of the same machines beside it, or given with it "
                "(assay report EARLIER LATER), is held against it.");
}

const bool ledger_section_registered = register_section({.place = 1500, .add = add_ledger});

}  // namespace

}  // namespace assay::render
