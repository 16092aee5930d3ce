#pragma once
/// @file
/// Runs and price lists of a few lines, with known answers.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "reports/decision/decision.hpp"

namespace assay::decision {

/// Times in s of all launches at one rank count; nodes 0: the data do not say.
struct Timed {
  std::int64_t ranks, nodes;
  std::vector<double> times;
};

inline RunData run_of(const std::vector<Timed>& points, const char* scaling = "strong") {
  RunData run;
  run.directory = "made";
  run.run = nlohmann::json::object();
  for (const Timed& point : points)
    for (std::size_t i = 0; i < point.times.size(); ++i)
      run.records.push_back({.probe = "workload.made",
                             .metric = "step_time",
                             .unit = "s",
                             .nodes = point.nodes > 0 ? point.nodes : absent_count,
                             .ranks = point.ranks,
                             .scaling = scaling,
                             .launch = std::to_string(i + 1),
                             .samples = 1,
                             .median = point.times[i],
                             .min = point.times[i],
                             .max = point.times[i]});
  return run;
}

/// Three launches within 1 %.
inline std::vector<double> around(double time) {
  return {0.995 * time, time, 1.005 * time};
}

inline models::NodeType type_of(const std::string& name, double price, double speed = 1) {
  return {.name = name,
          .machine = name,
          .price_per_hour = price,
          .as_of = "2026-01-01",
          .relative_speed = speed,
          .memory_gib = absent,
          .max_nodes = std::numeric_limits<double>::infinity(),
          .network_gbps = absent};
}

inline models::PriceList prices_of(const std::vector<models::NodeType>& types) {
  return {.currency = "EUR", .fictional = false, .nodes = types};
}

/// A decision and what it points into.
struct Answer {
  RunData run;
  models::Analysis analysis;
  Decision decision;

  Answer(RunData data, const models::PriceList& prices, const Inquiry& inquiry)
      : run(std::move(data)), analysis(models::analyse(run)) {
    decision = decide({{.type = {}, .run = &run, .analysis = &analysis}}, &prices, inquiry);
  }
  [[nodiscard]] const models::CostPoint& at(double nodes) const {
    for (const models::CostPoint& point : decision.cost->points)
      if (point.nodes == nodes) return point;
    return decision.cost->points.front();
  }
};

}  // namespace assay::decision
