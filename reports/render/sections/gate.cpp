/// @file
/// Section 14: verdicts of the gate, where the run directory holds a gate.json (schema:
/// reports/gate/README.md).

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

double number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : absent;
}

bool flag_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

const json& list_of(const json& object, const char* key) {
  static const json none = json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : none;
}

int order_of(const std::string& verdict) {
  return verdict == "regressed" ? 0 : verdict == "inconclusive" ? 1 : verdict == "improved" ? 2 : 3;
}

bool is_exact(const json& metric) {
  return text_of(metric, "kind") == "exact";
}

/// A count in full: three digits would hide the byte that made it red.
Cell side_of(const json& metric, const char* side) {
  const double value = number_of(metric, side);
  if (!is_exact(metric) || !is_present(value) || value != std::round(value))
    return Cell::quantity(value, text_of(metric, "unit"));
  return Cell::count(static_cast<std::int64_t>(value));
}

Cell change_of(const json& metric) {
  Cell cell = Cell::percent(number_of(metric, "change"));
  const double more = number_of(metric, "head") - number_of(metric, "base");
  if (is_exact(metric) && is_present(more)) cell.text = fmt::format("{:+}", more);
  return cell;
}

void add_verdicts(Page& page, Node section, const std::string& prefix, const json& gate) {
  std::vector<const json*> metrics;
  for (const json& metric : list_of(gate, "metrics"))
    if (metric.is_object()) metrics.push_back(&metric);
  std::stable_sort(metrics.begin(), metrics.end(), [](const json* a, const json* b) {
    return order_of(text_of(*a, "verdict")) < order_of(text_of(*b, "verdict"));
  });
  Table table{.id = "gate",
              .caption = prefix + "Verdicts, worst first",
              .columns = {{"verdict", ""},
                          {"metric", ""},
                          {"base", ""},
                          {"head", ""},
                          {"change", "1"},
                          {"low", "1"},
                          {"high", "1"},
                          {"would have been found", "1"},
                          {"reason", ""}}};
  for (const json* metric : metrics) {
    const std::string verdict = text_of(*metric, "verdict");
    const char* mark = verdict == "regressed"      ? "\xE2\x9C\x95 "
                       : verdict == "inconclusive" ? "? "
                                                   : "\xE2\x9C\x93 ";
    table.add({mark + verdict, text_of(*metric, "name"), side_of(*metric, "base"),
               side_of(*metric, "head"), change_of(*metric),
               Cell::percent(number_of(*metric, "change_low")),
               Cell::percent(number_of(*metric, "change_high")),
               Cell::percent(number_of(*metric, "detectable")), text_of(*metric, "reason")});
  }
  if (!table.rows.empty()) page.add_table(section, std::move(table));
}

/// Why there is no verdict: what differs between the two machines, and which canary did not hold.
void add_differences(Page& page, Node section, const std::string& prefix, const json& gate) {
  Table table{.id = "gate-differences",
              .caption = prefix + "What differs between the two sides",
              .columns = {{"what", ""}, {"base", ""}, {"head", ""}, {"weight", ""}}};
  for (const json& difference : list_of(gate, "fingerprint"))
    if (difference.is_object())
      table.add({text_of(difference, "key"), text_of(difference, "base"),
                 text_of(difference, "head"),
                 flag_of(difference, "allowed") ? "allowed"
                 : flag_of(difference, "hard")  ? "no verdict across it"
                                                : "a warning"});
  for (const json& canary : list_of(gate, "canaries"))
    if (canary.is_object() && !flag_of(canary, "passed"))
      table.add({text_of(canary, "name"), show_digits(number_of(canary, "base")),
                 show_digits(number_of(canary, "head")),
                 "canary, may move by " + show_percent(number_of(canary, "limit"))});
  if (!table.rows.empty()) page.add_table(section, std::move(table));
}

