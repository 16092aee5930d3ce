#pragma once
/// @file
/// A pool of threads, each pinned for life to one PU, that start a region together.
///
/// Region time = latest end - earliest start over the threads, after a spin barrier: what a user
/// waits for. The CPU time of each thread is kept too: what the machine really gave.

#include <functional>
#include <memory>
#include <vector>

#include "probes/core/units.hpp"

namespace assay {

class PinnedPool {
 public:
  /// One thread per entry of `pus` (OS indices). Throws RunError when a thread cannot be pinned.
  explicit PinnedPool(std::vector<int> pus);
  ~PinnedPool();
  PinnedPool(const PinnedPool&) = delete;
  PinnedPool& operator=(const PinnedPool&) = delete;

  struct Region {
    Seconds wall;  ///< max(end) - min(start)
    std::vector<Seconds> thread_wall;
    std::vector<Seconds> thread_cpu;
    [[nodiscard]] double cpu_wall_ratio() const;  ///< sum(cpu) / sum(wall)
  };
  /// Runs `body(thread)` once on every thread and waits. An exception of a body is rethrown here.
  Region run(const std::function<void(int thread)>& body);

  [[nodiscard]] int size() const;
  [[nodiscard]] const std::vector<int>& pus() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay
