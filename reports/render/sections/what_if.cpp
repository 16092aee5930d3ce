/// @file
/// Section 12: the what-if, and the grid that stands there without script.

#include <fmt/format.h>

#include <cmath>

#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/what_if.hpp"

namespace assay::render {

namespace {

constexpr double year = 365.25 * 86400;

struct Slider {
  const char* name;
  const char* label;
  double low, high, step, value;
};

void add_slider(Node parent, const std::string& id, const Slider& slider) {
  const std::string field = fmt::format("{}-{}", id, slider.name);
  Node row = add(parent, "div", {{"class", "row"}});
  add(row, "label", {{"for", field}}, slider.label);
  add(row, "output", {{"data-for", slider.name}, {"for", field}});
  add(parent, "input",
      {{"type", "range"},
       {"id", field},
       {"name", slider.name},
       {"min", fmt::format("{}", slider.low)},
       {"max", fmt::format("{}", slider.high)},
       {"step", fmt::format("{}", slider.step)},
       {"value", fmt::format("{}", slider.value)}});
}

/// A page embeds no more draws than this; beyond it every second, third ... world is left out at
/// all counts.
constexpr std::size_t most_embedded = 6000;

WhatIfModel thinned(WhatIfModel model) {
  std::size_t numbers = 0;
  for (const WhatIfNodes& at : model.nodes) numbers += at.times.size() + at.runs.size();
  const std::size_t stride = (numbers + most_embedded - 1) / most_embedded;
  if (stride < 2) return model;
  const auto thin = [&](std::vector<double>& draws) {
    std::vector<double> kept;
    for (std::size_t i = 0; i < draws.size(); i += stride) kept.push_back(draws[i]);
    draws = std::move(kept);
  };
  for (WhatIfNodes& at : model.nodes) {
    thin(at.times);
    thin(at.runs);
  }
  return model;
}

void add_controls(Node section, const std::string& id, const WhatIfModel& model,
                  const WhatIfSettings& settings, double typical, bool priced,
                  const ResultUnit& unit) {
  Node box = add(section, "div", {{"class", "whatif"}, {"hidden", "hidden"}});
  Node controls = add(box, "div");
  if (priced) add_slider(controls, id, {"price", "Price", -2, 2, 0.05, 0});
  add_slider(controls, id, {"deadline", "Deadline for all results", -4, 0, 0.05, 0});
  add_slider(controls, id, {"results", "Results wanted", 0, 6, 0.1, 0});
  add_slider(controls, id, {"mtbf", "A node fails", 0, 4, 0.1, 4});
  add_slider(controls, id, {"overlap", "Communication hidden besides", 0, 100, 1, 0});
  add_slider(controls, id, {"oversubscription", "Network oversubscribed", 1, 8, 0.5, 1});
  add(add(controls, "p"), "button", {{"type", "button"}}, "As measured");
  Node result = add(box, "div");
  Node live = add(result, "div", {{"aria-live", "polite"}});
  add(live, "p", {{"class", "answer"}});
  add(live, "p", {{"class", "detail"}});
  Node chart = add(result, "svg",
                   {{"xmlns", "http://www.w3.org/2000/svg"},
                    {"role", "img"},
                    {"viewBox", "0 0 520 256"},
                    {"width", "520"},
                    {"height", "256"},
                    {"font-family", "system-ui, sans-serif"}});
  set(chart, "aria-label",
      "Cost per result over nodes with its band under the settings of the sliders; the dot is the "
      "answer.");
  nlohmann::json start = to_json(settings);
  start["typical"] = typical;
  start["unit"] = unit.count;
  start["unit_name"] = unit.name;
  add(box, "template", {{"class", "model"}}, to_json(thinned(model)).dump());
  add(box, "template", {{"class", "settings"}}, start.dump());
}

std::string cell_text(const WhatIfModel& model, const WhatIfSettings& settings,
                      const ResultUnit& unit) {
  const std::vector<WhatIfRow> rows = evaluate(model, settings);
  const auto best = best_row(rows, settings);
  if (!best) return "no number of nodes";
  return fmt::format(
      "{} node{}: {}", show_count(std::llround(rows[*best].nodes)),
      rows[*best].nodes == 1 ? "" : "s",
      show_with_range(unit.count * rows[*best].cost.value, unit.count * rows[*best].cost.low,
                      unit.count * rows[*best].cost.high, model.currency));
}

/// What stands there without script.
Table grid_of(const WhatIfModel& model, const WhatIfSettings& settings, const std::string& prefix,
              const ResultUnit& unit) {
  Table table{
      .id = "what-if",
      .caption = fmt::format("{}Nodes, and cost of {}, by network and failures", prefix, unit.name),
      .columns = {{"a node fails", ""}}};
  constexpr double factors[] = {1, 2, 4};
  for (const double factor : factors)
    table.columns.push_back({factor == 1 ? "network as measured"
                                         : fmt::format("network oversubscribed {} to 1", factor),
                             ""});
  struct Failure {
    const char* name;
    std::optional<double> mtbf;
  };
  for (const Failure& failure : {Failure{"never", std::nullopt}, Failure{"every year", year},
                                 Failure{"every 36.5 days", 0.1 * year}}) {
    std::vector<Cell> row{failure.name};
    for (const double factor : factors) {
      WhatIfSettings changed = settings;
      changed.node_mtbf = failure.mtbf;
      changed.oversubscription = factor;
      row.emplace_back(cell_text(model, changed, unit));
    }
    table.add(std::move(row));
  }
  return table;
}

void add_what_if(Page& page, const ReportInput& input) {
  Node section = page.add_section("what-if", "What if");
  bool any = false;
  for (std::size_t i = 0; i < input.subjects.size(); ++i) {
    const Subject& subject = input.subjects[i];
    if (!subject.decision.cost) continue;
    const models::CostStudy* cost = &*subject.decision.cost;
    const WhatIfModel model = what_if_model(subject);
    if (model.nodes.empty()) continue;
    const WhatIfSettings settings = what_if_settings(*cost);
    const std::string prefix = subject_prefix(input, subject);
    if (!any)
      add(section, "p", {},
          "Recomputed from the bootstrap draws behind the intervals, so that the band moves with "
          "the answer. Beyond the rank counts measured, "
          "the share of communication is taken to stay that of the largest one: an assumption.");
    any = true;
    if (!prefix.empty()) add(section, "h3", {}, subject.name);
    const std::vector<WhatIfRow> rows = evaluate(model, settings);
    double slowest = 0;
    for (const WhatIfRow& row : rows) slowest = std::max(slowest, row.time.high);
    add_controls(section, fmt::format("what-if-{}", i), model, settings, slowest,
                 subject.prices.has_value(), result_unit_of(*cost));
    page.add_table(section, grid_of(model, settings, prefix, result_unit_of(*cost)));
  }
  if (!any) add_absence(section, "No what-if: it takes a scaling study with a law that fits.");
}

const bool what_if_section_registered = register_section({.place = 1400, .add = add_what_if});

}  // namespace

}  // namespace assay::render
