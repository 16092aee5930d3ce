/// @file
/// Section 11: cost per result over nodes, the time-cost front, sizes against counts.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "reports/models/type_crossover.hpp"
#include "reports/render/findings.hpp"
#include "reports/render/heat_map.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

namespace {

using models::CostPoint;
using models::CostStudy;

std::vector<std::string> types_of(const CostStudy& cost) {
  std::vector<std::string> types;
  for (const CostPoint& point : cost.points)
    if (std::find(types.begin(), types.end(), point.node_type) == types.end())
      types.push_back(point.node_type);
  return types;
}

std::string point_tip(const CostStudy& cost, const CostPoint& point) {
  return fmt::format(
      "{} x {}: {} per result, {} ({})", show_count(std::llround(point.nodes)), point.node_type,
      show_with_range(point.cost.value, point.cost.low, point.cost.high, cost.currency),
      show_with_range(point.time.value, point.time.low, point.time.high, "s"),
      to_string(point.label));
}

double largest_measured(const CostStudy& cost) {
  double largest = 0;
  for (const CostPoint& point : cost.points)
    if (point.label == Label::measured) largest = std::max(largest, point.nodes);
  return largest;
}

XyChart cost_chart(const CostStudy& cost) {
  XyChart chart{.x = {.title = "nodes",
                      .kind = ScaleKind::log2,
                      .label = [](double n) { return show_count(std::llround(n)); }},
                .y = {.title = fmt::format("cost per result ({})", cost.currency),
                      .unit_name = cost.currency,
                      .kind = ScaleKind::log10,
                      .label = [](double value) { return fmt::format("{:.6g}", value); }}};
  std::set<double> counts;
  const std::vector<std::string> types = types_of(cost);
  for (std::size_t i = 0; i < types.size(); ++i) {
    ChartSeries series{.name = types[i], .style = i, .dots = true};
    for (const CostPoint& point : cost.points)
      if (point.node_type == types[i]) {
        counts.insert(point.nodes);
        series.points.push_back({point.nodes,
                                 models::has_point(point.label) ? point.cost.value : absent,
                                 point.cost.low, point.cost.high, point_tip(cost, point)});
      }
    chart.series.push_back(std::move(series));
  }
  chart.x.ticks.assign(counts.begin(), counts.end());
  const double measured = largest_measured(cost);
  if (!counts.empty() && measured > 0 && *counts.rbegin() > measured)
    chart.regions.push_back({measured, *counts.rbegin() * 1.1, "beyond the measured"});
  return chart;
}

XyChart front_chart(const CostStudy& cost) {
  XyChart chart{.x = {.title = "time to all results",
                      .unit_name = "s",
                      .kind = ScaleKind::log10,
                      .label = [](double t) { return show(t, "s"); }},
                .y = {.title = fmt::format("cost per result ({})", cost.currency),
                      .unit_name = cost.currency,
                      .kind = ScaleKind::log10,
                      .label = [](double value) { return fmt::format("{:.6g}", value); }}};
  ChartSeries front{.name = {}, .plain = true};
  for (const CostPoint& point : cost.points)
    if (point.on_pareto_front && models::has_point(point.label))
      front.points.push_back({point.time.value, point.cost.value});
  std::sort(front.points.begin(), front.points.end(),
            [](const ChartPoint& a, const ChartPoint& b) { return a.x < b.x; });
  chart.series.push_back(std::move(front));
  const std::vector<std::string> types = types_of(cost);
  for (std::size_t i = 0; i < types.size(); ++i) {
    ChartSeries series{.name = types[i], .style = i, .lines = false, .dots = true};
    for (const CostPoint& point : cost.points)
      if (point.node_type == types[i] && models::has_point(point.label))
        series.points.push_back({point.time.value, point.cost.value, point.cost.low,
                                 point.cost.high, point_tip(cost, point)});
    chart.series.push_back(std::move(series));
  }
  if (cost.job.deadline)
    chart.guides.push_back({ChartGuide::Along::x, *cost.job.deadline, "deadline"});
  return chart;
}

Table data_of(const CostStudy& cost) {
  Table table{.id = "cost",
              .caption = fmt::format("Cost per result, in {}", cost.currency),
              .columns = {{"node type", ""},
                          {"nodes", ""},
                          {"ranks", ""},
                          {"time", "s"},
                          {"low", "s"},
                          {"high", "s"},
                          {"cost per result", cost.currency},
                          {"low", cost.currency},
                          {"high", cost.currency},
                          {"whole job", cost.currency},
                          {"P(in time)", "1"},
                          {"on the front", ""},
                          {"label", ""},
                          {"note", ""}}};
  for (const CostPoint& point : cost.points)
    table.add({point.node_type, Cell::count(std::llround(point.nodes)),
               Cell::count(std::llround(point.ranks)), Cell::quantity(point.time.value, "s"),
               Cell::quantity(point.time.low, "s"), Cell::quantity(point.time.high, "s"),
               Cell::quantity(point.cost.value, cost.currency),
               Cell::quantity(point.cost.low, cost.currency),
               Cell::quantity(point.cost.high, cost.currency),
               Cell::quantity(point.total.value, cost.currency),
               Cell::percent(point.deadline_probability), point.on_pareto_front ? "yes" : "",
               Cell(to_string(point.label)), point.note});
  return table;
}

/// The size x count grid: which type at which count is cheapest.
void add_grid(Page& page, Node figures, const std::string& prefix, const CostStudy& cost) {
  const std::vector<std::string> types = types_of(cost);
  std::set<double> counts;
  for (const CostPoint& point : cost.points) counts.insert(point.nodes);
  if (types.size() < 2 || counts.size() < 2) return;
  HeatMap map{.rows = types,
              .columns = {},
              .row_title = "node type",
              .column_title = "nodes",
              .values = {},
              .unit_name = cost.currency};
  for (const double n : counts) map.columns.push_back(show_count(std::llround(n)));
  const CostPoint* cheapest = nullptr;
  for (const std::string& type : types) {
    std::vector<double> line;
    for (const double n : counts) {
      double value = std::numeric_limits<double>::quiet_NaN();
      for (const CostPoint& point : cost.points)
        if (point.node_type == type && point.nodes == n && models::has_point(point.label)) {
          value = point.cost.value;
          if (cheapest == nullptr || point.cost.value < cheapest->cost.value) cheapest = &point;
        }
      line.push_back(value);
    }
    map.values.push_back(std::move(line));
  }
  if (cheapest == nullptr) return;
  page.add_figure(
      figures,
      {.title = prefix + "Size x count: cost per result",
       .reading = fmt::format("Cheapest: {} x {} at {}.", show_count(std::llround(cheapest->nodes)),
                              cheapest->node_type, show(cheapest->cost.value, cost.currency)),
       .description = "Matrix of node types and node counts; darker costs more."},
      [&](Node parent) { return draw(parent, map); });
}

/// "Up to 3 (2 to 5) x small cost less than one large".
std::string crossover_reading(const models::TypeCrossover& crossover) {
  const Estimate<double>& last = crossover.last_cheaper;
  const auto count = [](double n) { return show_count(std::llround(n)); };
  if (last.high < 1)
    return fmt::format("One {} costs less than any number of {}.", crossover.fast, crossover.slow);
  if (last.low >= crossover.searched)
    return fmt::format("Up to {} x {}, as far as the measurements carry, cost less than one {}.",
                       count(crossover.searched), crossover.slow, crossover.fast);
  return fmt::format(
      "Scale-out costs less than one {} up to {} x {} (95 %: {} to {}{}), scale-up beyond.",
      crossover.fast, count(last.value), crossover.slow, count(last.low), count(last.high),
      last.high >= crossover.searched ? " or more" : "");
}

/// Many of the slower type, or one of the faster.
void add_crossover(Page& page, Node figures, const std::string& prefix,
                   const models::TypeCrossover& crossover) {
  XyChart chart{.x = {.title = "nodes of " + crossover.slow,
                      .kind = ScaleKind::log2,
                      .label = [](double n) { return show_count(std::llround(n)); }},
                .y = {.title = "cost, one " + crossover.fast + " = 1", .kind = ScaleKind::log10}};
  ChartSeries line{.name = crossover.slow, .dots = true};
  Table table{.columns = {{"nodes of " + crossover.slow, ""},
                          {"cost, one " + crossover.fast + " = 1", "1"},
                          {"low", "1"},
                          {"high", "1"},
                          {"label", ""}}};
  double measured = 0;
  for (const auto& point : crossover.points) {
    const auto& [value, low, high] = point.ratio;
    line.points.push_back(
        {point.nodes, value, low, high,
         fmt::format("{} x {}: {} times the cost of one {}", show_count(std::llround(point.nodes)),
                     crossover.slow, show_with_range(value, low, high, "1"), crossover.fast)});
    table.add({Cell::count(std::llround(point.nodes)), Cell::quantity(value, "1"),
               Cell::quantity(low, "1"), Cell::quantity(high, "1"), Cell(to_string(point.label))});
    if (point.label == Label::measured) measured = std::max(measured, point.nodes);
  }
  for (double n = 1; n <= crossover.searched; n *= 2) chart.x.ticks.push_back(n);
  chart.series.push_back(std::move(line));
  chart.guides.push_back({ChartGuide::Along::y, 1, "one " + crossover.fast});
  if (measured > 0 && crossover.searched > measured)
    chart.regions.push_back({measured, crossover.searched * 1.1, "beyond the measured"});
  page.add_figure(
      figures,
      {.title = prefix + fmt::format("Many {} or one {}", crossover.slow, crossover.fast),
       .reading = crossover_reading(crossover) + " The speed of " + crossover.fast +
                  " is the price list's.",
       .description = "Cost of the job on a number of nodes of the slower type, as a multiple of "
                      "its cost on one node of the faster type, with its interval.",
       .data = std::move(table)},
      [&](Node parent) { return draw(parent, chart); });
}

std::string reading_of(const CostStudy& cost) {
  const CostPoint* best = recommended(cost);
  const CostPoint* cheapest = nullptr;
  for (const CostPoint& point : cost.points)
    if (models::has_point(point.label) &&
        (cheapest == nullptr || point.cost.value < cheapest->cost.value))
      cheapest = &point;
  if (cheapest == nullptr) return "No point can be stated; the band is the answer.";
  std::string text =
      fmt::format("Cheapest per result: {} x {}, {}", show_count(std::llround(cheapest->nodes)),
                  cheapest->node_type, show(cheapest->cost.value, cost.currency));
  if (best != nullptr && best != cheapest)
    text += fmt::format("; {} x {} costs {} times that and is {} times as fast",
                        show_count(std::llround(best->nodes)), best->node_type,
                        show_digits(best->cost.value / cheapest->cost.value),
                        show_digits(cheapest->time.value / best->time.value));
  return text + ".";
}

}  // namespace

