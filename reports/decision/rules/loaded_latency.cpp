/// @file
/// Memory under load that answers faster than idle memory: the whole interval of a loaded latency
/// lies below that of the idle one (dependent loads at random over the largest working set).

#include <fmt/format.h>

#include <map>

#include "reports/decision/numbers.hpp"
#include "reports/decision/rule.hpp"

namespace assay::decision {

namespace {

bool is_latency(const Record& row, InternedString operation) {
  static const InternedString probe("memory.latency"), metric("time");
  return row.probe == probe && row.metric == metric && row.operation == operation &&
         row.status == Status::ok && is_present(row.ci_low) && is_present(row.ci_high);
}

Finding look_at_loaded_memory(const Evidence& evidence) {
  const InternedString idle("random"), loaded("loaded");
  std::map<std::string, const Record*> idle_of;  // by host: the largest working set
  for (const Record& row : evidence.run.records)
    if (is_latency(row, idle)) {
      const Record*& slot = idle_of[row.host.str()];
      if (slot == nullptr || row.bytes > slot->bytes) slot = &row;
    }
  Finding finding;
  for (const Record& row : evidence.run.records) {
    if (!is_latency(row, loaded)) continue;
    const auto at_rest = idle_of.find(row.host.str());
    if (at_rest == idle_of.end()) continue;
    ++finding.looked_at;
    if (row.ci_high >= at_rest->second->ci_low) continue;
    finding.contradictions.push_back(
        {row.host.str(), fmt::format("{} under load ({}), {} at rest", show(row.median, "s"),
                                     row.algorithm.str(), show(at_rest->second->median, "s"))});
  }
  return finding;
}

const bool loaded_latency_registered = Registry<Rule>::add(
    {.about = {.kind = "rule",
               .name = "loaded latency",
               .summary = "Memory under load is not faster than memory at rest.",
               .metrics = {},
               .verification = "Planted rows of 60 ns under load beside 110 ns at rest."},
     .fails = false,
     .advice = "One of the two was disturbed: measure again (assay probe memory.latency).",
     .look = look_at_loaded_memory});

}  // namespace

}  // namespace assay::decision
