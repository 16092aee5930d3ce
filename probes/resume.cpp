#include "probes/resume.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "probes/core/commit.hpp"

namespace assay {

namespace {

bool says_what_is_measured(const std::string& option) {
  static const std::set<std::string> other = {"alone",       "append",  "config", "dry-run",
                                              "no-progress", "output",  "prices", "resume",
                                              "time-budget", "timeout", "trace"};
  return other.count(option) == 0;
}

std::string text_of(const nlohmann::json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end()) return "not given";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

}  // namespace

std::string resume_obstacle(const nlohmann::json& stored, const std::string& command,
                            const nlohmann::json& options) {
  if (!stored.is_object() || !stored.contains("journal"))
    return "its run.json has no journal of steps: it was not written by a measuring command of "
           "this "
           "version";
  if (text_of(stored, "command") != command)
    return fmt::format("it is a run of assay {}, not of assay {}", text_of(stored, "command"),
                       command);
  if (const std::string commit = text_of(stored["tool"], "commit"); commit != ASSAY_COMMIT)
    return fmt::format("it was measured by another build ({}, this is {})", commit, ASSAY_COMMIT);
  const nlohmann::json before = stored.value("options", nlohmann::json::object());
  std::set<std::string> names;
  for (const auto& [name, value] : before.items()) names.insert(name);
  for (const auto& [name, value] : options.items()) names.insert(name);
  for (const std::string& name : names)
    if (says_what_is_measured(name) && text_of(before, name) != text_of(options, name))
      return fmt::format("it was made with --{} {}, now {}", name, text_of(before, name),
                         text_of(options, name));
  return {};
}

}  // namespace assay
