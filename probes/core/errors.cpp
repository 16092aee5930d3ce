#include "probes/core/errors.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {

namespace {

/// Length of the UTF-8 character that `text` begins with; 0 when it is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80                     ? 1
                             : first >= 0xC2 && first <= 0xDF ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  // Overlong forms, surrogates, and what is beyond the last code point.
  const bool is_wrong =
      length > 2 && ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
                     (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F));
  return is_wrong ? 0 : length;
}

}  // namespace

std::string one_line(std::string_view message) {
  constexpr std::size_t longest = 600;
  std::string line;
  for (std::size_t at = 0; at < message.size() && line.size() < 2 * longest;) {
    const auto code = static_cast<unsigned char>(message[at]);
    const std::size_t length = character_length(message.substr(at));
    if (code == '\n')
      line += "\\n";
    else if (code < 0x20 || code == 0x7f || length == 0)
      line += fmt::format("\\x{:02x}", code);
    else
      line += message.substr(at, length);
    at += std::max<std::size_t>(1, length);
  }
  if (line.size() <= longest) return line;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return line.substr(0, end) + "...";
}

UsageError::UsageError(const std::string& message) : std::runtime_error(one_line(message)) {}

InputError::InputError(const std::string& message) : std::runtime_error(one_line(message)) {}

InputError::InputError(const std::string& file, std::size_t line, const std::string& column,
                       const std::string& problem, const std::string& expected)
    : std::runtime_error(fmt::format(
          "{}{}: {}{}; expected {}", one_line(file), line ? fmt::format(":{}", line) : "",
          column.empty() ? "" : fmt::format("column {}: ", one_line(column)), one_line(problem),
          one_line(expected))) {}

}  // namespace assay
