/// @file
/// Part of section 2: every kept sample, thinned, relative to the median of its point.

#include <fmt/format.h>

#include <algorithm>

#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

void add_sample_trail(Page& page, Node section, const ReportInput& input) {
  for (const Subject& subject : input.subjects) {
    const SampleTrail& trail = subject.samples;
    if (trail.buckets.size() < 2) continue;
    XyChart chart{.x = AxisSpec{.title = "sample, in the order measured"},
                  .y = AxisSpec{.title = "sample / median of its point",
                                .kind = ScaleKind::log10,
                                .label = [](double r) { return show_digits(r); }}};
    ChartSeries series{.name = {}};
    Table table{.columns = {{"from sample", ""},
                            {"to sample", ""},
                            {"lowest", "1"},
                            {"middle", "1"},
                            {"highest", "1"}}};
    for (const auto& bucket : trail.buckets) {
      series.points.push_back(
          {(bucket.from + bucket.to) / 2, bucket.middle, bucket.low, bucket.high});
      table.add({Cell::count(static_cast<std::int64_t>(bucket.from)),
                 Cell::count(static_cast<std::int64_t>(bucket.to)), Cell::quantity(bucket.low, "1"),
                 Cell::quantity(bucket.middle, "1"), Cell::quantity(bucket.high, "1")});
    }
    chart.series.push_back(std::move(series));
    const auto buckets = static_cast<std::int64_t>(trail.buckets.size());
    const std::string thinned =
        trail.samples > buckets
            ? fmt::format(
                  " Thinned: {} samples of {} points are drawn as {} groups of neighbours, each by "
                  "its lowest, middle and highest.",
                  show_count(trail.samples), show_count(trail.points), show_count(buckets))
            : "";
    // Folded away here: the table is long, and the picture is what tells.
    page.add_figure(Page::add_figure_group(section),
                    {.title = subject_prefix(input, subject) + "Every sample of the run",
                     .reading = fmt::format(
                         "{} of the samples lie more than a tenth off the median of their point.{}",
                         show_percent(trail.beyond), thinned),
                     .description = "Samples in the order measured, relative to the median of "
                                    "their point: a band from the lowest to the highest of "
                                    "neighbours. A wide or slanting stretch is a disturbed one.",
                     .data = std::move(table)},
                    [&](Node parent) { return draw(parent, chart); });
  }
}

}  // namespace assay::render
