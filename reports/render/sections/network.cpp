/// @file
/// Section 6: cost of a message, with the fit and its residuals; node pairs.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "probes/core/units.hpp"
#include "reports/render/heat_map.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

namespace {

using models::AlphaBetaFit;

AxisSpec message_axis() {
  return {.title = "message size", .unit_name = "B", .kind = ScaleKind::log2, .label = size_label};
}

/// The fits of one fabric path, one for each traffic pattern.
using PathFits = std::vector<const AlphaBetaFit*>;

/// The fitted line of each segment, as a curve on logarithmic axes.
ChartSeries fitted_curve(const AlphaBetaFit& fit, std::size_t style) {
  ChartSeries curve{.name = fit.operation, .style = style};
  for (const auto& segment : fit.segments) {
    const double from = std::max(1.0, segment.from.value()),
                 to = std::max(from, segment.to.value());
    constexpr int steps = 16;
    for (int i = 0; i <= steps; ++i) {
      const double size = from * std::pow(to / from, static_cast<double>(i) / steps);
      curve.points.push_back(
          {size, segment.alpha.value.value() + size * segment.beta.value.value()});
    }
    curve.points.push_back({segment.to.value(), absent});
  }
  return curve;
}

XyChart time_chart(const PathFits& fits) {
  XyChart chart{
      .x = message_axis(),
      .y = AxisSpec{.title = "time, one way (s)", .unit_name = "s", .kind = ScaleKind::log10}};
  for (std::size_t style = 0; style < fits.size(); ++style) {
    const AlphaBetaFit& fit = *fits[style];
    chart.series.push_back(fitted_curve(fit, style));
    ChartSeries dots{.style = style, .lines = false, .dots = true};
    for (const auto& point : fit.points)
      if (point.size.value() > 0)
        dots.points.push_back(
            {point.size.value(), point.time.value.value(), point.time.low.value(),
             point.time.high.value(),
             fmt::format("{}, {}: {}", fit.operation, size_label(point.size.value()),
                         show_with_range(point.time.value.value(), point.time.low.value(),
                                         point.time.high.value(), "s"))});
    chart.series.push_back(std::move(dots));
    for (std::size_t i = 0; i + 1 < fit.segments.size() && fits.size() == 1; ++i)
      chart.guides.push_back(
          {ChartGuide::Along::x, fit.segments[i].to.value(), "protocol changes"});
  }
  return chart;
}

XyChart residual_chart(const PathFits& fits) {
  double worst = 5;
  XyChart chart{.x = message_axis(),
                .y = AxisSpec{.title = "measured above the fit (%)"},
                .guides = {{ChartGuide::Along::y, 0, ""}}};
  for (std::size_t style = 0; style < fits.size(); ++style) {
    const AlphaBetaFit& fit = *fits[style];
    ChartSeries dots{.name = fit.operation, .style = style, .lines = false, .dots = true};
    for (const auto& point : fit.points) {
      if (!(point.size.value() > 0)) continue;
      const double residual = 100 * (point.time.value.value() / fit.time(point.size).value() - 1);
      worst = std::max(worst, std::abs(residual));
      dots.points.push_back({point.size.value(), residual, absent, absent,
                             fmt::format("{}, {}: {} %", fit.operation,
                                         size_label(point.size.value()), show_digits(residual))});
    }
    chart.series.push_back(std::move(dots));
  }
  chart.y.low = -1.1 * worst;
  chart.y.high = 1.1 * worst;
  return chart;
}

Table points_table(const PathFits& fits) {
  Table table{.columns = {{"traffic", ""},
                          {"size", "B"},
                          {"time", "s"},
                          {"low", "s"},
                          {"high", "s"},
                          {"fitted", "s"},
                          {"above the fit", "1"},
                          {"rate", "B/s"}}};
  for (const AlphaBetaFit* fit : fits)
    for (const auto& point : fit->points) {
      const double time = point.time.value.value(), fitted = fit->time(point.size).value();
      table.add({fit->operation, Cell::bytes(static_cast<std::int64_t>(point.size.value())),
                 Cell::quantity(time, "s"), Cell::quantity(point.time.low.value(), "s"),
                 Cell::quantity(point.time.high.value(), "s"), Cell::quantity(fitted, "s"),
                 Cell::percent(time / fitted - 1),
                 Cell::quantity(point.size.value() / time, "B/s")});
    }
  return table;
}

/// Of the pattern that predicts collectives: everyone sends and receives.
std::string reading_of(const PathFits& fits) {
  const auto weight = [](const AlphaBetaFit* fit) {
    return fit->operation == "loaded_exchange" ? 0
           : fit->operation == "exchange"      ? 1
           : fit->operation == "ping_pong"     ? 2
                                               : 3;
  };
  const AlphaBetaFit& fit = **std::min_element(
      fits.begin(), fits.end(),
      [&](const AlphaBetaFit* a, const AlphaBetaFit* b) { return weight(a) < weight(b); });
  return fmt::format("{}: {} to start a message, {} for large ones; half of that rate at {}.",
                     fit.operation, show(fit.segments.front().alpha.value.value(), "s"),
                     show(1 / fit.segments.back().beta.value.value(), "B/s"),
                     show(std::max(1.0, fit.half_performance_size().value()), "B"));
}

std::string residual_reading(const PathFits& fits) {
  double worst = 0;
  for (const AlphaBetaFit* fit : fits) worst = std::max(worst, fit->worst_residual);
  return fmt::format(
      "The worst point lies a factor of {} off its line; a pattern here would mean a protocol that "
      "the fit does not know.",
      show_digits(std::exp(worst)));
}

void add_path(Page& page, Node figures, const std::string& name, const PathFits& fits) {
  const XyChart time = time_chart(fits), residuals = residual_chart(fits);
  page.add_figure(
      figures,
      {.title = name + ": time of a message",
       .reading = reading_of(fits) + thinning(time),
       .description = fmt::format("Message time over size on logarithmic axes for {} traffic "
                                  "pattern(s): dots are measured, lines are fitted.",
                                  fits.size()),
       .data = points_table(fits)},
      [&](Node parent) { return draw(parent, time); });
  page.add_figure(figures,
                  {.title = name + ": residuals of the fit",
                   .reading = residual_reading(fits) + thinning(residuals),
                   .description = "How far each measured time lies above or below its fit, in "
                                  "percent, over message size."},
                  [&](Node parent) { return draw(parent, residuals); });
}

std::vector<PathFits> by_provider(const std::vector<AlphaBetaFit>& fits) {
  std::vector<PathFits> paths;
  for (const AlphaBetaFit& fit : fits) {
    if (fit.segments.empty()) continue;
    const auto same = std::find_if(paths.begin(), paths.end(), [&](const PathFits& path) {
      return path.front()->provider == fit.provider;
    });
    if (same == paths.end())
      paths.push_back({&fit});
    else
      same->push_back(&fit);
  }
  return paths;
}

void add_fit_table(Page& page, Node section, const ReportInput& input, const Subject& subject) {
  Table table{
      .id = "alpha-beta",
      .caption = subject_prefix(input, subject) + "Fitted cost of a message, per protocol segment",
      .columns = {{"path", ""},
                  {"traffic", ""},
                  {"from", "B"},
                  {"to", "B"},
                  {"alpha", "s"},
                  {"alpha low", "s"},
                  {"alpha high", "s"},
                  {"1/beta", "B/s"},
                  {"low", "B/s"},
                  {"high", "B/s"},
                  {"worst residual", "1"},
                  {"note", ""}}};
  for (const AlphaBetaFit& fit : subject.analysis.alpha_beta)
    for (const auto& segment : fit.segments)
      table.add({fit.provider, fit.operation,
                 Cell::bytes(static_cast<std::int64_t>(segment.from.value())),
                 Cell::bytes(static_cast<std::int64_t>(segment.to.value())),
                 Cell::quantity(segment.alpha.value.value(), "s"),
                 Cell::quantity(segment.alpha.low.value(), "s"),
                 Cell::quantity(segment.alpha.high.value(), "s"),
                 Cell::quantity(1 / segment.beta.value.value(), "B/s"),
                 Cell::quantity(1 / segment.beta.high.value(), "B/s"),
                 Cell::quantity(1 / segment.beta.low.value(), "B/s"),
                 Cell::percent(fit.worst_residual), fit.note});
  if (!table.rows.empty()) page.add_table(section, std::move(table));
}

/// Sender and receiver of "node-1>node-2".
std::pair<std::string, std::string> ends_of(const std::string& pair) {
  const std::size_t mark = pair.find('>');
  if (mark == std::string::npos) return {pair, ""};
  return {pair.substr(0, mark), pair.substr(mark + 1)};
}

std::size_t index_of(std::vector<std::string>& names,
                     std::unordered_map<std::string, std::size_t>& index, const std::string& name) {
  const auto [found, is_new] = index.try_emplace(name, names.size());
  if (is_new) names.push_back(name);
  return found->second;
}

/// Of each load its largest messages; of the first load its smallest, too.
Rows pairs_to_draw(const Subject& subject) {
  Rows rows = measured(subject.run, "network.pairs", "time");
  std::map<std::pair<InternedString, InternedString>, std::pair<std::int64_t, std::int64_t>> sizes;
  for (const Record* row : rows) {
    const auto [found, is_new] =
        sizes.try_emplace({row->operation, row->provider}, row->bytes, row->bytes);
    auto& [least, most] = found->second;
    least = std::min(least, row->bytes);
    most = std::max(most, row->bytes);
  }
  const InternedString first = rows.empty() ? InternedString() : rows.front()->operation;
  std::erase_if(rows, [&](const Record* row) {
    const auto& [least, most] = sizes.at({row->operation, row->provider});
    return row->bytes != most && (row->bytes != least || row->operation != first);
  });
  return rows;
}

void add_pairs(Page& page, Node section, Node figures, const ReportInput& input,
               const Subject& subject) {
  const Rows rows = pairs_to_draw(subject);
  const std::size_t all = measured(subject.run, "network.pairs", "time").size();
  if (rows.size() < all)
    add_absence(section,
                fmt::format("Of {} pairs' times {} are drawn: each load with its largest messages. "
                            "All of them are in measurements.csv.",
                            show_count(static_cast<std::int64_t>(all)),
                            show_count(static_cast<std::int64_t>(rows.size()))));
  for (const RowGroup& group : group_by(rows, [](const Record& row) {
         return fmt::format("{}, {}, {}", row.operation.str(),
                            size_label(static_cast<double>(std::max<std::int64_t>(0, row.bytes))),
                            row.provider.str());
       })) {
    HeatMap map{.rows = {},
                .columns = {},
                .row_title = "sender",
                .column_title = "receiver",
                .values = {},
                .unit_name = "s"};
    std::unordered_map<std::string, std::size_t> index;
    std::vector<std::string> names;
    for (const Record* row : group.rows) {
      const auto [from, to] = ends_of(row->host.str());
      index_of(names, index, from);
      index_of(names, index, to);
    }
    // 10,000 ranks are a hundred million cells; no page shows them.
    if (names.size() > 2000) {
      add_absence(figures, fmt::format("The pair matrix {} has {} ends and is not drawn.",
                                       group.key, names.size()));
      continue;
    }
    map.values.assign(names.size(),
                      std::vector<double>(names.size(), std::numeric_limits<double>::quiet_NaN()));
    const Record* slowest = group.rows.front();
    Table table{
        .columns = {{"sender", ""}, {"receiver", ""}, {"time", "s"}, {"low", "s"}, {"high", "s"}}};
    for (const Record* row : group.rows) {
      const auto [from, to] = ends_of(row->host.str());
      map.values[index[from]][index[to]] = row->median;
      if (row->median > slowest->median) slowest = row;
      Cell time = Cell::quantity(row->median, "s");
      time.link = row_link(subject, *row);
      table.add(
          {from, to, time, Cell::quantity(row->ci_low, "s"), Cell::quantity(row->ci_high, "s")});
    }
    map.rows = map.columns = names;
    const auto [from, to] = ends_of(slowest->host.str());
    page.add_figure(
        figures,
        {.title = fmt::format("{}Node pairs: {}", subject_prefix(input, subject), group.key),
         .reading =
             fmt::format("Slowest pair: {} to {}, {}. \"!\" marks pairs more than a quarter above "
                         "the median.{}",
                         from, to, show(slowest->median, "s"),
                         names.size() > most_heat_cells
                             ? fmt::format(" {} ends, drawn as medians of blocks.", names.size())
                             : ""),
         .description = fmt::format("Matrix of message times between {} ends, darker is slower.",
                                    names.size()),
         .data = std::move(table)},
        [&](Node parent) { return draw(parent, map); });
  }
}

void add_network(Page& page, const ReportInput& input) {
  Node section = page.add_section("network", "Network: the cost of a message");
  Node figures = Page::add_figure_group(section);
  constexpr std::size_t most_paths = 6;
  for (const Subject& subject : input.subjects) {
    const std::vector<PathFits> paths = by_provider(subject.analysis.alpha_beta);
    for (std::size_t i = 0; i < std::min(most_paths, paths.size()); ++i)
      add_path(page, figures, subject_prefix(input, subject) + paths[i].front()->provider,
               paths[i]);
    if (paths.size() > most_paths)
      add_absence(section, fmt::format("{} of {} paths are drawn; all stand in the table.",
                                       most_paths, paths.size()));
    add_pairs(page, section, figures, input, subject);
  }
  if (!figures.first_child())
    add_absence(section,
                "The run holds no message times: one rank, or no usable fabric path (assay probe "
                "network.alpha_beta).");
  for (const Subject& subject : input.subjects) add_fit_table(page, section, input, subject);
  add_unmeasured(page, section, input, [](const Record& row) {
    return std::string_view(row.probe).starts_with("network.");
  });
}

const bool network_section_registered = register_section(
    {.place = 700, .add = add_network, .probes = {"network.alpha_beta", "network.pairs"}});

}  // namespace

}  // namespace assay::render
