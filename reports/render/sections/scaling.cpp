/// @file
/// Section 8: strong and weak scaling: every launch a dot, the fit with its band, the extrapolation
/// shaded.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

namespace {

using models::Prediction;
using models::Scaling;
using models::ScalingPoint;
using models::ScalingStudy;

AxisSpec rank_axis(const ScalingStudy& study, double last) {
  AxisSpec axis{.title = "ranks",
                .kind = ScaleKind::log2,
                .low = study.series.points.front().ranks / 1.15,
                .high = last * 1.15,
                .label = rank_label};
  for (const ScalingPoint& point : study.series.points) axis.ticks.push_back(point.ranks);
  for (double n = study.series.reach.largest * 2; n <= last * 1.01; n *= 2) axis.ticks.push_back(n);
  return axis;
}

/// Whoever speaks for this study: the selection among laws, or the one law that could be fitted;
/// nobody where the model selection found that none explains the times.
bool has_law(const ScalingStudy& study) {
  if (study.selection) return study.selection->explained;
  return study.amdahl || study.gustafson;
}
Prediction predict(const ScalingStudy& study, double ranks) {
  if (study.selection) return study.selection->at(ranks);
  if (study.amdahl) return study.amdahl->at(ranks);
  return study.gustafson->at(ranks);
}

/// From the smallest N to 4 times the largest, evenly in log N.
std::vector<double> curve_ranks(const ScalingStudy& study, double last) {
  const double first = study.series.points.front().ranks;
  constexpr int steps = 48;
  std::vector<double> ranks;
  for (int i = 0; i <= steps; ++i)
    ranks.push_back(first * std::pow(last / first, static_cast<double>(i) / steps));
  return ranks;
}

double base_ranks(const ScalingStudy& study) {
  return study.series.points.front().ranks;
}
double base_time(const ScalingStudy& study) {
  return models::typical_time(study.series.points.front());
}

/// Over the fewest ranks measured: of a study that starts beyond one rank, what one takes is not
/// known.
double speedup_of(const ScalingStudy& study, double ranks, double time) {
  const bool weak = study.series.scaling == Scaling::weak;
  return base_time(study) / time * (weak ? ranks / base_ranks(study) : 1);
}

/// As the law has it from one rank on, else as speedup_of().
Estimate<double> predicted_speedup(const ScalingStudy& study, const Prediction& prediction) {
  if (base_ranks(study) == 1) return prediction.speedup;
  const auto over_base = [&](double time) { return speedup_of(study, prediction.ranks, time); };
  const Estimate<double>& time = prediction.time;
  return {over_base(time.value), over_base(time.high), over_base(time.low)};
}

/// The line stops where the label allows no point; the band goes on.
ChartSeries law_curve(const ScalingStudy& study, double last, bool as_speedup) {
  ChartSeries curve{.name = "fit", .style = 0};
  for (const double n : curve_ranks(study, last)) {
    const Prediction prediction = predict(study, n);
    const Estimate<double> value =
        as_speedup ? predicted_speedup(study, prediction) : prediction.time;
    curve.points.push_back(
        {n, models::has_point(prediction.label) ? value.value : absent, value.low, value.high});
  }
  return curve;
}

ChartSeries launch_dots(const ScalingStudy& study, bool as_speedup) {
  ChartSeries dots{.name = "each launch", .style = 1, .lines = false, .dots = true};
  for (const ScalingPoint& point : study.series.points)
    for (const double time : point.times) {
      const double speedup = speedup_of(study, point.ranks, time);
      dots.points.push_back({point.ranks, as_speedup ? speedup : time, absent, absent,
                             fmt::format("{} ranks: {}", rank_label(point.ranks),
                                         as_speedup ? show(speedup, "1") : show(time, "s"))});
    }
  return dots;
}

ChartSeries ideal_line(const ScalingStudy& study, double last, bool as_speedup) {
  ChartSeries line{.name = "ideal", .plain = true};
  const double first = base_ranks(study), base = base_time(study);
  for (const double n : curve_ranks(study, last))
    line.points.push_back({n, as_speedup                              ? n / first
                              : study.series.scaling == Scaling::weak ? base
                                                                      : base * first / n});
  return line;
}

std::string speedup_name(const ScalingStudy& study) {
  return base_ranks(study) == 1
             ? "speedup"
             : fmt::format("speedup over {} ranks", rank_label(base_ranks(study)));
}

XyChart chart_of(const ScalingStudy& study, bool as_speedup) {
  const double measured = study.series.reach.largest,
               last = has_law(study) ? 4 * measured : measured;
  XyChart chart{.x = rank_axis(study, last),
                .y = as_speedup ? AxisSpec{.title = speedup_name(study), .kind = ScaleKind::log2}
                                : AxisSpec{.title = "time of a step (s)",
                                           .unit_name = "s",
                                           .kind = ScaleKind::log10}};
  chart.series.push_back(ideal_line(study, last, as_speedup));
  if (has_law(study)) {
    chart.series.push_back(law_curve(study, last, as_speedup));
    const Label near = predict(study, 2 * measured).label, far = predict(study, last).label;
    if (near == far) {
      chart.regions.push_back({measured, last * 1.15, std::string(to_string(near))});
    } else {
      chart.regions.push_back({measured, 2 * measured, std::string(to_string(near))});
      chart.regions.push_back({2 * measured, last * 1.15, std::string(to_string(far))});
    }
  }
  chart.series.push_back(launch_dots(study, as_speedup));
  for (const models::Tier& tier : study.series.reach.tiers)
    if (static_cast<double>(tier.ranks) > study.series.points.front().ranks &&
        static_cast<double>(tier.ranks) < last)
      chart.guides.push_back({ChartGuide::Along::x, static_cast<double>(tier.ranks),
                              fmt::format("end of one {}", tier.name)});
  return chart;
}

Table data_of(const ScalingStudy& study) {
  Table table{.columns = {{"ranks", ""},
                          {"launches", ""},
                          {"measured", "s"},
                          {"fastest", "s"},
                          {"slowest", "s"},
                          {"law", "s"},
                          {"low", "s"},
                          {"high", "s"},
                          {speedup_name(study), "1"},
                          {"efficiency", "1"},
                          {"label", ""}}};
  const auto add_row = [&](double n, const ScalingPoint* point) {
    std::vector<Cell> row{Cell::count(std::llround(n))};
    if (point != nullptr) {
      row.insert(
          row.end(),
          {Cell::count(static_cast<std::int64_t>(point->times.size())),
           Cell::quantity(models::typical_time(*point), "s"),
           Cell::quantity(*std::min_element(point->times.begin(), point->times.end()), "s"),
           Cell::quantity(*std::max_element(point->times.begin(), point->times.end()), "s")});
    } else {
      row.resize(5);
    }
    if (has_law(study)) {
      const Prediction p = predict(study, n);
      const double speedup = predicted_speedup(study, p).value;
      row.insert(row.end(),
                 {Cell::quantity(p.time.value, "s"), Cell::quantity(p.time.low, "s"),
                  Cell::quantity(p.time.high, "s"), Cell::quantity(speedup, "1"),
                  Cell::percent(speedup * base_ranks(study) / n), Cell(to_string(p.label))});
    } else {
      row.resize(10);
      row.emplace_back("measured");
    }
    table.add(std::move(row));
  };
  for (const ScalingPoint& point : study.series.points) add_row(point.ranks, &point);
  if (has_law(study))
    for (const double factor : {2.0, 4.0}) add_row(factor * study.series.reach.largest, nullptr);
  return table;
}

std::string amdahl_sentence(const ScalingStudy& study) {
  if (!study.amdahl) return "";
  const auto& amdahl = *study.amdahl;
  std::string text = fmt::format(
      "Amdahl's serial fraction is {} ({} to {})", show_percent(amdahl.serial_fraction.value),
      show_percent(amdahl.serial_fraction.low), show_percent(amdahl.serial_fraction.high));
  if (!amdahl.limit_stated)
    return text +
           "; what each rank count implies rises with ranks (section \"Where the speed goes\"), so "
           "no limit is stated.";
  return text +
         (std::isfinite(amdahl.speedup_limit.high)
              ? fmt::format(": no more than {} to {} times faster on any number of ranks.",
                            show_digits(amdahl.speedup_limit.low),
                            show_digits(amdahl.speedup_limit.high))
              : fmt::format(
                    ": at least {} times faster is possible; an upper limit does not show yet.",
                    show_digits(amdahl.speedup_limit.low)));
}

std::string reading_of(const ScalingStudy& study) {
  const ScalingPoint& last = study.series.points.back();
  const double speedup = base_time(study) / models::typical_time(last);
  if (study.series.scaling == Scaling::weak)
    return fmt::format("{} ranks do {} times the work in {} times the time of {}.",
                       rank_label(last.ranks),
                       show_digits(last.ranks / study.series.points.front().ranks),
                       show_digits(1 / speedup), rank_label(study.series.points.front().ranks));
  std::string text =
      fmt::format("{} ranks are {} times as fast as {}.", rank_label(last.ranks),
                  show_digits(speedup), rank_label(study.series.points.front().ranks));
  if (study.selection && !study.selection->explained)
    return text + " No law explains these times: what other rank counts would take is not known.";
  for (const std::string& more : {amdahl_sentence(study), decision::retrograde_text(study)})
    if (!more.empty()) text += " " + more;
  return text;
}

void add_notes(Node section, const ReportInput& input, const Subject& subject,
               const ScalingStudy& study) {
  std::vector<std::string> notes = study.series.notes;
  notes.insert(notes.end(), study.missing.begin(), study.missing.end());
  notes.push_back(models::describe(study.series.reach));
  Node list = add(section, "p", {{"class", "note"}},
                  subject_prefix(input, subject) + study_name(subject, study) + ": ");
  for (std::size_t i = 0; i < notes.size(); ++i) add_text(list, (i > 0 ? "; " : "") + notes[i]);
  add_text(list, ".");
}

void add_study(Page& page, Node figures, const std::string& title, const ScalingStudy& study) {
  const XyChart time = chart_of(study, false), speedup = chart_of(study, true);
  page.add_figure(
      figures,
      {.title = title + ": speedup",
       .reading = reading_of(study),
       .description =
           "Speedup over ranks, both on logarithmic axes: a dot for each launch, the fitted "
           "law with its band, the ideal line; what lies beyond the measured is shaded.",
       .data = data_of(study)},
      [&](Node parent) { return draw(parent, speedup); });
  page.add_figure(
      figures,
      {.title = title + ": time of a step",
       .reading = fmt::format("{} on {} ranks{}.",
                              show(models::typical_time(study.series.points.back()), "s"),
                              rank_label(study.series.points.back().ranks),
                              has_law(study) ? "; the band is the 95 % interval of the mean" : ""),
       .description = "Time of a step over ranks with the fitted law and its band."},
      [&](Node parent) { return draw(parent, time); });
}

/// Every study in one line, where there are more than are drawn.
Table overview_of(const ReportInput& input, const Subject& subject) {
  Table table{.id = "studies",
              .caption = subject_prefix(input, subject) + "Every scaling study of the run",
              .columns = {{"study", ""},
                          {"ranks", ""},
                          {"launches", ""},
                          {"time, fewest ranks", "s"},
                          {"time, most ranks", "s"},
                          {"speedup", "1"},
                          {"serial fraction", "1"},
                          {"low", "1"},
                          {"high", "1"}}};
  for (const ScalingStudy& study : subject.analysis.scaling) {
    if (study.series.points.empty()) continue;
    const auto &first = study.series.points.front(), &last = study.series.points.back();
    std::size_t launches = 0;
    for (const ScalingPoint& point : study.series.points) launches += point.times.size();
    const Estimate<double> serial =
        study.amdahl ? study.amdahl->serial_fraction : Estimate<double>{absent, absent, absent};
    table.add({study_name(subject, study),
               fmt::format("{} to {}", rank_label(first.ranks), rank_label(last.ranks)),
               Cell::count(static_cast<std::int64_t>(launches)),
               Cell::quantity(models::typical_time(first), "s"),
               Cell::quantity(models::typical_time(last), "s"),
               Cell::quantity(base_time(study) / models::typical_time(last), "1"),
               Cell::percent(serial.value), Cell::percent(serial.low), Cell::percent(serial.high)});
  }
  return table;
}

void add_scaling(Page& page, const ReportInput& input) {
  Node section = page.add_section("scaling", "Scaling: what more ranks bring");
  Node figures = Page::add_figure_group(section);
  for (const Subject& subject : input.subjects) {
    const std::vector<const ScalingStudy*> drawn = studies_to_draw(subject);
    for (const ScalingStudy* study : drawn) {
      add_study(page, figures, subject_prefix(input, subject) + study_name(subject, *study),
                *study);
      add_notes(section, input, subject, *study);
    }
    Table overview = overview_of(input, subject);
    if (overview.rows.size() <= drawn.size()) continue;
    add_absence(section,
                fmt::format("{}{} of {} studies are drawn; the table has all of them.",
                            subject_prefix(input, subject), drawn.size(), overview.rows.size()));
    page.add_table(section, std::move(overview));
  }
  if (!figures.first_child())
    add_absence(section, "The run holds no scaling study (assay suite gradient).");
  add_unmeasured(page, section, input, [](const Record& row) {
    return std::string_view(row.probe).starts_with("workload.");
  });
}

const bool scaling_section_registered =
    register_section({.place = 900, .add = add_scaling, .probes = {"workload."}});

}  // namespace

}  // namespace assay::render
