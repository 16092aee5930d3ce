#include "probes/core/errors.hpp"

#include <fmt/format.h>

namespace assay {

InputError::InputError(const std::string& file, std::size_t line, const std::string& column,
                       const std::string& problem, const std::string& expected)
    : std::runtime_error(fmt::format(
          "{}{}: {}{}; expected {}", file, line ? fmt::format(":{}", line) : "",
          column.empty() ? "" : fmt::format("column {}: ", column), problem, expected)) {}

}  // namespace assay
