#include "reports/gate/write/outputs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "probes/core/errors.hpp"
#include "probes/core/units.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/file_writing.hpp"

namespace assay::gate {
namespace {

constexpr std::size_t annotations_shown = 9;

int rank_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::regressed:
      return 0;
    case Verdict::inconclusive:
      return 1;
    case Verdict::improved:
      return 2;
    case Verdict::same:
      return 3;
  }
  return 4;
}

/// By verdict, then by how much worse.
std::vector<const MetricResult*> worst_first(const GateReport& report) {
  std::vector<const MetricResult*> sorted;
  for (const MetricResult& metric : report.metrics) sorted.push_back(&metric);
  std::stable_sort(sorted.begin(), sorted.end(), [](const MetricResult* a, const MetricResult* b) {
    if (a->verdict != b->verdict) return rank_of(a->verdict) < rank_of(b->verdict);
    return worsening(*a) > worsening(*b);
  });
  return sorted;
}

std::string value_text(double value, const MetricResult& metric) {
  if (std::isnan(value)) return "-";
  if (metric.kind == MetricKind::exact) return fmt::format("{}", value);  // to the last unit
  if (!unit::is_known(metric.unit)) return fmt::format("{:.6g}", value);
  if (metric.kind == MetricKind::normalised) return fmt::format("{:.1f} %", 100 * value);
  return metric.unit == unit::one ? fmt::format("{:.5g}", value)
                                  : format_quantity(value, metric.unit);
}

std::string percent_text(double ratio) {
  return fmt::format("{:+.1f}", 100 * ratio);
}

/// Beyond that a detectable effect says no more than that the metric is useless here.
constexpr double hopeless = 10;

std::string detectable_text(const MetricResult& metric) {
  if (metric.kind == MetricKind::exact) return "any";
  if (std::isnan(metric.detectable)) return "-";
  if (metric.detectable > hopeless && !metric.by_difference) return "> 1000 %";
  return fmt::format("{:.1f} {}", 100 * metric.detectable, metric.by_difference ? "points" : "%");
}

std::string sentence(const MetricResult& metric) {
  std::string text = fmt::format("{}: {} -> {}", metric.name, value_text(metric.base, metric),
                                 value_text(metric.head, metric));
  if (!std::isnan(metric.change) || metric.kind == MetricKind::exact)
    text += ", " + change_text(metric);
  if (!metric.reason.empty()) text += "; " + metric.reason;
  return text;
}

/// The range of what could have been missed, over the metrics that have one.
std::string missed_text(const GateReport& report) {
  double low = HUGE_VAL, high = 0;
  std::string worst;
  for (const MetricResult& metric : report.metrics)
    if (std::isfinite(metric.detectable)) {
      low = std::min(low, metric.detectable);
      if (metric.detectable > high) high = metric.detectable, worst = metric.name;
    }
  if (worst.empty()) return "";
  return fmt::format(
      "A slow-down would have been found with {:.0f} % probability from {:.1f} % (best metric) to "
      "{} ({}).",
      100 * report.rule.detection_power, 100 * low,
      high > hopeless ? "more than 1000 %" : fmt::format("{:.1f} %", 100 * high), worst);
}

std::string difference_text(const FingerprintDifference& difference) {
  return fmt::format("{}: {} -> {}", difference.key, difference.base, difference.head);
}

/// What stands in the way of a verdict, or may explain one; each a line.
std::vector<std::string> notes_of(const GateReport& report) {
  std::vector<std::string> notes;
  for (const FingerprintDifference& difference : report.fingerprint)
    notes.push_back((difference.hard && !difference.allowed ? "refused, environment differs in "
                     : difference.hard                      ? "allowed difference in "
                                                            : "warning, differs: ") +
                    difference_text(difference));
  for (const Canary& canary : report.canaries)
    if (!canary.passed)
      notes.push_back(
          fmt::format("refused, the machine changed: {} {:.4g} -> {:.4g} (limit {:.1f} %)",
                      canary.name, canary.base, canary.head, 100 * std::expm1(canary.limit)));
  for (const std::string& warning : report.warnings) notes.push_back("warning: " + warning);
  for (const HistorySeries& series : report.history)
    for (const HistorySeries::ChangePoint& change : series.changes)
      if (change.accepted)
        notes.push_back(fmt::format("history (advisory): {} changed by {} % at {} ({}), q = {:.3f}",
                                    series.metric, percent_text(change.after / change.before - 1),
                                    series.points[change.index].time,
                                    series.points[change.index].label, change.q_value));
  if (report.audit)
    notes.push_back(
        fmt::format("self-audit: {} false reds in {} A/A runs; rate between {:.2f} and {:.2f} %",
                    report.audit->false_reds, report.audit->runs, 100 * report.audit->rate_low(),
                    100 * report.audit->rate_high()));
  return notes;
}

