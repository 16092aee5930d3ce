#include "reports/gate/read/read_numbers.hpp"

#include <fmt/format.h>

#include <optional>
#include <regex>

#include "probes/core/errors.hpp"
#include "probes/core/number.hpp"
#include "probes/core/units.hpp"

namespace assay::gate {
namespace {

/// std::regex recurses per character: a line of a megabyte would end the program.
constexpr std::size_t longest_line = 4096;

std::regex compile(const std::string& expression) {
  try {
    return std::regex(expression, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& fault) {
    throw UsageError(
        fmt::format("--metric '{}' is not a regular expression: {}", expression, fault.what()));
  }
}

}  // namespace

void check_expression(const std::string& expression) {
  if (compile(expression).mark_count() > 2)
    throw UsageError(
        fmt::format("--metric '{}' has more than two groups; expected (NUMBER) or (NAME) and "
                    "(NUMBER); write (?:...) for the others",
                    expression));
}

Launch read_numbers(std::string_view text, const std::string& what,
                    const std::vector<std::string>& expressions, Better better) {
  Launch launch;
  for (const std::string& expression : expressions) {
    const std::regex pattern = compile(expression);
    bool matched = false;
    for (std::size_t start = 0; start <= text.size();) {
      const std::size_t end = std::min(text.find('\n', start), text.size());
      const std::string line(text.substr(start, std::min(end - start, longest_line)));
      start = end + 1;
      for (std::sregex_iterator match(line.begin(), line.end(), pattern), none; match != none;
           ++match) {
        const std::string name = match->size() > 2 ? (*match)[1].str() : expression;
        const std::string digits = (*match)[match->size() - 1].str();
        const auto begin = static_cast<std::size_t>(match->position(match->size() - 1));
        if ((*match)[match->size() - 1].matched &&
            number_goes_on(line, begin, begin + digits.size()))
          throw InputError(what, 0, "",
                           fmt::format("--metric '{}' matched '{}', but the number goes on in "
                                       "\"{}\"",
                                       expression, digits, line.substr(0, 200)),
                           "a group around the whole number, e.g. ([0-9.eE+-]+)");
        const std::optional<double> value = parse_number(digits);
        if (!value)
          throw InputError(what, 0, "",
                           fmt::format("--metric '{}' matched '{}'", expression, digits),
                           "a finite number");
        matched = true;
        Reading& reading = launch.readings[name];
        reading.unit = unit::one;
        reading.better = better;
        reading.values.push_back(*value);
      }
    }
    if (!matched)
      throw InputError(what, 0, "",
                       fmt::format("printed no number that --metric '{}' matches", expression),
                       "at least one line with it");
  }
  return launch;
}

}  // namespace assay::gate
