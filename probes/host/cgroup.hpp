#pragma once
/// @file
/// The limits the control groups of this process set: CPU quota and memory, v2 or v1, at every
/// level of the hierarchy (an outer group may be the tighter one). Source: Linux
/// Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/{memory,cpusets}.rst; CFS bandwidth
/// control.

#include <filesystem>
#include <optional>
#include <string>

#include "probes/core/units.hpp"

namespace assay {

struct CgroupLimits {
  std::optional<double> cpus;         ///< CPUs' worth of time; none: unlimited.
  std::optional<Bytes> memory_limit;  ///< The tightest memory.max; none: unlimited.
  std::optional<Bytes> memory_left;   ///< Of the tightest group, limit - usage; none: unlimited.
  /// How often a quota stopped this group or one around it since they exist; none when not told.
  std::optional<unsigned long long> throttled_periods;
};

/// `root` is where sysfs is mounted and `proc` where procfs is; other values are for tests.
[[nodiscard]] CgroupLimits read_cgroup_limits(
    const std::filesystem::path& root = "/sys/fs/cgroup",
    const std::filesystem::path& self_cgroup = "/proc/self/cgroup");

}  // namespace assay