void add_cost(Page& page, const ReportInput& input) {
  Node section = page.add_section("cost", "Cost per result");
  Node figures = Page::add_figure_group(section);
  for (const Subject& subject : input.subjects) {
    const models::ScalingStudy* study = main_study(subject);
    if (study == nullptr) continue;
    const auto cost = cost_for(input, subject, *study);
    if (!cost || cost->points.empty()) continue;
    const std::string prefix = subject_prefix(input, subject);
    const XyChart by_nodes = cost_chart(*cost), front = front_chart(*cost);
    page.add_figure(
        figures,
        {.title = prefix + "Cost per result over nodes",
         .reading = reading_of(*cost),
         .description =
             "Cost per result over the number of nodes, a line with its band for each node type.",
         .data = data_of(*cost)},
        [&](Node parent) { return draw(parent, by_nodes); });
    page.add_figure(
        figures,
        {.title = prefix + "Time against cost",
         .reading = "Nothing to the left of the dashed front is as cheap; choose a point on it.",
         .description = "Each configuration as a point of time and cost per result; the front "
                        "joins those that no other beats in both."},
        [&](Node parent) { return draw(parent, front); });
    add_grid(page, figures, prefix, *cost);
    if (study->contest)
      for (const models::TypeCrossover& crossover : models::type_crossovers(*study->contest, *cost))
        add_crossover(page, figures, prefix, crossover);
    if (subject.prices && subject.prices->fictional) {
      Node line = add(section, "p");
      add_badge(line, "warn", "fictional prices");
      add_text(line, " The price list says that its prices are made up.");
    }
  }
  if (!figures.first_child())
    add_absence(section, "No cost: it takes a scaling study with a law that fits.");
}

}  // namespace assay::render
