#include "reports/decision/fingerprint.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

namespace assay::decision {

namespace {

/// Memory differs by what firmware takes: nodes of one kind agree to a GiB.
std::string cell(const nlohmann::json& host, const char* key) {
  const auto found = host.find(key);
  if (found == host.end() || found->is_null()) return "?";
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_number()) return "?";
  const double value = found->get<double>();
  return std::string_view(key) == "memory_B" ? fmt::format("{} GiB", std::round(value / 1073741824))
                                             : fmt::format("{:.15g}", value);
}

struct Hosts {
  std::set<std::string> names, kinds;
  bool operator==(const Hosts&) const = default;
};

Hosts hosts_of(const RunData& run) {
  Hosts all;
  const auto hosts = run.run.find("hosts");
  if (hosts == run.run.end() || !hosts->is_array()) return all;
  for (const nlohmann::json& host : *hosts) {
    if (!host.is_object() || !host.contains("cpu_model")) continue;
    all.names.insert(cell(host, "host"));
    all.kinds.insert(fmt::format("{}, {} sockets, {} cores, {}", cell(host, "cpu_model"),
                                 cell(host, "packages"), cell(host, "cores"),
                                 cell(host, "memory_B")));
  }
  return all;
}

}  // namespace

std::string machine_of(const RunData& run) {
  return fmt::format("{}", fmt::join(hosts_of(run).kinds, " + "));
}

bool are_of_one_machine(const RunData& a, const RunData& b) {
  const Hosts of_a = hosts_of(a);
  return !of_a.kinds.empty() && of_a == hosts_of(b);
}

}  // namespace assay::decision
