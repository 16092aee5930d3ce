#include "probes/network/transport/sleep.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <set>
#include <utility>

namespace assay::network {

namespace {

void sleep_until_complete(Communicator& communicator, Request& request) {
  long interval = 10'000;  // ns
  while (!communicator.test(request)) {
    const timespec time{0, interval};
    nanosleep(&time, nullptr);
    interval = std::min(interval * 2, 1'000'000L);
  }
}

}  // namespace

void sleep_until_all_are_here(Communicator& c) {
  std::byte out{}, in{};
  for (int distance = 1; distance < c.size(); distance *= 2) {
    const Tag tag = reserved_tags + 0x600 + static_cast<Tag>(distance);
    Request incoming = c.receive((c.rank() - distance + c.size()) % c.size(), tag, {&in, 1});
    Request outgoing = c.send((c.rank() + distance) % c.size(), tag, {&out, 1});
    sleep_until_complete(c, incoming);
    sleep_until_complete(c, outgoing);
  }
}

void sleep_until(Communicator& communicator, Seconds instant) {
  constexpr Seconds awake = 150_us, longest_interval = 2_ms;
  prctl(PR_SET_TIMERSLACK, 1UL);  // Or the kernel gathers wake-ups of 50 us.
  Seconds interval = 20_us;
  for (Seconds left = instant - now(); left > awake; left = instant - now()) {
    communicator.progress();
    const Seconds length = std::min(interval, left - awake);
    const timespec time{0, static_cast<long>(length.value() * 1e9)};
    nanosleep(&time, nullptr);
    interval = std::min(2 * interval, longest_interval);
  }
  while (now() < instant) {
    communicator.progress();
    sched_yield();
  }
}

bool share_cores(const Communicator& communicator) {
  std::set<std::pair<int, int>> taken;
  for (int rank = 0; rank < communicator.size(); ++rank) {
    const Place& place = communicator.place(rank);
    if (place.pu < 0 || !taken.emplace(place.node, place.pu).second) return true;
  }
  return false;
}

}  // namespace assay::network
