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

std::string to_string(StartKind kind) {
  switch (kind) {
    case StartKind::fork:
      return "fork";
    case StartKind::pmix:
      return "pmix";
    case StartKind::pmi1:
      return "pmi1";
    case StartKind::rendezvous:
      return "rendezvous";
    case StartKind::ssh:
      return "ssh";
  }
  return "";
}

std::string cannot_join(const Sign& sign) {
  return fmt::format("{}; {}, or add --alone to measure this host alone", sign.text, sign.remedy);
}

Start choose_start(const StartOptions& options, const Environment& environment) {
  const int given = (options.alone ? 1 : 0) + (options.rendezvous.empty() ? 0 : 1) +
                    (options.hosts.empty() ? 0 : 1);
  if (given > 1) throw UsageError("--alone, --hosts and --rendezvous: expected one of them");
  if (options.rendezvous.empty() && options.rank)
    throw UsageError("--rank: where is rank 0? Add --rendezvous HOST:PORT and --size N");
  if (options.alone) return {};
  std::vector<Sign> signs = signs_of_a_larger_job(options, environment);
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
