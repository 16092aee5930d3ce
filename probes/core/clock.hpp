#pragma once
/// @file
/// The clocks: wall time that never steps, and the CPU time that was really given to this thread.
///
/// CLOCK_MONOTONIC (std::chrono::steady_clock), common to all processes of a host. Never the TSC's
/// nominal frequency nor /proc/cpuinfo's MHz: both may be absent or wrong in a virtual machine.

#include <ctime>

#include "probes/core/units.hpp"

namespace assay {

/// Wall time since an arbitrary, fixed point of this host's boot.
[[nodiscard]] inline Seconds now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return Seconds(static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec));
}

/// CPU time of the calling thread. Smaller than the wall time when the thread was preempted by this
/// kernel; time stolen by a hypervisor shows in both on some kernels, so look at steal too.
[[nodiscard]] inline Seconds thread_cpu_time() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return Seconds(static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec));
}

/// An instant after which a wait gives up. Cheap to copy and to ask.
class Deadline {
 public:
  explicit Deadline(Seconds from_now) : at_(now() + from_now) {}
  [[nodiscard]] bool passed() const { return now() >= at_; }
  [[nodiscard]] Seconds left() const { return at_ - now(); }
  [[nodiscard]] Seconds at() const { return at_; }

 private:
  Seconds at_;
};

}  // namespace assay
