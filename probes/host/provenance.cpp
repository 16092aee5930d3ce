#include "probes/host/provenance.hpp"
#include "probes/core/host_name.hpp"

#include <gnu/libc-version.h>
#include <hwloc.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "probes/core/commit.hpp"
#include "probes/core/version.hpp"
#include "probes/host/cgroup.hpp"
#include "probes/host/kernel_setting.hpp"

extern char** environ;  // NOLINT: POSIX names it so

namespace assay {
namespace {

using nlohmann::json;

std::map<std::string, json (*)()>& parts() {
  static std::map<std::string, json (*)()> list;
  return list;
}

json cpuinfo(std::string_view wanted) {
  std::ifstream in("/proc/cpuinfo");
  std::string line;
  while (std::getline(in, line)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t name_end = line.find_last_not_of(" \t", colon - 1);
    if (line.substr(0, name_end + 1) == wanted)
      return colon + 2 <= line.size() ? line.substr(colon + 2) : std::string();
  }
  return nullptr;
}

json kernel() {
  utsname name{};
  if (uname(&name) != 0) return nullptr;
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

json distribution() {
  std::ifstream in("/etc/os-release");
  std::string line;
  while (std::getline(in, line))
    if (line.starts_with("PRETTY_NAME=")) {
      line.erase(0, 12);
      std::erase(line, '"');
      return line;
    }
  return nullptr;
}

/// The flag by which CPUID tells a guest of its hypervisor.
json hypervisor() {
  const json flags = cpuinfo("flags");
  if (flags.is_null()) return nullptr;
  return (" " + flags.get<std::string>() + " ").find(" hypervisor ") != std::string::npos;
}

json swap_in_use() {
  std::ifstream in("/proc/swaps");
  std::string line;
  int lines = 0;
  while (std::getline(in, line)) ++lines;
  if (lines == 0) return nullptr;
  return lines > 1;
}

/// Variables that change how fabrics, MPI, OpenMP and BLAS behave. Names only of families known to
/// matter, so that no secret of the environment lands in a report.
json relevant_environment() {
  constexpr std::array<std::string_view, 15> prefixes{
      "FI_",       "OMP_",      "GOMP_",   "KMP_",           "OPENBLAS_",
      "BLIS_",     "MKL_",      "UCX_",    "OMPI_MCA_",      "MPICH_",
      "PMIX_MCA_", "SLURM_CPU", "MALLOC_", "GLIBC_TUNABLES", "HWLOC_"};
  json found = json::object();
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    for (std::string_view prefix : prefixes)
      if (text.starts_with(prefix) && equals != std::string_view::npos)
        found[std::string(text.substr(0, equals))] = std::string(text.substr(equals + 1));
  }
  return found;
}

json caches_json(const Machine& machine) {
  json list = json::array();
  for (const Cache& cache : machine.caches)
    list.push_back({{"level", cache.level}, {"size_B", cache.size.value()}, {"pus", cache.pus}});
  return list;
}

json numa_json(const Machine& machine) {
  json list = json::array();
  for (const NumaNode& node : machine.numa_nodes)
    list.push_back(
        {{"os_index", node.os_index}, {"memory_B", node.memory.value()}, {"pus", node.pus}});
  return list;
}

template <class T>
json optional_json(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json libraries() {
  const unsigned hwloc = hwloc_get_api_version();
  return {{"hwloc", std::to_string(hwloc >> 16) + "." + std::to_string((hwloc >> 8) & 0xff)},
          {"libc", gnu_get_libc_version()}};
}

}  // namespace

bool add_fingerprint_part(const std::string& key, json (*part)()) {
  return parts().emplace(key, part).second;
}

json build_fingerprint() {
  return {{"version", build::version},   {"commit", ASSAY_COMMIT}, {"type", build::type},
          {"compiler", build::compiler}, {"flags", build::flags},  {"sanitize", build::sanitize}};
}

json host_fingerprint(const Machine& machine) {
  const CgroupLimits limits = read_cgroup_limits();
  json host = {
      {"host", host_name()},
      {"cpu_model", machine.cpu_model},
      {"cpu_family", cpuinfo("cpu family")},
      {"cpu_model_number", cpuinfo("model")},
      {"microcode", cpuinfo("microcode")},
      {"advertised_MHz", cpuinfo("cpu MHz")},
      {"hypervisor", hypervisor()},
      {"packages", machine.packages},
      {"cores", machine.one_pu_per_core.size()},
      {"pus", machine.allowed_pus},
      {"one_pu_per_core", machine.one_pu_per_core},
      {"llc_domains", machine.llc_domains},
      {"caches", caches_json(machine)},
      {"numa_nodes", numa_json(machine)},
      {"memory_B", machine.memory_total.value()},
      {"memory_cap_B", machine.memory_cap.value()},
      {"cgroup",
       {{"cpus", optional_json(limits.cpus)},
        {"memory_limit_B",
         limits.memory_limit ? json(limits.memory_limit->value()) : json(nullptr)}}},
      {"kernel", kernel()},
      {"distribution", distribution()},
      {"smt", optional_json(kernel_setting("/sys/devices/system/cpu/smt/active"))},
      {"governor",
       optional_json(kernel_setting("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"))},
      {"turbo_disabled",
       optional_json(kernel_setting("/sys/devices/system/cpu/intel_pstate/no_turbo"))},
      {"transparent_huge_pages",
       optional_json(chosen_setting("/sys/kernel/mm/transparent_hugepage/enabled"))},
      {"numa_balancing", optional_json(kernel_setting("/proc/sys/kernel/numa_balancing"))},
      {"swap_in_use", swap_in_use()},
      {"perf_event_paranoid",
       optional_json(kernel_setting("/proc/sys/kernel/perf_event_paranoid"))},
      {"environment", relevant_environment()},
      {"libraries", libraries()},
      {"build", build_fingerprint()},
  };
  for (const auto& [key, part] : parts()) host[key] = part();
  return host;
}

double steal_fraction(const CpuTicks& before, const CpuTicks& after) {
  const unsigned long long total = after.total() - before.total();
  return total == 0 ? 0.0
                    : static_cast<double>(after.steal - before.steal) / static_cast<double>(total);
}

}  // namespace assay
