#include "probes/host/pinned_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/host/topology.hpp"

namespace assay {

/// Threads sleep between regions, so that a single-core measurement is not disturbed by spinning
/// neighbours, and meet at a spin barrier inside one, so that they start within a cache miss of
/// each other.
struct PinnedPool::State {
  std::vector<int> pus;
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::condition_variable changed;
  const std::function<void(int)>* body = nullptr;  // null: nothing to do
  unsigned long generation = 0;
  int running = 0;
  bool stopping = false;
  std::atomic<int> arrived{0};
  std::vector<Seconds> start, end, cpu;
  std::exception_ptr failure;

  void work(int thread) {
    unsigned long seen = 0;
    while (true) {
      const std::function<void(int)>* task = nullptr;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return stopping || generation != seen; });
        if (stopping) return;
        seen = generation;
        task = body;
      }
      run_once(thread, *task);
      const std::lock_guard lock(mutex);
      if (--running == 0) changed.notify_all();
    }
  }

  void run_once(int thread, const std::function<void(int)>& task) {
    const auto index = static_cast<std::size_t>(thread);
    arrived.fetch_add(1, std::memory_order_acq_rel);
    // Yield after a while: with more threads than processors a pure spin would wait for a time
    // slice.
    for (int spins = 0; arrived.load(std::memory_order_acquire) < static_cast<int>(pus.size());
         ++spins)
      if (spins > 100000) std::this_thread::yield();
    const Seconds cpu_start = thread_cpu_time();
    start[index] = now();
    try {
      task(thread);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
    end[index] = now();
    cpu[index] = thread_cpu_time() - cpu_start;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }
};

PinnedPool::PinnedPool(std::vector<int> pus) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.pus = std::move(pus);
  const std::size_t count = state.pus.size();
  state.start.resize(count);
  state.end.resize(count);
  state.cpu.resize(count);
  std::atomic<int> pinned{0};
  std::atomic<int> refused{-1};
  try {
    for (std::size_t i = 0; i < count; ++i)
      state.threads.emplace_back([&state, &pinned, &refused, i] {
        if (!pin_this_thread(state.pus[i])) refused = state.pus[i];
        ++pinned;
        state.work(static_cast<int>(i));
      });
  } catch (const std::exception& error) {
    const std::size_t started = state.threads.size();
    state.stop();
    throw RunError(
        fmt::format("cannot start thread {} of {}: {}", started + 1, count, error.what()));
  }
  while (pinned < static_cast<int>(count)) std::this_thread::yield();
  if (refused >= 0) {
    state.stop();
    throw RunError(fmt::format(
        "cannot pin a thread to processing unit {}: it is not in the cpuset of this process",
        refused.load()));
  }
}

PinnedPool::~PinnedPool() {
  state_->stop();
}

PinnedPool::Region PinnedPool::run(const std::function<void(int thread)>& body) {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  state.body = &body;
  state.running = size();
  state.arrived = 0;
  state.failure = nullptr;
  ++state.generation;
  state.changed.notify_all();
  state.changed.wait(lock, [&] { return state.running == 0; });
  if (state.failure) std::rethrow_exception(state.failure);
  Region region;
  region.wall = *std::max_element(state.end.begin(), state.end.end()) -
                *std::min_element(state.start.begin(), state.start.end());
  for (std::size_t i = 0; i < state.pus.size(); ++i)
    region.thread_wall.push_back(state.end[i] - state.start[i]);
  region.thread_cpu = state.cpu;
  return region;
}

double PinnedPool::Region::cpu_wall_ratio() const {
  const Seconds cpu = std::accumulate(thread_cpu.begin(), thread_cpu.end(), Seconds(0));
  const Seconds spent = std::accumulate(thread_wall.begin(), thread_wall.end(), Seconds(0));
  return spent > Seconds(0) ? cpu / spent : 1.0;
}

int PinnedPool::size() const {
  return static_cast<int>(state_->pus.size());
}
const std::vector<int>& PinnedPool::pus() const {
  return state_->pus;
}

}  // namespace assay
