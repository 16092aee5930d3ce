#include "reports/redact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace assay {

namespace {

using nlohmann::json;

constexpr const char* hidden = "[not shown]";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

json member(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? json() : *found;
}

/// A name as assay gives them: a word of letters, digits and a few marks. What is longer, or holds
/// a blank, a slash, an @ or a byte beyond ASCII, is somebody's text.
bool is_plain_name(const std::string& text) {
  return text.size() <= 40 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 ||
                  std::string_view("_.;:+-%").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

/// Text of the machine, such as "Intel(R) Xeon(R) CPU @ 2.20GHz": no path, address or option. An @
/// stands alone there, and between a user and a host.
bool is_plain_text(const std::string& text) {
  const std::size_t at = text.find('@');
  return text.size() <= 100 && text.find("--") == std::string::npos &&
         (at == std::string::npos || text.compare(at > 0 ? at - 1 : 0, 3, " @ ") == 0) &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 ||
                  std::string_view(" _.,:;+-()@#").find(static_cast<char>(c)) !=
                      std::string_view::npos;
         });
}

/// A unit or a name of assay's own: a slash is one of "FLOP/s", not of a path.
bool is_term(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return is_plain_text(text) && text.size() <= 40;
  return slash > 0 && text.size() <= 12 && is_plain_name(text.substr(0, slash)) &&
         is_plain_name(text.substr(slash + 1));
}

