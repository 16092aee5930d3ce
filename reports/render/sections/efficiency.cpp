/// @file
/// Section 9: where the speed goes: Karp-Flatt, efficiency and its factors, parts of a step.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "probes/core/statistics.hpp"
#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/stacked_bars.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

namespace {

using models::AmdahlFit;

std::string rank_label(double ranks) {
  return show_count(std::llround(ranks));
}

void add_karp_flatt(Page& page, Node figures, const std::string& title, const AmdahlFit& fit) {
  if (fit.karp_flatt.points.empty()) return;
  XyChart chart{.x = {.title = "ranks", .kind = ScaleKind::log2, .label = rank_label},
                .y = {.title = "serial fraction implied"}};
  ChartSeries dots{.name = "Karp-Flatt", .style = 0, .lines = false, .dots = true};
  Table table{.columns = {{"ranks", ""}, {"serial fraction", "1"}, {"low", "1"}, {"high", "1"}}};
  for (const auto& point : fit.karp_flatt.points) {
    const auto& e = point.serial_fraction;
    chart.x.ticks.push_back(point.ranks);
    dots.points.push_back(
        {point.ranks, e.value, e.low, e.high,
         fmt::format("{} ranks: {}", rank_label(point.ranks), show_percent(e.value))});
    table.add({Cell::count(std::llround(point.ranks)), Cell::percent(e.value), Cell::percent(e.low),
               Cell::percent(e.high)});
  }
  chart.series.push_back(std::move(dots));
  chart.guides.push_back({ChartGuide::Along::y, fit.serial_fraction.value,
                          "Amdahl fit " + show_percent(fit.serial_fraction.value)});
  const bool superlinear =
      std::all_of(fit.karp_flatt.points.begin(), fit.karp_flatt.points.end(),
                  [](const auto& point) { return point.serial_fraction.value < 0; });
  const std::string reading =
      superlinear ? "Below zero: faster than linear, as when each rank's share fits its caches "
                    "better; no serial part shows."
      : fit.karp_flatt.overhead_grows
          ? "It rises with ranks: overhead grows, and Amdahl's limit does not hold."
          : "It does not rise with ranks beyond its noise: a fixed serial part explains the loss.";
  page.add_figure(figures,
                  {.title = title + ": Karp-Flatt",
                   .reading = reading,
                   .description = "Serial fraction implied at each rank count, with intervals; a "
                                  "rising trend means growing overhead.",
                   .data = std::move(table)},
                  [&](Node parent) { return draw(parent, chart); });
}

/// Median over rows of one metric, per rank count.
std::map<std::int64_t, double> by_ranks(const RunData& run, const Record& like,
                                        std::string_view metric) {
  std::map<std::int64_t, std::vector<double>> values;
  for (const Record* row : measured(run, like.probe.str(), metric))
    if (row->scaling == like.scaling && row->provider == like.provider &&
        row->algorithm == like.algorithm && row->topology == like.topology)
      values[row->ranks].push_back(row->median);
  std::map<std::int64_t, double> medians;
  for (const auto& [ranks, list] : values) medians[ranks] = median(list);
  return medians;
}

/// What a step is made of. `exposed` is communication that compute does not hide.
void add_breakdown(Page& page, Node figures, const ReportInput& input, const Subject& subject) {
  const Rows steps = select(subject.run, [](const Record& row) {
    return std::string_view(row.probe).starts_with("workload.") && row.metric == "step_time" &&
           carries_numbers(row.status);
  });
  for (const RowGroup& group : group_by(steps, [](const Record& row) {
         return fmt::format("{} {} {} {}", row.probe.str(), row.scaling.str(), row.provider.str(),
                            row.algorithm.str());
       })) {
    const Record& first = *group.rows.front();
    const auto step = by_ranks(subject.run, first, "step_time"),
               compute = by_ranks(subject.run, first, "compute_time"),
               exposed = by_ranks(subject.run, first, "exposed_time");
    if (compute.empty() || exposed.empty()) continue;
    StackedBars chart{.parts = {"compute", "exposed communication", "other"},
                      .bars = {},
                      .unit_name = "s",
                      .title = "time of a step"};
    Table table{.columns = {{"ranks", ""},
                            {"step", "s"},
                            {"compute", "s"},
                            {"exposed communication", "s"},
                            {"other", "s"},
                            {"communication efficiency", "1"}}};
    double last_share = 0;
    for (const auto& [ranks, time] : step) {
      const auto c = compute.find(ranks), e = exposed.find(ranks);
      if (c == compute.end() || e == exposed.end()) continue;
      const double other = std::max(0.0, time - c->second - e->second);
      last_share = e->second / time;
      if (chart.bars.size() < 14)
        chart.bars.push_back({fmt::format("{} rank{}", rank_label(static_cast<double>(ranks)),
                                          ranks == 1 ? "" : "s"),
                              {c->second, e->second, other}});
      table.add({Cell::count(ranks), Cell::quantity(time, "s"), Cell::quantity(c->second, "s"),
                 Cell::quantity(e->second, "s"), Cell::quantity(other, "s"),
                 Cell::percent(1 - last_share)});
    }
    page.add_figure(
        figures,
        {.title = subject_prefix(input, subject) + group.key + ": what a step is made of",
         .reading = fmt::format(
             "At the largest rank count {} of a step is communication that compute does not hide.",
             show_percent(last_share)),
         .description = "A bar for each rank count: compute, exposed communication, and the rest.",
         .data = std::move(table)},
        [&](Node parent) { return draw(parent, chart); });
  }
}

/// Multiplicative factors of efficiency as the POP centre of excellence defines them, where a
/// workload states them.
constexpr std::array<std::pair<const char*, const char*>, 4> factors{
    {{"load_balance", "load balance"},
     {"communication_efficiency", "communication"},
     {"serialisation_efficiency", "serialisation"},
     {"parallel_efficiency", "parallel efficiency"}}};

/// Load balance and its kin over rank counts.
void add_factors(Page& page, Node figures, const ReportInput& input, const Subject& subject) {
  const Rows rows = select(subject.run, [](const Record& row) {
    return std::string_view(row.probe).starts_with("workload.") && carries_numbers(row.status) &&
           std::any_of(factors.begin(), factors.end(),
                       [&](const auto& factor) { return row.metric == factor.first; });
  });
  for (const RowGroup& group : group_by(rows, [](const Record& row) {
         return fmt::format("{} {} {} {}", row.probe.str(), row.scaling.str(), row.provider.str(),
                            row.algorithm.str());
       })) {
    XyChart chart{.x = {.title = "ranks", .kind = ScaleKind::log2, .label = rank_label},
                  .y = {.title = "share, 1 is ideal", .low = 0}};
    Table table{.columns = {{"factor", ""}, {"ranks", ""}, {"share", "1"}}};
    std::string worst_name;
    double worst = absent;
    std::int64_t worst_ranks = 0;
    std::set<double> counts;
    for (std::size_t i = 0; i < factors.size(); ++i) {
      const auto& [metric, name] = factors[i];
      ChartSeries line{.name = name, .style = i, .dots = true};
      for (const auto& [ranks, share] : by_ranks(subject.run, *group.rows.front(), metric)) {
        const auto count = static_cast<double>(ranks);
        counts.insert(count);
        line.points.push_back(
            {count, share, absent, absent,
             fmt::format("{} at {} ranks: {}", name, rank_label(count), show_percent(share))});
        table.add({name, Cell::count(ranks), Cell::percent(share)});
        if (!is_present(worst) || share < worst) {
          worst = share;
          worst_name = name;
          worst_ranks = ranks;
        }
      }
      if (!line.points.empty()) chart.series.push_back(std::move(line));
    }
    if (!is_present(worst)) continue;
    chart.x.ticks.assign(counts.begin(), counts.end());
    chart.guides.push_back({ChartGuide::Along::y, 0.8, "0.8: usually acceptable"});
    page.add_figure(
        figures,
        {.title = subject_prefix(input, subject) + group.key + ": efficiency factors",
         .reading = fmt::format("Lowest: {}, {} at {} ranks.", worst_name, show_percent(worst),
                                show_count(worst_ranks)),
         .description = "Load balance (mean over largest compute time of the ranks) and the other "
                        "factors of efficiency over rank counts.",
         .data = std::move(table)},
        [&](Node parent) { return draw(parent, chart); });
  }
}

}  // namespace

void add_efficiency(Page& page, const ReportInput& input) {
  Node section = page.add_section("efficiency", "Where the speed goes");
  Node figures = Page::add_figure_group(section);
  for (const Subject& subject : input.subjects) {
    for (const auto& study : subject.analysis.scaling)
      if (study.amdahl)
        add_karp_flatt(page, figures, subject_prefix(input, subject) + study_name(subject, study),
                       *study.amdahl);
    add_breakdown(page, figures, input, subject);
    add_factors(page, figures, input, subject);
  }
  if (!figures.first_child())
    add_absence(
        section,
        "Without strong scaling over three or more rank counts there is nothing to say here.");
}

}  // namespace assay::render
