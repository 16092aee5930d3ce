#include "reports/decision/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::decision {

namespace {

bool is_currency(std::string_view unit_name) {
  return unit_name.size() == 3 && std::all_of(unit_name.begin(), unit_name.end(),
                                              [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string group_thousands(std::string digits) {
  const std::size_t start = digits.find_first_of("0123456789");
  std::size_t end = digits.find('.');
  if (end == std::string::npos) end = digits.size();
  for (std::size_t i = end; i > start + 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string show_money(double value, std::string_view currency) {
  const double size = std::abs(value);
  if (size == 0 || size >= 1000) return fmt::format("{} {}", show_digits(value, 4), currency);
  const int decimals =
      size >= 1 ? 2 : std::min(12, 2 - static_cast<int>(std::floor(std::log10(size))));
  return fmt::format("{:.{}f} {}", value, decimals, currency);
}

}  // namespace

Prefix prefix_for(double value, std::string_view unit_name) {
  if (unit_name.empty() || unit_name == "1" || unit_name == "node-s" || is_currency(unit_name) ||
      !(std::abs(value) > 0) || !std::isfinite(value))
    return {1, ""};
  constexpr std::array<std::string_view, 11> symbols{"p", "n", "u", "m", "", "k",
                                                     "M", "G", "T", "P", "E"};
  // 999.6 would show as 1000: the prefix is that of the rounded value.
  const double exponent = std::floor(std::log10(std::abs(value) * 1.0005) / 3);
  int step = static_cast<int>(std::clamp(exponent, -4.0, 6.0));
  if (unit_name == "s") step = std::min(step, 0);  // Nobody reads kiloseconds.
  const int index = step + 4;
  const std::string_view symbol = symbols[static_cast<std::size_t>(index)];
  return {std::pow(1000.0, step), symbol == "u" ? "\xC2\xB5" : std::string(symbol)};
}

std::string show_digits(double value, int significant) {
  if (!std::isfinite(value)) return "n/a";
  if (value == 0) return "0";
  // Of the rounded value: 0.9999 is shown as 1.00.
  const double exponent =
      std::floor(std::log10(std::abs(value) * (1 + 0.5 * std::pow(10.0, -significant))));
  if (exponent < -6 || exponent > 14) return fmt::format("{:.{}g}", value, significant);
  const int decimals = std::clamp(significant - 1 - static_cast<int>(exponent), 0, 9);
  return group_thousands(fmt::format("{:.{}f}", value, decimals));
}

std::string show(double value, std::string_view unit_name) {
  if (!std::isfinite(value)) return "n/a";
  if (is_currency(unit_name)) return show_money(value, unit_name);
  if (unit_name == "s" && std::abs(value) >= 7200) return show_digits(value / 3600) + " h";
  const Prefix prefix = prefix_for(value, unit_name);
  const std::string digits = show_digits(value / prefix.factor);
  if (unit_name.empty() || unit_name == "1") return digits;
  return fmt::format("{} {}{}", digits, prefix.symbol, unit_name);
}

std::string show_range(double low, double high, std::string_view unit_name) {
  if (!std::isfinite(low) || !std::isfinite(high)) return "n/a";
  if (is_currency(unit_name)) {
    const std::string a = show_money(low, unit_name);
    return fmt::format("{} to {}", a.substr(0, a.size() - 4), show_money(high, unit_name));
  }
  const bool hours = unit_name == "s" && high >= 7200;
  const Prefix prefix = hours ? Prefix{3600, ""} : prefix_for(high, unit_name);
  std::string text =
      fmt::format("{} to {}", show_digits(low / prefix.factor), show_digits(high / prefix.factor));
  if (hours) return text + " h";
  if (!unit_name.empty() && unit_name != "1")
    text += fmt::format(" {}{}", prefix.symbol, unit_name);
  return text;
}

std::string show_with_range(double value, double low, double high, std::string_view unit_name) {
  if (!std::isfinite(low) || !std::isfinite(high)) return show(value, unit_name);
  return fmt::format("{} ({})", show(value, unit_name), show_range(low, high, unit_name));
}

std::string show_count(std::int64_t count) {
  return group_thousands(fmt::format("{}", count));
}

std::string show_percent(double fraction) {
  return show_digits(100 * fraction) + " %";
}

ResultUnit result_unit(double cost_per_result) {
  if (!(cost_per_result > 0) || cost_per_result >= 0.01) return {1, "a result"};
  if (cost_per_result >= 1e-5) return {1e3, "a thousand results"};
  if (cost_per_result >= 1e-8) return {1e6, "a million results"};
  return {1e9, "a billion results"};
}

}  // namespace assay::decision
