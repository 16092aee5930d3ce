/// @file
/// Part of section 1: several runs side by side: which is cheaper per result, or that they cannot
/// be told apart.

#include <fmt/format.h>

#include <cmath>

#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

void add_comparison(Page& page, Node section, const ReportInput& input) {
  if (!input.comparison) return;
  const decision::Comparison& comparison = *input.comparison;
  if (comparison.rows.size() < 2) {
    add_absence(section, comparison.headline);
    return;
  }
  const auto name_of = [&](const decision::Comparison::Row& row) -> const std::string& {
    return input.subjects[row.alternative].name;
  };
  const auto& best = comparison.rows[comparison.best];
  Table table{.id = "comparison",
              .caption = "Side by side, each at the point recommended for it",
              .columns = {{"run", ""},
                          {"nodes", ""},
                          {"cost per result", best.currency},
                          {"low", best.currency},
                          {"high", best.currency},
                          {"time", "s"},
                          {fmt::format("P({} is cheaper)", name_of(best)), "1"},
                          {fmt::format("P({} is faster)", name_of(best)), "1"},
                          {"label", ""}}};
  for (const auto& row : comparison.rows)
    table.add({name_of(row), nodes_text(row.point),
               Cell::quantity(row.point.cost.value, row.currency),
               Cell::quantity(row.point.cost.low, row.currency),
               Cell::quantity(row.point.cost.high, row.currency),
               Cell::quantity(row.point.time.value, "s"), Cell::percent(row.best_is_cheaper),
               Cell::percent(row.best_is_faster), Cell(to_string(row.point.label))});
  Node box = add(section, "div", {{"class", "decision"}});
  add(box, "p", {{"class", "answer"}}, comparison.headline);
  if (!comparison.because.empty()) add(box, "p", {{"class", "because"}}, comparison.because);
  page.add_table(box, std::move(table));
}

}  // namespace assay::render
