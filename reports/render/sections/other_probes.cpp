/// @file
/// What no other section shows: each metric of such a probe with a table and a chart, so that a new
/// probe stands on the page without a section of its own.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "probes/core/registry.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

namespace {

constexpr std::size_t most_other_figures = 8;

/// The count that differs most over the points: what they are drawn over.
struct OtherAxis {
  const char* title;
  std::int64_t Record::*count = nullptr;  ///< Null: the points in the order measured.
};

OtherAxis axis_of(const Rows& rows) {
  OtherAxis best{.title = "point, in the order measured"};
  std::size_t most = 1;
  for (const OtherAxis& axis :
       {OtherAxis{"size", &Record::bytes}, OtherAxis{"ranks", &Record::ranks},
        OtherAxis{"nodes", &Record::nodes}, OtherAxis{"threads", &Record::threads}}) {
    std::set<std::int64_t> values;
    for (const Record* row : rows)
      if (row->*axis.count > 0) values.insert(row->*axis.count);
    const bool is_everywhere = std::all_of(rows.begin(), rows.end(),
                                           [&](const Record* row) { return row->*axis.count > 0; });
    if (is_everywhere && values.size() > most) most = values.size(), best = axis;
  }
  return best;
}

/// What tells apart the points that are drawn as one line.
std::string line_name(const Record& row) {
  std::string name;
  for (const InternedString& part :
       {row.operation, row.algorithm, row.provider, row.level, row.dtype, row.isa, row.scaling})
    if (!part.empty()) name += (name.empty() ? "" : " ") + part.str();
  return name;
}

XyChart other_chart(const Rows& rows, const std::string& metric, const std::string& unit_name) {
  const OtherAxis axis = axis_of(rows);
  double least = rows.front()->median, most = least;
  for (const Record* row : rows) {
    least = std::min(least, row->median);
    most = std::max(most, row->median);
  }
  XyChart chart{
      .x = {.title = axis.title,
            .kind = axis.count != nullptr ? ScaleKind::log2 : ScaleKind::linear},
      .y = {.title = metric,
            .unit_name = unit_name,
            .kind = least > 0 && most > 20 * least ? ScaleKind::log10 : ScaleKind::linear}};
  if (axis.count == &Record::bytes) chart.x.unit_name = "B", chart.x.label = size_label;
  if (axis.count != nullptr && axis.count != &Record::bytes) chart.x.label = rank_label;
  double place = 0;
  for (RowGroup& group : group_by(rows, line_name)) {
    if (axis.count != nullptr)
      std::stable_sort(group.rows.begin(), group.rows.end(), [&](const Record* a, const Record* b) {
        return a->*axis.count < b->*axis.count;
      });
    ChartSeries series{.name = group.key,
                       .style = chart.series.size(),
                       .lines = axis.count != nullptr && group.rows.size() > 1,
                       .dots = true};
    for (const Record* row : group.rows)
      series.points.push_back(
          {axis.count != nullptr ? static_cast<double>(row->*axis.count) : ++place, row->median,
           row->ci_low, row->ci_high,
           fmt::format("{}{}{}", group.key, group.key.empty() ? "" : ": ",
                       show_with_range(row->median, row->ci_low, row->ci_high, unit_name))});
    chart.series.push_back(std::move(series));
  }
  return chart;
}

Table other_table(const Subject& subject, const Rows& rows, const std::string& unit_name) {
  Table table{.columns = {{"operation", ""},
                          {"algorithm", ""},
                          {"provider", ""},
                          {"level", ""},
                          {"dtype", ""},
                          {"instruction set", ""},
                          {"host", ""},
                          {"nodes", ""},
                          {"ranks", ""},
                          {"threads", ""},
                          {"size", "B"},
                          {"launch", ""},
                          {"median", unit_name},
                          {"low", unit_name},
                          {"high", unit_name},
                          {"samples", ""},
                          {"status", ""}}};
  const auto count = [](std::int64_t value) {
    return is_present(value) ? Cell::count(value) : Cell();
  };
  for (const Record* row : rows) {
    Cell median = Cell::quantity(row->median, unit_name);
    median.link = row_link(subject, *row);
    table.add({row->operation, row->algorithm, row->provider, row->level, row->dtype, row->isa,
               row->host, count(row->nodes), count(row->ranks), count(row->threads),
               is_present(row->bytes) ? Cell::bytes(row->bytes) : Cell(), row->launch, median,
               Cell::quantity(row->ci_low, unit_name), Cell::quantity(row->ci_high, unit_name),
               count(row->samples), to_string(row->status)});
  }
  table.drop_empty_columns();
  return table;
}

std::string other_reading(const Rows& rows, const std::string& unit_name) {
  const auto [least, most] =
      std::minmax_element(rows.begin(), rows.end(),
                          [](const Record* a, const Record* b) { return a->median < b->median; });
  if (rows.size() == 1) return fmt::format("One point: {}.", show((*least)->median, unit_name));
  return fmt::format("{} points, from {} to {}.", rows.size(), show((*least)->median, unit_name),
                     show((*most)->median, unit_name));
}

void add_other_metric(Page& page, Node figures, const ReportInput& input, const Subject& subject,
                      const Rows& rows) {
  const std::string probe = rows.front()->probe.str(), metric = rows.front()->metric.str(),
                    unit_name = rows.front()->unit.str();
  const MetricInfo* info = registry::find_metric(probe, metric);
  const XyChart chart = other_chart(rows, metric, unit_name);
  page.add_figure(
      figures,
      {.title = fmt::format("{}{}: {}", subject_prefix(input, subject), probe, metric),
       .reading = other_reading(rows, unit_name) + thinning(chart),
       .description = fmt::format("{} of {} over {}, as measured. {}", metric, probe, chart.x.title,
                                  info != nullptr ? info->description : ""),
       .data = other_table(subject, rows, unit_name)},
      [&](Node parent) { return draw(parent, chart); });
}

void add_other_probes(Page& page, const ReportInput& input) {
  // The rows of an imported log stand in the section that says where they come from.
  const auto is_other = [](const Subject& subject, const Record& row) {
    return !subject.run.run.contains("imported") && !has_section(std::string_view(row.probe));
  };
  Node section, figures;
  std::size_t drawn = 0, all = 0;
  for (const Subject& subject : input.subjects) {
    const Rows rows =
        select(subject.run, [&](const Record& row) { return is_other(subject, row); });
    if (rows.empty()) continue;
    if (!section) {
      section = page.add_section("other", "What else was measured");
      figures = Page::add_figure_group(section);
    }
    Rows with_numbers;
    for (const Record* row : rows)
      if (carries_numbers(row->status) && is_present(row->median)) with_numbers.push_back(row);
    for (const RowGroup& metric : group_by(with_numbers, [](const Record& row) {
           return fmt::format("{} {} {}", row.probe.str(), row.metric.str(), row.unit.str());
         })) {
      ++all;
      if (drawn < most_other_figures) {
        ++drawn;
        add_other_metric(page, figures, input, subject, metric.rows);
        continue;
      }
      const std::string unit_name = metric.rows.front()->unit.str();
      Table table = other_table(subject, metric.rows, unit_name);
      table.caption = subject_prefix(input, subject) + metric.key;
      page.add_folded_table(section, metric.key, std::move(table));
    }
  }
  if (!section) return;
  if (all > drawn)
    add_absence(section,
                fmt::format("{} of {} metrics are drawn; all have their table.", drawn, all));
  // Sections of the same area list their own.
  add_unmeasured(page, section, input, [](const Record& row) {
    const std::string_view probe(row.probe);
    return !has_section(probe) && !probe.starts_with("memory.") && !probe.starts_with("network.") &&
           !probe.starts_with("counters.");
  });
}

const bool other_probes_section_registered =
    register_section({.place = 1700, .add = add_other_probes});

}  // namespace

}  // namespace assay::render
