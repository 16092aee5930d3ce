#pragma once
/// @file
/// When a step's buckets are reduced: after the compute, between its slices, or beside it.
///
/// One .cpp registers a ScheduleKind. Progress is manual: a message moves only while somebody calls
/// the communicator, so an all-reduce that nobody polls does not overlap with anything.

#include <functional>
#include <memory>
#include <string>

#include "benchmarks/workloads/gradient/schedules/idle_hook_communicator.hpp"
#include "probes/core/registry.hpp"

namespace assay::workloads {

/// Where the communication's time went in one step, on this rank.
struct CommunicationTimes {
  Seconds busy{0};  ///< Of whoever communicates, encoding included, waiting not.
  Seconds wait{0};  ///< Of the compute's thread, with nothing left to compute.
};

/// Called by the compute's thread. A step is: begin, ready and pause in turns, finish.
class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual void begin() = 0;
  /// The next bucket is complete. Buckets become ready in their order, on all ranks alike.
  virtual void ready() = 0;
  /// Between two slices of compute.
  virtual void pause() = 0;
  /// Returns when every bucket that was ready is reduced.
  virtual CommunicationTimes finish() = 0;

  // --- parts of a step, to be timed alone ---
  /// Calls `communicate` where this schedule communicates, and `beside` (if any) as often as that
  /// leaves the compute's core free. Returns when `communicate` has.
  virtual void communicate_alone(const std::function<void()>& communicate,
                                 const std::function<void()>& beside);
  /// The compute gets the cores back that the schedule keeps, until they are taken again.
  virtual void lend_cores(bool /*lent*/) {}

 protected:
  explicit Schedule(IdleHookCommunicator& communicator) : idle_hook_(communicator.idle_hook()) {}

  IdleHook& idle_hook_;
};

/// Reduces bucket `index`: collective, over the communicator the schedule was made with.
using ReduceBucket = std::function<void(std::size_t index)>;

struct ScheduleKind {
  Description about;  ///< kind = "schedule"
  bool overlaps = true;
  bool keeps_cores = false;  ///< Communicates on cores of its own, see core_split.hpp.
  std::function<std::unique_ptr<Schedule>(IdleHookCommunicator&, ReduceBucket)> make;
};
/// Throws UsageError that lists the known names.
[[nodiscard]] const ScheduleKind& find_schedule(const std::string& name);

}  // namespace assay::workloads
