#include "probes/network/message_patterns.hpp"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "probes/core/clock.hpp"

namespace assay::network {

namespace {

constexpr Tag data_tag = 1;
constexpr Tag acknowledge_tag = 2;
constexpr Tag verdict_tag = 3;
constexpr std::size_t page = 4096;
/// Reading the clock takes some 5 % of a round trip through shared memory: not in all of them.
constexpr int send_calls_apart = 8;
constexpr std::size_t fresh_slots = 16;
constexpr std::size_t fresh_area_max = std::size_t{256} << 20;

/// Eight bytes at a time: verifying must not cost more than measuring.
std::uint64_t pattern_word(std::size_t index, std::uint64_t seed) {
  return (index + 1) * 0x9E3779B97F4A7C15ULL ^ (seed + 1) * 0xC2B2AE3D27D4EB4FULL;
}

template <class Visitor>
bool all_words(std::span<std::byte> bytes, std::uint64_t seed, const Visitor& visit) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t word = pattern_word(at, seed);
    if (!visit(bytes.data() + at, &word, std::min(sizeof word, bytes.size() - at))) return false;
  }
  return true;
}

std::size_t fresh_area() {
  const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
  const std::size_t wanted = cache > 0 ? 2 * static_cast<std::size_t>(cache) : fresh_area_max;
  return std::min(wanted, fresh_area_max);
}

std::span<std::byte> from_page(std::vector<std::byte>& memory) {
  void* start = memory.data();
  std::size_t room = memory.size();
  std::align(page, page, start, room);
  return {static_cast<std::byte*>(start), room};
}

class Loop {
 public:
  Loop(Communicator& communicator, int peer, const Visit& visit, MessageBuffers& buffers)
      : c_(communicator),
        peer_(peer),
        visit_(visit),
        buffers_(buffers),
        window_(static_cast<std::size_t>(visit.window)) {}

  VisitResult lead() {
    result_.times.reserve(static_cast<std::size_t>(visit_.iterations));
    for (int i = 0; i < visit_.warmup + visit_.iterations; ++i) {
      times_send_ = (i - visit_.warmup) % send_calls_apart == 0;
      const double time = lead_one(i);
      if (i < visit_.warmup) continue;
      result_.times.push_back(time);
      if (times_send_) result_.send_calls.push_back(in_send_);
    }
    return std::move(result_);
  }

  void follow() {
    const int total = visit_.warmup + visit_.iterations;
    switch (visit_.pattern) {
      case Pattern::ping_pong:
      case Pattern::ping_pong_fresh:
        return answer(total);
      case Pattern::stream:
        return drink(total);
      case Pattern::exchange:
      case Pattern::loaded_exchange:
        for (int i = 0; i < total; ++i) (void)lead_one(i);
    }
  }

 private:
  [[nodiscard]] bool is_there_and_back() const {
    return visit_.pattern == Pattern::ping_pong || visit_.pattern == Pattern::ping_pong_fresh;
  }

  double lead_one(int i) {
    if (visit_.pattern == Pattern::stream) return pour_window();
    return is_there_and_back() ? ping(i) : exchange_one(i);
  }

  /// The next answer's receive is posted after the clock has stopped: no answer comes unasked.
  double ping(int i) {
    if (!answer_) answer_ = c_.receive(peer_, data_tag, buffers_.in(visit_.size, i));
    const double start = now().value();
    Request outgoing = c_.send(peer_, data_tag, buffers_.out(visit_.size, i));
    if (times_send_) in_send_ = now().value() - start;
    c_.wait(*answer_);
    c_.wait(outgoing);
    const double elapsed = now().value() - start;
    answer_.reset();
    if (i + 1 < visit_.warmup + visit_.iterations)
      answer_ = c_.receive(peer_, data_tag, buffers_.in(visit_.size, i + 1));
    return elapsed / 2;
  }

  /// Posting the receive counts here: a collective posts it in each step.
  double exchange_one(int i) {
    const double start = now().value();
    Request incoming = c_.receive(peer_, data_tag, buffers_.in(visit_.size, i));
    const double before = times_send_ ? now().value() : 0;
    Request outgoing = c_.send(peer_, data_tag, buffers_.out(visit_.size, i));
    if (times_send_) in_send_ = now().value() - before;
    c_.wait(incoming);
    c_.wait(outgoing);
    return now().value() - start;
  }

  /// Two receives ahead, so that the answer leaves at once and yet no ping comes early.
  void answer(int total) {
    const auto post = [&](int i) {
      return i < total ? c_.receive(peer_, data_tag, buffers_.in(visit_.size, i)) : Request();
    };
    Request incoming = post(0), next = post(1);
    for (int i = 0; i < total; ++i) {
      c_.wait(incoming);
      Request outgoing = c_.send(peer_, data_tag, buffers_.out(visit_.size, i));
      incoming = std::exchange(next, post(i + 2));
      c_.wait(outgoing);
    }
  }

