/// @file
/// OpenMetrics 1.0 text, as node_exporter's textfile collector and promtool read it.
/// Source: https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "probes/core/units.hpp"
#include "probes/run/csv.hpp"
#include "reports/export/exporter.hpp"

namespace assay::exports {

namespace {

/// The end that a family's name has to have by its unit.
std::string unit_word(std::string_view unit_name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> words{
      {{unit::seconds, "seconds"},
       {unit::bytes, "bytes"},
       {unit::bytes_per_second, "bytes_per_second"},
       {unit::flops, "flops"},
       {unit::flops_per_second, "flops_per_second"},
       {unit::hertz, "hertz"},
       {unit::seconds_per_byte, "seconds_per_byte"},
       {unit::flops_per_byte, "flops_per_byte"}}};
  for (const auto& [symbol, word] : words)
    if (symbol == unit_name) return std::string(word);
  return "";  // ratios and counts
}

std::string metric_word(std::string_view text) {
  std::string word;
  for (const char c : text) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool is_digit = c >= '0' && c <= '9';
    word += is_letter && c < 'a'    ? static_cast<char>(c - 'A' + 'a')
            : is_letter || is_digit ? c
                                    : '_';
  }
  return word;
}

/// @param bound "", "_low" or "_high"
std::string family_name(const Series& series, std::string_view bound) {
  std::string name = "assay_" + metric_word(series.key.probe) + "_" +
                     metric_word(series.key.metric) + std::string(bound);
  const std::string unit = unit_word(series.key.unit);
  if (!unit.empty()) return name + "_" + unit;
  // Ends that mean other types.
  for (const std::string_view reserved :
       {"_count", "_sum", "_total", "_bucket", "_info", "_created"})
    if (name.ends_with(reserved)) return name + "_value";
  return name;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : valid_utf8(text)) {
    if (c == '\\' || c == '"') safe += '\\';
    safe += c == '\n' ? "\\n" : std::string(1, c);
  }
  return safe;
}

std::string labels_of(const Series& series) {
  std::string labels;
  const auto add = [&](std::string_view name, const std::string& value) {
    labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", name, escaped(value));
  };
  for (const Column& column : measurement_columns()) {
    if (!column.is_key || column.name == "probe" || column.name == "metric" ||
        column.name == "unit" || column.name == "launch" || column.name == "session")
      continue;
    if (column.text != nullptr && !(series.key.*column.text).empty())
      add(column.name, (series.key.*column.text).str());
    if (column.count != nullptr && is_present(series.key.*column.count))
      add(column.name, std::to_string(series.key.*column.count));
  }
  if (!series.trusted) add("status", "untrusted");
  return labels;
}

struct Family {
  std::string help, unit, samples;
};

class Page {
 public:
  void add(const Series& series, std::string_view bound, double value) {
    if (!is_present(value)) return;
    const std::string name = family_name(series, bound);
    Family& family = families_[name];
    if (family.help.empty()) {
      const MetricInfo* metric =
          registry::find_metric(series.key.probe.str(), series.key.metric.str());
      family.help =
          fmt::format("{}{}",
                      bound.empty()     ? ""
                      : bound == "_low" ? "Lower end of the 95 % interval: "
                                        : "Upper end of the 95 % interval: ",
                      metric != nullptr ? metric->description
                                        : series.key.probe.str() + " " + series.key.metric.str());
      family.unit = unit_word(series.key.unit);
    }
    const std::string labels = labels_of(series);
    family.samples += fmt::format("{}{} {}\n", name, labels.empty() ? "" : "{" + labels + "}",
                                  csv::number_cell(value));
  }
  void add_plain(const std::string& name, const std::string& help, const std::string& labels,
                 double value) {
    Family& family = families_[name];
    family.help = help;
    family.samples += fmt::format("{}{} {}\n", name, labels.empty() ? "" : "{" + labels + "}",
                                  csv::number_cell(value));
  }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& [name, family] : families_) {
      all += fmt::format("# TYPE {} gauge\n", name);
      if (!family.unit.empty()) all += fmt::format("# UNIT {} {}\n", name, family.unit);
      all += fmt::format("# HELP {} {}\n{}", name, escaped(family.help), family.samples);
    }
    return all + "# EOF\n";
  }

 private:
  std::map<std::string, Family> families_;
};

std::string open_metrics(const std::vector<ExportedRun>& runs) {
  const RunData& run = runs.front().run;
  Page page;
  for (const Series& series : series_of(run)) {
    page.add(series, "", series.value);
    page.add(series, "_low", series.low);
    page.add(series, "_high", series.high);
  }
  page.add_plain("assay_run", "The run that the other metrics are of.",
                 fmt::format("id=\"{}\",version=\"{}\",commit=\"{}\",start=\"{}\",state=\"{}\"",
                             escaped(runs.front().id), escaped(text_in(run, "/tool/version")),
                             escaped(text_in(run, "/tool/commit")), escaped(text_in(run, "/start")),
                             escaped(text_in(run, "/state"))),
                 1);
  std::map<std::string, double> by_status;
  for (const Record& row : run.records) ++by_status[std::string(to_string(row.status))];
  for (const auto& [status, rows] : by_status)
    page.add_plain("assay_rows", "Measured points by status.", fmt::format("status=\"{}\"", status),
                   rows);
  return page.text();
}

const bool open_metrics_registered = Registry<Exporter>::add(
    {.about = {.kind = "export",
               .name = "openmetrics",
               .summary = "OpenMetrics text, for Prometheus' textfile collector",
               .metrics = {},
               .verification = "promtool check metrics accepts it."},
     .text = open_metrics});

}  // namespace

}  // namespace assay::exports
