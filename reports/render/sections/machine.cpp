/// @file
/// Section 3: the machine, drawn, and the fingerprint that a later run is compared with.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "probes/core/units.hpp"
#include "reports/render/machine_drawing.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

using nlohmann::json;

std::vector<json> hosts_of(const RunData& run) {
  std::vector<json> hosts;
  const auto found = run.run.find("hosts");
  if (found == run.run.end()) return hosts;
  if (found->is_array() || found->is_object())
    for (const json& host : *found)
      if (host.is_object()) hosts.push_back(host);
  return hosts;
}

double number_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : absent;
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::vector<int> pus_at(const json& object, const char* key) {
  std::vector<int> pus;
  const auto found = object.find(key);
  if (found != object.end() && found->is_array())
    for (const json& pu : *found)
      if (pu.is_number_integer()) pus.push_back(pu.get<int>());
  return pus;
}

bool holds(const std::vector<int>& list, int pu) {
  return std::find(list.begin(), list.end(), pu) != list.end();
}

std::string memory_size(double bytes) {
  return is_present(bytes) ? show(bytes, "B") : "size unknown";
}

/// "L3 260 MiB" of the largest cache level that holds `pu`; the level is 0 when there is none.
struct SharedCache {
  int level = 0;
  double size = absent;
  std::vector<int> pus;
};
SharedCache last_cache(const json& host, int pu) {
  SharedCache best;
  const auto caches = host.find("caches");
  if (caches == host.end() || !caches->is_array()) return best;
  for (const json& cache : *caches) {
    const std::vector<int> pus = pus_at(cache, "pus");
    const double level = number_at(cache, "level");
    if (is_present(level) && level > best.level && holds(pus, pu))
      best = {static_cast<int>(level), number_at(cache, "size_B"), pus};
  }
  return best;
}

std::string core_caches(const json& host, int pu, int below_level) {
  std::string text;
  const auto caches = host.find("caches");
  if (caches == host.end() || !caches->is_array()) return text;
  for (const json& cache : *caches) {
    const double level = number_at(cache, "level");
    if (!is_present(level) || level >= below_level || !holds(pus_at(cache, "pus"), pu)) continue;
    text += fmt::format("{}L{} {}", text.empty() ? "each core: " : ", ", static_cast<int>(level),
                        format_bytes(Bytes(number_at(cache, "size_B"))));
  }
  return text;
}

/// Cores of one memory node, by the cache they share.
std::vector<CacheDomain> cache_domains(const json& host, const std::vector<int>& cores) {
  std::vector<CacheDomain> domains;
  std::vector<int> placed;
  for (const int core : cores) {
    if (holds(placed, core)) continue;
    const SharedCache cache = last_cache(host, core);
    CacheDomain domain;
    for (const int other : cores)
      if (other == core || holds(cache.pus, other)) {
        if (holds(placed, other)) continue;
        placed.push_back(other);
        domain.cores.push_back(fmt::format("CPU {}", other));
      }
    if (cache.level > 0)
      domain.label =
          fmt::format("L{} {} shared by {} core{}", cache.level, format_bytes(Bytes(cache.size)),
                      domain.cores.size(), domain.cores.size() == 1 ? "" : "s");
    domains.push_back(std::move(domain));
  }
  return domains;
}

std::vector<std::string> providers_of(const RunData& run, const json& host) {
  std::vector<std::string> names;
  const auto listed = host.find("providers");
  if (listed != host.end() && listed->is_array())
    for (const json& provider : *listed) {
      std::string name = provider.is_string()   ? provider.get<std::string>()
                         : provider.is_object() ? text_at(provider, "name")
                                                : "";
      if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    }
  if (names.empty())
    for (const Record& record : run.records)
      if (!record.provider.empty() &&
          std::find(names.begin(), names.end(), record.provider.str()) == names.end())
        names.push_back(record.provider.str());
  return names;
}

MachineSketch sketch_of(const RunData& run, const json& host, std::size_t alike) {
  const std::vector<int> cores = pus_at(host, "one_pu_per_core");
  MachineSketch sketch;
  sketch.title = fmt::format("{}: {}", text_at(host, "host"), text_at(host, "cpu_model"));
  if (alike > 1) sketch.title = fmt::format("{} nodes like {}", alike, sketch.title);
  const int first = cores.empty() ? 0 : cores.front();
  sketch.core_caption = core_caches(host, first, last_cache(host, first).level);
  const auto numa = host.find("numa_nodes");
  if (numa != host.end() && numa->is_array())
    for (const json& node : *numa) {
      std::vector<int> near;
      const std::vector<int> pus = pus_at(node, "pus");
      for (const int core : cores)
        if (holds(pus, core)) near.push_back(core);
      sketch.memory.push_back({fmt::format("Memory node {}, {}", text_at(node, "os_index"),
                                           memory_size(number_at(node, "memory_B"))),
                               cache_domains(host, near)});
    }
  if (sketch.memory.empty())
    sketch.memory.push_back({fmt::format("Memory, {}", memory_size(number_at(host, "memory_B"))),
                             cache_domains(host, cores)});
  for (const std::string& name : providers_of(run, host)) sketch.networks.push_back(name);
  return sketch;
}

