#pragma once
/// @file
/// Which hardware counters can be believed here: each counts work that is known by construction.
///
/// "Available" does not mean right: PAPI's presets map to events that change meaning from one CPU
/// to the next. An event is trusted when it reads 1.00 +- 0.02 of the known work, in the median of
/// five runs. Source: the idea of PAPI's Counter Analysis Toolkit, at run time. Where an event is
/// not trusted, users show their modelled count, marked.

#include <string>
#include <vector>

#include "probes/core/outcome.hpp"
#include "probes/counters/event_counter.hpp"

namespace assay::counters {

inline constexpr double trusted_deviation = 0.02;

struct EventTest {
  std::string event;           ///< PAPI name.
  std::string work;            ///< What was done, e.g. "f64 additions".
  double expected = 0;         ///< Events, by construction.
  std::vector<double> ratios;  ///< Counted over expected, one per run.
};

/// Trusted, untrusted with what it read, or unsupported; for each event that has known work.
struct EventVerdict {
  std::string event;
  Outcome<EventTest> test;
};
[[nodiscard]] std::vector<EventVerdict> self_test(EventCounter& counter);

}  // namespace assay::counters
