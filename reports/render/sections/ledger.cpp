/// @file
/// Section 13: what an earlier run said of rank counts it had not seen, against what a later run
/// measured.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probes/core/statistics.hpp"
#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

struct Entry {
  std::string study, from, to;
  models::Prediction prediction;
  double measured;
  [[nodiscard]] bool inside() const {
    return prediction.time.low <= measured && measured <= prediction.time.high;
  }
};

/// Start times are ISO 8601: text order is time order.
std::vector<const Subject*> by_time(const ReportInput& input) {
  std::vector<const Subject*> list;
  for (const Subject& subject : input.subjects) list.push_back(&subject);
  std::stable_sort(list.begin(), list.end(), [](const Subject* a, const Subject* b) {
    return run_text(a->run, "/start") < run_text(b->run, "/start");
  });
  return list;
}

std::vector<Entry> entries_of(const Subject& earlier, const Subject& later) {
  std::vector<Entry> entries;
  for (const auto& study : earlier.analysis.scaling) {
    if (!study.contest) continue;
    for (const auto& other : later.analysis.scaling)
      if (other.series.subject == study.series.subject)
        for (const auto& point : other.series.points)
          if (point.ranks > study.series.reach.largest)
            entries.push_back({study_name(earlier, study), earlier.name, later.name,
                               study.contest->at(point.ranks), models::typical_time(point)});
  }
  return entries;
}

}  // namespace

void add_ledger(Page& page, const ReportInput& input) {
  Node section = page.add_section("ledger", "Earlier predictions, later measurements");
  const std::vector<const Subject*> runs = by_time(input);
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < runs.size(); ++i)
    for (std::size_t j = i + 1; j < runs.size(); ++j) {
      const std::vector<Entry> more = entries_of(*runs[i], *runs[j]);
      entries.insert(entries.end(), more.begin(), more.end());
    }
  if (entries.empty()) {
    add_absence(section,
                "Nothing to score yet. Give an earlier run of the same workload and a later one "
                "with more ranks (assay report EARLIER LATER): what the earlier one said is held "
                "against what the later one measured.");
    return;
  }
  Table table{.id = "ledger",
              .caption = "Predictions and what became of them",
              .columns = {{"study", ""},
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
  std::size_t inside = 0;
  std::vector<double> errors;
  for (const Entry& entry : entries) {
    const auto& time = entry.prediction.time;
    const double middle = is_present(time.value) ? time.value : std::sqrt(time.low * time.high);
    if (entry.inside()) ++inside;
    errors.push_back(std::abs(entry.measured / middle - 1));
    table.add({entry.study, entry.from, Cell::count(std::llround(entry.prediction.ranks)),
               Cell(to_string(entry.prediction.label)), Cell::quantity(time.value, "s"),
               Cell::quantity(time.low, "s"), Cell::quantity(time.high, "s"), entry.to,
               Cell::quantity(entry.measured, "s"), Cell::percent(entry.measured / middle - 1),
               entry.inside() ? "\xE2\x9C\x93 yes" : "\xE2\x9C\x95 no"});
  }
  add(section, "p", {},
      fmt::format("{} of {} later measurements fell inside the interval; the median error is {}.",
                  inside, entries.size(), show_percent(median(errors))));
  page.add_table(section, std::move(table));
}

}  // namespace assay::render