/// Of a replicate: a number. What another tool or a user calls one is not.
bool is_number_of_launch(const std::string& text) {
  return text.size() <= 6 && std::all_of(text.begin(), text.end(),
                                         [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Of a time of run.json.
bool is_time(const std::string& text) {
  return text.size() <= 25 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isdigit(c) != 0 ||
                  std::string_view("-:.TZ+").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

/// Numbers and flags as they are, and texts that pass; a list or an object member by member.
template <class Passes>
json filtered(const json& value, const Passes& passes) {
  if (value.is_string()) return passes(value.get<std::string>()) ? value : json(hidden);
  if (value.is_array()) {
    json list = json::array();
    for (const json& item : value) list.push_back(filtered(item, passes));
    return list;
  }
  if (value.is_object()) {
    json object = json::object();
    for (const auto& [name, item] : value.items())
      if (is_plain_name(name)) object[name] = filtered(item, passes);
    return object;
  }
  return value;
}

void keep(json& to, const json& from, const char* key, bool (*passes)(const std::string&)) {
  const json value = member(from, key);
  if (!value.is_null()) to[key] = filtered(value, passes);
}

/// What assay's own reasons begin with. Behind it stand names, numbers and what programs said.
constexpr std::array harmless_reasons{"oversubscribed",
                                      "dropped, to fit the time budget",
                                      "the time budget",
                                      "unsupported",
                                      "timed out",
                                      "interrupted",
                                      "throttled",
                                      "steal",
                                      "needs at least",
                                      "no answer",
                                      "exit"};

InternedString harmless_reason(const std::string& reason) {
  if (reason.empty()) return {};
  for (const char* start : harmless_reasons)
    if (reason.starts_with(start)) return InternedString(fmt::format("{} {}", start, hidden));
  return InternedString(hidden);
}

/// Rows whose operation is what somebody wrote.
bool has_own_operation(const Record& row) {
  const std::string probe = row.probe.str();
  return probe == "workload.exec" || probe == "region" || probe.starts_with("region.") ||
         row.metric == "region";
}

std::string harmless_warning(const std::string& warning) {
  constexpr std::array starts{"the run did not complete", "written by a later version",
                              "measurements.csv: the last line was cut off",
                              "not as it was measured", "this directory holds sessions"};
  for (const char* start : starts)
    if (warning.starts_with(start)) return fmt::format("{} {}", start, hidden);
  return hidden;
}

}  // namespace

const std::vector<std::string_view>& harmless_host_fields() {
  static const std::vector<std::string_view> fields{"cpu_model",
                                                    "cpu_family",
                                                    "cpu_model_number",
                                                    "microcode",
                                                    "advertised_MHz",
                                                    "hypervisor",
                                                    "packages",
                                                    "cores",
                                                    "pus",
                                                    "one_pu_per_core",
                                                    "llc_domains",
                                                    "caches",
                                                    "numa_nodes",
                                                    "memory_B",
                                                    "memory_cap_B",
                                                    "smt",
                                                    "governor",
                                                    "turbo_disabled",
                                                    "transparent_huge_pages",
                                                    "numa_balancing",
                                                    "swap_in_use",
                                                    "perf_event_paranoid",
                                                    "temperature_C"};
  return fields;
}

void Redactor::learn(const std::string& host) {
  const std::string name = lower(host);
  if (name.empty() || std::any_of(hosts_.begin(), hosts_.end(),
                                  [&](const auto& known) { return known.first == name; }))
    return;
  hosts_.emplace_back(name, fmt::format("node-{}", hosts_.size() + 1));
}

Redactor::Redactor(const std::vector<const RunData*>& runs) {
  for (const RunData* run : runs) {
    for (const json& host : member(run->run, "hosts"))
      if (const json name = member(host, "host"); name.is_string()) learn(name.get<std::string>());
    for (const Record& record : run->records) {
      const std::string host = record.host.str();
      const std::size_t mark = host.find('>');
      learn(host.substr(0, mark));
      if (const std::string launch = record.launch.str(); !is_number_of_launch(launch))
        launches_.try_emplace(launch, fmt::format("launch-{}", launches_.size() + 1));
      if (mark != std::string::npos) learn(host.substr(mark + 1));
    }
  }
}

std::string Redactor::host(const std::string& name) const {
  if (name.empty()) return "";
  if (const std::size_t mark = name.find('>'); mark != std::string::npos)
    return host(name.substr(0, mark)) + ">" + host(name.substr(mark + 1));
  for (const auto& [known, alias] : hosts_)
    if (known == lower(name)) return alias;
  return "node";
}

json Redactor::redacted_host(const json& original) const {
  json kept = json::object();
  const json name = member(original, "host");
  kept["host"] = name.is_string() ? host(name.get<std::string>()) : "node";
  for (const std::string_view field : harmless_host_fields())
    keep(kept, original, std::string(field).c_str(), is_plain_text);
  return kept;
}

json Redactor::redacted_check(const json& original) const {
  json kept = json::object();
  keep(kept, original, "name", is_plain_name);
  keep(kept, original, "verdict", is_plain_name);
  const json name = member(original, "host");
  kept["host"] = name.is_string() ? host(name.get<std::string>()) : "";
  kept["finding"] = hidden;
  kept["advice"] = "";
  return kept;
}

void Redactor::redact(Record& row, bool is_imported) const {
  row.host = InternedString(host(row.host.str()));
  row.reason = harmless_reason(row.reason.str());
  const auto cell = [](InternedString& text, bool is_own) {
    if (!text.empty() && (is_own || !is_plain_name(text.str()))) text = InternedString(hidden);
  };
  cell(row.operation, is_imported || has_own_operation(row));
  for (InternedString* text : {&row.probe, &row.metric, &row.unit, &row.dtype, &row.isa, &row.level,
                               &row.provider, &row.algorithm, &row.topology, &row.scaling})
    if (!text->empty() && !is_term(text->str())) *text = InternedString(hidden);
  if (const auto alias = launches_.find(row.launch.str()); alias != launches_.end())
    row.launch = InternedString(alias->second);
}

void Redactor::redact(RunData& run) const {
  const json original = std::move(run.run);
  const bool is_imported = original.is_object() && original.contains("imported");
  json kept = json::object();
  keep(kept, original, "schema", is_plain_name);
  keep(kept, original, "start", is_time);
  keep(kept, original, "end", is_time);
  keep(kept, original, "state", is_plain_name);
  json tool = json::object(), hosts = json::array(), checks = json::array();
  for (const char* key : {"version", "commit"})
    keep(tool, member(original, "tool"), key, is_plain_name);
  const json profile = member(original, "profile");
  if (profile.is_string() && is_plain_name(profile.get<std::string>()))
    kept["options"] = {{"profile", kept["profile"] = profile}};
  if (is_imported) {
    kept["imported"] = json::array();
    for (const json& one : original["imported"])
      kept["imported"].push_back({{"file", hidden},
                                  {"format", filtered(member(one, "format"), is_plain_text)},
                                  {"read", filtered(member(one, "read"), is_plain_text)},
                                  {"notes", json::array()}});
  }
  for (const json& one : member(original, "hosts")) hosts.push_back(redacted_host(one));
  for (const json& one : member(original, "checks")) checks.push_back(redacted_check(one));
  if (!tool.empty()) kept["tool"] = std::move(tool);
  if (!hosts.empty()) kept["hosts"] = std::move(hosts);
  if (!checks.empty()) kept["checks"] = std::move(checks);
  run.run = std::move(kept);
  for (Record& record : run.records) redact(record, is_imported);
  for (std::string& warning : run.warnings) warning = harmless_warning(warning);
  for (ModelRow& row : run.models) row.note.clear();
  run.directory = "run";
}

}  // namespace assay
