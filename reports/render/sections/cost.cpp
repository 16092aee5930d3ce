/// @file
/// Section 11: cost per result over nodes, the time-cost front, sizes against counts.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "reports/models/money/type_crossover.hpp"
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

/// "3 x large"
std::string name_of(const CostPoint& point) {
  return fmt::format("{} x {}", show_count(std::llround(point.nodes)), point.node_type);
}

/// What so many results cost.
Estimate<double> money(const CostPoint& point, const ResultUnit& unit) {
  return {unit.count * point.cost.value, unit.count * point.cost.low, unit.count * point.cost.high};
}

std::string money_text(const CostStudy& cost, const CostPoint& point, const ResultUnit& unit) {
  const Estimate<double> sum = money(point, unit);
  if (!is_present(sum.value)) return show_range(sum.low, sum.high, cost.currency);
  return show_with_range(sum.value, sum.low, sum.high, cost.currency);
}

std::string point_tip(const CostStudy& cost, const CostPoint& point, const ResultUnit& unit) {
  return fmt::format("{}: {} for {}, {} ({})", name_of(point), money_text(cost, point, unit),
                     unit.name,
                     is_present(point.time.value)
                         ? show_with_range(point.time.value, point.time.low, point.time.high, "s")
                         : show_range(point.time.low, point.time.high, "s"),
                     to_string(point.label));
}

AxisSpec money_axis(const CostStudy& cost, const ResultUnit& unit) {
  return {.title = fmt::format("cost of {} ({})", unit.name, cost.currency),
          .unit_name = cost.currency,
          .kind = ScaleKind::log10,
          .label = [](double value) { return fmt::format("{:.6g}", value); }};
}

double largest_measured(const CostStudy& cost) {
  double largest = 0;
  for (const CostPoint& point : cost.points)
    if (point.label == Label::measured) largest = std::max(largest, point.nodes);
  return largest;
}

/// A band that goes on where no point can be stated may fill the chart to a tenth and tenfold of
/// what can be, not more.
void bound_axis(AxisSpec& axis, const CostStudy& cost, const ResultUnit& unit) {
  constexpr double most = 10;
  double low = absent, high = absent, band_low = absent, band_high = absent;
  const auto lower = [](double& least, double value) {
    if (is_present(value) && !(value >= least)) least = value;
  };
  const auto raise = [](double& greatest, double value) {
    if (is_present(value) && !(value <= greatest)) greatest = value;
  };
  for (const CostPoint& point : cost.points) {
    const Estimate<double> sum = money(point, unit);
    lower(band_low, sum.low);
    raise(band_high, sum.high);
    if (!is_present(sum.value)) continue;
    lower(low, sum.low);
    raise(high, sum.high);
  }
  if (!is_present(low) || !is_present(high)) return;
  axis.low = std::max(band_low, low / most) / 1.1;
  axis.high = std::min(band_high, high * most) * 1.1;
}

XyChart cost_chart(const CostStudy& cost, const ResultUnit& unit) {
  XyChart chart{.x = AxisSpec{.title = "nodes",
                              .kind = ScaleKind::log2,
                              .label = [](double n) { return show_count(std::llround(n)); }},
                .y = money_axis(cost, unit)};
  bound_axis(chart.y, cost, unit);
  std::set<double> counts;
  const std::vector<std::string> types = types_of(cost);
  for (std::size_t i = 0; i < types.size(); ++i) {
    ChartSeries series{.name = types[i], .style = i, .dots = true};
    for (const CostPoint& point : cost.points)
      if (point.node_type == types[i]) {
        counts.insert(point.nodes);
        const Estimate<double> sum = money(point, unit);
        series.points.push_back({point.nodes, models::has_point(point.label) ? sum.value : absent,
                                 sum.low, sum.high, point_tip(cost, point, unit)});
      }
    chart.series.push_back(std::move(series));
  }
  chart.x.ticks.assign(counts.begin(), counts.end());
  const double measured = largest_measured(cost);
  if (!counts.empty() && measured > 0 && *counts.rbegin() > measured)
    chart.regions.push_back({measured, *counts.rbegin() * 1.1, "beyond the measured"});
  return chart;
}

