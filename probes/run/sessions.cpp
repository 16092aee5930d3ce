#include "probes/run/sessions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "probes/core/errors.hpp"

namespace assay {
namespace {

using nlohmann::json;

json member(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? json() : *found;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : "unknown";
}

/// What makes the rows of two sessions rows of the same thing.
json identity_of(const json& session) {
  json hosts = json::array();
  for (const json& host : member(session, "hosts")) {
    json one = json::object();
    for (const char* key : {"host", "cpu_model", "cores"}) one[key] = member(host, key);
    hosts.push_back(std::move(one));
  }
  std::sort(hosts.begin(), hosts.end());
  const json tool = member(session, "tool");
  return {{"hosts", std::move(hosts)},
          {"version", member(tool, "version")},
          {"commit", member(tool, "commit")}};
}

/// Sessions that can stand together.
struct Group {
  json identity;
  std::vector<const json*> sessions;
  std::set<std::int64_t> numbers;
};

std::vector<Group> groups_of(const json& run) {
  std::vector<Group> groups;
  std::int64_t number = 0;
  const auto sessions = run.is_object() ? run.find("sessions") : run.end();
  if (sessions == run.end()) return groups;
  for (const json& session : *sessions) {
    ++number;
    // One that was killed before it had looked at its hosts wrote no row.
    if (!member(session, "hosts").is_array()) continue;
    const json identity = identity_of(session);
    const auto same = [&](const Group& group) { return group.identity == identity; };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) group = groups.insert(groups.end(), Group{identity, {}, {}});
    group->sessions.push_back(&session);
    group->numbers.insert(number);
  }
  return groups;
}

std::string describe(const Group& group) {
  std::vector<std::string> hosts;
  for (const json& host : group.identity["hosts"])
    hosts.push_back(fmt::format("{} ({})", text_of(host["host"]), text_of(host["cpu_model"])));
  if (hosts.size() > 3) {
    const std::size_t more = hosts.size() - 3;
    hosts.resize(3);
    hosts.push_back(fmt::format("{} more", more));
  }
  return fmt::format("session {} on {} by version {} ({})", fmt::join(group.numbers, ", "),
                     fmt::join(hosts, ", "), text_of(group.identity["version"]),
                     text_of(group.identity["commit"]));
}

/// What run.json says of these sessions alone.
json part_of(const json& run, const Group& group) {
  json part = run;
  for (const auto& [key, value] : group.sessions.front()->items())
    if (key != "session") part[key] = value;
  part["checks"] = json::array();
  part["sessions"] = json::array();
  for (const json* session : group.sessions) {
    part["sessions"].push_back(*session);
    for (const json& check : member(*session, "checks")) part["checks"].push_back(check);
  }
  return part;
}

}  // namespace

std::vector<RunData> split_sessions(RunData run) {
  const std::vector<Group> groups = groups_of(run.run);
  if (groups.size() < 2) {
    std::vector<RunData> whole;
    whole.push_back(std::move(run));
    return whole;
  }
  std::vector<RunData> parts;
  for (const Group& group : groups) {
    RunData part{
        .directory = run.directory, .run = part_of(run.run, group), .warnings = run.warnings};
    for (const Record& row : run.records)
      if (group.numbers.count(row.session) != 0) part.records.push_back(row);
    std::string others;
    for (const Group& other : groups)
      if (&other != &group) others += (others.empty() ? "" : "; ") + describe(other);
    part.warnings.push_back(
        fmt::format("this directory holds sessions of different machines or versions, which are "
                    "shown apart: here {}; apart from it {}",
                    describe(group), others));
    parts.push_back(std::move(part));
  }
  return parts;
}

void require_one_machine(const RunData& run) {
  const std::vector<Group> groups = groups_of(run.run);
  if (groups.size() < 2) return;
  throw InputError(run.directory.string(), 0, "",
                   fmt::format("holds sessions of different machines or versions: {} and {}",
                               describe(groups[0]), describe(groups[1])),
                   "sessions of one machine and version; assay report shows them apart");
}

}  // namespace assay
