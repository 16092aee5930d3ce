#include "reports/render/what_if.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "reports/models/money/failure.hpp"

namespace assay::render {

namespace {

/// Share of time lost to failures at that many nodes; nothing where nobody should plan on it.
std::optional<double> lost_share(double nodes, const WhatIfSettings& settings) {
  if (!settings.node_mtbf) return 0;
  const auto tax =
      models::failure_tax(nodes, Seconds(*settings.node_mtbf), Seconds(settings.checkpoint_time),
                          Seconds(settings.restart_time));
  return tax ? std::optional(tax->lost_share) : std::nullopt;
}

Estimate<double> band(const std::vector<double>& draws) {
  return {quantile(draws, 0.5), quantile(draws, 0.025), quantile(draws, 0.975)};
}

}  // namespace

std::vector<WhatIfRow> evaluate(const WhatIfModel& model, const WhatIfSettings& settings) {
  std::vector<WhatIfRow> rows;
  for (const WhatIfNodes& at : model.nodes) {
    WhatIfRow row{.nodes = at.nodes,
                  .has_point = at.label == "measured" || at.label == "projected"};
    const std::optional<double> lost = lost_share(at.nodes, settings);
    row.feasible = lost.has_value() && !at.times.empty();
    if (!row.feasible) {
      row.probability = 0;
      rows.push_back(row);
      continue;
    }
    const double slow =
        1 + at.communication_share * ((1 - settings.overlap) * settings.oversubscription - 1);
    const double price =
        at.nodes * settings.price_per_hour + (at.nodes > 1 ? model.floor_per_hour : 0);
    std::vector<double> times, costs;
    for (const double step : at.times) {
      const double result = model.steps_per_result * step * slow / (1 - *lost);
      times.push_back(settings.results * result);
      costs.push_back(price * result / 3600);
    }
    const std::vector<double>& runs = at.runs.empty() ? at.times : at.runs;
    const auto in_time = std::count_if(runs.begin(), runs.end(), [&](double step) {
      const double result = model.steps_per_result * step * slow / (1 - *lost);
      return !settings.deadline || settings.results * result <= *settings.deadline;
    });
    row.time = band(times);
    row.cost = band(costs);
    row.probability = static_cast<double>(in_time) / static_cast<double>(runs.size());
    rows.push_back(row);
  }
  return rows;
}

std::optional<std::size_t> best_row(const std::vector<WhatIfRow>& rows,
                                    const WhatIfSettings& settings) {
  std::optional<std::size_t> best;
  const auto score = [](const WhatIfRow& row) { return row.cost.value; };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].feasible || !rows[i].has_point || (settings.deadline && rows[i].probability < 0.9))
      continue;
    if (!best || score(rows[i]) < score(rows[*best])) best = i;
  }
  return best;
}

double six_digits(double value) {
  return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
}

nlohmann::json to_json(const WhatIfModel& model) {
  nlohmann::json nodes = nlohmann::json::array();
  for (const WhatIfNodes& at : model.nodes)
    nodes.push_back({{"nodes", at.nodes},
                     {"label", at.label},
                     {"share", at.communication_share},
                     {"times", at.times},
                     {"runs", at.runs}});
  return {{"currency", model.currency},
          {"floor", model.floor_per_hour},
          {"steps", model.steps_per_result},
          {"nodes", nodes}};
}

nlohmann::json to_json(const WhatIfSettings& settings) {
  const auto optional = [](const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
  };
  return {{"price", settings.price_per_hour},
          {"deadline", optional(settings.deadline)},
          {"results", settings.results},
          {"mtbf", optional(settings.node_mtbf)},
          {"checkpoint", settings.checkpoint_time},
          {"restart", settings.restart_time},
          {"overlap", settings.overlap},
          {"oversubscription", settings.oversubscription}};
}

}  // namespace assay::render
