#include "reports/gate/decide/instant.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <regex>

namespace assay::gate {

namespace {

std::optional<double> whole_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

double number_of(const std::ssub_match& digits) {
  return digits.matched ? std::stod(digits.str()) : 0;
}

}  // namespace

std::optional<double> seconds_since_epoch(const std::string& text) {
  if (const auto seconds = whole_number(text)) return seconds;
  static const std::regex iso(
      R"((\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?\s?(?:(Z)|([+-])(\d\d):?(\d\d))?)?)");
  std::smatch part;
  if (text.size() > 64 || !std::regex_match(text, part, iso)) return std::nullopt;
  const std::chrono::year_month_day day{
      std::chrono::year(std::stoi(part[1])),
      std::chrono::month(static_cast<unsigned>(std::stoi(part[2]))),
      std::chrono::day(static_cast<unsigned>(std::stoi(part[3])))};
  const double hour = number_of(part[4]), minute = number_of(part[5]), second = number_of(part[6]);
  const double off_hours = number_of(part[9]), off_minutes = number_of(part[10]);
  if (!day.ok() || hour > 24 || minute > 59 || second >= 61 || off_hours > 14 || off_minutes > 59)
    return std::nullopt;
  const double offset = (off_hours * 3600 + off_minutes * 60) * (part[8] == "-" ? -1 : 1);
  const auto days = std::chrono::sys_days(day).time_since_epoch().count();
  return static_cast<double>(days) * 86400 + hour * 3600 + minute * 60 + second - offset;
}

}  // namespace assay::gate
