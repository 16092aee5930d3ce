#include "probes/resume.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "probes/core/commit.hpp"
#include "probes/run/run_directory.hpp"
#include "probes/run/secrets.hpp"

namespace assay {

namespace {

bool says_what_is_measured(const std::string& option) {
  static const std::set<std::string> other = {
      "alone",  "append",      "config",      "deadline", "dry-run", "history", "job",
      "match",  "no-progress", "output",      "prices",   "public",  "region",  "results",
      "resume", "steps",       "time-budget", "timeout",  "trace"};
  return other.count(option) == 0;
}

std::string text_of(const nlohmann::json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end()) return "not given";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

/// Empty when `host` is one of `hosts`, or when nobody had looked at the hosts yet.
std::string other_machine(const nlohmann::json& hosts, const nlohmann::json& host) {
  if (!hosts.is_array() || hosts.empty()) return {};
  const std::string name = text_of(host, "host");
  for (const nlohmann::json& known : hosts) {
    if (!known.is_object() || text_of(known, "host") != name) continue;
    for (const char* key : {"cpu_model", "cores"})
      if (text_of(known, key) != text_of(host, key))
        return fmt::format("it was measured where {} had {} {}, now {}", name, key,
                           text_of(known, key), text_of(host, key));
    return {};
  }
  return fmt::format("it was measured on {}, this is {}", text_of(hosts.front(), "host"), name);
}

}  // namespace

std::string resume_refusal(const nlohmann::json& stored_run, const std::string& command,
                           const nlohmann::json& given_options, const nlohmann::json& host) {
  if (!stored_run.is_object() || !stored_run.contains("journal") ||
      !stored_run.contains("sessions"))
    return "its run.json has no journal of steps: it was not written by a measuring command of "
           "this "
           "version";
  // Of the session that is gone on with: earlier ones may have measured something else.
  const auto at = static_cast<std::size_t>(first_session_of_run(stored_run) - 1);
  const nlohmann::json& sessions = stored_run["sessions"];
  if (!sessions.is_array() || at >= sessions.size() || !sessions[at].is_object())
    return "its run.json has no list of sessions";
  const nlohmann::json& stored = sessions[at];
  // As they were written.
  const nlohmann::json options = mask_secrets(given_options);
  if (text_of(stored, "command") != command)
    return fmt::format("it is a run of assay {}, not of assay {}", text_of(stored, "command"),
                       command);
  if (const std::string commit = text_of(stored.value("tool", nlohmann::json::object()), "commit");
      commit != ASSAY_COMMIT)
    return fmt::format("it was measured by another build ({}, this is {})", commit, ASSAY_COMMIT);
  const nlohmann::json before = stored.value("options", nlohmann::json::object());
  std::set<std::string> names;
  for (const auto& [name, value] : before.items()) names.insert(name);
  for (const auto& [name, value] : options.items()) names.insert(name);
  for (const std::string& name : names)
    if (says_what_is_measured(name) && text_of(before, name) != text_of(options, name))
      return fmt::format("it was made with --{} {}, now {}", name, text_of(before, name),
                         text_of(options, name));
  return other_machine(stored.value("hosts", nlohmann::json()), host);
}

}  // namespace assay
