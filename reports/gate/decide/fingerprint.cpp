#include "reports/gate/decide/fingerprint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>

#include "probes/run/run_directory.hpp"

namespace assay::gate {
namespace {

using nlohmann::json;
using Flat = std::map<std::string, std::string>;

struct Weighted {
  std::string_view key;  ///< The key itself and everything below it.
  KeyWeight weight;
};

/// The first entry that fits decides.
/// Numbers that never repeat exactly: a smaller difference is none.
struct Tolerance {
  std::string_view key;
  double of;  ///< Of the number, or of the first of a list.
};
constexpr std::array tolerances{
    Tolerance{"hosts.temperature_C", 10},
    Tolerance{"context.load_avg", 1},
};

constexpr std::array weights{
    // Meant to differ, or of no influence.
    Weighted{"hosts.build.commit", KeyWeight::ignored},
    Weighted{"hosts.build.version", KeyWeight::ignored},
    Weighted{"hosts.perf_event_paranoid", KeyWeight::ignored},
    Weighted{"options.output", KeyWeight::ignored},
    Weighted{"options.append", KeyWeight::ignored},
    Weighted{"options.no-progress", KeyWeight::ignored},
    Weighted{"options.config", KeyWeight::ignored},
    Weighted{"options.timeout", KeyWeight::ignored},
    Weighted{"options.time-budget", KeyWeight::ignored},
    Weighted{"options.resume", KeyWeight::ignored},
    Weighted{"options.trace", KeyWeight::ignored},
    Weighted{"options.prices", KeyWeight::ignored},
    Weighted{"context.date", KeyWeight::ignored},
    Weighted{"context.executable", KeyWeight::ignored},
    // May change a result, and change from one minute or machine of a kind to the next.
    Weighted{"hosts.host", KeyWeight::soft},
    Weighted{"hosts.microcode", KeyWeight::soft},
    Weighted{"hosts.advertised_MHz", KeyWeight::soft},
    Weighted{"hosts.distribution", KeyWeight::soft},
    Weighted{"hosts.memory_B", KeyWeight::soft},
    Weighted{"hosts.memory_cap_B", KeyWeight::soft},
    Weighted{"hosts.swap_in_use", KeyWeight::soft},
    Weighted{"hosts.temperature_C", KeyWeight::soft},
    Weighted{"hosts.load", KeyWeight::soft},
    Weighted{"hosts.neighbours", KeyWeight::soft},
    Weighted{"hosts.steal", KeyWeight::soft},
    Weighted{"checks", KeyWeight::soft},
    // The machine: normalised metrics can set it aside.
    Weighted{"hosts.cpu_model", KeyWeight::hardware},
    Weighted{"hosts.cpu_family", KeyWeight::hardware},
    Weighted{"hosts.cpu_model_number", KeyWeight::hardware},
    Weighted{"hosts.hypervisor", KeyWeight::hardware},
    Weighted{"hosts.packages", KeyWeight::hardware},
    Weighted{"hosts.cores", KeyWeight::hardware},
    Weighted{"hosts.pus", KeyWeight::hardware},
    Weighted{"hosts.one_pu_per_core", KeyWeight::hardware},
    Weighted{"hosts.llc_domains", KeyWeight::hardware},
    Weighted{"hosts.caches", KeyWeight::hardware},
    Weighted{"hosts.numa_nodes", KeyWeight::hardware},
    Weighted{"hosts.cgroup", KeyWeight::hardware},
    Weighted{"hosts.kernel", KeyWeight::hardware},
    Weighted{"hosts.governor", KeyWeight::hardware},
    Weighted{"hosts.turbo_disabled", KeyWeight::hardware},
    Weighted{"hosts.smt", KeyWeight::hardware},
    Weighted{"context.num_cpus", KeyWeight::hardware},
    Weighted{"context.caches", KeyWeight::hardware},
    Weighted{"context.cpu_scaling_enabled", KeyWeight::hardware},
    // What was built, and what was asked.
    Weighted{"context.library_build_type", KeyWeight::hard},
    Weighted{"context", KeyWeight::soft},
    Weighted{"hosts", KeyWeight::hard},
    Weighted{"options", KeyWeight::hard},
    Weighted{"profile", KeyWeight::hard},
    Weighted{"launcher", KeyWeight::hard},
    Weighted{"command", KeyWeight::hard},
    Weighted{"nodes", KeyWeight::hard},
    Weighted{"provider", KeyWeight::hard},
    Weighted{"problem_size", KeyWeight::hard},
};

bool is_below(std::string_view key, std::string_view top) {
  return key.starts_with(top) && (key.size() == top.size() || key[top.size()] == '.');
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Leaves by dotted path; an array is a leaf, since its elements have no names.
void flatten(const json& value, const std::string& path, Flat& flat) {
  if (!value.is_object()) {
    if (!value.is_null()) flat[path] = text_of(value);
    return;
  }
  for (const auto& [key, member] : value.items())
    flatten(member, path.empty() ? key : path + "." + key, flat);
}

/// Steal, other load, throttling and what else may be a neighbour's doing, as "checks.steal": the
/// worst verdict of all hosts. What passed or could not be read is left out.
void flatten_checks(const json& checks, Flat& flat) {
  for (const json& check : checks) {
    if (!check.is_object() || !check.value("name", json()).is_string()) continue;
    const json verdict = check.value("verdict", json());
    if (verdict != "failed" && verdict != "warning") continue;
    std::string& worst = flat["checks." + check["name"].get<std::string>()];
    if (worst != "failed") worst = verdict.get<std::string>();
  }
}

/// Hosts by number, "hosts.2.cpu_model"; a single or a uniform set of hosts without one.
Flat flatten_provenance(const json& provenance) {
  Flat flat;
  if (!provenance.is_object()) return flat;
  for (const auto& [key, member] : provenance.items()) {
    if (key == "hosts" && member.is_array()) {
      flat["nodes"] = std::to_string(member.size());
      for (std::size_t i = 0; i < member.size(); ++i)
        flatten(member[i], i == 0 ? "hosts" : fmt::format("hosts#{}", i + 1), flat);
    } else if (key == "checks" && member.is_array()) {
      flatten_checks(member, flat);
    } else {
      flatten(member, key, flat);
    }
  }
  return flat;
}

/// "hosts#2.cpu_model" weighs as "hosts.cpu_model" does.
std::string without_number(const std::string& key) {
  const std::size_t mark = key.find('#');
  if (!key.starts_with("hosts#") || mark == std::string::npos) return key;
  const std::size_t dot = key.find('.', mark);
  return "hosts" + (dot == std::string::npos ? "" : key.substr(dot));
}

bool is_provenance_member(const std::string& key) {
  // Times, states and versions of run.json say how a run went, not what it ran on.
  const std::array<std::string_view, 10> tops{"hosts",   "options",     "profile", "launcher",
                                              "command", "context",     "nodes",   "provider",
                                              "checks",  "problem_size"};
  const std::string plain = without_number(key);
  return std::any_of(tops.begin(), tops.end(),
                     [&](std::string_view top) { return is_below(plain, top); });
}

std::optional<double> first_number(std::string_view text) {
  if (text.starts_with('[')) text.remove_prefix(1);
  double value = 0;
  const bool read =
      std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
  return read ? std::optional(value) : std::nullopt;
}

/// Google Benchmark's context says of a processor no more than its clock: another host with another
/// clock is another machine, where the clock alone may have been read at another speed.
bool is_another_machine(const Flat& base, const Flat& head) {
  constexpr double same_clock = 0.02;
  const auto both = [&](const char* key) {
    const auto a = base.find(key), b = head.find(key);
    const bool known = a != base.end() && b != head.end();
    return std::pair(known ? a->second : "", known ? b->second : "");
  };
  const auto [host, other_host] = both("context.host_name");
  const auto [clock, other_clock] = both("context.mhz_per_cpu");
  const auto from = first_number(clock), to = first_number(other_clock);
  return host != other_host && from && to && std::abs(*from - *to) > same_clock * *from;
}

bool equal(const std::string& key, const std::string& base, const std::string& head) {
  if (base == head) return true;
  const std::string plain = without_number(key);
  for (const Tolerance& tolerance : tolerances)
    if (plain == tolerance.key) {
      const auto from = first_number(base), to = first_number(head);
      return from && to && std::abs(*from - *to) < tolerance.of;
    }
  return false;
}

}  // namespace

KeyWeight weight_of(const std::string& key) {
  const std::string plain = without_number(key);
  for (const Weighted& entry : weights)
    if (is_below(plain, entry.key)) return entry.weight;
  return KeyWeight::hard;
}

std::vector<FingerprintDifference> compare_fingerprints(const json& base, const json& head,
                                                        const FingerprintOptions& options) {
  const Flat left = flatten_provenance(base), right = flatten_provenance(head);
  std::set<std::string> keys;
  for (const Flat* side : {&left, &right})
    for (const auto& [key, value] : *side)
      if (is_provenance_member(key)) keys.insert(key);
  std::vector<FingerprintDifference> differences;
  const bool other_machine = is_another_machine(left, right);
  for (const std::string& key : keys) {
    const KeyWeight weight =
        other_machine && key == "context.mhz_per_cpu" ? KeyWeight::hardware : weight_of(key);
    const auto in_base = left.find(key), in_head = right.find(key);
    const std::string absent = is_below(key, "checks") ? "passed" : "(unknown)";
    const std::string base_text = in_base == left.end() ? absent : in_base->second;
    const std::string head_text = in_head == right.end() ? absent : in_head->second;
    if (weight == KeyWeight::ignored || equal(key, base_text, head_text)) continue;
    FingerprintDifference difference{key, base_text, head_text};
    difference.hard = weight == KeyWeight::hard || weight == KeyWeight::hardware;
    difference.allowed =
        (weight == KeyWeight::hardware && options.normalised) ||
        std::any_of(options.allowed.begin(), options.allowed.end(),
                    [&](const std::string& allowed) {
                      return is_below(key, allowed) || is_below(without_number(key), allowed);
                    });
    differences.push_back(difference);
  }
  return differences;
}

json provenance_of(const RunData& run) {
  json provenance = run.run;
  std::set<std::string> providers;
  std::map<std::string, std::set<std::int64_t>> sizes;
  for (const Record& record : run.records) {
    if (!record.provider.empty()) providers.insert(record.provider.str());
    if (record.probe.str().starts_with("workload.") && is_present(record.bytes))
      sizes[record.probe.str()].insert(record.bytes);
  }
  if (!providers.empty()) provenance["provider"] = providers;
  if (!sizes.empty()) provenance["problem_size"] = sizes;
  return provenance;
}

}  // namespace assay::gate
