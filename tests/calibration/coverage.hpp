#pragma once
/// @file
/// Do the intervals cover? Made data with known truth, many trials per case; shared by a test (few
/// trials) and a benchmark (1,000).
///
/// The noise is log-normal between launches (2 %, five launches, 1 to 64 ranks in powers of two),
/// as in the recipe the estimators come from. It ranks methods; it is no field validation.

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "probes/run/run_directory.hpp"
#include "reports/models/laws/amdahl.hpp"
#include "reports/models/laws/usl.hpp"
#include "reports/models/messages/alpha_beta.hpp"
#include "reports/models/money/cost.hpp"

namespace assay::coverage {

inline constexpr double noise = 0.02;
inline constexpr int launches = 5;

/// Of many trials: how often the interval covered the truth, and how often a point was projected.
struct Tally {
  int trials = 0, covered = 0, projected = 0;
  [[nodiscard]] double coverage() const { return static_cast<double>(covered) / trials; }
};

struct Trial {
  bool covered = false;
  bool projected = false;  ///< Ended as a projected point.
};

struct Case {
  std::string name;
  /// 93 to 97 % inside the data, at least 90 % beyond it, or no projection at all.
  enum class Demand { nominal, at_least_90, never_projected } demand = Demand::nominal;
  std::function<Trial(std::uint64_t seed)> run;
};

inline models::ScalingSeries made_series(const std::function<double(double)>& truth,
                                         std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  models::ScalingSeries series{.subject = "made", .probe = "workload.made"};
  for (double n = 1; n <= 64; n *= 2) {
    models::ScalingPoint point{n, {}};
    for (int i = 0; i < launches; ++i)
      point.times.push_back(truth(n) * std::exp(noise * normal(engine)));
    series.points.push_back(std::move(point));
  }
  series.reach.largest = 64;
  return series;
}

inline double amdahl_truth(double n) {
  return 0.05 + 0.95 / n;
}
inline double usl_truth(double n) {
  return (1 + 0.04 * (n - 1) + 0.0008 * n * (n - 1)) / n;
}
inline double overhead_truth(double n) {
  return 0.02 + 0.98 / n + 0.004 * std::log(n) + 0.0004 * n;
}
/// Ring all-reduce of 4 MB over 1 GB/s and 20 us, as probed.
inline double communication(double n) {
  return 2 * (n - 1) * 20e-6 + 2 * (n - 1) / n * 4e-3;
}
inline double communication_truth(double n) {
  return 0.02 + 0.98 / n + communication(n);
}
/// Of no family here: a contention step.
inline double step_truth(double n) {
  return overhead_truth(n) * (n >= 32 ? 1.5 : 1);
}
inline double square_truth(double n) {
  return 0.02 + 0.98 / n + 5e-5 * n * n;
}

inline models::CommunicationTerm made_term(std::uint64_t seed) {
  std::mt19937_64 engine(seed ^ 0x5eed);
  std::normal_distribution<double> normal;
  constexpr double probe_error = 0.03;
  const double startup = std::exp(probe_error * normal(engine)),
               transfer = std::exp(probe_error * normal(engine));
  return {.description = "made",
          .startup = [startup](double n) { return startup * 2 * (n - 1) * 20e-6; },
          .transfer = [transfer](double n) { return transfer * 2 * (n - 1) / n * 4e-3; },
          .startup_error = probe_error,
          .transfer_error = probe_error};
}

inline bool covers(const Estimate<double>& interval, double truth) {
  return interval.low <= truth && truth <= interval.high;
}

inline Trial amdahl_trial(std::uint64_t seed) {
  return {covers(models::fit_amdahl(made_series(amdahl_truth, seed))->serial_fraction, 0.05)};
}
inline Trial usl_sigma_trial(std::uint64_t seed) {
  return {covers(models::fit_usl(made_series(usl_truth, seed))->sigma, 0.04)};
}
inline Trial usl_kappa_trial(std::uint64_t seed) {
  return {covers(models::fit_usl(made_series(usl_truth, seed))->kappa, 0.0008)};
}

/// Two protocols with a jump between them, sizes from 8 B to 4 MiB.
inline RunData made_messages(std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  RunData run;
  for (int launch = 1; launch <= launches; ++launch)
    for (std::int64_t bytes = 8; bytes <= 4194304; bytes *= 2) {
      const auto m = static_cast<double>(bytes);
      const double time = bytes <= 16384 ? 2e-6 + m * 1e-10 : 20e-6 + m * 8e-11;
      run.records.push_back({.probe = "network.alpha_beta",
                             .metric = "time",
                             .unit = "s",
                             .bytes = bytes,
                             .operation = "exchange",
                             .provider = "made",
                             .launch = std::to_string(launch),
                             .samples = 1,
                             .median = time * std::exp(noise * normal(engine))});
    }
  return run;
}
/// Of the piece that holds `size`: its alpha, or its beta.
inline Trial message_trial(std::uint64_t seed, double size, double alpha, double beta) {
  const auto fits = models::alpha_beta_fits(made_messages(seed));
  const models::AlphaBetaSegment& piece = fits.front().segment_of(Bytes(size));
  if (alpha > 0) return {piece.alpha.low.value() <= alpha && alpha <= piece.alpha.high.value()};
  return {piece.beta.low.value() <= beta && beta <= piece.beta.high.value()};
}

inline Trial cost_trial(std::uint64_t seed, const std::function<double(double)>& truth,
                        double nodes) {
  const auto selection = models::select_model(made_series(truth, seed));
  models::PriceList prices{.currency = "EUR"};
  prices.nodes.push_back({.name = "node", .price_per_hour = 2, .max_nodes = 1e9});
  const models::Job job{.steps = 1000, .results = 10, .fixed_cost = 5, .ranks_per_node = 1};
  const auto study = models::cost_study(*selection, job, prices, {nodes});
  const double cost = (truth(nodes) * 1000 / 3600 * nodes * 2 + 5) / 10;
  return {covers(study.points.front().cost, cost), study.points.front().label == Label::projected};
}

inline Trial prediction_trial(std::uint64_t seed, const std::function<double(double)>& truth,
                              double ranks, bool probed = false,
                              std::vector<models::Tier> tiers = {}) {
  models::ScalingSeries series = made_series(truth, seed);
  series.reach.tiers = std::move(tiers);
  const models::CommunicationTerm term = made_term(seed);
  const auto selection = models::select_model(series, probed ? &term : nullptr);
  const models::Prediction at = selection->at(ranks);
  return {covers(at.time, truth(ranks)), models::has_point(at.label) || is_present(at.time.value)};
}

inline std::vector<Case> cases() {
  using Demand = Case::Demand;
  const auto cost = [](const char* name, auto truth, double nodes) {
    return Case{name, Demand::nominal,
                [=](std::uint64_t s) { return cost_trial(s, truth, nodes); }};
  };
  const auto beyond = [](const char* name, auto truth, double ranks, bool probed) {
    return Case{name, Demand::at_least_90,
                [=](std::uint64_t s) { return prediction_trial(s, truth, ranks, probed); }};
  };
  const auto wrong = [](const char* name, auto truth) {
    return Case{name, Demand::never_projected,
                [=](std::uint64_t s) { return prediction_trial(s, truth, 128); }};
  };
  return {
      {"amdahl serial fraction", Demand::nominal, amdahl_trial},
      {"usl sigma", Demand::nominal, usl_sigma_trial},
      {"usl kappa", Demand::nominal, usl_kappa_trial},
      {"alpha, short protocol", Demand::nominal,
       [](std::uint64_t s) { return message_trial(s, 1024, 2e-6, 0); }},
      {"beta, short protocol", Demand::nominal,
       [](std::uint64_t s) { return message_trial(s, 1024, 0, 1e-10); }},
      {"alpha, long protocol", Demand::nominal,
       [](std::uint64_t s) { return message_trial(s, 1e6, 20e-6, 0); }},
      {"beta, long protocol", Demand::nominal,
       [](std::uint64_t s) { return message_trial(s, 1e6, 0, 8e-11); }},
      cost("cost at 8, amdahl", amdahl_truth, 8),
      cost("cost at 64, amdahl", amdahl_truth, 64),
      cost("cost at 16, overhead", overhead_truth, 16),
      beyond("amdahl at 2x", amdahl_truth, 128, false),
      beyond("amdahl at 4x", amdahl_truth, 256, false),
      beyond("overhead at 2x", overhead_truth, 128, false),
      beyond("overhead at 4x", overhead_truth, 256, false),
      beyond("probed ring at 2x", communication_truth, 128, true),
      beyond("probed ring at 4x", communication_truth, 256, true),
      wrong("contention step", step_truth),
      beyond("growth with N squared", square_truth, 128, false),
      {"unmeasured tier", Demand::never_projected,
       [](std::uint64_t s) {
         return prediction_trial(s, overhead_truth, 128, false, {{"rack", 64}});
       }},
  };
}

inline Tally tally(const Case& one, int trials) {
  Tally sum{.trials = trials};
  for (int trial = 0; trial < trials; ++trial) {
    const Trial result = one.run(static_cast<std::uint64_t>(trial) + 1);
    sum.covered += result.covered ? 1 : 0;
    sum.projected += result.projected ? 1 : 0;
  }
  return sum;
}

}  // namespace assay::coverage
