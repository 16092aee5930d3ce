#include "reports/models/laws/tax.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "reports/models/core/rows.hpp"

namespace assay::models {

namespace {

/// A search beyond it means that the tax form, not the purchase, is the question.

/// A rate given in decimal digits must not need another node for the last bit of a division.
constexpr double rounding = 1e-12;

std::vector<ModelRow> tax_rows(const FitInput& input) {
  std::vector<ModelRow> rows;
  for (const ScalingSeries& series : input.series) {
    if (series.scaling != Scaling::strong) continue;
    RowWriter out("tax", series.subject);
    for (TaxForm form : {TaxForm::linear, TaxForm::log2}) {
      const std::string_view name = form == TaxForm::linear ? "linear_tax" : "log2_tax";
      const auto fit = fit_tax(series, form);
      if (!fit) {
        out.missing(name, unit::one, fit.reason());
        continue;
      }
      out.add(
          name, unit::one, fit->c, Label::measured,
          fit->fit.lack_of_fit ? "this form misses the points by more than launches differ" : "");
      if (form == TaxForm::linear)
        out.add("saturation_speedup", unit::one,
                Estimate<double>{1 / fit->c.value, 1 / fit->c.high, 1 / fit->c.low},
                Label::scenario, "1/c: no number of nodes passes it");
    }
    append(rows, out.take());
  }
  return rows;
}

}  // namespace

std::optional<TaxForm> parse_tax_form(std::string_view name) {
  if (name == "linear") return TaxForm::linear;
  if (name == "log2") return TaxForm::log2;
  return std::nullopt;
}

double Tax::efficiency(double nodes) const {
  assert(nodes >= 1 && c >= 0);
  return 1 / (1 + c * (form == TaxForm::linear ? nodes - 1 : std::log2(nodes)));
}

double Tax::wall() const {
  return form == TaxForm::linear && c > 0 ? 1 / c : std::numeric_limits<double>::infinity();
}

std::optional<double> Tax::smallest_nodes(double speed) const {
  const double wanted = speed * (1 - rounding);
  if (wanted <= 1) return 1;
  if (form == TaxForm::linear) {
    // n/(1 + c (n-1)) >= speed  <=>  n (1 - c speed) >= speed (1 - c)
    if (c * speed >= 1 - rounding) return std::nullopt;
    double nodes = std::max(1.0, std::floor(speed * (1 - c) / (1 - c * speed)));
    // Beyond it one node more or less is lost in rounding, and the steps below would never end.
    if (nodes > most_nodes) return nodes;
    while (effective_speed(nodes) < wanted) ++nodes;
    while (nodes > 1 && effective_speed(nodes - 1) >= wanted) --nodes;
    return nodes;
  }
  double enough = 1;
  while (effective_speed(enough) < wanted)
    if ((enough *= 2) > most_nodes) return std::nullopt;
  // Above a speed of 1 the effective speed only grows, whatever c: bisection is safe.
  double too_few = enough / 2;
  while (enough - too_few > 1) {
    const double middle = std::floor((enough + too_few) / 2);
    (effective_speed(middle) >= wanted ? enough : too_few) = middle;
  }
  return enough;
}

Outcome<TaxFit> fit_tax(const ScalingSeries& series, TaxForm form, int draws, std::uint64_t seed) {
  if (series.scaling != Scaling::strong)
    return unsupported("the communication tax is fitted to strong scaling; this series is weak");
  const bool linear = form == TaxForm::linear;
  Outcome<LawFit> law = fit_law(linear ? amdahl_law() : tax_log2_law(), series, draws, seed);
  if (!law) return NoValue{law.status(), law.reason()};
  TaxFit fit{.form = form, .fit = std::move(law).value(), .c = {}};
  fit.c = derived(fit.fit, [linear](const std::vector<double>& ab) {
    return linear ? ab[0] / (ab[0] + ab[1]) : ab[1] / ab[0];
  });
  return fit;
}

const bool tax_registered = Registry<Model>::add(
    {.about = {.kind = "model",
               .name = "tax",
               .summary = "The communication tax, efficiency 1/(1 + c (N-1)) or 1/(1 + c log2 N).",
               .metrics =
                   {{"linear_tax", std::string(unit::one), "c per further rank.", Better::lower},
                    {"log2_tax", std::string(unit::one), "c per doubling of ranks.", Better::lower},
                    {"saturation_speedup", std::string(unit::one),
                     "1/c of the linear form, which no rank count passes.", Better::higher}},
               .verification = "Worked examples of crossover and target, to nine digits."},
     .fit = tax_rows});

}  // namespace assay::models