  double pour_window() {
    std::byte ready{};
    c_.receive_now(peer_, acknowledge_tag, {&ready, 1});
    Request acknowledged = c_.receive(peer_, acknowledge_tag, {&ready, 1});
    const double start = now().value();
    for (Request& request : window_)
      request = c_.send(peer_, data_tag, buffers_.out(visit_.size, 0));
    in_send_ = (now().value() - start) / visit_.window;
    c_.wait_all(window_);
    c_.wait(acknowledged);
    return (now().value() - start) / visit_.window;
  }

  void drink(int total) {
    const std::byte word{};
    for (int i = 0; i < total; ++i) {
      for (Request& request : window_)
        request = c_.receive(peer_, data_tag, buffers_.in(visit_.size, 0));
      c_.send_now(peer_, acknowledge_tag, {&word, 1});
      c_.wait_all(window_);
      c_.send_now(peer_, acknowledge_tag, {&word, 1});
    }
  }

  Communicator& c_;
  int peer_;
  const Visit& visit_;
  MessageBuffers& buffers_;
  std::vector<Request> window_;
  std::optional<Request> answer_;
  VisitResult result_;
  double in_send_ = 0;
  bool times_send_ = true;
};

}  // namespace

MessageBuffers::MessageBuffers(std::size_t largest, bool fresh)
    : out_memory_((fresh ? fresh_slots * largest : largest) + 2 * page),
      in_memory_(out_memory_.size()),
      evictor_(fresh ? fresh_area() : 0),
      out_(from_page(out_memory_)),
      in_(from_page(in_memory_)) {}

int MessageBuffers::distinct(std::size_t size) const {
  if (evictor_.empty()) return 1;
  const std::size_t stride = std::max((size + page - 1) / page * page, page);
  return static_cast<int>(std::clamp<std::size_t>(out_.size() / stride, 1, 100));
}

std::size_t MessageBuffers::offset(std::size_t size, int iteration) const {
  const std::size_t stride = (size + page - 1) / page * page;
  return static_cast<std::size_t>(iteration % distinct(size)) * stride;
}

std::span<std::byte> MessageBuffers::out(std::size_t size, int iteration) {
  return out_.subspan(offset(size, iteration), size);
}
std::span<std::byte> MessageBuffers::in(std::size_t size, int iteration) {
  return in_.subspan(offset(size, iteration), size);
}

void MessageBuffers::fill_out(std::size_t size, int iterations, std::uint64_t seed) {
  for (int i = 0; i < iterations; ++i)
    all_words(out(size, i), seed, [](std::byte* to, const std::uint64_t* word, std::size_t count) {
      std::memcpy(to, word, count);
      return true;
    });
}

void MessageBuffers::poison_in(std::size_t size, int iterations) {
  for (int i = 0; i < iterations; ++i) std::ranges::fill(in(size, i), std::byte{0xEE});
}

bool MessageBuffers::in_is(std::size_t size, int iterations, std::uint64_t seed) {
  for (int i = 0; i < iterations; ++i)
    if (!all_words(in(size, i), seed,
                   [](const std::byte* got, const std::uint64_t* word, std::size_t count) {
                     return std::memcmp(got, word, count) == 0;
                   }))
      return false;
  return true;
}

void MessageBuffers::evict() {
  // A different byte each time, or the compiler might drop the stores.
  std::ranges::fill(
      evictor_, static_cast<std::byte>(evictor_.empty() ? 0 : to_integer<int>(evictor_[0]) + 1));
}

VisitResult run_visit(Communicator& communicator, int peer, bool leads, const Visit& visit,
                      MessageBuffers& buffers) {
  assert(visit.iterations >= 1);
  const int used = std::min(buffers.distinct(visit.size), visit.warmup + visit.iterations);
  const bool receives = visit.pattern != Pattern::stream || !leads;
  buffers.fill_out(visit.size, used, visit.seed + (leads ? 0 : 1));
  if (receives) buffers.poison_in(visit.size, used);
  buffers.evict();
  communicator.exchange(peer, {}, peer, {}, verdict_tag);  // Both are ready.
  Loop loop(communicator, peer, visit, buffers);
  VisitResult result;
  const Traffic before = communicator.sent();
  if (leads)
    result = loop.lead();
  else
    loop.follow();
  result.sent = communicator.sent() - before;
  std::uint8_t mine = !receives || buffers.in_is(visit.size, used, visit.seed + (leads ? 1 : 0)),
               theirs = 0;
  communicator.exchange(peer, std::as_bytes(std::span(&mine, 1)), peer,
                        std::as_writable_bytes(std::span(&theirs, 1)), verdict_tag);
  result.is_correct = mine != 0 && theirs != 0;
  return result;
}

}  // namespace assay::network
