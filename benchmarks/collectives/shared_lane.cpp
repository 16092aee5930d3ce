#include "benchmarks/collectives/shared_lane.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "benchmarks/collectives/step_costs.hpp"
#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"

namespace assay::collectives {
namespace {

constexpr std::size_t line = 64;
/// What fits into the line of the counter itself: one line to fetch per peer instead of two.
constexpr std::size_t tiny_limit = line - sizeof(std::uint64_t);
/// Up to here everybody reduces everything; above, reading (p-1) vectors costs more than a second
/// phase.
constexpr std::size_t small_limit = 4096;
/// Of all pieces of a chunk together. Three staged chunks, three results and the user's vectors
/// share an L2.
constexpr std::size_t chunk_limit = std::size_t{64} << 10;
constexpr int buffers = 3;

void set(std::uint64_t& counter, std::uint64_t value) {
  std::atomic_ref<std::uint64_t>(counter).store(value, std::memory_order_release);
}

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

/// A rank's own area; only it writes here. Counters on lines of their own: others poll them.
struct SharedLane::Area {
  struct alignas(2 * line) Tiny {
    std::uint64_t call;
    std::byte data[tiny_limit];
  };
  Tiny tiny[2];
  alignas(2 * line) std::uint64_t staged;  ///< Chunks whose input everybody may read.
  alignas(2 * line)
      std::uint64_t reduced;  ///< Chunks whose own piece is reduced, or has no owner here.
  alignas(4096) std::byte small[2][small_limit];
  alignas(4096) std::byte input[buffers][chunk_limit + 4096];
  alignas(4096) std::byte result[buffers][chunk_limit + 4096];
};

std::unique_ptr<SharedLane> SharedLane::create(network::Communicator& host) {
  auto region = host.shared_region(sizeof(Area) * static_cast<std::size_t>(host.size()));
  if (!region) return nullptr;
  std::unique_ptr<SharedLane> lane(new SharedLane(host, std::move(region)));
  // The first to touch a page decides where it lies.
  std::memset(static_cast<void*>(&lane->area(lane->rank_)), 0, sizeof(Area));
  host.barrier();
  return lane;
}

SharedLane::SharedLane(network::Communicator& host, std::unique_ptr<network::SharedRegion> region)
    : host_(host), region_(std::move(region)), rank_(host.rank()), ranks_(host.size()) {}

SharedLane::Area& SharedLane::area(int rank) const {
  return *reinterpret_cast<Area*>(region_->bytes().data() +
                                  sizeof(Area) * static_cast<std::size_t>(rank));
}

void SharedLane::wait_for(std::uint64_t& counter, std::uint64_t value, int rank) const {
  const std::atomic_ref<std::uint64_t> watched(counter);
  constexpr int patience = 4000;
  for (int spins = 0; spins < patience; ++spins) {
    if (watched.load(std::memory_order_acquire) >= value) return;
    relax();
  }
  // Long: the rank that is waited for may want this core, or be gone.
  const Deadline deadline(host_.timeout());
  while (watched.load(std::memory_order_acquire) < value) {
    sched_yield();
    host_.progress();
    if (deadline.passed())
      throw TimedOut("rank " + std::to_string(rank_) + " waited " + format(host_.timeout()) +
                     " for rank " + std::to_string(rank) + " in shared memory");
  }
}

void SharedLane::wait_for_all(std::uint64_t Area::*counter, std::uint64_t value) const {
  for (int turn = 1; turn < ranks_; ++turn) {
    const int rank = (rank_ + turn) % ranks_;
    wait_for(area(rank).*counter, value, rank);
  }
}

void SharedLane::all_reduce(const AllReduceCall& call) {
  if (ranks_ == 1 || call.in.empty()) return copy_input(call);
  if (call.in.size() <= small_limit) return small_all_reduce(call);
  const Job job = make_job(call.in, call.out, call.type, call.operation, call.element(), ranks_);
  for (std::size_t i = 0; i < job.chunks + 2; ++i) {
    if (i < job.chunks) stage(job, i);
    if (i >= 1 && i - 1 < job.chunks) reduce(job, i - 1, true);
    if (i >= 2) fetch(job, i - 2);
  }
  chunks_done_ += job.chunks;
}

/// Two buffers by turns are enough: whoever writes call n has seen everybody's call n-1, and nobody
/// announces call n-1 before it has read all of call n-2.
void SharedLane::gather_small(std::span<const std::byte> mine) {
  ++small_calls_;
  const std::size_t turn = small_calls_ % 2;
  const bool is_tiny = mine.size() <= tiny_limit;
  const auto data = [&](int rank) {
    Area& of_rank = area(rank);
    return is_tiny ? of_rank.tiny[turn].data : of_rank.small[turn];
  };
  if (!mine.empty()) std::memcpy(data(rank_), mine.data(), mine.size());
  set(area(rank_).tiny[turn].call, small_calls_);
  sources_.clear();
  for (int rank = 0; rank < ranks_; ++rank) {
    if (rank != rank_) wait_for(area(rank).tiny[turn].call, small_calls_, rank);
    sources_.push_back(data(rank));
  }
}

void SharedLane::small_all_reduce(const AllReduceCall& call) {
  gather_small(call.in);
  network::combine(call.operation, call.type, call.out, sources_);
}

SharedLane::Job SharedLane::make_job(std::span<const std::byte> in, std::span<std::byte> out,
                                     network::ElementType type, network::Operation operation,
                                     std::size_t element, int owners) const {
  const std::size_t parts = static_cast<std::size_t>(owners);
  const std::size_t longest = part(out.size(), element, parts, 0).size;
  // Whole cache lines, so that no two pieces share one.
  const std::size_t piece = std::max<std::size_t>(chunk_limit / parts / line * line, line);
  return {.in = in,
          .out = out,
          .type = type,
          .operation = operation,
          .element = element,
          .owners = owners,
          .piece = piece,
          .chunks = std::max<std::size_t>(1, (longest + piece - 1) / piece)};
}

Part SharedLane::piece(const Job& job, int owner, std::size_t chunk) const {
  const Part all = part(job.out.size(), job.element, static_cast<std::size_t>(job.owners),
                        static_cast<std::size_t>(owner));
  const std::size_t begin = std::min(chunk * job.piece, all.size);
  return {all.begin + begin, std::min(job.piece, all.size - begin)};
}

std::byte* SharedLane::staging(int rank, std::uint64_t chunk) const {
  return area(rank).input[chunk % buffers];
}
std::byte* SharedLane::result(int rank, std::uint64_t chunk) const {
  return area(rank).result[chunk % buffers];
}

/// Everybody has to be done with what was staged there before.
std::byte* SharedLane::free_staging(std::uint64_t chunk) const {
  if (chunk >= buffers) wait_for_all(&Area::reduced, chunk + 1 - buffers);
  return staging(rank_, chunk);
}

/// The own piece stays where it is: nobody else reads it.
void SharedLane::stage(const Job& job, std::size_t chunk) {
  std::byte* const to = free_staging(chunks_done_ + chunk);
  for (int owner = 0; owner < job.owners; ++owner) {
    const Part bytes = piece(job, owner, chunk);
    if (owner != rank_ && bytes.size > 0)
      std::memcpy(to + static_cast<std::size_t>(owner) * job.piece, job.in.data() + bytes.begin,
                  bytes.size);
  }
  set(area(rank_).staged, chunks_done_ + chunk + 1);
}

void SharedLane::reduce(const Job& job, std::size_t chunk, bool is_published) {
  const std::uint64_t number = chunks_done_ + chunk;
  // Also makes sure that nobody still fetches the result that this one overwrites: chunk n is
  // staged after chunk n - 3 was fetched.
  wait_for_all(&Area::staged, number + 1);
  const Part bytes = rank_ < job.owners ? piece(job, rank_, chunk) : Part{};
  if (bytes.size > 0) {
    sources_.clear();
    for (int rank = 0; rank < ranks_; ++rank)
      sources_.push_back(rank == rank_
                             ? job.in.data() + bytes.begin
                             : staging(rank, number) + static_cast<std::size_t>(rank_) * job.piece);
    network::combine(job.operation, job.type, cut(job.out, bytes), sources_);
    if (is_published) std::memcpy(result(rank_, number), job.out.data() + bytes.begin, bytes.size);
  }
  set(area(rank_).reduced, number + 1);
}

void SharedLane::publish(const Job& job, std::size_t chunk) {
  const std::uint64_t number = chunks_done_ + chunk;
  // Nothing is staged, but whoever announces chunk n - 1 has fetched chunk n - 3, which this one
  // overwrites.
  set(area(rank_).staged, number + 1);
  wait_for_all(&Area::staged, number);
  const Part bytes = rank_ < job.owners ? piece(job, rank_, chunk) : Part{};
  if (bytes.size > 0) std::memcpy(result(rank_, number), job.out.data() + bytes.begin, bytes.size);
  set(area(rank_).reduced, number + 1);
}

void SharedLane::fetch(const Job& job, std::size_t chunk) {
  const std::uint64_t number = chunks_done_ + chunk;
  for (int turn = 1; turn < ranks_; ++turn) {
    const int owner = (rank_ + turn) % ranks_;
    wait_for(area(owner).reduced, number + 1, owner);
    const Part bytes = owner < job.owners ? piece(job, owner, chunk) : Part{};
    if (bytes.size > 0)
      std::memcpy(job.out.data() + bytes.begin, result(owner, number), bytes.size);
  }
}

void SharedLane::reduce_scatter(const AllReduceCall& call, int owners) {
  const Job job = make_job(call.in, call.out, call.type, call.operation, call.element(), owners);
  for (std::size_t i = 0; i < job.chunks + 1; ++i) {
    if (i < job.chunks) stage(job, i);
    if (i >= 1) reduce(job, i - 1, false);
  }
  chunks_done_ += job.chunks;
}

void SharedLane::all_gather(std::span<std::byte> bytes, std::size_t element, int owners) {
  const Job job = make_job(bytes, bytes, {}, {}, element, owners);
  for (std::size_t i = 0; i < job.chunks + 1; ++i) {
    if (i < job.chunks) publish(job, i);
    if (i >= 1) fetch(job, i - 1);
  }
  chunks_done_ += job.chunks;
}

void SharedLane::exchange(std::span<const std::byte> out, std::span<std::byte> in) {
  const int neighbour = (rank_ + 1) % ranks_;
  if (out.size() <= small_limit) {
    gather_small(out);
    if (!in.empty())
      std::memcpy(in.data(), sources_[static_cast<std::size_t>(neighbour)], in.size());
    return;
  }
  for (std::size_t begin = 0; begin < std::max<std::size_t>(out.size(), 1);
       begin += chunk_limit, ++chunks_done_) {
    const std::size_t size = std::min(chunk_limit, out.size() - begin);
    if (size > 0) std::memcpy(free_staging(chunks_done_), out.data() + begin, size);
    set(area(rank_).staged, chunks_done_ + 1);
    wait_for(area(neighbour).staged, chunks_done_ + 1, neighbour);
    if (size > 0) std::memcpy(in.data() + begin, staging(neighbour, chunks_done_), size);
    set(area(rank_).reduced, chunks_done_ + 1);
  }
}

std::string sharing_unsupported_reason(network::Communicator& communicator) {
  if (!is_one_host(communicator)) return "the ranks are on several hosts, which share no memory";
  if (!communicator.shared_region(64)) return "this host does not let processes share memory";
  return {};
}

}  // namespace assay::collectives
