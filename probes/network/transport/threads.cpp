#include "probes/network/transport/threads.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <thread>

#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/network/transport/endpoint.hpp"
#include "probes/network/transport/matcher.hpp"

namespace assay::network {

namespace {

/// Up to this size a send completes at once, above only when the receiver has matched it: like the
/// eager and rendezvous protocols of real providers, so that an algorithm that deadlocks there does
/// so here.
constexpr std::size_t eager_limit = 4096;

/// What one rank puts into another's mailbox: a message, or the news that one was matched.
struct Letter {
  int from = -1;
  WireTag tag = 0;
  std::vector<std::byte> bytes;
  PostedOperation* sender_waits = nullptr;  ///< Of the sending rank; touched by its thread only.
  bool is_acknowledgement = false;
};

class Mailbox {
 public:
  void put(Letter letter) {
    {
      const std::lock_guard lock(mutex_);
      letters_.push_back(std::move(letter));
    }
    arrived_.notify_one();
  }
  std::vector<Letter> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(letters_, {});
  }
  /// Sleeps until there is a letter, a wake-up, or 50 ms have passed (so that Ctrl-C is noticed).
  void sleep() {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::milliseconds(50),
                      [this] { return !letters_.empty() || woken_; });
    woken_ = false;
  }
  void wake() {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    arrived_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Letter> letters_;
  bool woken_ = false;
};

/// What the ranks share.
struct World {
  World(int ranks, int hosts)
      : mailboxes(static_cast<std::size_t>(ranks)), returned(mailboxes.size()) {
    for (int rank = 0; rank < ranks; ++rank) {
      const int node = rank * hosts / ranks;
      const int before = rank - (node * ranks + hosts - 1) / hosts;
      places.push_back({fmt::format("host{}", node), node, before, -1});
    }
  }
  void wake_all() {
    for (Mailbox& mailbox : mailboxes) mailbox.wake();
  }
  void fail(int rank, std::exception_ptr error) {
    {
      const std::lock_guard lock(mutex);
      if (!first_error) {
        first_error = std::move(error);
        failed_rank = rank;
      }
    }
    wake_all();
  }

  std::vector<Place> places;
  std::vector<Mailbox> mailboxes;
  std::vector<std::atomic<bool>> returned;
  std::mutex mutex;
  std::exception_ptr first_error;
  std::atomic<int> failed_rank{-1};
};

class ThreadEndpoint final : public Endpoint {
 public:
  ThreadEndpoint(World& world, int rank) : world_(world), rank_(rank) {}

  int rank() const override { return rank_; }
  const std::vector<Place>& places() const override { return world_.places; }
  const std::string& provider() const override {
    static const std::string name = "threads";
    return name;
  }

  Request send(int to, WireTag tag, std::span<const std::byte> bytes) override {
    throw_if_failed();
    Letter letter{rank_, tag, {bytes.begin(), bytes.end()}};
    Request request;
    if (bytes.size() > eager_limit) {
      letter.sender_waits = &operations_.emplace_back(
          PostedOperation{.peer = to, .tag = tag, .into = {}, .error = {}});
      request = Request(letter.sender_waits);
    }
    mailbox(to).put(std::move(letter));
    return request;
  }

  Request receive(int from, WireTag tag, std::span<std::byte> bytes) override {
    throw_if_failed();
    PostedOperation& operation = operations_.emplace_back(
        PostedOperation{.is_receive = true, .peer = from, .tag = tag, .into = bytes, .error = {}});
    drain();
    matcher_.post(operation);
    return Request(&operation);
  }

  bool test(Request& request) override {
    if (request.is_complete_handle()) return true;
    progress();
    return finish_if_complete(request);
  }

  void wait(Request& request) override {
    const Deadline deadline(timeout());
    while (!request.is_complete_handle()) {
      const auto& operation = *static_cast<PostedOperation*>(request.handle());
      const bool peer_returned = world_.returned[static_cast<std::size_t>(operation.peer)];
      progress();
      if (finish_if_complete(request)) return;
      if (peer_returned)
        throw PeerLost(operation.peer, fmt::format("rank {} returned while rank {} waits for it",
                                                   operation.peer, rank_));
      if (deadline.passed())
        throw TimedOut(
            fmt::format("rank {} waited {} for rank {}", rank_, format(timeout()), operation.peer));
      mailbox(rank_).sleep();
    }
  }

  void progress() override {
    drain();
    throw_if_failed();
    throw_if_interrupted();
  }

  std::unique_ptr<SharedRegion> shared_region(Communicator& host_group,
                                              std::size_t bytes) override {
    return share_between_threads(host_group, bytes);
  }

 private:
  Mailbox& mailbox(int rank) { return world_.mailboxes[static_cast<std::size_t>(rank)]; }

  void throw_if_failed() const {
    const int failed = world_.failed_rank;
    if (failed >= 0) throw PeerLost(failed, fmt::format("rank {} failed", failed));
  }

  void drain() {
    for (Letter& letter : mailbox(rank_).take()) {
      if (letter.is_acknowledgement) {
        letter.sender_waits->complete = true;
        continue;
      }
      Matcher::OnMatched on_matched;
      if (letter.sender_waits)
        on_matched = [this, to = letter.from, operation = letter.sender_waits] {
          mailbox(to).put(Letter{
              .from = rank_, .bytes = {}, .sender_waits = operation, .is_acknowledgement = true});
        };
      matcher_.deliver(letter.from, letter.tag, std::move(letter.bytes), std::move(on_matched));
    }
  }

  bool finish_if_complete(Request& request) {
    auto* operation = static_cast<PostedOperation*>(request.handle());
    if (!operation->complete) return false;
    request.clear();
    const std::string error = std::move(operation->error);
    operations_.remove_if([operation](const PostedOperation& o) { return &o == operation; });
    if (!error.empty()) throw RunError(error);
    return true;
  }

  World& world_;
  int rank_;
  std::list<PostedOperation> operations_;
  Matcher matcher_;
};

void run_rank(World& world, std::shared_ptr<Endpoint> endpoint,
              const std::function<void(Communicator&)>& body) {
  const int rank = endpoint->rank();
  try {
    body(*make_communicator(std::move(endpoint)));
  } catch (...) {
    world.fail(rank, std::current_exception());
  }
  world.returned[static_cast<std::size_t>(rank)] = true;
  world.wake_all();
}

}  // namespace

void run_as_threads(int ranks, const std::function<void(Communicator&)>& body, int hosts) {
  assert(ranks >= 1 && hosts >= 1 && hosts <= ranks);
  World world(ranks, hosts);
  std::vector<std::shared_ptr<Endpoint>> endpoints;  // Outlive the threads: others point into them.
  for (int rank = 0; rank < ranks; ++rank)
    endpoints.push_back(std::make_shared<ThreadEndpoint>(world, rank));
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < ranks; ++rank) try {
        threads.emplace_back(
            [&, rank] { run_rank(world, endpoints[static_cast<std::size_t>(rank)], body); });
      } catch (const std::exception& error) {
        // The others would wait for it.
        world.fail(rank, std::make_exception_ptr(RunError(fmt::format(
                             "cannot start the thread of rank {}: {}", rank, error.what()))));
        world.wake_all();
        break;
      }
  }
  if (world.first_error) std::rethrow_exception(world.first_error);
}

}  // namespace assay::network
