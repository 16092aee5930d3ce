#pragma once
/// @file
/// What makes a round worthless although every sample in it looks sound: somebody set the clock,
/// the machine slept, another run measured at the same time, the cores or the quota were changed.
///
///   clock        realtime - monotonic moved by more than 0.1 s       (slewing by NTP is slower)
///   suspended    boottime - monotonic grew by more than 0.1 s
///   other run    another measuring process announced itself on this machine
///   cores, quota the set of allowed PUs or cpu.max differ
/// Two readings span the round; `disturbance` is pure. Not seen: a pause that the hypervisor hides
/// from all clocks, and runs in another network namespace.

#include <optional>
#include <string>
#include <vector>

#include "probes/core/file_descriptor.hpp"
#include "probes/core/units.hpp"

namespace assay {

struct DisturbanceReading {
  Seconds realtime_offset;  ///< CLOCK_REALTIME - CLOCK_MONOTONIC
  Seconds boottime_offset;  ///< CLOCK_BOOTTIME - CLOCK_MONOTONIC
  std::vector<int> allowed_pus;
  std::optional<double> cpu_quota;
  std::vector<int> other_runs;  ///< Process ids.
};

[[nodiscard]] DisturbanceReading read_disturbances();

/// What happened between two readings, in words; empty when nothing did.
[[nodiscard]] std::string disturbance(const DisturbanceReading& before,
                                      const DisturbanceReading& after);

/// Says to other runs on this machine, while it lives, that this process measures: an abstract
/// socket, which the kernel removes with the process. `job` names what belongs together: ranks of
/// one launch do not disturb each other.
class MeasuringNotice {
 public:
  explicit MeasuringNotice(const std::string& job = "");

 private:
  FileDescriptor socket_;
};

/// The processes named by announcements in the text of /proc/net/unix, but for `own`.
[[nodiscard]] std::vector<int> measuring_processes(const std::string& unix_sockets, int own);

}  // namespace assay
