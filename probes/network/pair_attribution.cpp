#include "probes/network/pair_attribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "probes/core/statistics.hpp"

namespace assay::network {

namespace {

constexpr double least_spread =
    0.02;  ///< In log units: nearly identical links make no outlier of 1 %.
constexpr double least_z = 5;
constexpr std::size_t fewest_nodes = 4;

/// Median of what is there; 0 of nothing.
double median_of_present(const std::vector<double>& values) {
  std::vector<double> present;
  std::copy_if(values.begin(), values.end(), std::back_inserter(present),
               [](double v) { return std::isfinite(v); });
  return present.empty() ? 0 : median(present);
}

std::vector<double> column_of(const PairMatrix& matrix, std::size_t column) {
  std::vector<double> values;
  for (const auto& row : matrix) values.push_back(row[column]);
  return values;
}

/// Moves the median of `effects` into `overall`.
void centre(std::vector<double>& effects, double& overall) {
  const double middle = median_of_present(effects);
  for (double& effect : effects) effect -= middle;
  overall += middle;
}

double spread_of(const std::vector<double>& effects) {
  std::vector<double> present;
  std::copy_if(effects.begin(), effects.end(), std::back_inserter(present),
               [](double v) { return std::isfinite(v); });
  return std::max(present.empty() ? 0 : scaled_mad(present), least_spread);
}

void add_suspects(std::vector<Suspect>& list, Suspect::Kind kind,
                  const std::vector<double>& effects, double least_factor) {
  const double spread = spread_of(effects);
  for (std::size_t node = 0; node < effects.size(); ++node) {
    const double z = effects[node] / spread;
    if (z > least_z && effects[node] > std::log(least_factor))
      list.push_back({kind, static_cast<int>(node), -1, std::exp(effects[node]), z});
  }
}

bool is_among(const std::vector<Suspect>& list, Suspect::Kind kind, std::size_t node) {
  return std::any_of(list.begin(), list.end(), [&](const Suspect& suspect) {
    return suspect.kind == kind && suspect.node == static_cast<int>(node);
  });
}

}  // namespace

Polished median_polish(const PairMatrix& times) {
  const std::size_t n = times.size();
  Polished fit{0, std::vector<double>(n, 0), std::vector<double>(n, 0), times};
  for (auto& row : fit.link)
    for (double& value : row) value = std::log(value);
  constexpr int sweeps = 20;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    double moved = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double middle = median_of_present(fit.link[i]);
      for (double& value : fit.link[i]) value -= middle;
      fit.send[i] += middle;
      moved += std::abs(middle);
    }
    centre(fit.send, fit.overall);
    for (std::size_t j = 0; j < n; ++j) {
      const double middle = median_of_present(column_of(fit.link, j));
      for (auto& row : fit.link) row[j] -= middle;
      fit.receive[j] += middle;
      moved += std::abs(middle);
    }
    centre(fit.receive, fit.overall);
    if (moved < 1e-9) break;
  }
  return fit;
}

std::vector<Suspect> suspects(const PairMatrix& times, double least_factor) {
  std::vector<Suspect> list;
  if (times.size() < fewest_nodes) return list;
  const Polished fit = median_polish(times);
  add_suspects(list, Suspect::Kind::sender, fit.send, least_factor);
  add_suspects(list, Suspect::Kind::receiver, fit.receive, least_factor);
  std::vector<double> residuals;
  for (const auto& row : fit.link) residuals.insert(residuals.end(), row.begin(), row.end());
  const double spread = spread_of(residuals);
  std::vector<Suspect> links;
  for (std::size_t i = 0; i < times.size(); ++i)
    for (std::size_t j = 0; j < times.size(); ++j) {
      const double residual = fit.link[i][j];
      if (!std::isfinite(residual) || residual / spread <= least_z ||
          residual <= std::log(least_factor))
        continue;
      if (is_among(list, Suspect::Kind::sender, i) || is_among(list, Suspect::Kind::receiver, j))
        continue;
      links.push_back({Suspect::Kind::link, static_cast<int>(i), static_cast<int>(j),
                       std::exp(residual), residual / spread});
    }
  list.insert(list.end(), links.begin(), links.end());
  std::stable_sort(list.begin(), list.end(),
                   [](const Suspect& a, const Suspect& b) { return a.factor > b.factor; });
  return list;
}

double time_if_healthy(const Polished& fit, const Suspect& suspect, int from, int to) {
  double log_time = fit.overall;
  if (suspect.kind != Suspect::Kind::sender) log_time += fit.send[static_cast<std::size_t>(from)];
  if (suspect.kind != Suspect::Kind::receiver)
    log_time += fit.receive[static_cast<std::size_t>(to)];
  return std::exp(log_time);
}

bool is_confirmed(const std::vector<double>& ratios, double least_factor) {
  return !ratios.empty() && median(ratios) >= least_factor;
}

std::vector<std::string> verdicts(const std::vector<Suspect>& confirmed,
                                  const std::vector<std::string>& names) {
  const auto find = [&](Suspect::Kind kind, int node) -> const Suspect* {
    const auto found = std::find_if(
        confirmed.begin(), confirmed.end(),
        [&](const Suspect& suspect) { return suspect.kind == kind && suspect.node == node; });
    return found == confirmed.end() ? nullptr : &*found;
  };
  const auto name = [&](int node) { return names[static_cast<std::size_t>(node)]; };
  std::vector<std::string> sentences;
  for (const Suspect& suspect : confirmed) {
    if (suspect.kind == Suspect::Kind::link) {
      sentences.push_back(
          fmt::format("the link from {} to {} is slow: {:.2f} times what its ends do elsewhere",
                      name(suspect.node), name(suspect.other), suspect.factor));
      continue;
    }
    const bool sends = suspect.kind == Suspect::Kind::sender;
    const Suspect* const twin =
        find(sends ? Suspect::Kind::receiver : Suspect::Kind::sender, suspect.node);
    if (twin && !sends) continue;  // Said with the sender.
    sentences.push_back(fmt::format(
        "node {} is slow to {}: {:.2f} times the time of the others", name(suspect.node),
        twin    ? "send and receive"
        : sends ? "send"
                : "receive",
        twin ? std::max(suspect.factor, twin->factor) : suspect.factor));
  }
  return sentences;
}

}  // namespace assay::network