/// Each configuration as a bar from the low end of time and cost to their high end, with a dot
/// where a point may be stated; scenarios are left to the table.
XyChart front_chart(const CostStudy& cost, const ResultUnit& unit) {
  XyChart chart{.x = AxisSpec{.title = "time to all results",
                              .unit_name = "s",
                              .kind = ScaleKind::log10,
                              .label = [](double t) { return show(t, "s"); }},
                .y = money_axis(cost, unit)};
  ChartSeries front{.name = {}, .plain = true};
  for (const CostPoint& point : cost.points)
    if (point.on_pareto_front && models::has_point(point.label))
      front.points.push_back({point.time.value, money(point, unit).value});
  std::sort(front.points.begin(), front.points.end(),
            [](const ChartPoint& a, const ChartPoint& b) { return a.x < b.x; });
  chart.series.push_back(std::move(front));
  const std::vector<std::string> types = types_of(cost);
  for (std::size_t i = 0; i < types.size(); ++i) {
    ChartSeries dots{.name = types[i], .style = i, .lines = false, .dots = true};
    for (const CostPoint& point : cost.points) {
      if (point.node_type != types[i] || point.label == Label::scenario) continue;
      const Estimate<double> sum = money(point, unit);
      if (is_present(point.time.low) && is_present(sum.low))
        chart.series.push_back({.name = models::has_point(point.label) ? "" : types[i],
                                .points = {{point.time.low, sum.low}, {point.time.high, sum.high}},
                                .style = i});
      if (models::has_point(point.label))
        dots.points.push_back(
            {point.time.value, sum.value, absent, absent, point_tip(cost, point, unit)});
    }
    // One name is enough.
    bool named = !dots.points.empty();
    for (auto series = chart.series.rbegin(); series != chart.series.rend(); ++series)
      if (series->name == types[i] && std::exchange(named, true)) series->name.clear();
    chart.series.push_back(std::move(dots));
  }
  if (cost.job.deadline)
    chart.guides.push_back({ChartGuide::Along::x, *cost.job.deadline, "deadline"});
  return chart;
}

