/// @file
/// Section 7: all-reduce and its kin, by size and algorithm, against what alpha, beta and gamma
/// predict.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "probes/core/statistics.hpp"
#include "probes/core/units.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

namespace {

constexpr std::string_view family = "collective.";

AxisSpec vector_axis() {
  return {
      .title = "bytes per rank", .unit_name = "B", .kind = ScaleKind::log2, .label = size_label};
}

/// What is equal in one figure.
std::string figure_key(const Record& row) {
  return fmt::format("{}|{}|{}|{}", row.probe.str(), row.provider.str(), row.ranks, row.nodes);
}

std::string point_key(const Record& row) {
  return fmt::format("{}|{}|{}|{}|{}|{}", figure_key(row), row.algorithm.str(), row.bytes,
                     row.dtype.str(), row.operation.str(), row.launch.str());
}

using Predictions = std::map<std::string, const Record*>;

Predictions predictions_of(const RunData& run) {
  Predictions list;
  for (const Record& row : run.records)
    if (row.metric == "predicted_time" && is_present(row.median))
      list.emplace(point_key(row), &row);
  return list;
}

/// One algorithm at one size: the median over launches.
struct AlgorithmPoint {
  std::int64_t bytes;
  double time, low, high, predicted;
  const Record* row;
};
struct Algorithm {
  std::string name;
  std::vector<AlgorithmPoint> points;  ///< Ascending size.
  bool stands_out = true;
};

/// At most six stand out: those that win at some size, most wins first, then those named first. The
/// others are drawn in grey and stand in the table: ten colours are no colours.
std::vector<Algorithm> outstanding_first(std::vector<Algorithm> list) {
  std::map<std::int64_t, std::pair<double, std::string>> best;
  for (const Algorithm& algorithm : list)
    for (const AlgorithmPoint& point : algorithm.points) {
      if (algorithm.name == "auto") continue;  // It is one of the others.
      const auto found = best.find(point.bytes);
      if (found == best.end() || point.time < found->second.first)
        best[point.bytes] = {point.time, algorithm.name};
    }
  const auto wins = [&](const Algorithm& algorithm) {
    return std::count_if(best.begin(), best.end(),
                         [&](const auto& entry) { return entry.second.second == algorithm.name; });
  };
  std::stable_sort(list.begin(), list.end(),
                   [&](const Algorithm& a, const Algorithm& b) { return wins(a) > wins(b); });
  for (std::size_t i = 0; i < list.size(); ++i)
    list[i].stands_out = list.size() <= 6 || (i < 6 && wins(list[i]) > 0);
  return list;
}

/// Other libraries do not say by which algorithm they work, but what they do: "sum in place".
std::string algorithm_name(const Record& row) {
  return row.algorithm.empty() ? row.operation.str() : row.algorithm.str();
}

std::vector<Algorithm> algorithms_of(const Rows& rows, const Predictions& predictions) {
  std::vector<Algorithm> list;
  for (const RowGroup& group : group_by(rows, algorithm_name)) {
    std::map<std::int64_t, Rows> by_size;
    for (const Record* row : group.rows) by_size[row->bytes].push_back(row);
    Algorithm algorithm{group.key, {}, true};
    for (const auto& [bytes, launches] : by_size) {
      std::vector<double> times;
      for (const Record* row : launches) times.push_back(row->median);
      const Record* first = launches.front();
      AlgorithmPoint point{bytes, median(times), first->ci_low, first->ci_high, absent, first};
      if (times.size() > 1) {
        const Interval interval = median_interval(times);
        point.low = interval.low;
        point.high = interval.high;
      }
      const auto predicted = predictions.find(point_key(*first));
      if (predicted != predictions.end()) point.predicted = predicted->second->median;
      algorithm.points.push_back(point);
    }
    list.push_back(std::move(algorithm));
  }
  return outstanding_first(std::move(list));
}

double bus_factor(const Record& row) {
  const auto p = static_cast<double>(row.ranks);
  if (row.probe == "collective.allreduce") return 2 * (p - 1) / p;
  // What a size means of the others is each tool's own affair; its own figure is under "Imported".
  if (std::string_view(row.provider).ends_with("(imported)")) return absent;
  return row.probe == "collective.broadcast" ? 1 : (p - 1) / p;
}

XyChart time_chart(const std::vector<Algorithm>& algorithms) {
  XyChart chart{
      .x = vector_axis(),
      .y = AxisSpec{.title = "time of one call (s)", .unit_name = "s", .kind = ScaleKind::log10}};
  bool grey_named = false;
  for (std::size_t i = 0; i < algorithms.size(); ++i) {
    ChartSeries dots{.style = i, .lines = false, .dots = true};
    ChartSeries line{.name = algorithms[i].name, .style = i};
    ChartSeries joined = line;
    for (const AlgorithmPoint& point : algorithms[i].points) {
      const auto size = static_cast<double>(point.bytes);
      dots.points.push_back({size, point.time, point.low, point.high,
                             fmt::format("{}, {}: {}", algorithms[i].name, size_label(size),
                                         show_with_range(point.time, point.low, point.high, "s"))});
      line.points.push_back({size, point.predicted});
      joined.points.push_back({size, point.time});
    }
    if (!algorithms[i].stands_out) {
      joined.name = grey_named ? "" : "others";
      grey_named = true;
      joined.plain = true;
      chart.series.push_back(std::move(joined));
      continue;
    }
    const bool predicted = std::any_of(line.points.begin(), line.points.end(),
                                       [](const ChartPoint& p) { return is_present(p.y); });
    chart.series.push_back(predicted ? std::move(line) : std::move(joined));
    chart.series.push_back(std::move(dots));
  }
  return chart;
}

XyChart bandwidth_chart(const std::vector<Algorithm>& algorithms) {
  XyChart chart{
      .x = vector_axis(),
      .y = AxisSpec{.title = "bus bandwidth (B/s)", .unit_name = "B/s", .kind = ScaleKind::log10}};
  bool grey_named = false;
  for (std::size_t i = 0; i < algorithms.size(); ++i) {
    ChartSeries line{.name = algorithms[i].name, .style = i, .dots = true};
    for (const AlgorithmPoint& point : algorithms[i].points) {
      const double moved = static_cast<double>(point.bytes) * bus_factor(*point.row);
      line.points.push_back({static_cast<double>(point.bytes), moved / point.time, absent, absent,
                             fmt::format("{}, {}: {}", algorithms[i].name,
                                         size_label(static_cast<double>(point.bytes)),
                                         show(moved / point.time, "B/s"))});
    }
    if (!algorithms[i].stands_out) {
      line.name = grey_named ? "" : "others";
      grey_named = true;
      line.plain = true;
      line.dots = false;
    }
    chart.series.push_back(std::move(line));
  }
  return chart;
}

Table data_of(const Subject& subject, const std::vector<Algorithm>& algorithms) {
  Table table{.columns = {{"algorithm", ""},
                          {"size", "B"},
                          {"time", "s"},
                          {"low", "s"},
                          {"high", "s"},
                          {"predicted", "s"},
                          {"measured/predicted", "1"},
                          {"bus bandwidth", "B/s"},
                          {"status", ""}}};
  for (const Algorithm& algorithm : algorithms)
    for (const AlgorithmPoint& point : algorithm.points) {
      Cell time = Cell::quantity(point.time, "s");
      time.link = row_link(subject, *point.row);
      table.add({algorithm.name, Cell::bytes(point.bytes), time, Cell::quantity(point.low, "s"),
                 Cell::quantity(point.high, "s"), Cell::quantity(point.predicted, "s"),
                 Cell::quantity(point.time / point.predicted, "1"),
                 Cell::quantity(
                     static_cast<double>(point.bytes) * bus_factor(*point.row) / point.time, "B/s"),
                 std::string(to_string(point.row->status))});
    }
  return table;
}

/// A call that takes longer than that multiple of its prediction is a finding: something beside
/// messages and reductions takes time.
constexpr double finding_ratio = 1.3;

std::string finding_of(const std::vector<Algorithm>& algorithms) {
  int predicted = 0, slow = 0;
  double worst = finding_ratio;
  std::string where;
  for (const Algorithm& algorithm : algorithms)
    for (const AlgorithmPoint& point : algorithm.points) {
      if (!is_present(point.predicted)) continue;
      ++predicted;
      const double ratio = point.time / point.predicted;
      if (ratio > finding_ratio) ++slow;
      if (ratio <= worst) continue;
      worst = ratio;
      where = fmt::format("{} at {}", algorithm.name, size_label(static_cast<double>(point.bytes)));
    }
  if (slow == 0) return {};
  return fmt::format(
      "Finding: {} of {} points took more than {} times the predicted time, most {} ({} times).",
      slow, predicted, show_digits(finding_ratio), where, show_digits(worst));
}

/// Which algorithm wins at the ends, and how well the prediction holds.
std::string reading_of(const std::vector<Algorithm>& algorithms) {
  std::map<std::int64_t, std::pair<double, std::string>> best;
  std::vector<double> errors;
  for (const Algorithm& algorithm : algorithms)
    for (const AlgorithmPoint& point : algorithm.points) {
      const auto found = best.find(point.bytes);
      if (found == best.end() || point.time < found->second.first)
        best[point.bytes] = {point.time, algorithm.name};
      if (is_present(point.predicted))
        errors.push_back(std::abs(std::log(point.time / point.predicted)));
    }
  if (best.empty()) return "No size was measured.";
  const auto& [small, small_best] = *best.begin();
  const auto& [large, large_best] = *best.rbegin();
  std::string text =
      algorithms.size() == 1
          ? fmt::format("{} takes {} at {}", algorithms[0].name, show(large_best.first, "s"),
                        size_label(static_cast<double>(large)))
      : small_best.second == large_best.second
          ? fmt::format("{} is fastest at {} and at {} ({})", small_best.second,
                        size_label(static_cast<double>(small)),
                        size_label(static_cast<double>(large)), show(large_best.first, "s"))
          : fmt::format("{} is fastest at {}, {} at {} ({})", small_best.second,
                        size_label(static_cast<double>(small)), large_best.second,
                        size_label(static_cast<double>(large)), show(large_best.first, "s"));
  if (!errors.empty())
    text += fmt::format("; half of the predictions are within a factor of {}",
                        show_digits(std::exp(median(errors))));
  text += ".";
  if (const std::string finding = finding_of(algorithms); !finding.empty()) text += " " + finding;
  return text;
}

void add_collectives(Page& page, const ReportInput& input) {
  Node section = page.add_section("collectives", "All-reduce: predicted and measured");
  Node figures = Page::add_figure_group(section);
  for (const Subject& subject : input.subjects) {
    const Predictions predictions = predictions_of(subject.run);
    const Rows rows = select(subject.run, [](const Record& row) {
      return std::string_view(row.probe).starts_with(family) && row.metric == "time" &&
             carries_numbers(row.status) && row.ranks > 1 && row.bytes > 0;
    });
    // Other libraries have a figure of their own; in a run of nothing else they are the subject.
    const bool ours =
        std::any_of(rows.begin(), rows.end(), [](const Record* row) { return !is_baseline(*row); });
    Rows drawn;
    for (const Record* row : rows)
      if (!ours || !is_baseline(*row)) drawn.push_back(row);
    std::stable_partition(drawn.begin(), drawn.end(),
                          [](const Record* row) { return row->probe == "collective.allreduce"; });
    // Per collective and path, the largest rank count; the others stand in the table below.
    std::map<std::string, std::int64_t> largest;
    for (const Record* row : drawn) {
      std::int64_t& ranks = largest[row->probe.str() + row->provider.str()];
      ranks = std::max(ranks, row->ranks);
    }
    for (const RowGroup& group : group_by(drawn, figure_key)) {
      const Record& first = *group.rows.front();
      const std::vector<Algorithm> algorithms = algorithms_of(group.rows, predictions);
      const std::string title =
          fmt::format("{}{} over {}, {} ranks{}", subject_prefix(input, subject),
                      first.probe.str().substr(family.size()), first.provider.str(), first.ranks,
                      first.nodes > 1 ? fmt::format(" on {} nodes", first.nodes) : "");
      if (first.ranks < largest[first.probe.str() + first.provider.str()]) {
        Table table = data_of(subject, algorithms);
        table.caption = title;
        page.add_folded_table(section, title, std::move(table));
        continue;
      }
      const XyChart time = time_chart(algorithms), bandwidth = bandwidth_chart(algorithms);
      page.add_figure(figures,
                      {.title = title + ": time",
                       .reading = reading_of(algorithms),
                       .description = "Time of one call over bytes per rank, logarithmic; dots are "
                                      "measured, lines are predicted from alpha, beta and gamma.",
                       .data = data_of(subject, algorithms)},
                      [&](Node parent) { return draw(parent, time); });
      // The others' bandwidth stands in their tables: two charts of one line each say no more.
      if (first.probe != "collective.allreduce") continue;
      page.add_figure(
          figures,
          {.title = title + ": bus bandwidth",
           .reading = "What each port carries; comparable over rank counts.",
           .description = "Bus bandwidth over bytes per rank, one line for each algorithm."},
          [&](Node parent) { return draw(parent, bandwidth); });
    }
    if (ours) add_baselines(page, figures, input, subject, rows);
  }
  if (!figures.first_child())
    add_absence(section,
                "The run holds no all-reduce of two or more ranks (assay suite allreduce).");
  else
    add(section, "p", {{"class", "note"}},
        "In the time charts dots are measured and coloured lines are predicted from the message "
        "costs "
        "above. Coloured are the algorithms that win at some size; the others are grey, as "
        "measured, and "
        "stand in the table.");
  add_unmeasured(page, section, input,
                 [](const Record& row) { return std::string_view(row.probe).starts_with(family); });
}

const bool collectives_section_registered =
    register_section({.place = 800, .add = add_collectives, .probes = {"collective."}});

}  // namespace

}  // namespace assay::render
