#include "probes/network/sleep.hpp"

#include <time.h>

#include <algorithm>

namespace assay::network {

namespace {

void sleep_until_complete(Communicator& communicator, Request& request) {
  long nap = 10'000;  // ns
  while (!communicator.test(request)) {
    const timespec time{0, nap};
    nanosleep(&time, nullptr);
    nap = std::min(nap * 2, 1'000'000L);
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

}  // namespace assay::network
