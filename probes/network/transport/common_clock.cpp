#include "probes/network/transport/common_clock.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "probes/core/clock.hpp"

namespace assay::network {
namespace {

constexpr Tag ask_tag = 0x0100;
constexpr Tag answer_tag = 0x0101;

struct Offset {
  Seconds value{0};
  Seconds bound{0};
};

/// Rank 0's side: answers with its clock until the other has enough.
void serve(Communicator& communicator, int client) {
  for (;;) {
    double more = 0;
    communicator.receive_now(client, ask_tag, std::as_writable_bytes(std::span(&more, 1)));
    if (more == 0) return;
    const double mine = assay::now().value();
    communicator.send_now(client, answer_tag, std::as_bytes(std::span(&mine, 1)));
  }
}

Offset ask(Communicator& communicator, int patience) {
  Offset best{.bound = Seconds(1e9)};
  for (int without_gain = 0; without_gain < patience; ++without_gain) {
    const double more = 1;
    double theirs = 0;
    Request answer =
        communicator.receive(0, answer_tag, std::as_writable_bytes(std::span(&theirs, 1)));
    const Seconds sent = assay::now();
    communicator.send_now(0, ask_tag, std::as_bytes(std::span(&more, 1)));
    communicator.wait(answer);
    const Seconds half = 0.5 * (assay::now() - sent);
    if (half < best.bound) {
      best = {Seconds(theirs) - (sent + half), half};
      without_gain = 0;
    }
  }
  const double enough = 0;
  communicator.send_now(0, ask_tag, std::as_bytes(std::span(&enough, 1)));
  return best;
}

}  // namespace

CommonClock CommonClock::synchronise(Communicator& communicator, int patience) {
  CommonClock clock;
  const int rank = communicator.rank();
  // One after the other, in a fixed order: a busy server would lengthen round trips.
  for (int client = 1; client < communicator.size(); ++client) {
    if (communicator.place(client).host == communicator.place(0).host) continue;
    if (rank == 0) serve(communicator, client);
    if (rank == client) {
      const Offset offset = ask(communicator, patience);
      clock.offset_ = offset.value;
      clock.bound_ = offset.bound;
    }
  }
  for (const double bound : communicator.gather_all(clock.bound_.value()))
    clock.bound_ = std::max(clock.bound_, Seconds(bound));
  return clock;
}

Seconds CommonClock::now() const {
  return assay::now() + offset_;
}

}  // namespace assay::network
