#pragma once
/// @file
/// Numbers as people read them: three significant digits, one prefix, thousands apart. Stored
/// values are never rounded; only what is shown is.

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::decision {

/// "1.23 ms", "45.6 GB/s", "0.123" for the unit "1", "12.30 EUR" for a currency code, "n/a" if not
/// finite.
[[nodiscard]] std::string show(double value, std::string_view unit_name);
/// "1.20 to 1.31 ms": one prefix for both ends.
[[nodiscard]] std::string show_range(double low, double high, std::string_view unit_name);
/// "1.23 ms (1.20 to 1.31)"; the value alone when there is no interval.
[[nodiscard]] std::string show_with_range(double value, double low, double high,
                                          std::string_view unit_name);
/// "12,345"
[[nodiscard]] std::string show_count(std::int64_t count);
/// "12.3 %" for 0.123
[[nodiscard]] std::string show_percent(double fraction);
/// How many results a cost is stated for, so that it reads as money: {1, "a result"}, {1e6, "a
/// million results"}.
struct ResultUnit {
  double count;
  std::string name;
};
[[nodiscard]] ResultUnit result_unit(double cost_per_result);
/// The 1000-step prefix that suits `value`, e.g. 1e-3 with "m"; {1, ""} for units that take none.
struct Prefix {
  double factor;
  std::string symbol;
};
[[nodiscard]] Prefix prefix_for(double value, std::string_view unit_name);
/// Three significant digits without exponent where that stays short: "0.00123", "1.23", "12.3",
/// "1,230".
[[nodiscard]] std::string show_digits(double value, int significant = 3);

}  // namespace assay::decision
