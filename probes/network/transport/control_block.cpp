#include "probes/network/transport/control_block.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"

namespace assay::network {

static_assert(std::atomic<unsigned>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
              std::atomic<bool>::is_always_lock_free);

ControlBlock::ControlBlock(int ranks) : ranks_(ranks) {
  const std::size_t bytes = sizeof(Slot) * static_cast<std::size_t>(ranks + 1);
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) throw RunError("no memory for the ranks to share");
  mapping_ = {address, [bytes](void* p) { munmap(p, bytes); }};
  new (address) Memory;
  for (int rank = 0; rank < ranks; ++rank) new (&slot(rank)) Slot;
}

ControlBlock::Slot& ControlBlock::slot(int rank) const {
  assert(rank >= 0 && rank < ranks_);
  return static_cast<Slot*>(mapping_.get())[rank + 1];
}

void ControlBlock::publish(int rank, unsigned round, std::span<const std::byte> blob) {
  if (blob.size() > blob_limit) throw RunError("an address too long for the exchange of addresses");
  Slot& mine = slot(rank);
  mine.length[round % 2] = blob.size();
  std::copy(blob.begin(), blob.end(), mine.blob[round % 2]);
  mine.rounds.store(round + 1, std::memory_order_release);
}

bool ControlBlock::is_published(int rank, unsigned round) const {
  return slot(rank).rounds.load(std::memory_order_acquire) > round;
}

std::vector<std::byte> ControlBlock::published(int rank, unsigned round) const {
  const Slot& theirs = slot(rank);
  const std::byte* const blob = theirs.blob[round % 2];
  return {blob, blob + theirs.length[round % 2]};
}

void ControlBlock::set_phase(int rank, std::string_view phase) {
  char* const text = slot(rank).phase;
  const std::size_t length = std::min(phase.size(), phase_limit - 1);
  std::memcpy(text, phase.data(), length);
  text[length] = '\0';
}

std::string ControlBlock::phase(int rank) const {
  const char* const text = slot(rank).phase;
  return {text, strnlen(text, phase_limit)};
}

void ControlBlock::set_waits_for(int rank, int other) {
  slot(rank).waits_for = other;
}
int ControlBlock::waits_for(int rank) const {
  return slot(rank).waits_for;
}

void ControlBlock::set_lost(int rank) {
  int none = -1;
  static_cast<Memory*>(mapping_.get())->lost.compare_exchange_strong(none, rank);
}
int ControlBlock::lost() const {
  return static_cast<Memory*>(mapping_.get())->lost;
}
void ControlBlock::set_stop() {
  static_cast<Memory*>(mapping_.get())->stop = true;
}
bool ControlBlock::stop() const {
  return static_cast<Memory*>(mapping_.get())->stop;
}

RankControl::RankControl(ControlBlock control, int rank, std::vector<std::string> names,
                         Seconds timeout,
                         std::function<void(std::span<const std::byte>)> on_publish)
    : control_(std::move(control)),
      rank_(rank),
      names_(std::move(names)),
      timeout_(timeout),
      on_publish_(std::move(on_publish)) {}

unsigned RankControl::publish_and_wait(std::span<const std::byte> mine,
                                       const std::function<void()>& idle) {
  const unsigned round = round_++;
  control_.publish(rank_, round, mine);
  if (on_publish_) on_publish_(mine);
  const Deadline deadline(timeout_);
  for (int rank = 0; rank < control_.size(); ++rank) {
    while (!control_.is_published(rank, round)) {
      waits_for(rank);
      check();
      if (deadline.passed())
        throw TimedOut(fmt::format("{} waited {} for {}", names_[static_cast<std::size_t>(rank_)],
                                   format(timeout_), names_[static_cast<std::size_t>(rank)]));
      idle();
    }
  }
  waits_for(-1);
  return round;
}

std::vector<std::vector<std::byte>> RankControl::gather(std::span<const std::byte> mine) {
  const unsigned round = publish_and_wait(mine, [] {
    const timespec interval{0, 50'000};  // Sleeps: the ranks may share a core while they start.
    nanosleep(&interval, nullptr);
  });
  std::vector<std::vector<std::byte>> all;
  for (int rank = 0; rank < control_.size(); ++rank) all.push_back(control_.published(rank, round));
  return all;
}

void RankControl::meet(const std::function<void()>& idle) {
  publish_and_wait({}, idle);
}

void RankControl::check() {
  const int lost = control_.lost();
  if (lost >= 0 && lost != rank_)
    throw PeerLost(lost, fmt::format("{} is lost", names_[static_cast<std::size_t>(lost)]));
  if (control_.stop()) throw Interrupted();
  throw_if_interrupted();
}

void RankControl::waits_for(int rank) {
  control_.set_waits_for(rank_, rank);
}

}  // namespace assay::network
