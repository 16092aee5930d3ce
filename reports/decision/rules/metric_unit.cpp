/// @file
/// A unit that is not its metric's: the registry says what a probe's metric is in; of metrics that
/// no registry knows, the names that the result files give a meaning. And a time that is longer
/// than the run itself, as bytes per second printed as seconds are.

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <set>
#include <utility>

#include "reports/decision/numbers.hpp"
#include "reports/decision/rule.hpp"

namespace assay::decision {

namespace {

struct Meaning {
  const char* metric;
  std::string_view unit;
};
constexpr std::array<Meaning, 8> meanings{{{"time", unit::seconds},
                                           {"step_time", unit::seconds},
                                           {"exposed_time", unit::seconds},
                                           {"compute_time", unit::seconds},
                                           {"predicted_time", unit::seconds},
                                           {"bus_bandwidth", unit::bytes_per_second},
                                           {"load_balance", unit::one},
                                           {"clock", unit::hertz}}};

/// Of each probe and metric: a run has many rows of few kinds.
class Units {
 public:
  /// Empty where nobody says.
  InternedString of(const Record& row) {
    const auto [found, is_new] = known_.try_emplace({row.probe, row.metric});
    if (is_new) found->second = InternedString(unit_of(row.probe.str(), row.metric.str()));
    return found->second;
  }

 private:
  static std::string unit_of(const std::string& probe, const std::string& metric) {
    if (const MetricInfo* info = registry::find_metric(probe, metric))
      return info->unit == "currency" ? "" : info->unit;
    for (const Meaning& meaning : meanings)
      if (metric == meaning.metric) return std::string(meaning.unit);
    return "";
  }
  std::map<std::pair<InternedString, InternedString>, InternedString> known_;
};

/// s since 1970; NaN for what is no UTC time as run.json has it.
double moment(const nlohmann::json& run, const char* key) {
  const auto found = run.find(key);
  if (found == run.end() || !found->is_string()) return absent;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(found->get<std::string>().c_str(), "%d-%d-%dT%d:%d:%dZ", &year, &month, &day,
                  &hour, &minute, &second) != 6)
    return absent;
  std::tm parts{};
  parts.tm_year = year - 1900, parts.tm_mon = month - 1, parts.tm_mday = day;
  parts.tm_hour = hour, parts.tm_min = minute, parts.tm_sec = second;
  return static_cast<double>(timegm(&parts));
}

Finding look_at_units(const Evidence& evidence) {
  Finding finding;
  std::set<std::string> told;
  // Seconds are cut off in run.json; several sessions have only their last end.
  const double lasted = moment(evidence.run.run, "end") - moment(evidence.run.run, "start") + 1;
  const auto tell = [&](const Record& row, const std::string& what) {
    if (told.insert(row.probe.str() + row.metric.str() + row.operation.str()).second)
      finding.contradictions.push_back({row.host.str(), what});
  };
  Units units;
  const InternedString seconds(unit::seconds), predicted("predicted_time");
  for (const Record& row : evidence.run.records) {
    if (!carries_numbers(row.status)) continue;
    const InternedString expected = units.of(row);
    if (!expected.empty()) ++finding.looked_at;
    if (!expected.empty() && row.unit != expected)
      tell(row, fmt::format("{} {} is in \"{}\", but the metric is in \"{}\"", row.probe.str(),
                            row.metric.str(), row.unit.str(), expected.str()));
    else if (row.unit == seconds && row.metric != predicted && lasted > 1 && row.median > lasted)
      tell(row,
           fmt::format("{} {} {}: {}, but the whole run took {}", row.probe.str(), row.metric.str(),
                       row.operation.str(), show(row.median, "s"), show(lasted, "s")));
  }
  return finding;
}

const bool metric_unit_registered = Registry<Rule>::add(
    {.about = {.kind = "rule",
               .name = "units",
               .summary =
                   "Every number is in the unit of its metric, and no time is longer than the "
                   "run.",
               .metrics = {},
               .verification = "A planted row of 1.6e7 B/s that says it is seconds."},
     .fails = true,
     .advice = "The file was changed by hand, or this is a fault of assay: do not use the figure.",
     .look = look_at_units});

}  // namespace

}  // namespace assay::decision
