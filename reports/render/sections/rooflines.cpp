/// @file
/// Section 4: rooflines.

#include <fmt/format.h>

#include <algorithm>

#include "reports/render/numbers.hpp"
#include "reports/render/roofline_chart.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

using models::Roofline;

Table data_of(const Roofline& roofline) {
  Table table{.columns = {{"kind", ""},
                          {"name", ""},
                          {"intensity", "FLOP/B"},
                          {"rate", ""},
                          {"low", ""},
                          {"high", ""},
                          {"best sample", ""},
                          {"share of what its roof allows", ""}}};
  for (const auto& roof : roofline.compute)
    table.add({"compute roof", fmt::format("{} {} {}", roof.operation, roof.dtype, roof.isa),
               Cell(), Cell::quantity(roof.rate.value.value(), "FLOP/s"),
               Cell::quantity(roof.rate.low.value(), "FLOP/s"),
               Cell::quantity(roof.rate.high.value(), "FLOP/s"),
               Cell::quantity(roof.ceiling.value(), "FLOP/s"), Cell()});
  for (const auto& roof : roofline.memory)
    table.add({"memory roof", fmt::format("{} {}", roof.level, roof.operation),
               Cell::quantity(roofline.ridge(roof).value(), "1"),
               Cell::quantity(roof.rate.value.value(), "B/s"),
               Cell::quantity(roof.rate.low.value(), "B/s"),
               Cell::quantity(roof.rate.high.value(), "B/s"), Cell(), Cell()});
  for (const auto& point : roofline.points)
    table.add({fmt::format("point, bound by {}", point.bound), point.name,
               Cell::quantity(point.intensity.value(), "1"),
               Cell::quantity(point.rate.value.value(), "FLOP/s"),
               Cell::quantity(point.rate.low.value(), "FLOP/s"),
               Cell::quantity(point.rate.high.value(), "FLOP/s"), Cell(),
               point.is_trusted() ? Cell::percent(1 / point.headroom)
                                  : Cell("not stated: its roof is not trusted")});
  return table;
}

std::string reading_of(const Roofline& roofline) {
  if (roofline.memory.empty()) return "No memory roof was measured.";
  const auto& slowest = roofline.memory.back();
  std::string text = fmt::format("Memory bound below {} FLOP/B ({}), compute bound above.",
                                 show_digits(roofline.ridge(slowest).value()), slowest.level);
  // No kernel beats the machine: then it was the roof that was measured while something disturbed.
  const auto above =
      std::count_if(roofline.points.begin(), roofline.points.end(),
                    [](const auto& point) { return point.headroom < 1 - models::roof_tolerance; });
  if (above > 0)
    text += fmt::format(
        " {} of {} points lie above their roof: the roof was measured while disturbed, measure it "
        "again.",
        above, roofline.points.size());
  return text;
}

std::string description_of(const Roofline& roofline) {
  std::string text = "Log-log chart of attainable rate over arithmetic intensity.";
  for (const auto& roof : roofline.memory)
    text += fmt::format(" {} gives {}.", roof.level, show(roof.rate.value.value(), "B/s"));
  if (!roofline.compute.empty())
    text += fmt::format(" The compute roof is {}.",
                        show(roofline.compute.back().rate.value.value(), "FLOP/s"));
  if (!roofline.points.empty())
    text += fmt::format(" {} measured points lie below the roofs.", roofline.points.size());
  return text;
}

std::string title_of(const Roofline& roofline, bool name_host) {
  return fmt::format("Roofline, {}, {}{}", roofline.dtype, roofline.cores_in_words(),
                     name_host && !roofline.host.empty() ? " of " + roofline.host : "");
}

void add_rooflines(Page& page, const ReportInput& input) {
  Node section = page.add_section("roofline", "What a node can compute");
  // The whole machine in four number formats, one core in two.
  const std::size_t most_drawn = std::max<std::size_t>(2, 6 / input.subjects.size());
  std::size_t drawn = 0, all = 0;
  Node figures = Page::add_figure_group(section);
  for (const Subject& subject : input.subjects) {
    std::vector<const Roofline*> list;
    for (const Roofline& roofline : subject.analysis.rooflines)
      if (!roofline.compute.empty()) list.push_back(&roofline);
    all += list.size();
    const bool several_hosts = std::any_of(
        list.begin(), list.end(), [&](const Roofline* r) { return r->host != list[0]->host; });
    // The whole machine first, f64 before f32: what a buyer looks for.
    const auto weight = [](const Roofline* r) {
      return r->dtype == "f64" ? 0 : r->dtype == "f32" ? 1 : 2;
    };
    std::stable_sort(list.begin(), list.end(), [&](const Roofline* a, const Roofline* b) {
      return a->threads != b->threads ? a->threads > b->threads : weight(a) < weight(b);
    });
    if (list.size() > most_drawn) list.resize(most_drawn);
    for (const Roofline* roofline : list) {
      ++drawn;
      page.add_figure(figures,
                      {.title = subject_prefix(input, subject) + title_of(*roofline, several_hosts),
                       .reading = reading_of(*roofline),
                       .description = description_of(*roofline),
                       .data = data_of(*roofline)},
                      [&](Node parent) { return draw(parent, *roofline); });
    }
  }
  if (all > drawn)
    add_absence(
        section,
        fmt::format("{} of {} rooflines are drawn; all their numbers are in measurements.csv.",
                    drawn, all));
  if (all == 0)
    add_absence(section,
                "No roofline: the run holds no peak rate together with a bandwidth (assay probe "
                "compute.peak_flops memory.bandwidth).");
  add_unmeasured(page, section, input, [](const Record& row) {
    return row.probe == "compute.peak_flops" || row.probe == "compute.gemm" ||
           row.probe == "roofline.check" || std::string_view(row.probe).starts_with("counters.");
  });
}

const bool rooflines_section_registered = register_section(
    {.place = 500,
     .add = add_rooflines,
     .probes = {"compute.peak_flops", "compute.gemm", "roofline.check", "region"}});

}  // namespace

}  // namespace assay::render