/// The verdict of all, and what was compared.
void add_headline(Node section, const std::string& prefix, const json& gate) {
  Node line = add(section, "p");
  const double code = number_of(gate, "exit_code");
  add_badge(line, code == 0 ? "good" : code == 1 ? "bad" : "warn", text_of(gate, "headline"));
  const std::string base = text_of(gate, "base"), head = text_of(gate, "head");
  std::string text = " " + prefix;
  if (!base.empty() || !head.empty()) text += base + " against " + head + ". ";
  add_text(line, text + text_of(gate, "claim"));
  std::vector<std::string> notes;
  if (!text_of(gate, "refusal").empty()) notes.push_back(text_of(gate, "refusal"));
  for (const json& warning : list_of(gate, "warnings"))
    if (warning.is_string()) notes.push_back(warning.get<std::string>());
  for (const std::string& note : notes) add_absence(section, note + ".");
}

std::size_t accepted_changes(const json& series) {
  std::size_t changes = 0;
  for (const json& change : list_of(series, "changes"))
    changes += change.is_object() && flag_of(change, "accepted") ? 1 : 0;
  return changes;
}

/// The series that are long enough for a chart, those that changed first.
std::vector<const json*> charted(const json& gate) {
  std::vector<const json*> all;
  for (const json& series : list_of(gate, "history"))
    if (series.is_object() && list_of(series, "points").size() >= 3) all.push_back(&series);
  std::stable_partition(all.begin(), all.end(),
                        [](const json* series) { return accepted_changes(*series) > 0; });
  return all;
}

/// Values over runs, a line where a change was found.
void add_history(Page& page, Node section, const std::string& prefix, const json& gate) {
  constexpr std::size_t most_drawn = 6;
  Node figures = Page::add_figure_group(section);
  const std::vector<const json*> all = charted(gate);
  if (all.size() > most_drawn)
    add_absence(section, fmt::format("{}{} of {} histories are drawn, those with changes first.",
                                     prefix, most_drawn, all.size()));
  for (std::size_t i = 0; i < std::min(most_drawn, all.size()); ++i) {
    const json& series = *all[i];
    const std::string unit = text_of(series, "unit");
    XyChart chart{
        .x = AxisSpec{.title = "runs, oldest first"},
        .y = AxisSpec{.title = unit.empty() || unit == "1" ? "value" : "value (" + unit + ")",
                      .unit_name = unit}};
    ChartSeries line{.name = {}, .dots = true};
    Table table{.columns = {{"run", ""}, {"time", ""}, {"value", unit}}};
    for (const json& point : list_of(series, "points")) {
      if (!point.is_object()) continue;
      const double value = number_of(point, "value");
      line.points.push_back({static_cast<double>(line.points.size() + 1), value, absent, absent,
                             fmt::format("{}: {}", text_of(point, "label"), show(value, unit))});
      table.add({text_of(point, "label"), text_of(point, "time"), Cell::quantity(value, unit)});
    }
    const std::size_t changes = accepted_changes(series);
    for (const json& change : list_of(series, "changes")) {
      if (!change.is_object() || !flag_of(change, "accepted")) continue;
      chart.guides.push_back({ChartGuide::Along::x, number_of(change, "index") + 0.5, "change"});
    }
    chart.series.push_back(std::move(line));
    page.add_figure(
        figures,
        {.title = prefix + "History of " + text_of(series, "metric"),
         .reading = changes == 0 ? "No change point stands out."
                                 : fmt::format("{} change point{}; advisory.", changes,
                                               changes == 1 ? "" : "s"),
         .description = "The metric over stored runs; a dashed line where a change was found.",
         .data = std::move(table)},
        [&](Node parent) { return draw(parent, chart); });
  }
}

void add_gate(Page& page, const ReportInput& input) {
  Node section = page.add_section("gate", "Gate verdicts");
  bool any = false;
  for (const Subject& subject : input.subjects) {
    if (!subject.gate.is_object()) continue;
    any = true;
    const std::string prefix = subject_prefix(input, subject);
    add_headline(section, prefix, subject.gate);
    add_differences(page, section, prefix, subject.gate);
    add_verdicts(page, section, prefix, subject.gate);
    add_history(page, section, prefix, subject.gate);
  }
  if (!any)
    add_absence(section, "The run directory holds no gate.json (assay gate, assay compare).");
}

const bool gate_section_registered = register_section({.place = 1600, .add = add_gate});

}  // namespace

}  // namespace assay::render
