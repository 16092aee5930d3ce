/// @file
/// Part of section 7: our fastest all-reduce beside that of other libraries (MPI, gloo), where the
/// run holds rows of theirs: algorithm rows that name no topology family, which all of ours do.

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

/// Like is compared with like: what passes through memory only, and what takes the network stack.
std::string lane_of(const Record& row) {
  const std::string provider = row.provider.str();
  const bool memory =
      provider == "shared memory" || provider == "shm" || provider.starts_with("shm;");
  return memory ? "shared memory" : "network";
}

std::string group_key(const Record& row) {
  return fmt::format("{}, {} ranks{}", lane_of(row), row.ranks,
                     row.nodes > 1 ? fmt::format(" on {} nodes", row.nodes) : "");
}

std::string who(const Record& row) {
  if (!is_baseline(row)) return row.algorithm.str();
  return fmt::format("{} over {}", row.algorithm.str(), row.provider.str());
}

struct Time {
  double median, low, high;
  std::string by;
  const Record* row;
};
using TimeBySize = std::map<std::int64_t, Time>;

/// Medians over launches, per algorithm or library.
std::map<std::string, TimeBySize> times_of(const Rows& rows) {
  std::map<std::string, TimeBySize> all;
  for (const RowGroup& group : group_by(
           rows, [](const Record& row) { return fmt::format("{}|{}", who(row), row.bytes); })) {
    const Record& first = *group.rows.front();
    std::vector<double> times;
    for (const Record* row : group.rows) times.push_back(row->median);
    Time time{median(times), first.ci_low, first.ci_high, who(first), &first};
    if (times.size() > 1) {
      const Interval interval = median_interval(times);
      time.low = interval.low;
      time.high = interval.high;
    }
    all[time.by].emplace(first.bytes, time);
  }
  return all;
}

TimeBySize fastest(const std::map<std::string, TimeBySize>& all) {
  TimeBySize best;
  for (const auto& [name, times] : all)
    for (const auto& [bytes, time] : times) {
      const auto [found, added] = best.emplace(bytes, time);
      if (!added && time.median < found->second.median) found->second = time;
    }
  return best;
}

ChartSeries series_of(const std::string& name, const TimeBySize& times, std::size_t style) {
  ChartSeries series{.name = name, .style = style, .dots = true};
  for (const auto& [bytes, time] : times) {
    const auto size = static_cast<double>(bytes);
    series.points.push_back({size, time.median, time.low, time.high,
                             fmt::format("{}, {}: {}", time.by, format_bytes(Bytes(size)),
                                         show_with_range(time.median, time.low, time.high, "s"))});
  }
  return series;
}

/// "Ours takes 0.4 to 1.1 times what the fastest of them takes; it is the faster at 5 of 6 sizes."
std::string reading_of(const TimeBySize& ours, const TimeBySize& theirs) {
  std::vector<double> ratios;
  for (const auto& [bytes, time] : theirs)
    if (const auto own = ours.find(bytes); own != ours.end())
      ratios.push_back(own->second.median / time.median);
  if (ratios.empty()) return "No size was measured on both sides.";
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  return fmt::format(
      "Ours takes {} to {} times what the fastest of them takes, and is the faster at {} of {} "
      "sizes.",
      show_digits(*least), show_digits(*most),
      std::count_if(ratios.begin(), ratios.end(), [](double ratio) { return ratio < 1; }),
      ratios.size());
}

Table data_of(const Subject& subject, const std::map<std::string, TimeBySize>& libraries,
              const TimeBySize& ours) {
  Table table{.columns = {{"library", ""},
                          {"size", "B"},
                          {"time", "s"},
                          {"low", "s"},
                          {"high", "s"},
                          {"ours", "s"},
                          {"our algorithm", ""},
                          {"ours/theirs", "1"}}};
  for (const auto& [name, times] : libraries)
    for (const auto& [bytes, time] : times) {
      const auto own = ours.find(bytes);
      const bool both = own != ours.end();
      Cell measured = Cell::quantity(time.median, "s");
      measured.link = row_link(subject, *time.row);
      table.add({name, Cell::bytes(bytes), measured, Cell::quantity(time.low, "s"),
                 Cell::quantity(time.high, "s"),
                 Cell::quantity(both ? own->second.median : absent, "s"),
                 both ? own->second.by : "",
                 Cell::quantity(both ? own->second.median / time.median : absent, "1")});
    }
  return table;
}

}  // namespace

bool is_baseline(const Record& row) {
  // "auto" and its kin choose among ours, and so have no topology of their own either.
  return row.probe == "collective.allreduce" && row.topology.empty() && !row.algorithm.empty() &&
         !std::string_view(row.algorithm).starts_with("auto");
}

void add_baselines(Page& page, Node figures, const ReportInput& input, const Subject& subject,
                   const Rows& rows) {
  for (const RowGroup& group : group_by(rows, group_key)) {
    Rows own, others;
    for (const Record* row : group.rows)
      if (row->probe == "collective.allreduce") (is_baseline(*row) ? others : own).push_back(row);
    if (others.empty()) continue;
    const TimeBySize ours = fastest(times_of(own));
    const auto libraries = times_of(others);
    XyChart chart{
        .x = AxisSpec{.title = "bytes per rank",
                      .unit_name = "B",
                      .kind = ScaleKind::log2,
                      .label = [](double bytes) { return format_bytes(Bytes(std::round(bytes))); }},
        .y = AxisSpec{.title = "time of one call (s)", .unit_name = "s", .kind = ScaleKind::log10}};
    if (!ours.empty()) chart.series.push_back(series_of("ours, fastest", ours, 0));
    std::size_t style = 1;
    for (const auto& [name, times] : libraries)
      chart.series.push_back(series_of(name, times, style++));
    page.add_figure(
        figures,
        {.title = subject_prefix(input, subject) + "allreduce beside other libraries: " + group.key,
         .reading = reading_of(ours, fastest(libraries)),
         .description =
             "Time of one call over bytes per rank: our fastest algorithm at each size, and each "
             "library as it chooses.",
         .data = data_of(subject, libraries, ours)},
        [&](Node parent) { return draw(parent, chart); });
  }
}

}  // namespace assay::render
