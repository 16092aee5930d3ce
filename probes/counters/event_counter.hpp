#pragma once
/// @file
/// Hardware event counters of the calling thread, through PAPI, as an interface that a test can
/// stand in for.
///
/// One event at a time: several share the few counters of a core by multiplexing, and PAPI's
/// extrapolation of what they missed is a guess. Never zeros: where there is nothing to count with,
/// the outcome is `unsupported` with the reason.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "probes/core/outcome.hpp"

namespace assay::counters {

class EventCounter {
 public:
  virtual ~EventCounter() = default;
  /// Runs `body` once on the calling thread and gives how often `event` (a PAPI name such as
  /// "PAPI_DP_OPS") happened in it. unsupported when this CPU or kernel does not count it. The
  /// number is as good as the self-test says (self_test.hpp).
  [[nodiscard]] virtual Outcome<double> count(const std::string& event,
                                              const std::function<void()>& body) = 0;
};

/// Where the kernel lists its performance monitoring units.
inline constexpr const char* pmu_devices = "/sys/bus/event_source/devices";

/// PAPI's counter, or why there is none: no PMU in this (virtual) machine, perf_event_paranoid, a
/// PAPI that does not start.
[[nodiscard]] Outcome<std::shared_ptr<EventCounter>> open_papi(
    const std::filesystem::path& devices = pmu_devices);

/// Whether the kernel shows a PMU of a CPU core below `devices` (/sys/bus/event_source/devices): a
/// device named cpu, cpu_core, cpu_atom, or as Arm's and RISC-V's are. perf_event_paranoid says
/// nothing about that.
[[nodiscard]] bool has_cpu_pmu(const std::filesystem::path& devices);

}  // namespace assay::counters
