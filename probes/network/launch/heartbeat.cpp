#include "probes/network/launch/heartbeat.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"

namespace assay::network {

Heartbeat::~Heartbeat() {
  if (!sender_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  told_.notify_one();
  sender_.join();
}

void Heartbeat::begin(int rank, std::vector<std::string> addresses) {
  rank_ = rank;
  if (rank != 0) addresses.resize(1);
  addresses_ = std::move(addresses);
  // A signal is for the main thread, whose waits it ends.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    sender_ = std::thread([this] { send_until_told(); });
  } catch (const std::system_error& error) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw RunError(fmt::format("cannot start the thread that tells the other hosts of this one: {}",
                               error.code().message()));
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Heartbeat::send_until_told() {
  const std::string_view mine(reinterpret_cast<const char*>(&rank_), sizeof rank_);
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    for (const std::string& address : addresses_) mailbox_.send(address, mine);
    if (watched_ && !found_) {
      found_ = listen(*watched_);
      if (found_) set_interrupted(true);
    }
    told_.wait_for(lock, std::chrono::duration<double>(period.value()), [&] { return is_over_; });
  }
}

std::optional<int> Heartbeat::silent(Seconds allowed) {
  const std::lock_guard lock(mutex_);
  return listen(allowed);
}

void Heartbeat::watch(Seconds allowed) {
  const std::lock_guard lock(mutex_);
  watched_ = allowed;
}

std::optional<int> Heartbeat::end_watch() {
  const std::lock_guard lock(mutex_);
  watched_.reset();
  if (found_) set_interrupted(false);
  return std::exchange(found_, std::nullopt);
}

std::optional<int> Heartbeat::listen(Seconds allowed) {
  const double time = now().value();
  // We did something else, or were stopped ourselves: what came meanwhile may not have fitted.
  if (time - listened_ > 5 * period.value()) listening_since_ = time;
  listened_ = time;
  while (const auto sign = mailbox_.receive()) {
    int rank = 0;
    if (sign->size() != sizeof rank) continue;
    std::memcpy(&rank, sign->data(), sizeof rank);
    heard_[rank] = time;
  }
  for (const auto& [rank, when] : heard_)
    if (rank != rank_ && time - std::max(when, listening_since_) > allowed.value()) return rank;
  return std::nullopt;
}

}  // namespace assay::network
