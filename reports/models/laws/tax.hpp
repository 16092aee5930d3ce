#pragma once
/// @file
/// The communication tax: efficiency(N) = 1/(1 + c g(N)), g = N - 1 (linear) or log2 N.
///
/// With the linear form the effective speed N/(1 + c (N-1)) saturates at 1/c: that wall is printed,
/// and a target beyond it has no answer. The linear form is Amdahl's law with c in place of the
/// serial fraction. The logarithmic form has no wall.

#include <optional>
#include <string_view>

#include "reports/models/core/model.hpp"
#include "reports/models/laws/scaling_law.hpp"

namespace assay::models {

/// Where searches for a number of nodes give up.
inline constexpr double most_nodes = 1e9;

enum class TaxForm { linear, log2 };
[[nodiscard]] std::optional<TaxForm> parse_tax_form(std::string_view name);

struct Tax {
  double c = 0;  ///< Per further node (linear) or per doubling (log2). Not negative.
  TaxForm form = TaxForm::linear;

  [[nodiscard]] double efficiency(double nodes) const;
  /// nodes x efficiency(nodes), in units of one node's speed.
  [[nodiscard]] double effective_speed(double nodes) const { return nodes * efficiency(nodes); }
  /// What the effective speed cannot pass: 1/c for linear, infinite otherwise.
  [[nodiscard]] double wall() const;
  /// The smallest whole number of nodes whose effective speed is at least `speed`; nothing beyond
  /// the wall.
  [[nodiscard]] std::optional<double> smallest_nodes(double speed) const;
};

struct TaxFit {
  TaxForm form = TaxForm::linear;
  LawFit fit;
  Estimate<double> c;
};
[[nodiscard]] Outcome<TaxFit> fit_tax(const ScalingSeries& series, TaxForm form,
                                      int draws = bootstrap_draws, std::uint64_t seed = 1);

}  // namespace assay::models
