#pragma once
/// @file
/// A function with a stack of its own that can stop in the middle and go on later: how a blocking
/// all-reduce is polled between slices of compute without being rewritten as a state machine.
///
/// Everything runs on the caller's thread. Sanitizers are told of each switch. Why not a thread
/// that is handed the turn: two context switches per poll cost more than the poll.

#include <functional>
#include <memory>

namespace assay::workloads {

class Fiber {
 public:
  /// `body` runs when first resumed. It may call `yield` of this fiber.
  explicit Fiber(std::function<void()> body);
  /// A fiber that has not ended is unwound: its `yield` throws.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs until the body yields or ends; rethrows what the body throws. @pre !is_finished()
  void resume();
  /// Back to who resumed. Only from inside the body.
  void yield();
  [[nodiscard]] bool is_finished() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::workloads