/// Markdown has no escape for a line break or a bar in a table but these.
std::string markdown_cell(const std::string& text) {
  std::string result;
  for (const char c : text) switch (c) {
      case '|':
        result += "\\|";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '`':
        result += "'";
        break;
      case '\n':
      case '\r':
        result += ' ';
        break;
      default:
        result += c;
    }
  return result;
}

/// Data and property escapes of GitHub's workflow commands.
std::string annotation_text(const std::string& text, bool property) {
  std::string result;
  for (const char c : text) switch (c) {
      case '%':
        result += "%25";
        break;
      case '\r':
        result += "%0D";
        break;
      case '\n':
        result += "%0A";
        break;
      case ':':
        result += property ? "%3A" : ":";
        break;
      case ',':
        result += property ? "%2C" : ",";
        break;
      default:
        result += c;
    }
  return result;
}

/// XML 1.0 has no place for control characters, not even escaped.
std::string xml_text(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') c = '?';
  return text;
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name) = xml_text(value).c_str();
}

void add_case(pugi::xml_node suite, const MetricResult& metric, const std::string& kind) {
  pugi::xml_node test = suite.append_child("testcase");
  set(test, "name", metric.name);
  set(test, "classname", "assay." + kind);
  if (metric.verdict == Verdict::regressed) {
    pugi::xml_node failure = test.append_child("failure");
    set(failure, "type", "regressed");
    set(failure, "message", sentence(metric));
  } else if (metric.verdict == Verdict::inconclusive) {
    set(test.append_child("skipped"), "message", sentence(metric));
  } else {
    test.append_child("system-out")
        .append_child(pugi::node_pcdata)
        .set_value(
            xml_text(std::string(to_string(metric.verdict)) + ": " + sentence(metric)).c_str());
  }
}

}  // namespace

std::string change_text(const MetricResult& metric) {
  // A byte more of a million is no "+0.0 %".
  if (metric.kind == MetricKind::exact && std::isfinite(metric.head - metric.base))
    return fmt::format("{:+}", metric.head - metric.base);
  if (std::isnan(metric.change)) return "-";
  const char* const measure = metric.by_difference ? "points" : "%";
  if (std::isnan(metric.change_low))
    return fmt::format("{} {}", percent_text(metric.change), measure);
  return fmt::format("{} {} [{}, {}]", percent_text(metric.change), measure,
                     percent_text(metric.change_low), percent_text(metric.change_high));
}

std::string terminal_table(const GateReport& report) {
  std::size_t width = 6;
  for (const MetricResult& metric : report.metrics) width = std::max(width, metric.name.size());
  width = std::min<std::size_t>(width, 70);
  std::string text;
  if (!report.metrics.empty())
    text += fmt::format("{:<13}{:<{}}  {:>13} {:>13}  {:<26} {}\n", "verdict", "metric", width,
                        "base", "head", "change [interval]", "found from");
  for (const MetricResult* metric : worst_first(report)) {
    text += fmt::format("{:<13}{:<{}}  {:>13} {:>13}  {:<26} {}\n", to_string(metric->verdict),
                        metric->name, width, value_text(metric->base, *metric),
                        value_text(metric->head, *metric), change_text(*metric),
                        detectable_text(*metric));
    if (!metric->reason.empty()) text += fmt::format("{:<13}{}\n", "", metric->reason);
  }
  if (!text.empty()) text += "\n";
  for (const std::string& note : notes_of(report)) text += note + "\n";
  if (!report.claim.empty()) text += report.claim + "\n";
  if (const std::string missed = missed_text(report); !missed.empty()) text += missed + "\n";
  return text + report.headline() + "\n";
}

std::string junit_xml(const GateReport& report) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  pugi::xml_node suites = document.append_child("testsuites");
  pugi::xml_node suite = suites.append_child("testsuite");
  const bool refused = report.environment_differs() || report.advisory() || !report.refusal.empty();
  // Where there is no verdict, none is reported, whatever the numbers look like.
  const bool judged = !report.environment_differs() && !report.advisory();
  set(suite, "name", "assay " + report.kind);
  set(suite, "timestamp", report.started);
  const bool audited = report.kind == "self-audit" && !refused;
  suite.append_attribute("tests") =
      (judged ? report.metrics.size() : 0) + (refused || audited ? 1 : 0);
  suite.append_attribute("failures") = judged ? report.count(Verdict::regressed) : 0;
  suite.append_attribute("skipped") = judged ? report.count(Verdict::inconclusive) : 0;
  suite.append_attribute("errors") = refused ? 1 : 0;
  if (judged)
    for (const MetricResult* metric : worst_first(report)) add_case(suite, *metric, report.kind);
  if (audited) {
    pugi::xml_node test = suite.append_child("testcase");
    set(test, "name", "promise");
    set(test, "classname", "assay." + report.kind);
    test.append_child("system-out")
        .append_child(pugi::node_pcdata)
        .set_value(report.headline().c_str());
  }
  if (refused) {
    pugi::xml_node test = suite.append_child("testcase");
    set(test, "name", "verdict");
    set(test, "classname", "assay." + report.kind);
    pugi::xml_node error = test.append_child("error");
    set(error, "type", "no verdict");
    std::string message = report.headline();
    for (const std::string& note : notes_of(report)) message += "; " + note;
    set(error, "message", message);
  }
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

