/// @file
/// Section 5: bandwidth and latency against working set, with the sizes of the caches.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "probes/core/units.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

namespace {

/// Cache sizes as the first host advertises them, times the caches that `threads` cores use.
std::vector<ChartGuide> cache_guides(const RunData& run, bool one_core) {
  std::vector<ChartGuide> guides;
  const nlohmann::json::json_pointer at("/hosts/0/caches");
  if (!run.run.contains(at)) return guides;
  std::map<int, double> size_of;
  for (const auto& cache : run.run.at(at)) {
    if (!cache.is_object() || !cache.contains("level") || !cache.contains("size_B")) continue;
    if (!cache["level"].is_number_integer() || !cache["size_B"].is_number()) continue;
    double& size = size_of[cache["level"].get<int>()];
    size = one_core ? cache["size_B"].get<double>() : size + cache["size_B"].get<double>();
  }
  for (const auto& [level, size] : size_of)
    guides.push_back(
        {ChartGuide::Along::x, size, fmt::format("L{} {}", level, format_bytes(Bytes(size)))});
  return guides;
}

AxisSpec size_axis(std::string title) {
  return {.title = std::move(title),
          .unit_name = "B",
          .kind = ScaleKind::log2,
          .label = [](double bytes) { return format_bytes(Bytes(bytes)); }};
}

Table data_table(const Subject& subject, const Rows& rows, const char* unit_name) {
  Table table{.columns = {{"working set", "B"},
                          {"level", ""},
                          {"operation", ""},
                          {"threads", ""},
                          {"median", unit_name},
                          {"low", unit_name},
                          {"high", unit_name},
                          {"best", unit_name},
                          {"samples", ""},
                          {"status", ""}}};
  for (const Record* row : rows) {
    Cell median = Cell::quantity(row->median, unit_name);
    median.link = row_link(subject, *row);
    const bool rate = std::string_view(unit_name) == "B/s";
    table.add({Cell::bytes(row->bytes), row->level, row->operation, Cell::count(row->threads),
               median, Cell::quantity(row->ci_low, unit_name),
               Cell::quantity(row->ci_high, unit_name),
               Cell::quantity(rate ? row->max : row->min, unit_name), Cell::count(row->samples),
               std::string(to_string(row->status))});
  }
  return table;
}

std::vector<ChartSeries> series_by_operation(const Rows& rows, const char* unit_name) {
  std::vector<ChartSeries> list;
  for (RowGroup& group : group_by(rows, [](const Record& row) { return row.operation.str(); })) {
    std::sort(group.rows.begin(), group.rows.end(),
              [](const Record* a, const Record* b) { return a->bytes < b->bytes; });
    ChartSeries series{.name = group.key, .style = list.size(), .dots = true};
    for (const Record* row : group.rows)
      series.points.push_back(
          {static_cast<double>(row->bytes), row->median, row->ci_low, row->ci_high,
           fmt::format("{} at {}: {}", group.key,
                       format_bytes(Bytes(static_cast<double>(row->bytes))),
                       show_with_range(row->median, row->ci_low, row->ci_high, unit_name))});
    list.push_back(std::move(series));
  }
  return list;
}

/// Median of the largest working set: what memory itself gives.
const Record* largest(const Rows& rows) {
  return *std::max_element(rows.begin(), rows.end(), [](const Record* a, const Record* b) {
    return a->bytes != b->bytes ? a->bytes < b->bytes : a->median < b->median;
  });
}

void add_bandwidth(Page& page, Node figures, const ReportInput& input, const Subject& subject) {
  const Rows all = select(subject.run, [](const Record& row) {
    return row.probe == "memory.bandwidth" && row.metric == "rate" && carries_numbers(row.status) &&
           row.bytes > 0;
  });
  std::map<std::int64_t, Rows, std::greater<>> by_threads;
  for (const Record* row : all)
    if (row->host == all.front()->host) by_threads[row->threads].push_back(row);
  for (const auto& [threads, rows] : by_threads) {
    // All cores and one: between them only the number changes.
    if (threads != by_threads.begin()->first && threads != by_threads.rbegin()->first) continue;
    XyChart chart{.x = size_axis("working set of all threads"),
                  .y = AxisSpec{.title = "bandwidth, as STREAM counts (B/s)",
                                .unit_name = "B/s",
                                .kind = ScaleKind::log10},
                  .series = series_by_operation(rows, "B/s"),
                  .guides = cache_guides(subject.run, threads == 1)};
    const Record* memory = largest(rows);
    page.add_figure(
        figures,
        {.title = fmt::format("{}Bandwidth of {}", subject_prefix(input, subject),
                              threads == 1 ? "one core" : fmt::format("{} cores", threads)),
         .reading = fmt::format(
             "{} at {} ({}); dashed lines mark the caches' sizes.", show(memory->median, "B/s"),
             format_bytes(Bytes(static_cast<double>(memory->bytes))), memory->operation.str()),
         .description = fmt::format("Bandwidth over working set on logarithmic axes, {} "
                                    "operations; it falls in steps where a cache ends.",
                                    chart.series.size()),
         .data = data_table(subject, rows, "B/s")},
        [&](Node parent) { return draw(parent, chart); });
  }
}

void add_latency(Page& page, Node figures, const ReportInput& input, const Subject& subject) {
  const Rows rows = select(subject.run, [&](const Record& row) {
    return row.probe == "memory.latency" && row.metric == "time" && carries_numbers(row.status) &&
           row.bytes > 0 && row.operation != "loaded" && row.operation != "core_to_core";
  });
  if (rows.empty()) return;
  XyChart chart{
      .x = size_axis("working set"),
      .y = AxisSpec{.title = "load latency (s)", .unit_name = "s", .kind = ScaleKind::log10},
      .series = series_by_operation(rows, "s"),
      .guides = cache_guides(subject.run, true)};
  const Record* memory = largest(rows);
  page.add_figure(
      figures,
      {.title = subject_prefix(input, subject) + "Latency of one load",
       .reading =
           fmt::format("{} at {}; each load waits for the one before.", show(memory->median, "s"),
                       format_bytes(Bytes(static_cast<double>(memory->bytes)))),
       .description =
           "Latency over working set on logarithmic axes; it rises in steps where a cache ends.",
       .data = data_table(subject, rows, "s")},
      [&](Node parent) { return draw(parent, chart); });
}

/// Of the thread counts between one and all.
void add_other_bandwidths(Page& page, Node section, const ReportInput& input,
                          const Subject& subject) {
  Rows rows = select(subject.run, [](const Record& row) {
    return row.probe == "memory.bandwidth" && row.metric == "rate" && carries_numbers(row.status) &&
           row.bytes > 0;
  });
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = 0;
  for (const Record* row : rows) {
    least = std::min(least, row->threads);
    most = std::max(most, row->threads);
  }
  std::erase_if(rows,
                [&](const Record* row) { return row->threads == least || row->threads == most; });
  if (rows.empty()) return;
  Table table = data_table(subject, rows, "B/s");
  table.caption = subject_prefix(input, subject) + "Bandwidth of other numbers of cores";
  page.add_folded_table(section, "Bandwidth of other numbers of cores", std::move(table));
}

/// What the probe says besides: latency under load, from core to core, and what the loading cores
/// moved meanwhile; each in the unit of its metric.
void add_special_latencies(Page& page, Node section, const ReportInput& input,
                           const Subject& subject) {
  const auto add_rows = [&](const char* metric, const char* unit_name, const char* title) {
    const InternedString wanted(metric);
    const Rows rows = select(subject.run, [&](const Record& row) {
      return row.probe == "memory.latency" && row.metric == wanted && carries_numbers(row.status) &&
             (row.operation == "loaded" || row.operation == "core_to_core");
    });
    if (rows.empty()) return;
    Table table = data_table(subject, rows, unit_name);
    table.caption = subject_prefix(input, subject) + title;
    page.add_folded_table(section, title, std::move(table));
  };
  add_rows("time", "s", "Latency under load and between cores");
  add_rows("rate", "B/s", "Bandwidth of the cores that loaded the memory meanwhile");
}

void add_memory(Page& page, const ReportInput& input) {
  Node section = page.add_section("memory", "Memory: bandwidth and latency by size");
  Node figures = Page::add_figure_group(section);
  for (const Subject& subject : input.subjects) {
    add_bandwidth(page, figures, input, subject);
    add_latency(page, figures, input, subject);
  }
  if (!figures.first_child())
    add_absence(
        section,
        "The run holds no memory measurement (assay probe memory.bandwidth memory.latency).");
  for (const Subject& subject : input.subjects)
    add_special_latencies(page, section, input, subject);
  for (const Subject& subject : input.subjects) add_other_bandwidths(page, section, input, subject);
  add_unmeasured(page, section, input, [](const Record& row) {
    return std::string_view(row.probe).starts_with("memory.");
  });
}

const bool memory_section_registered = register_section(
    {.place = 600, .add = add_memory, .probes = {"memory.bandwidth", "memory.latency"}});

}  // namespace

}  // namespace assay::render
