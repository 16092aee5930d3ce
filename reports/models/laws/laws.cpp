// The families of scaling_law.hpp: names, formulas and basis functions.
#include <fmt/format.h>

#include <cmath>

#include "reports/models/laws/scaling_law.hpp"

namespace assay::models {

namespace {

/// Expected maximum of N standard normal deviations, to first order.
double slowest_of(double ranks) {
  return std::sqrt(2 * std::log(ranks));
}

}  // namespace

Law amdahl_law() {
  return {.name = "amdahl",
          .formula = "T(N) = a + b/N",
          .parameters = {"a", "b"},
          .basis = [](double n) {
            return BasisRow{{1.0, 1 / n}};
          }};
}

Law gustafson_law() {
  return {.name = "gustafson",
          .formula = "1/T(N) = u/N + v (N-1)/N",
          .parameters = {"u", "v"},
          .basis =
              [](double n) {
                return BasisRow{{1 / n, (n - 1) / n}};
              },
          .of_rate = true};
}

Law tax_log2_law() {
  return {.name = "tax_log2",
          .formula = "T(N) = a/N + b log2(N)/N",
          .parameters = {"a", "b"},
          .basis = [](double n) {
            return BasisRow{{1 / n, std::log2(n) / n}};
          }};
}

Law usl_law() {
  return {.name = "usl",
          .formula = "T(N) = a/N + b (N-1)/N + c (N-1)",
          .parameters = {"a", "b", "c"},
          .basis = [](double n) {
            return BasisRow{{1 / n, (n - 1) / n, n - 1}};
          }};
}

Law saturating_law() {
  return {.name = "saturating",
          .formula = "T(N) = a + b (N-1)/N",
          .parameters = {"a", "b"},
          .basis = [](double n) {
            return BasisRow{{1.0, 1 - 1 / n}};
          }};
}

Law log_law(Scaling scaling) {
  const bool strong = scaling == Scaling::strong;
  return {.name = "log",
          .formula = strong ? "T(N) = a + b/N + c log2 N" : "T(N) = a + b (N-1)/N + c log2 N",
          .parameters = {"a", "b", "c"},
          .basis = [strong](double n) {
            return BasisRow{{1.0, strong ? 1 / n : 1 - 1 / n, std::log2(n)}};
          }};
}

Law power_law(double exponent, Scaling scaling) {
  const bool strong = scaling == Scaling::strong;
  return {
      .name = exponent == 2   ? "square"
              : exponent == 1 ? "linear"
                              : "power",
      .formula = fmt::format("T(N) = a + b{} + c (N-1)^{:g}", strong ? "/N" : " (N-1)/N", exponent),
      .parameters = {"a", "b", "c"},
      .basis = [strong, exponent](double n) {
        return BasisRow{{1.0, strong ? 1 / n : 1 - 1 / n, std::pow(n - 1, exponent)}};
      }};
}

Law overhead_law(Scaling scaling) {
  if (scaling == Scaling::weak)
    return {.name = "m1",
            .formula = "T(N) = a + c ln N + d (N-1)",
            .parameters = {"a", "c", "d"},
            .basis = [](double n) {
              return BasisRow{{1.0, std::log(n), n - 1}};
            }};
  return {.name = "m1",
          .formula = "T(N) = a + b/N + c ln N + d N",
          .parameters = {"a", "b", "c", "d"},
          .basis = [](double n) {
            return BasisRow{{1.0, 1 / n, std::log(n), n}};
          }};
}

Law communication_law(const CommunicationTerm& term, Scaling scaling) {
  const bool strong = scaling == Scaling::strong;
  Law law{.name = "m2",
          .formula = strong ? "T(N) = a + b/N + k C(N)" : "T(N) = a + k C(N)",
          .parameters =
              strong ? std::vector<std::string>{"a", "b", "k"} : std::vector<std::string>{"a", "k"},
          .startup_error = term.startup_error,
          .transfer_error = term.transfer_error};
  law.basis = [term, strong](double n) {
    const double startup = term.startup(n), transfer = term.transfer(n);
    BasisRow row{.terms = {1.0, startup + transfer},
                 .communication = strong ? 2 : 1,
                 .startup = startup,
                 .transfer = transfer};
    if (strong) row.terms.insert(row.terms.begin() + 1, 1 / n);
    return row;
  };
  return law;
}

Law straggler_law(const CommunicationTerm& term, Scaling scaling) {
  Law law = communication_law(term, scaling);
  law.name = "m3";
  law.formula += " + m sqrt(2 ln N)";
  law.parameters.emplace_back("m");
  law.basis = [inner = law.basis](double n) {
    BasisRow row = inner(n);
    row.terms.push_back(slowest_of(n));
    return row;
  };
  return law;
}

}  // namespace assay::models
