#include "probes/network/providers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "probes/cli/list_topic.hpp"
#include "probes/core/errors.hpp"
#include "probes/host/provenance.hpp"
#include "probes/network/launch/workers.hpp"
#include "probes/network/transport/fabric.hpp"
#include "probes/network/transport/fabric_library.hpp"

namespace assay::network {

namespace {

nlohmann::json to_json(const FabricPath& path) {
  return {{"provider", path.provider},       {"fabric", path.fabric},
          {"domain", path.domain},           {"version", path.version},
          {"inject_size", path.inject_size}, {"mbit_s", path.megabits_per_second}};
}

std::string ask_libfabric() {
  nlohmann::json list = nlohmann::json::array();
  for (const FabricPath& path : fabric_paths()) list.push_back(to_json(path));
  return list.dump();
}

std::vector<FabricPath> parsed(const std::string& text) {
  std::vector<FabricPath> paths;
  for (const nlohmann::json& entry : nlohmann::json::parse(text)) {
    FabricPath path;
    path.provider = entry.at("provider");
    path.fabric = entry.at("fabric");
    path.domain = entry.at("domain");
    path.version = entry.at("version");
    path.inject_size = entry.at("inject_size");
    path.megabits_per_second = entry.at("mbit_s");
    paths.push_back(std::move(path));
  }
  return paths;
}

bool is_first(const std::vector<FabricPath>& ranked, const FabricPath& path) {
  return !ranked.empty() && ranked.front().provider == path.provider &&
         ranked.front().fabric == path.fabric && ranked.front().domain == path.domain;
}

/// Some providers look for devices that do not answer.
constexpr Seconds longest_query = 30_s;
Seconds query_limit = longest_query;

nlohmann::json fingerprint() {
  nlohmann::json part = nlohmann::json::object();
  part["version"] = nullptr;
  std::set<std::string> names;
  try {
    const auto version = fabric_library().version();
    part["version"] = fmt::format("{}.{}", FI_MAJOR(version), FI_MINOR(version));
    for (const FabricPath& path : host_paths())
      names.insert(fmt::format("{} {}", path.provider, path.version));
    part["providers"] = names;
  } catch (const RunError& error) {
    part["providers"] = nullptr;
  }
  return part;
}

const bool fingerprint_added = add_fingerprint_part("libfabric", fingerprint);

const bool topic_added = Registry<ListTopic>::add(
    {.about = {.kind = "topic",
               .name = "providers",
               .summary = "The libfabric providers of this host, which one is chosen and why",
               .metrics = {},
               .verification = ""},
     .text = [] { return providers_table(host_paths()); }});

}  // namespace

void limit_fabric_query(Seconds limit) {
  query_limit = std::min(longest_query, limit);
}

const std::vector<FabricPath>& host_paths() {
  // Asked once, whatever came of it: a fabric that hangs would be waited for again by everybody.
  struct Answer {
    std::vector<FabricPath> paths;
    std::string failure;
  };
  static const Answer answer = [] {
    Answer got;
    try {
      (void)fabric_library();  // Here, so that the ranks forked later inherit it.
      got.paths = parsed(run_in_child(ask_libfabric, query_limit));
    } catch (const Interrupted&) {
      throw;
    } catch (const RunError& error) {
      got.failure = error.what();
    }
    return got;
  }();
  if (!answer.failure.empty()) throw RunError(answer.failure);
  return answer.paths;
}

void require_provider(const std::string& wanted) {
  std::set<std::string> names;
  for (const FabricPath& path : host_paths()) {
    if (provider_matches(path.provider, wanted)) return;
    names.insert(path.provider);
  }
  throw UsageError(fmt::format(
      "--provider: \"{}\" is not a provider of this host; there are: {}; see assay list providers",
      wanted, names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

void require_any_provider() {
  const char* const filter = std::getenv("FI_PROVIDER");
  if (filter == nullptr || *filter == '\0' || !host_paths().empty()) return;
  throw UsageError(fmt::format(
      "FI_PROVIDER={}: this variable restricts libfabric, which then offers no provider that could "
      "connect ranks; unset it, or expected one that `env -u FI_PROVIDER assay list providers` "
      "shows",
      filter));
}

std::string providers_table(const std::vector<FabricPath>& paths) {
  const auto inside = ranked_paths(paths, true, ""), between = ranked_paths(paths, false, "");
  std::string text = fmt::format("{:<16} {:<10} {:<22} {:>8} {:>8}  {}\n", "provider", "device",
                                 "network", "version", "inject", "");
  for (const FabricPath& path : paths) {
    std::string note;
    if (path.is_link_local())
      note = "not used: link-local addresses name no device";
    else if (is_first(inside, path))
      note = fmt::format("chosen inside a host: {}", preference_reason(path.provider, true));
    else if (is_first(between, path))
      note = fmt::format("chosen between hosts: {}", preference_reason(path.provider, false));
    else
      note = preference_reason(path.provider, false);
    text += fmt::format("{:<16} {:<10} {:<22} {:>8} {:>6} B  {}\n", path.provider, path.domain,
                        path.fabric, path.version, path.inject_size, note);
  }
  if (paths.empty())
    text += "none: libfabric offers nothing with reliable datagrams and tagged messages\n";
  return text + "\n--provider NAME takes one of them; the part before \";\" is enough.\n";
}

}  // namespace assay::network
