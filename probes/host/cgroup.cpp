#include "probes/host/cgroup.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include "probes/host/kernel_setting.hpp"
#include "probes/host/topology.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

std::optional<double> number_in(const fs::path& file) {
  const auto line = kernel_setting(file);
  if (!line) return std::nullopt;
  std::istringstream in(*line);
  double value = 0;
  if (!(in >> value)) return std::nullopt;  // "max"
  return value;
}

std::optional<unsigned long long> named_number(const fs::path& file, const std::string& wanted) {
  std::ifstream in(file);
  std::string name;
  unsigned long long value = 0;
  while (in >> name >> value)
    if (name == wanted) return value;
  return std::nullopt;
}

/// A group's folder and those of all its ancestors up to the mount. In a container the path of
/// /proc/self/cgroup may not exist below the mount: then the mount itself is the group.
std::vector<fs::path> with_ancestors(const fs::path& mount, const std::string& group) {
  std::vector<fs::path> folders{mount};
  fs::path folder = mount;
  for (const fs::path& part : fs::path(group).relative_path()) {
    folder /= part;
    std::error_code ignored;
    if (fs::is_directory(folder, ignored)) folders.push_back(folder);
  }
  return folders;
}

template <class T>
void keep_smaller(std::optional<T>& kept, const std::optional<T>& candidate) {
  if (candidate && (!kept || *candidate < *kept)) kept = candidate;
}

void read_memory(const fs::path& folder, const char* limit_file, const char* usage_file,
                 CgroupLimits& limits) {
  const auto limit = number_in(folder / limit_file);
  // v1 writes "no limit" as a number near 2^63.
  if (!limit || *limit > 0x1p60) return;
  const double used = number_in(folder / usage_file).value_or(0);
  keep_smaller(limits.memory_limit, std::optional(Bytes(*limit)));
  keep_smaller(limits.memory_left, std::optional(Bytes(std::max(0.0, *limit - used))));
}

void read_v2(const fs::path& mount, const std::string& group, CgroupLimits& limits) {
  for (const fs::path& folder : with_ancestors(mount, group)) {
    if (const auto line = kernel_setting(folder / "cpu.max"))
      keep_smaller(limits.cpus, parse_cpu_max(*line));
    read_memory(folder, "memory.max", "memory.current", limits);
    if (const auto periods = named_number(folder / "cpu.stat", "nr_throttled"))
      limits.throttled_periods = limits.throttled_periods.value_or(0) + *periods;
  }
}

void read_v1_cpu(const fs::path& mount, const std::string& group, CgroupLimits& limits) {
  for (const fs::path& folder : with_ancestors(mount, group)) {
    const auto quota = number_in(folder / "cpu.cfs_quota_us");
    const auto period = number_in(folder / "cpu.cfs_period_us");
    if (quota && period && *quota > 0 && *period > 0)
      keep_smaller(limits.cpus, std::optional(*quota / *period));
    if (const auto periods = named_number(folder / "cpu.stat", "nr_throttled"))
      limits.throttled_periods = limits.throttled_periods.value_or(0) + *periods;
  }
}

}  // namespace

std::optional<double> parse_cpu_max(const std::string& text) {
  std::istringstream in(text);
  double quota = 0;
  double period = 100000;
  if (!(in >> quota) || quota <= 0) return std::nullopt;  // "max 100000"
  if (!(in >> period) || period <= 0) return std::nullopt;
  return quota / period;
}

CgroupLimits read_cgroup_limits(const fs::path& root, const fs::path& self_cgroup) {
  CgroupLimits limits;
  std::ifstream in(self_cgroup);
  std::string line;
  while (std::getline(in, line)) {  // "hierarchy:controllers:path"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    std::istringstream names(controllers);
    std::string name;
    if (controllers.empty()) {
      const fs::path unified = root / "unified";  // where a mixed v1/v2 system mounts v2
      read_v2(fs::is_directory(unified) ? unified : root, group, limits);
    }
    while (std::getline(names, name, ',')) {
      if (name == "cpu") read_v1_cpu(root / "cpu", group, limits);
      if (name == "memory")
        for (const fs::path& folder : with_ancestors(root / "memory", group))
          read_memory(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", limits);
    }
  }
  return limits;
}

}  // namespace assay
