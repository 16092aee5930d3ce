#include "reports/models/money/job.hpp"

namespace assay::models {

Job job_of(const JobTexts& texts) {
  const auto number = [&](const char* name) { return job_number(texts, name); };
  Job job{.steps = *number("steps"),
          .results = *number("results"),
          .deadline = number("deadline"),
          .budget = number("budget"),
          .fixed_cost = *number("fixed-cost"),
          .value_per_hour = *number("value-per-hour"),
          .node_mtbf = number("node-mtbf"),
          .checkpoint_time = *number("checkpoint"),
          .restart_time = *number("restart"),
          .ranks_per_node = number("ranks-per-node").value_or(0),
          .memory = {}};
  if (const auto set = number("working-set"))
    job.memory = MemoryNeed{Bytes(*set), Bytes(*number("replicated")), Bytes(*number("buffers"))};
  return job;
}

}  // namespace assay::models
