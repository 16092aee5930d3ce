// The node probe counters.selftest: one row per event with known work, or the one reason why there
// is none.
#include "probes/counters/self_test.hpp"
#include "probes/host/probe.hpp"

namespace assay::counters {
namespace {

constexpr std::string_view probe_name = "counters.selftest";

Record key(const NodeContext& context, const std::string& event) {
  Record row = context.row(probe_name, "ratio", unit::one);
  row.threads = 1;
  row.operation = event;
  return row;
}

void run(NodeContext& context) {
  context.progress(0, "hardware counters");
  const Outcome<std::shared_ptr<EventCounter>> counter = open_papi();
  if (!counter) {
    context.sink.put(without_value(key(context, ""), {counter.status(), counter.reason()}));
    return;
  }
  for (const EventVerdict& verdict : self_test(**counter)) {
    Record row = key(context, verdict.event);
    if (!verdict.test) {
      context.sink.put(without_value(row, {verdict.test.status(), verdict.test.reason()}));
      continue;
    }
    row = with_samples(row, verdict.test->ratios);
    if (verdict.test.status() == Status::untrusted)
      row = marked_untrusted(row, verdict.test.reason());
    context.sink.put(row);
  }
}

const bool counters_probe_registered = Registry<NodeProbe>::add(
    {.about =
         {.kind = "probe",
          .name = std::string(probe_name),
          .summary =
              "Which hardware counters can be believed: each counts work known by construction.",
          .metrics = {{"ratio", std::string(unit::one), "Events counted over events that happened.",
                       Better::neither}},
          .verification = "A counter is trusted when it reads 1.00 +- 0.02 of the known work."},
     .expected_time = [](const Machine&, Profile) { return Seconds(0.1); },
     .run = run});

}  // namespace
}  // namespace assay::counters
