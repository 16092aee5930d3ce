/// @file
/// Section 9: where the speed goes: Karp-Flatt, efficiency and its factors, parts of a step.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "probes/core/statistics.hpp"
#include "reports/models/laws/pop.hpp"
#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/stacked_bars.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

namespace {

using models::AmdahlFit;

void add_karp_flatt(Page& page, Node figures, const std::string& title, const AmdahlFit& fit) {
  if (fit.karp_flatt.points.empty()) return;
  XyChart chart{.x = AxisSpec{.title = "ranks", .kind = ScaleKind::log2, .label = rank_label},
                .y = AxisSpec{.title = "serial fraction implied"}};
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
        row->algorithm == like.algorithm && row->topology == like.topology &&
        row->operation == like.operation)
      values[row->ranks].push_back(row->median);
  std::map<std::int64_t, double> medians;
  for (const auto& [ranks, list] : values) medians[ranks] = median(list);
  return medians;
}

std::string workload_name(const Record& row) {
  std::string name = fmt::format("{} {} {} {}", row.probe.str(), row.scaling.str(),
                                 row.provider.str(), row.algorithm.str());
  if (!row.operation.empty()) name += " " + row.operation.str();
  return name;
}

/// The short name of the scaling study that a series is of; its own, where there is none.
std::string short_name(const Subject& subject, const std::string& series) {
  for (const models::ScalingStudy& study : subject.analysis.scaling)
    if (study.series.subject == series) return study_name(subject, study);
  return series;
}

/// What a step is made of. `exposed` is communication that compute does not hide.
void add_breakdown(Page& page, Node figures, const ReportInput& input, const Subject& subject) {
  // Trainings with parts timed alone have a section of their own.
  std::set<std::string> shown_elsewhere;
  for (const Record* row : measured(subject.run, "workload.gradient", "pure_compute_time"))
    shown_elsewhere.insert(row->operation.str());
  const Rows steps = select(subject.run, [&](const Record& row) {
    return std::string_view(row.probe).starts_with("workload.") && row.metric == "step_time" &&
           carries_numbers(row.status) && shown_elsewhere.count(row.operation.str()) == 0;
  });
  for (const RowGroup& group : group_by(steps, workload_name)) {
    const Record& first = *group.rows.front();
    const auto step = by_ranks(subject.run, first, "step_time"),
               compute = by_ranks(subject.run, first, "compute_time"),
               exposed = by_ranks(subject.run, first, "exposed_time");
    if (compute.empty() || exposed.empty()) continue;
    StackedBars chart = step_time_bars({"compute", "exposed communication", "other"});
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
        {.title = subject_prefix(input, subject) +
                  short_name(subject, models::series_subject(first)) + ": what a step is made of",
         .reading = fmt::format(
             "At the largest rank count {} of a step is communication that compute does not hide.",
             show_percent(last_share)),
         .description = "A bar for each rank count: compute, exposed communication, and the rest.",
         .data = std::move(table)},
        [&](Node parent) { return draw(parent, chart); });
  }
}

/// The factors that efficiency is a product of, and how they are called.
struct Factor {
  const char* name;
  Estimate<double> models::PopPoint::*value;
  bool is_product = false;  ///< Of others: never the one to blame.
};
const std::array<Factor, 4> drawn_factors{
    {{"load balance", &models::PopPoint::load_balance},
     {"communication", &models::PopPoint::communication_efficiency},
     {"compute scalability", &models::PopPoint::compute_scalability},
     {"parallel efficiency", &models::PopPoint::parallel_efficiency, true}}};

/// The factor that loses most, in words.
std::string lowest_factor(const models::PopStudy& study) {
  const char* name = nullptr;
  double worst = absent;
  std::int64_t ranks = 0;
  for (const Factor& factor : drawn_factors)
    for (const models::PopPoint& point : study.points) {
      const double share = (point.*factor.value).value;
      if (factor.is_product || !is_present(share) || (is_present(worst) && share >= worst))
        continue;
      worst = share;
      name = factor.name;
      ranks = point.ranks;
    }
  return name == nullptr ? ""
                         : fmt::format("Lowest: {}, {} at {} ranks.", name, show_percent(worst),
                                       show_count(ranks));
}

void add_factor_figure(Page& page, Node figures, const std::string& title,
                       const models::PopStudy& study) {
  XyChart chart{.x = AxisSpec{.title = "ranks", .kind = ScaleKind::log2, .label = rank_label},
                .y = AxisSpec{.title = "share, 1 is ideal", .low = 0}};
  Table table{
      .columns = {{"factor", ""}, {"ranks", ""}, {"share", "1"}, {"low", "1"}, {"high", "1"}}};
  for (const models::PopPoint& point : study.points)
    chart.x.ticks.push_back(static_cast<double>(point.ranks));
  for (std::size_t i = 0; i < drawn_factors.size(); ++i) {
    ChartSeries line{.name = drawn_factors[i].name, .style = i, .dots = true};
    for (const models::PopPoint& point : study.points) {
      const auto& share = point.*drawn_factors[i].value;
      if (!is_present(share.value)) continue;
      const auto ranks = static_cast<double>(point.ranks);
      line.points.push_back({ranks, share.value, share.low, share.high,
                             fmt::format("{} at {} ranks: {}", drawn_factors[i].name,
                                         rank_label(ranks), show_percent(share.value))});
      table.add({drawn_factors[i].name, Cell::count(point.ranks), Cell::percent(share.value),
                 Cell::percent(share.low), Cell::percent(share.high)});
    }
    if (!line.points.empty()) chart.series.push_back(std::move(line));
  }
  chart.guides.push_back({ChartGuide::Along::y, 0.8, "0.8: usually acceptable"});
  page.add_figure(
      figures,
      {.title = title + ": efficiency factors",
       .reading = lowest_factor(study),
       .description = "Load balance (mean over largest compute time of the ranks), communication "
                      "(largest compute time over step time), compute scalability (compute of all "
                      "ranks against the smallest rank count) and the product of the first two.",
       .data = std::move(table)},
      [&](Node parent) { return draw(parent, chart); });
}

/// As the POP centre of excellence defines them, where a workload says how long its ranks computed.
void add_factors(Page& page, Node figures, const ReportInput& input, const Subject& subject) {
  const auto drawn = studies_to_draw(subject);
  const auto left_out = [&](const std::string& series) {
    const auto is_it = [&](const models::ScalingStudy* study) {
      return study->series.subject == series;
    };
    return drawn.size() == most_studies && std::none_of(drawn.begin(), drawn.end(), is_it);
  };
  for (const models::PopStudy& study : models::pop_studies(subject.run))
    if (!lowest_factor(study).empty() && !left_out(study.subject))
      add_factor_figure(page, figures,
                        subject_prefix(input, subject) + short_name(subject, study.subject), study);
}

void add_efficiency(Page& page, const ReportInput& input) {
  Node section = page.add_section("efficiency", "Where the speed goes");
  Node figures = Page::add_figure_group(section);
  for (const Subject& subject : input.subjects) {
    for (const models::ScalingStudy* study : studies_to_draw(subject))
      if (study->amdahl)
        add_karp_flatt(page, figures, subject_prefix(input, subject) + study_name(subject, *study),
                       *study->amdahl);
    add_breakdown(page, figures, input, subject);
    add_factors(page, figures, input, subject);
  }
  if (!figures.first_child())
    add_absence(
        section,
        "Without strong scaling over three or more rank counts there is nothing to say here.");
}

const bool efficiency_section_registered = register_section({.place = 1000, .add = add_efficiency});

}  // namespace

}  // namespace assay::render
