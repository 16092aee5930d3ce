/// @file
/// One quantity with two values: two rows of one key whose samples do not even overlap, and a share
/// of a roof that the run states twice.

#include <fmt/format.h>

#include <cmath>
#include <unordered_map>

#include "reports/decision/numbers.hpp"
#include "reports/decision/rule.hpp"

namespace assay::decision {

namespace {

/// Everything that tells two measured points apart.
bool have_one_key(const Record& a, const Record& b) {
  for (const Column& column : measurement_columns())
    if (column.is_key && ((column.text != nullptr && a.*column.text != b.*column.text) ||
                          (column.count != nullptr && a.*column.count != b.*column.count)))
      return false;
  return true;
}

std::size_t hash_of_key(const Record& row) {
  std::size_t hash = 0;
  const auto mix = [&](std::size_t part) { hash = hash * 0x9E3779B97F4A7C15ULL + part; };
  for (const Column& column : measurement_columns()) {
    if (!column.is_key) continue;
    if (column.text != nullptr) mix(std::hash<InternedString>()(row.*column.text));
    if (column.count != nullptr) mix(static_cast<std::size_t>(row.*column.count));
  }
  return hash;
}

void look_at_equal_keys(const RunData& run, Finding& finding) {
  std::unordered_map<std::size_t, const Record*> first;
  for (const Record& row : run.records) {
    // A row without spread cannot fail to overlap for want of samples.
    if (row.status != Status::ok || !is_present(row.min) || !is_present(row.max) || row.samples < 2)
      continue;
    const auto [found, is_new] = first.try_emplace(hash_of_key(row), &row);
    if (is_new || !have_one_key(*found->second, row)) continue;
    ++finding.looked_at;
    const Record& other = *found->second;
    if (row.min <= other.max && other.min <= row.max) continue;
    finding.contradictions.push_back(
        {row.host.str(),
         fmt::format("{} {} {} stands there as {} and as {}, and their samples do not overlap",
                     row.probe.str(), row.metric.str(), row.operation.str(),
                     show(other.median, row.unit.str()), show(row.median, row.unit.str()))});
  }
}

void look_at_roofs(const models::Analysis& analysis, Finding& finding) {
  for (const models::Roofline& roofline : analysis.rooflines)
    for (const models::RooflinePoint& point : roofline.points) {
      ++finding.looked_at;
      if (std::abs(point.roof_gap) <= models::roof_tolerance) continue;
      finding.contradictions.push_back(
          {roofline.host,
           fmt::format("{} ({}, {}) is at {} of the roof timed beside it, and at {} of the "
                       "roof of the run",
                       point.name, roofline.dtype, roofline.cores_in_words(),
                       show_percent(1 / point.headroom),
                       show_percent(1 / point.headroom / (1 + point.roof_gap)))});
    }
}

Finding look_at_one_value(const Evidence& evidence) {
  Finding finding;
  look_at_equal_keys(evidence.run, finding);
  look_at_roofs(evidence.analysis, finding);
  return finding;
}

const bool one_value_registered = Registry<Rule>::add(
    {.about = {.kind = "rule",
               .name = "one value",
               .summary = "One quantity has one value, wherever it is stated.",
               .metrics = {},
               .verification = "Two planted rows of one key, 1 s and 3 s, each to a percent."},
     .fails = false,
     .advice = "Something changed between the two: measure again, in a run of its own.",
     .look = look_at_one_value});

}  // namespace

}  // namespace assay::decision
