#pragma once
/// @file
/// Work in numbered parts: made on every core, taken in order.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace assay {

/// Calls `make(part, product)` for every part below `parts`, in as many threads as there are cores,
/// and `take(part, product)` for each product in the order of the parts, one at a time, in the
/// thread that made it: what it made is still in its cache. A thread keeps its product from part to
/// part, so that memory is reused. The exception of the first part that threw is rethrown once all
/// threads have ended; no later part is taken.
template <class Product, class Make, class Take>
void make_in_parallel(std::size_t parts, const Make& make, const Take& take) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::condition_variable turned;
  std::size_t turn = 0;
  std::exception_ptr fault;
  const auto loop = [&] {
    Product product{};
    for (std::size_t part = next++; part < parts; part = next++) {
      std::exception_ptr own;
      try {
        make(part, product);
      } catch (...) {
        own = std::current_exception();
      }
      std::unique_lock lock(mutex);
      turned.wait(lock, [&] { return turn == part; });
      if (!fault && !own) try {
          take(part, product);
        } catch (...) {
          own = std::current_exception();
        }
      if (!fault) fault = own;
      if (fault) next = parts;
      ++turn;
      lock.unlock();
      turned.notify_all();
    }
  };
  const std::size_t threads =
      std::min<std::size_t>(parts, std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::thread> others;
  others.reserve(threads);
  try {
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(loop);
  } catch (const std::exception&) {
    // No more threads, or no memory for one, are to be had: those that there are do the work.
  }
  loop();
  for (std::thread& other : others) other.join();
  if (fault) std::rethrow_exception(fault);
}

}  // namespace assay
