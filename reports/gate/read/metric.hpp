#pragma once
/// @file
/// What one launch of a program says of itself: named metrics with a unit, a direction and values.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/registry.hpp"

namespace assay::gate {

enum class MetricKind {
  measured,  ///< A time or a rate, with noise: decided by statistics.
  exact,     ///< A count that every correct run repeats (bytes, messages, FLOPs): any change fails.
  fitted,    ///< A parameter of a model (serial fraction, alpha, beta, a roof).
  normalised,  ///< Percent of a roof measured in the same run.
};
[[nodiscard]] std::string_view to_string(MetricKind kind);

/// One metric of one launch.
struct Reading {
  std::string unit;
  Better better = Better::lower;
  MetricKind kind = MetricKind::measured;
  /// Repetitions within the launch. They share its luck (memory layout, placement), so that their
  /// median counts as one observation.
  std::vector<double> values;
  /// Medians of the replicates when the source itself holds several launches; empty otherwise.
  std::vector<double> launches;
  /// 0 is a result (exposed time, findings) rather than a clock that stood still: two zeros are
  /// equal.
  bool may_be_zero = false;
};

/// By name. Rows that carry no number are not in it; `absences` says why they are not.
struct Launch {
  std::map<std::string, Reading> readings;
  std::map<std::string, std::string> absences;  ///< Name to "timed_out: reason".
};

/// The value that stands for the launch: the median over launches, if there are any, or over
/// values.
[[nodiscard]] double representative(const Reading& reading);

}  // namespace assay::gate
