#include "probes/core/errors.hpp"

#include <fmt/format.h>

namespace assay {

std::string one_line(std::string_view message) {
  constexpr std::size_t longest = 600;
  std::string line;
  for (const char c : message) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '\n')
      line += "\\n";
    else if (code < 0x20 || code == 0x7f)
      line += fmt::format("\\x{:02x}", code);
    else
      line += c;
    if (line.size() >= 2 * longest) break;
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
