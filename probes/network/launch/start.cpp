#include "probes/network/launch/start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "probes/core/errors.hpp"

namespace assay::network {

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

std::string cannot_join(const Sign& sign) {
  return fmt::format("{}; {}, or add --alone to measure this host alone", sign.text, sign.remedy);
}

Start choose_start(const StartOptions& options, const Environment& environment) {
  if (options.alone) return {};
  std::vector<Sign> signs = signs_of_a_larger_job(environment);
  if (options.starts_ranks) {
    std::erase_if(signs, [](const Sign& s) { return !s.is_one_of_many; });
    if (signs.empty()) return {};
    throw UsageError(fmt::format(
        "{}; expected to be started once, because the command starts the ranks", signs[0].text));
  }
  const auto joined =
      std::ranges::find_if(signs, [](const Sign& sign) { return sign.join.has_value(); });
  if (joined != signs.end()) return *joined->join;
  if (!signs.empty()) throw UsageError(cannot_join(signs.front()));
  return {};
}

}  // namespace assay::network
