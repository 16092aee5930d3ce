#pragma once
/// @file
/// The ledger: what a run predicted, kept as it was said, and what a later run of the same machines
/// measured there.
///
/// Predicted are the time of a step at every place that the laws or the launches speak of, the
/// probability of being in time where a deadline was asked for, and the time of a collective from
/// probed alpha and beta. A prediction is scored where a later run measured the same work at the
/// same place: the error against its middle, and whether its interval held the measured.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "reports/decision/decision.hpp"

namespace assay::decision {

enum class Claim { step_time, deadline, collective };
[[nodiscard]] std::string_view to_string(Claim claim);

struct Prediction {
  std::string made;     ///< When the run that it rests on started, ISO 8601.
  std::string version;  ///< Of the tool, with its commit.
  std::string machine;  ///< machine_of() the run.
  Claim claim = Claim::step_time;
  std::string work;  ///< Probe, scaling, operation, ... of what was predicted.
  std::string by;    ///< "launches", the laws that were kept, "alpha-beta".
  double ranks = 0, nodes = 0;
  Estimate<double> time;  ///< s
  Label label = Label::measured;
  double deadline = absent;  ///< s for the whole job, and its steps: of a deadline alone.
  double steps = absent;
  double probability = absent;  ///< P(T <= deadline)
};

/// What the run says of places that it has, or has not, been to.
[[nodiscard]] std::vector<Prediction> predictions_of(const RunData& run,
                                                     const models::Analysis& analysis,
                                                     const Decision& decision);

struct Score {
  Prediction prediction;
  std::string from;     ///< Name of the run that predicted.
  double measured = 0;  ///< s: of a step or a collective, of the whole job for a deadline.
  double off_by = 0;    ///< measured/middle - 1; NaN for a deadline.
  bool held = false;    ///< Inside the interval; in time.
};

/// Those of the predictions that the run measured, if it is of the same machine and began later.
[[nodiscard]] std::vector<Score> score(const std::vector<Prediction>& predictions,
                                       const std::string& from, const RunData& later,
                                       const models::Analysis& analysis);

/// How a set of scores did. Deadlines have no interval: their share in time stands beside the mean
/// probability claimed.
struct Tally {
  std::size_t intervals = 0, held = 0;
  double median_error = absent;  ///< Of |off_by|.
  std::size_t deadlines = 0, in_time = 0;
  double claimed = absent;  ///< Mean probability.
};
[[nodiscard]] Tally tally(const std::vector<Score>& scores);

}  // namespace assay::decision
