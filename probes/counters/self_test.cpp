#include "probes/counters/self_test.hpp"

#include <fmt/format.h>

#include <cmath>

#include "probes/core/statistics.hpp"
#include "probes/counters/known_work.hpp"

namespace assay::counters {
namespace {

constexpr int runs = 5;
constexpr std::uint64_t addition_blocks =
    20000;                              // 1.28e6 FLOP: a call's overhead is below 1e-3 of it
constexpr std::uint64_t lines = 20000;  // 1.3 MB read

struct KnownEvent {
  const char* event;
  const char* work;
  double expected;
  std::function<void()> prepare, run;
};

std::vector<KnownEvent> known_events(KnownLines& buffer) {
  const auto nothing = [] {};
  const auto add = [] { run_known_additions(addition_blocks); };
  const auto flush = [&buffer] { buffer.flush(); };
  const auto read = [&buffer] { static_cast<void>(buffer.run()); };
  const KnownAdditions additions = run_known_additions(addition_blocks);
  const auto flops = static_cast<double>(additions.flops);
  const auto line_count = static_cast<double>(buffer.lines());
  std::vector<KnownEvent> events = {{"PAPI_DP_OPS", "f64 additions", flops, nothing, add},
                                    {"PAPI_FP_OPS", "f64 additions", flops, nothing, add}};
  if (additions.instructions > 0)
    events.push_back({"PAPI_TOT_INS", "instructions", static_cast<double>(additions.instructions),
                      nothing, add});
  if (KnownLines::can_flush()) {
    events.push_back({"PAPI_L2_TCM", "lines read past L2", line_count, flush, read});
    events.push_back({"PAPI_L3_TCM", "lines read from memory", line_count, flush, read});
  }
  return events;
}

Outcome<EventTest> test_event(EventCounter& counter, const KnownEvent& known) {
  EventTest test{known.event, known.work, known.expected, {}};
  for (int i = 0; i < runs; ++i) {
    known.prepare();
    const Outcome<double> counted = counter.count(known.event, known.run);
    if (!counted) return NoValue{counted.status(), counted.reason()};
    test.ratios.push_back(*counted / known.expected);
  }
  const double ratio = median(test.ratios);
  if (std::abs(ratio - 1) <= trusted_deviation) return test;
  const std::string reason = fmt::format("{} reads {:.3f} of {:.0f} known {}", known.event, ratio,
                                         known.expected, known.work);
  return Outcome<EventTest>::untrusted(std::move(test), reason);
}

}  // namespace

std::vector<EventVerdict> self_test(EventCounter& counter) {
  KnownLines buffer(lines);
  std::vector<EventVerdict> verdicts;
  for (const KnownEvent& known : known_events(buffer))
    verdicts.push_back({known.event, test_event(counter, known)});
  return verdicts;
}

}  // namespace assay::counters
