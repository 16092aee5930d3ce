#include "probes/core/number.hpp"

#include <charconv>
#include <cmath>

namespace assay {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ')';
}
char at(std::string_view text, std::size_t index) {
  return index < text.size() ? text[index] : '\0';
}
std::size_t digits_from(std::string_view text, std::size_t index) {
  std::size_t count = 0;
  while (is_digit(at(text, index + count))) ++count;
  return count;
}

/// A comma, a blank's stand-in or a point between two runs of digits: thousands, or decimals.
bool goes_on_behind_separator(std::string_view text, std::size_t begin, std::size_t end) {
  const std::string_view number = text.substr(begin, end - begin);
  const std::size_t more = digits_from(text, end + 1);
  if (more == 0) return false;
  const std::size_t point = number.find('.');
  if (at(text, end) == '.') return true;
  // "1.234,5" is one number, "0.5,0.6" are two.
  if (at(text, end) == ',')
    return point == std::string_view::npos || (number.size() - point == 4 && more != 3);
  return more == 3 && point == std::string_view::npos;
}

/// "234.5" of "1,234.5" and "62" of "1,62"; not "0.6" of "0.5,0.6".
bool begins_before_comma(std::string_view text, std::size_t begin) {
  const std::size_t digits = digits_from(text, begin);
  if (digits == 3) return true;
  std::size_t start = begin - 1;
  while (start > 0 && (is_digit(text[start - 1]) || text[start - 1] == '.')) --start;
  const std::string_view before = text.substr(start, begin - 1 - start);
  return before.find('.') == std::string_view::npos && at(text, begin + digits) != '.';
}

bool begins_earlier(std::string_view text, std::size_t begin) {
  if (begin == 0 || !is_digit(text[begin])) return false;
  const char before = text[begin - 1];
  const char further = begin >= 2 ? text[begin - 2] : ' ';
  if (is_digit(before) || before == '.') return true;
  if (before == ',') return is_digit(further) && begins_before_comma(text, begin);
  if (before == '\'' || before == '_') return is_digit(further) && digits_from(text, begin) == 3;
  if (before == 'e' || before == 'E') return is_digit(further);
  if (before != '-' && before != '+') return false;
  if (further == 'e' || further == 'E') return begin >= 3 && is_digit(text[begin - 3]);
  return before == '-' && !is_word(further);
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+') && at(text, 1) != '-') text.remove_prefix(1);
  if (text.empty() || text.size() > 64) return std::nullopt;
  // std::from_chars also takes "inf" and "nan".
  const char first = text.front() == '-' ? at(text, 1) : text.front();
  if (!is_digit(first) && first != '.') return std::nullopt;
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_whole_number(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = 10 * value + (c - '0');
  }
  return value;
}

bool number_goes_on(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin >= end || end > text.size()) return false;
  if (begins_earlier(text, begin)) return true;
  const char next = at(text, end);
  if (!is_digit(text[end - 1]) && text[end - 1] != '.') return false;
  if (is_digit(next)) return true;
  if (next == '.' || next == ',' || next == '_' || next == '\'')
    return goes_on_behind_separator(text, begin, end);
  if (next == 'e' || next == 'E') {
    const char sign = at(text, end + 1);
    return is_digit(sign) || ((sign == '+' || sign == '-') && is_digit(at(text, end + 2)));
  }
  return (next == 'x' || next == 'X') && text.substr(begin, end - begin) == "0";
}

}  // namespace assay