/// Nested members as "build.compiler".
void flatten(Table& table, const std::string& path, const json& value) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, member] : value.items())
      flatten(table, path.empty() ? key : path + "." + key, member);
  } else if (value.is_null()) {
    table.add({path, "cannot be read here"});
  } else {
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (text.size() > 300)
      text = fmt::format("{} ... ({} characters in run.json)", text.substr(0, 300), text.size());
    table.add({path, text});
  }
}

/// Hosts that differ only in name are one machine.
std::vector<std::pair<json, std::size_t>> distinct(const std::vector<json>& hosts) {
  std::vector<std::pair<json, std::size_t>> list;
  std::map<std::string, std::size_t> seen;
  for (const json& host : hosts) {
    json key = host;
    key.erase("host");
    key.erase("hostname");
    const auto [found, is_new] =
        seen.try_emplace(key.dump(-1, ' ', false, json::error_handler_t::replace), list.size());
    if (is_new)
      list.emplace_back(host, 1);
    else
      ++list[found->second].second;
  }
  return list;
}

/// What most often explains a number, in the order of its weight.
void add_key_facts(Node parent, const RunData& run, const json& host) {
  struct Fact {
    const char* name;
    const char* key;
  };
  constexpr Fact facts[] = {{"Processor", "cpu_model"},
                            {"Kernel", "kernel"},
                            {"Distribution", "distribution"},
                            {"Governor", "governor"},
                            {"Huge pages", "transparent_huge_pages"},
                            {"NUMA balancing", "numa_balancing"},
                            {"SMT", "smt"},
                            {"In a virtual machine", "hypervisor"},
                            {"Swap in use", "swap_in_use"},
                            {"Microcode", "microcode"}};
  Node list = add(parent, "dl", {{"class", "terms"}});
  for (const Fact& fact : facts) {
    std::string value = text_at(host, fact.key);
    if (value == "true" || value == "false") value = value == "true" ? "yes" : "no";
    add(list, "dt", {}, fact.name);
    add(list, "dd", {}, value.empty() ? "cannot be read here" : value);
  }
  add(list, "dt", {}, "Memory usable");
  add(list, "dd", {}, memory_size(number_at(host, "memory_cap_B")));
  const nlohmann::json::json_pointer quota("/cgroup/cpus");
  add(list, "dt", {}, "CPU quota");
  add(list, "dd", {},
      host.contains(quota) && host.at(quota).is_number()
          ? fmt::format("{} CPUs", show_digits(host.at(quota).get<double>()))
          : "none");
  const nlohmann::json::json_pointer compiler("/build/compiler");
  add(list, "dt", {}, "Built with");
  add(list, "dd", {},
      host.contains(compiler) && host.at(compiler).is_string()
          ? host.at(compiler).get<std::string>()
          : run_text(run, "/tool/version"));
}

std::string reading_of(const json& host, std::size_t alike) {
  const auto cores = pus_at(host, "one_pu_per_core").size();
  std::string text = fmt::format("{}{} core{} with {} of memory",
                                 alike > 1 ? fmt::format("Each of {} nodes: ", alike) : "", cores,
                                 cores == 1 ? "" : "s", memory_size(number_at(host, "memory_B")));
  const auto hypervisor = host.find("hypervisor");
  if (hypervisor != host.end() && hypervisor->is_boolean() && hypervisor->get<bool>())
    text += ", in a virtual machine: other guests share its caches and memory";
  return text + ".";
}

void add_machine(Page& page, const ReportInput& input) {
  Node section = page.add_section("machine", "The machine");
  constexpr std::size_t most_drawn = 4;
  Node figures = Page::add_figure_group(section);
  std::size_t drawn = 0, kinds = 0;
  for (const Subject& subject : input.subjects)
    for (const auto& [host, alike] : distinct(hosts_of(subject.run))) {
      if (++kinds > most_drawn) continue;
      ++drawn;
      Table facts{.id = "machine",
                  .caption = subject_prefix(input, subject) + "Fingerprint",
                  .columns = {{"property", ""}, {"value", ""}}};
      flatten(facts, "", host);
      const MachineSketch sketch = sketch_of(subject.run, host, alike);
      page.add_figure(
          figures,
          {.title = subject_prefix(input, subject) + "Cores, caches, memory and networks",
           .reading = reading_of(host, alike),
           .description = fmt::format(
               "Drawing of {}: {} memory node(s), their caches and cores, and {} network path(s).",
               sketch.title, sketch.memory.size(), sketch.networks.size()),
           .data = std::move(facts)},
          [&](Node parent) { return draw(parent, sketch); });
      Node facts_box = add(figures, "div");
      add(facts_box, "h3", {}, subject_prefix(input, subject) + "What this node is");
      add_key_facts(facts_box, subject.run, host);
    }
  if (kinds > drawn)
    add_absence(section,
                fmt::format("{} more kinds of nodes are not drawn; run.json describes them.",
                            kinds - drawn));
  if (kinds == 0) add_absence(section, "The run holds no description of a machine.");
}

const bool machine_section_registered = register_section({.place = 400, .add = add_machine});

}  // namespace

}  // namespace assay::render
