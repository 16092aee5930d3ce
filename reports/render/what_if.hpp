#pragma once
/// @file
/// The what-if: how the answer and its band move with price, deadline, volume, failures, overlap
/// and oversubscription. page.js computes the same in the browser; a test holds both equal to
/// 1e-12.
///
///   T'(N)  = T(N) (1 + s(N) ((1 - o) q - 1))        s: share of a step that is exposed
///   communication,
///                                                   o: of it hidden besides, q: its slow-down
///   w(N)   = sqrt(2 delta/M_N) + R/M_N, M_N = M/N   (reports/models/money/failure.hpp; refused as
///   there) time   = V k T'(N)/(1 - w)                      V results of k steps each cost   = (N p
///   + [N > 1] f) k T'(N)/(1 - w)/3600 per result
///
/// Every quantity is recomputed for each bootstrap draw of T; what is shown are quantiles of the
/// draws (2.5 %, 50 %, 97.5 %). Beyond the measured rank counts s(N) is that of the largest one: an
/// assumption.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "probes/core/statistics.hpp"
#include "reports/models/money/cost.hpp"

namespace assay::render {

struct WhatIfNodes {
  double nodes = 1;
  std::string label;               ///< measured, projected, range, scenario
  double communication_share = 0;  ///< s(N)
  std::vector<double> times;       ///< s per step, one per draw of the mean
  /// s per step of one job as it will run, launch noise included: what is in time. Empty: as
  /// `times`.
  std::vector<double> runs = {};
};

struct WhatIfModel {
  std::string currency;
  double floor_per_hour = 0;  ///< From the second node on.
  double steps_per_result = 1;
  std::vector<WhatIfNodes> nodes;  ///< Ascending.
};

struct WhatIfSettings {
  double price_per_hour = 1;
  std::optional<double> deadline;  ///< s
  double results = 1;
  std::optional<double> node_mtbf;                  ///< s
  double checkpoint_time = 60, restart_time = 120;  ///< s
  double overlap = 0;                               ///< 0 to 1
  double oversubscription = 1;                      ///< At least 1
};

struct WhatIfRow {
  double nodes = 1;
  bool has_point = true;        ///< Measured or projected: only these are recommended.
  bool feasible = true;         ///< False where failures leave no time.
  Estimate<double> time, cost;  ///< All results; per result.
  double probability = 1;       ///< Of meeting the deadline.
};

[[nodiscard]] std::vector<WhatIfRow> evaluate(const WhatIfModel& model,
                                              const WhatIfSettings& settings);
/// The cheapest row, with a deadline of those that meet it with a probability of at least 0.9, as
/// the decision has it; nothing when no row qualifies.
[[nodiscard]] std::optional<std::size_t> best_row(const std::vector<WhatIfRow>& rows,
                                                  const WhatIfSettings& settings);

/// What page.js reads. Times keep six digits, in the model too, so that both compute from equal
/// numbers.
[[nodiscard]] nlohmann::json to_json(const WhatIfModel& model);
[[nodiscard]] nlohmann::json to_json(const WhatIfSettings& settings);
[[nodiscard]] double six_digits(double value);

}  // namespace assay::render