std::string front_reading(const CostStudy& cost) {
  const auto points =
      std::count_if(cost.points.begin(), cost.points.end(), [](const CostPoint& point) {
        return point.on_pareto_front && models::has_point(point.label);
      });
  if (points > 1)
    return "Nothing to the left of the dashed front is as cheap; choose a point on it. Bars are "
           "95 % ranges.";
  return "Each bar is the 95 % range of one configuration; a dot, where one may be stated, is its "
         "point.";
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

/// The size x count grid: what each type at each count costs at most, for that is known of ranges,
/// too.
void add_grid(Page& page, Node figures, const std::string& prefix, const CostStudy& cost,
              const ResultUnit& unit) {
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
  const CostPoint* safest = nullptr;
  for (const std::string& type : types) {
    std::vector<double> line;
    for (const double n : counts) {
      double value = std::numeric_limits<double>::quiet_NaN();
      for (const CostPoint& point : cost.points)
        if (point.node_type == type && point.nodes == n && point.feasible) {
          value = money(point, unit).high;
          if (!is_present(value)) value = money(point, unit).value;
          if (point.label != Label::scenario &&
              (safest == nullptr || point.cost.high < safest->cost.high))
            safest = &point;
        }
      line.push_back(value);
    }
    map.values.push_back(std::move(line));
  }
  if (safest == nullptr) return;
  page.add_figure(
      figures,
      {.title = prefix + "Size x count: cost at most",
       .reading = fmt::format("Lowest upper end of the 95 % interval: {}, {} for {} ({}).",
                              name_of(*safest), show(money(*safest, unit).high, cost.currency),
                              unit.name, to_string(safest->label)),
       .description = "Matrix of node types and node counts: the upper end of the 95 % interval of "
                      "the cost, scenarios included; darker costs more, an exclamation mark stands "
                      "where it is a quarter above the median."},
      [&](Node parent) { return draw(parent, map); });
}

/// "Up to 3 (2 to 5) x small cost less than one large".
std::string crossover_reading(const models::TypeCrossover& crossover) {
  const Estimate<double>& last = crossover.last_cheaper;
  const auto count = [](double n) { return show_count(std::llround(n)); };
  const std::string more = last.high >= crossover.searched ? " or more" : "";
  if (last.high < 1)
    return fmt::format("One {} costs less than any number of {}.", crossover.fast, crossover.slow);
  if (last.low >= crossover.searched)
    return fmt::format("Up to {} x {}, as far as the measurements carry, cost less than one {}.",
                       count(crossover.searched), crossover.slow, crossover.fast);
  if (!is_present(last.value))
    return fmt::format(
        "Scale-out costs less than one {} up to somewhere from {} to {}{} x {}; nobody measured "
        "that far, so no point is stated.",
        crossover.fast, count(last.low), count(last.high), more, crossover.slow);
  return fmt::format(
      "Scale-out costs less than one {} up to {} x {} (95 %: {} to {}{}), scale-up beyond.",
      crossover.fast, count(last.value), crossover.slow, count(last.low), count(last.high), more);
}

/// Many of the slower type, or one of the faster.
void add_crossover(Page& page, Node figures, const std::string& prefix,
                   const models::TypeCrossover& crossover) {
  XyChart chart{
      .x = AxisSpec{.title = "nodes of " + crossover.slow,
                    .kind = ScaleKind::log2,
                    .label = [](double n) { return show_count(std::llround(n)); }},
      .y = AxisSpec{.title = "cost, one " + crossover.fast + " = 1", .kind = ScaleKind::log10}};
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

std::string reading_of(const Decision& decision, const ResultUnit& unit) {
  const CostStudy& cost = *decision.cost;
  const CostPoint* best = decision.balanced ? &cost.points[*decision.balanced] : nullptr;
  const CostPoint* cheapest = nullptr;
  for (const CostPoint& point : cost.points)
    if (models::has_point(point.label) &&
        (cheapest == nullptr || point.cost.value < cheapest->cost.value))
      cheapest = &point;
  if (cheapest == nullptr) return "No point can be stated; the band is the answer.";
  std::string text = fmt::format("Cheapest: {}, {} for {}", name_of(*cheapest),
                                 show(money(*cheapest, unit).value, cost.currency), unit.name);
  if (best != nullptr && best != cheapest)
    text += fmt::format("; {} costs {} times that and is {} times as fast", name_of(*best),
                        show_digits(best->cost.value / cheapest->cost.value),
                        show_digits(cheapest->time.value / best->time.value));
  return text + ".";
}

void add_cost(Page& page, const ReportInput& input) {
  Node section = page.add_section("cost", "Cost per result");
  Node figures = Page::add_figure_group(section);
  for (const Subject& subject : input.subjects) {
    const Decision& decision = subject.decision;
    if (!decision.cost || decision.cost->points.empty()) continue;
    const CostStudy* cost = &*decision.cost;
    const std::string prefix = subject_prefix(input, subject);
    const ResultUnit unit = result_unit_of(*cost);
    const XyChart by_nodes = cost_chart(*cost, unit), front = front_chart(*cost, unit);
    page.add_figure(
        figures,
        {.title = prefix + "Cost per result over nodes",
         .reading = reading_of(decision, unit),
         .description =
             "Cost per result over the number of nodes, a line with its band for each node type.",
         .data = data_of(*cost)},
        [&](Node parent) { return draw(parent, by_nodes); });
    page.add_figure(
        figures,
        {.title = prefix + "Time against cost",
         .reading = front_reading(*cost),
         .description = "Each configuration as a point of time and cost per result; the front "
                        "joins those that no other beats in both."},
        [&](Node parent) { return draw(parent, front); });
    add_grid(page, figures, prefix, *cost, unit);
    for (const models::TypeCrossover& crossover :
         models::type_crossovers(*decision.study->selection, *cost))
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

const bool cost_section_registered = register_section({.place = 1300, .add = add_cost});

}  // namespace

}  // namespace assay::render