std::string markdown_summary(const GateReport& report, std::size_t limit) {
  std::string text =
      fmt::format("## assay {}: {}\n\n", report.kind, markdown_cell(report.headline()));
  std::string end;
  for (const std::string& note : notes_of(report)) end += "- " + markdown_cell(note) + "\n";
  end += fmt::format("\n{} {}\n", markdown_cell(report.claim), markdown_cell(missed_text(report)));
  end +=
      fmt::format("\nBase: {}. Head: {}. A false red in any metric of a run: at most {:g} %.\n",
                  markdown_cell(report.base), markdown_cell(report.head), 100 * report.rule.alpha);
  if (end.size() > limit / 2) end = end.substr(0, limit / 2) + "\n...\n";
  if (!report.metrics.empty())
    text +=
        "| verdict | metric | base | head | change [interval] | found from | remark |\n"
        "|---|---|---:|---:|---|---:|---|\n";
  std::size_t shown = 0;
  for (const MetricResult* metric : worst_first(report)) {
    const std::string row =
        fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", to_string(metric->verdict),
                    markdown_cell(metric->name), value_text(metric->base, *metric),
                    value_text(metric->head, *metric), change_text(*metric),
                    detectable_text(*metric), markdown_cell(metric->reason));
    if (text.size() + row.size() + end.size() + 100 > limit) break;
    text += row;
    ++shown;
  }
  if (shown < report.metrics.size())
    text += fmt::format("\n{} more metrics are in gate.csv.\n", report.metrics.size() - shown);
  return text + "\n" + end;
}

std::vector<std::string> github_annotations(const GateReport& report) {
  std::vector<std::string> lines;
  const auto add = [&](const char* level, const std::string& title, const std::string& message) {
    lines.push_back(fmt::format("::{} title={}::{}", level, annotation_text(title, true),
                                annotation_text(message, false)));
  };
  const ExitCode code = report.exit_code();
  if (code == ExitCode::environment_differs || !report.refusal.empty()) {
    const std::vector<std::string> notes = notes_of(report);
    add(code == ExitCode::environment_differs ? "error" : "warning", "assay " + report.kind,
        report.headline() + (notes.empty() ? "" : ": " + notes.front()));
    return lines;
  }
  std::vector<const MetricResult*> shown;
  for (const MetricResult* metric : worst_first(report))
    if (metric->verdict == Verdict::regressed || metric->verdict == Verdict::inconclusive)
      shown.push_back(metric);
  for (std::size_t i = 0; i < shown.size() && i < annotations_shown; ++i)
    add(shown[i]->verdict == Verdict::regressed ? "error" : "warning",
        std::string(to_string(shown[i]->verdict)) + ": " + shown[i]->name, sentence(*shown[i]));
  if (shown.size() > annotations_shown)
    add("warning", "assay " + report.kind,
        fmt::format("{} more; {}", shown.size() - annotations_shown, report.headline()));
  return lines;
}

std::string csv_table(const GateReport& report) {
  std::string text =
      "metric,unit,better,kind,verdict,stage,base,head,change,change_low,change_high,"
      "one_sided_error,p_value,detectable,reason\n";
  const nlohmann::json json = to_json(report);
  for (std::size_t i = 0; i < report.metrics.size(); ++i) {
    const MetricResult& metric = report.metrics[i];
    text +=
        fmt::format("{},{},{},{},{},{}", csv::text_cell(metric.name), csv::text_cell(metric.unit),
                    json["metrics"][i]["better"].get<std::string>(), to_string(metric.kind),
                    to_string(metric.verdict), metric.stage);
    for (const double value :
         {metric.base, metric.head, metric.change, metric.change_low, metric.change_high,
          metric.one_sided_error, metric.p_value, metric.detectable})
      text += "," + csv::number_cell(value);
    text += "," + csv::text_cell(metric.reason) + "\n";
  }
  return text;
}

void make_output(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw UsageError(
        fmt::format("--output: cannot create {}: {}", directory.string(), error.message()));
  if (access(directory.c_str(), W_OK) != 0)
    throw UsageError(fmt::format("--output: cannot write into {}", directory.string()));
}

void write_outputs(const GateReport& report, const std::filesystem::path& directory) {
  make_output(directory);
  std::string annotations;
  for (const std::string& line : github_annotations(report)) annotations += line + "\n";
  OutputFiles files;
  const auto add = [&](const char* name, std::string text) {
    files.add(directory / name, std::move(text), Links::refuse);
  };
  add("gate.json",
      to_json(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  add("gate.csv", csv_table(report));
  add("junit.xml", junit_xml(report));
  add("summary.md", markdown_summary(report));
  add("annotations.txt", annotations);
  files.write({});
}

}  // namespace assay::gate
