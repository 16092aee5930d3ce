/// @file
/// A share of a roof that nobody may trust: the roof was measured untrusted or not at all, or the
/// point lies above it. Its share is not stated then, and here it is said why.

#include <fmt/format.h>

#include "reports/decision/numbers.hpp"
#include "reports/decision/rule.hpp"

namespace assay::decision {

namespace {

Finding look_at_roof_trust(const Evidence& evidence) {
  Finding finding;
  for (const models::Roofline& roofline : evidence.analysis.rooflines)
    for (const models::RooflinePoint& point : roofline.points) {
      ++finding.looked_at;
      if (point.is_trusted()) continue;
      finding.contradictions.push_back(
          {roofline.host,
           point.roof_trusted
               ? fmt::format("{} ({}, {}) lies at {} of its roof: the roof was measured "
                             "while disturbed",
                             point.name, roofline.dtype, roofline.cores_in_words(),
                             show_percent(1 / point.headroom))
               : fmt::format("the roof above {} ({}, {}) is not trusted: no share of it is "
                             "stated",
                             point.name, roofline.dtype, roofline.cores_in_words())});
    }
  return finding;
}

const bool roof_trust_registered = Registry<Rule>::add(
    {.about = {.kind = "rule",
               .name = "trusted roofs",
               .summary = "A share is stated only of a roof that was measured and is not exceeded.",
               .metrics = {},
               .verification =
                   "A planted point at 1.8 times its roof, and one below untrusted rows."},
     .fails = false,
     .advice = "Measure the roofs again on a quiet machine (assay probe compute.peak_flops "
               "memory.bandwidth).",
     .look = look_at_roof_trust});

}  // namespace

}  // namespace assay::decision
