#include "probes/core/outcome.hpp"

#include <array>

namespace assay {
namespace {
constexpr std::array<std::string_view, 6> status_names{"ok",      "untrusted", "unsupported",
                                                       "skipped", "timed_out", "incorrect"};
}

std::string_view to_string(Status status) {
  return status_names[static_cast<std::size_t>(status)];
}

std::optional<Status> parse_status(std::string_view name) {
  for (std::size_t i = 0; i < status_names.size(); ++i)
    if (status_names[i] == name) return static_cast<Status>(i);
  return std::nullopt;
}

}  // namespace assay
