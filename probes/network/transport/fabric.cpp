#include "probes/network/transport/fabric.hpp"

#include <fmt/format.h>
#include <rdma/fabric.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_errno.h>
#include <rdma/fi_tagged.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <deque>
#include <exception>
#include <list>
#include <utility>

#include "probes/core/errors.hpp"
#include "probes/network/transport/fabric_info.hpp"
#include "probes/network/transport/fabric_library.hpp"
#include "probes/network/transport/matcher.hpp"

namespace assay::network {

namespace {

constexpr std::uint16_t setup_group = 0xffff;  ///< No communicator has it.
constexpr WireTag connect_tag = wire_tag(setup_group, 1);

struct FabricOperation {
  fi_context2 context{};  ///< First: libfabric hands its address back.
  fid_mr* registration = nullptr;
  std::size_t expected = 0;
  int peer = -1;
  bool is_receive = false;
  bool complete = false;
  bool is_transport_error = false;
  std::string error;
};

class Fabric final : public FabricEndpoint {
 public:
  Fabric(int rank, std::vector<Place> places, const FabricOptions& options, Bootstrap& bootstrap,
         Liveness& liveness)
      : rank_(rank),
        places_(std::move(places)),
        bootstrap_(bootstrap),
        liveness_(liveness),
        yield_(options.yield || options.waiting == Waiting::back_off),
        waiting_(options.waiting) {
    set_timeout(options.timeout);
    choose(options);
    open();
    exchange_addresses();
    connect_peers();
    is_connected_ = true;
  }

  ~Fabric() override {
    if (std::uncaught_exceptions() > 0) return;
    for (FabricOperation& operation : operations_)
      if (operation.registration) fi_close(&operation.registration->fid);
  }

  int rank() const override { return rank_; }
  const std::vector<Place>& places() const override { return places_; }
  const std::string& provider() const override { return provider_; }
  std::string description() const override {
    const FabricPath path = path_of(*info_);
    return fmt::format("{} {} on {} ({}), inject {} B", path.provider, path.version, path.domain,
                       path.fabric, path.inject_size);
  }

  Request send(int to, WireTag tag, std::span<const std::byte> bytes) override {
    if (to == rank_) return send_to_self(tag, bytes);
    if (bytes.size() > inject_size_) return send_with_completion(to, tag, bytes);
    retry(to, "fi_tinject", [&] {
      return fi_tinject(endpoint_.get(), bytes.data(), bytes.size(), address(to), tag);
    });
    return Request();
  }

  Request receive(int from, WireTag tag, std::span<std::byte> bytes) override {
    if (from == rank_) return receive_from_self(tag, bytes);
    FabricOperation& operation = new_operation(from, true, bytes.size());
    void* const descriptor = register_memory(operation, bytes.data(), bytes.size(), FI_RECV);
    retry(from, "fi_trecv", [&] {
      return fi_trecv(endpoint_.get(), bytes.data(), bytes.size(), descriptor, address(from), tag,
                      0, &operation.context);
    });
    return Request(&operation);
  }

  bool test(Request& request) override {
    if (request.is_complete_handle()) return true;
    if (!is_complete(request) && poll() == 0) idle_check();
    if (!is_complete(request)) return false;
    finish_request(request);
    return true;
  }

  void wait(Request& request) override {
    if (request.is_complete_handle()) return;
    if (!is_complete(request)) wait_until_complete(request);
    finish_request(request);
  }

  void progress() override {
    poll();
    idle_check();
  }

  std::unique_ptr<SharedRegion> shared_region(Communicator& host_group,
                                              std::size_t bytes) override {
    return share_between_processes(host_group, bytes);
  }

  void finish() override {
    // Not by messages of this endpoint: what a provider calls sent may still lie in its own
    // buffers, and is lost when the endpoint closes. So all keep moving messages until everybody
    // has all of theirs.
    bootstrap_.meet([this] { progress(); });
  }

 private:
  // --- set-up ---

  void choose(const FabricOptions& options) {
    offered_ = offered_info();
    std::vector<FabricPath> paths;
    for (const fi_info* info = offered_.get(); info; info = info->next)
      paths.push_back(path_of(*info));
    const bool one_host = std::all_of(places_.begin(), places_.end(), [&](const Place& place) {
      return place.node == places_[0].node;
    });
    const std::vector<FabricPath> ranked =
        ranked_paths(std::move(paths), one_host, options.provider);
    const std::string mine = encode_paths(ranked, ControlBlock::blob_limit);
    std::vector<std::vector<FabricPath>> of_ranks;
    for (const auto& bytes : bootstrap_.gather(std::as_bytes(std::span(mine))))
      of_ranks.push_back(decode_paths({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    const PathChoice choice = choose_path(of_ranks, options.provider);
    const auto chosen = std::find_if(ranked.begin(), ranked.end(), [&](const FabricPath& path) {
      return path.provider == choice.provider &&
             (choice.fabric.empty() || path.fabric == choice.fabric);
    });
    assert(chosen != ranked.end());
    for (fi_info* info = offered_.get(); info && !info_; info = info->next) {
      const FabricPath path = path_of(*info);
      if (path.provider == chosen->provider && path.fabric == chosen->fabric &&
          path.domain == chosen->domain)
        info_ = info;
    }
    provider_ = choice.provider;
    inject_size_ = info_->tx_attr->inject_size;
    must_register_ = (info_->domain_attr->mr_mode & FI_MR_LOCAL) != 0;
  }

  void open() {
    fid_fabric* fabric = nullptr;
    require_success(fabric_library().fabric(info_->fabric_attr, &fabric, nullptr), "fi_fabric",
                    provider_);
    fabric_.reset(fabric);
    fid_domain* domain = nullptr;
    require_success(fi_domain(fabric, info_, &domain, nullptr), "fi_domain", provider_);
    domain_.reset(domain);
    fi_cq_attr cq_attr{};
    cq_attr.format = FI_CQ_FORMAT_TAGGED;
    cq_attr.wait_obj = FI_WAIT_NONE;
    fid_cq* cq = nullptr;
    if (yield_ && waiting_ == Waiting::block && wakes_up(provider_)) {
      cq_attr.wait_obj = FI_WAIT_UNSPEC;
      blocks_ = fi_cq_open(domain, &cq_attr, &cq, nullptr) == 0;
      cq_attr.wait_obj = FI_WAIT_NONE;
    }
    if (!blocks_)
      require_success(fi_cq_open(domain, &cq_attr, &cq, nullptr), "fi_cq_open", provider_);
    completions_.reset(cq);
    fi_av_attr av_attr{};
    av_attr.type = FI_AV_TABLE;
    av_attr.count = places_.size();
    fid_av* av = nullptr;
    require_success(fi_av_open(domain, &av_attr, &av, nullptr), "fi_av_open", provider_);
    addresses_.reset(av);
    fid_ep* endpoint = nullptr;
    require_success(fi_endpoint(domain, info_, &endpoint, nullptr), "fi_endpoint", provider_);
    endpoint_.reset(endpoint);
    require_success(fi_ep_bind(endpoint, &cq->fid, FI_TRANSMIT | FI_RECV), "fi_ep_bind", provider_);
    require_success(fi_ep_bind(endpoint, &av->fid, 0), "fi_ep_bind", provider_);
    require_success(fi_enable(endpoint), "fi_enable", provider_);
  }

  void exchange_addresses() {
    std::array<std::byte, 1024> name{};
    std::size_t length = name.size();
    require_success(fi_getname(&endpoint_->fid, name.data(), &length), "fi_getname", provider_);
    const auto names = bootstrap_.gather(std::span(name).first(length));
    peers_.resize(names.size(), FI_ADDR_UNSPEC);
    for (std::size_t rank = 0; rank < names.size(); ++rank)
      if (fi_av_insert(addresses_.get(), names[rank].data(), 1, &peers_[rank], 0, nullptr) != 1)
        throw RunError(
            fmt::format("libfabric {}: the address of rank {} was not accepted", provider_, rank));
  }

  /// Every pair, one connect at a time on each rank: partners by XOR of the ranks, the lower speaks
  /// first.
  void connect_peers() {
    const int ranks = static_cast<int>(places_.size());
    int rounds = 1;
    while (rounds < ranks) rounds *= 2;
    for (int round = 1; round < rounds; ++round) {
      const int peer = rank_ ^ round;
      if (peer >= ranks) continue;
      std::byte byte{};
      const auto speak = [&] {
        Request request = send_with_completion(peer, connect_tag, {&byte, 1});
        wait(request);
      };
      Request incoming = receive(peer, connect_tag, {&byte, 1});
      if (rank_ < peer) speak();
      wait(incoming);
      if (rank_ > peer) speak();
    }
  }

  // --- operations ---

  [[nodiscard]] fi_addr_t address(int rank) const { return peers_[static_cast<std::size_t>(rank)]; }

  FabricOperation& new_operation(int peer, bool is_receive, std::size_t expected) {
    if (free_.empty()) free_.push_back(&operations_.emplace_back());
    FabricOperation& operation = *free_.back();
    free_.pop_back();
    operation.expected = expected;
    operation.peer = peer;
    operation.is_receive = is_receive;
    operation.complete = false;
    operation.is_transport_error = false;
    return operation;
  }

  void* register_memory(FabricOperation& operation, const void* data, std::size_t bytes,
                        std::uint64_t access) {
    if (!must_register_ || bytes == 0) return nullptr;
    // Providers that ask for it keep their own cache of registrations.
    require_success(fi_mr_reg(domain_.get(), data, bytes, access, 0, next_key_++, 0,
                              &operation.registration, nullptr),
                    "fi_mr_reg", provider_);
    return fi_mr_desc(operation.registration);
  }

  Request send_with_completion(int to, WireTag tag, std::span<const std::byte> bytes) {
    FabricOperation& operation = new_operation(to, false, bytes.size());
    void* const descriptor = register_memory(operation, bytes.data(), bytes.size(), FI_SEND);
    retry(to, "fi_tsend", [&] {
      return fi_tsend(endpoint_.get(), bytes.data(), bytes.size(), descriptor, address(to), tag,
                      &operation.context);
    });
    return Request(&operation);
  }

  /// Repeats `call` while it answers EAGAIN: the queue is full (polling empties it), a connection
  /// is being made (polling makes it), or the peer is dead (the liveness or the deadline ends it).
  template <class Call>
  void retry(int peer, const char* name, const Call& call) {
    ssize_t result = call();
    if (result == 0) return;
    const Deadline deadline(timeout());
    for (; result == -FI_EAGAIN; result = call()) {
      if (poll() > 0) continue;
      idle_check();
      if (deadline.passed()) throw_timed_out(peer);
    }
    if (result == 0) return;
    throw_if_peer_lost();
    throw RunError(fmt::format("libfabric {}: {} to {} failed: {}", provider_, name, name_of(peer),
                               fabric_library().strerror(static_cast<int>(-result))));
  }

  [[nodiscard]] std::string name_of(int rank) const {
    return fmt::format("rank {} on {}", rank, places_[static_cast<std::size_t>(rank)].host);
  }

  /// A transfer that fails is mostly the consequence of a peer that has died, or that failed and
  /// left while its memory was being read: throws what is known of that, and waits a moment for it.
  void throw_if_peer_lost() {
    const Deadline deadline(std::min(1_s, 0.25 * timeout()));
    while (!deadline.passed()) {
      liveness_.check();
      const timespec interval{0, 1'000'000};
      nanosleep(&interval, nullptr);
    }
  }

  static bool is_complete(const Request& request) {
    return static_cast<const FabricOperation*>(request.handle())->complete;
  }

  void wait_until_complete(const Request& request) {
    const auto& operation = *static_cast<const FabricOperation*>(request.handle());
    constexpr unsigned polls_between_checks = 256, polls_before_yield = 1000;
    constexpr unsigned polls_before_back_off = 20, polls_before_block = 5;
    unsigned idle = 0, back_offs = 0;
    double give_up = 0;
    while (true) {
      if (poll() > 0) {
        if (operation.complete) break;
        continue;
      }
      if (operation.complete) break;  // A message to oneself.
      if (waiting_ == Waiting::back_off && is_connected_ && idle > polls_before_back_off) {
        back_off(back_offs++);
        idle |= polls_between_checks - 1;  // Look at the others' health after each.
      }
      if (blocks_ && is_connected_ && idle > polls_before_block) {
        if (block() > 0) continue;
        idle |= polls_between_checks - 1;
      }
      // A long wait may mean that the peer needs this core: several hosts of a lab share one
      // machine.
      if ((yield_ && !blocks_) || idle > polls_before_yield) sched_yield();
      if (++idle % polls_between_checks != 0) continue;
      liveness_.check();
      const double time = now().value();
      if (give_up == 0) {
        give_up = time + timeout().value();
        liveness_.waits_for(operation.peer);
      }
      if (time >= give_up) throw_timed_out(operation.peer);
    }
    if (give_up != 0) liveness_.waits_for(-1);
  }

  /// Sleeps that grow: what is near is not late, what is far costs little. Not on a descriptor of the
  /// queue (FI_WAIT_FD): not every provider has one.
  static void back_off(unsigned number) {
    constexpr long shortest = 20'000, doublings = 4;  // ns
    const timespec interval{0, shortest << std::min<long>(number / 4, doublings)};
    nanosleep(&interval, nullptr);
  }

  void idle_check() {
    if (yield_) sched_yield();
    liveness_.check();
  }

  [[noreturn]] void throw_timed_out(int peer) const {
    throw TimedOut(
        fmt::format("rank {} waited {} for {}", rank_, format(timeout()), name_of(peer)));
  }

  void finish_request(Request& request) {
    auto& operation = *static_cast<FabricOperation*>(request.handle());
    request.clear();
    if (operation.registration) {
      fi_close(&operation.registration->fid);
      operation.registration = nullptr;
    }
    const std::string error = std::exchange(operation.error, {});
    const bool is_transport_error = operation.is_transport_error;
    free_.push_back(&operation);
    if (is_transport_error) throw_if_peer_lost();
    if (!error.empty()) throw RunError(error);
  }

  /// Reads completions; the number read.
  int poll() {
    Entries entries;
    return take(fi_cq_read(completions_.get(), entries.data(), entries.size()), entries);
  }

  /// As poll(), but gives the core away until there is something to do: the kernel then runs this
  /// rank at once, while one that yields again and again has used up its share of time slices,
  /// and waits for one of milliseconds. Woken at times to look at the others' health.
  int block() {
    constexpr int milliseconds = 20;
    Entries entries;
    return take(
        fi_cq_sread(completions_.get(), entries.data(), entries.size(), nullptr, milliseconds),
        entries);
  }

  using Entries = std::array<fi_cq_tagged_entry, 16>;
  int take(ssize_t count, const Entries& entries) {
    if (count == -FI_EAGAIN || count == -FI_EINTR) return 0;
    if (count == -FI_EAVAIL) return poll_error();
    if (count < 0) require_success(static_cast<int>(count), "fi_cq_read", provider_);
    for (ssize_t i = 0; i < count; ++i) complete(entries[static_cast<std::size_t>(i)]);
    return static_cast<int>(count);
  }

  void complete(const fi_cq_tagged_entry& entry) {
    auto& operation = *static_cast<FabricOperation*>(entry.op_context);
    if (operation.is_receive && entry.len != operation.expected)
      operation.error =
          fmt::format("message of {} bytes from rank {}, where {} bytes were expected", entry.len,
                      operation.peer, operation.expected);
    operation.complete = true;
  }

  int poll_error() {
    fi_cq_err_entry entry{};
    const ssize_t result = fi_cq_readerr(completions_.get(), &entry, 0);
    if (result == -FI_EAGAIN) return 0;
    if (result < 0) require_success(static_cast<int>(result), "fi_cq_readerr", provider_);
    if (!entry.op_context)
      throw RunError(
          fmt::format("libfabric {}: {}", provider_, fabric_library().strerror(entry.err)));
    auto& operation = *static_cast<FabricOperation*>(entry.op_context);
    if (entry.err == FI_ETRUNC)
      operation.error =
          fmt::format("message of {} bytes from rank {}, where {} bytes were expected",
                      operation.expected + entry.olen, operation.peer, operation.expected);
    else {
      operation.is_transport_error = true;
      operation.error = fmt::format("libfabric {}: {} {} failed: {}", provider_,
                                    operation.is_receive ? "receiving from" : "sending to",
                                    name_of(operation.peer), fabric_library().strerror(entry.err));
    }
    operation.complete = true;
    return 1;
  }

  // --- messages to oneself: not every provider takes them ---

  struct SelfReceive {
    PostedOperation operation;
    FabricOperation* request;
  };

  Request send_to_self(WireTag tag, std::span<const std::byte> bytes) {
    to_self_.deliver(rank_, tag, {bytes.begin(), bytes.end()}, {});
    finish_self_receives();
    return Request();
  }

  Request receive_from_self(WireTag tag, std::span<std::byte> bytes) {
    FabricOperation& request = new_operation(rank_, true, bytes.size());
    PostedOperation operation{
        .is_receive = true, .peer = rank_, .tag = tag, .into = bytes, .error = {}};
    SelfReceive& receive = self_receives_.emplace_back(SelfReceive{std::move(operation), &request});
    to_self_.post(receive.operation);
    finish_self_receives();
    return Request(&request);
  }

  void finish_self_receives() {
    self_receives_.remove_if([](SelfReceive& receive) {
      if (!receive.operation.complete) return false;
      receive.request->error = std::move(receive.operation.error);
      receive.request->complete = true;
      return true;
    });
  }

  int rank_;
  std::vector<Place> places_;
  Bootstrap& bootstrap_;
  Liveness& liveness_;
  bool yield_;
  Waiting waiting_;
  bool blocks_ = false;  ///< The queue can be slept on.
  /// Connections are made by polling, and their news are not the queue's.
  bool is_connected_ = false;
  FabricInfo offered_;
  fi_info* info_ = nullptr;  ///< One of offered_.
  std::string provider_;
  std::size_t inject_size_ = 0;
  bool must_register_ = false;
  std::uint64_t next_key_ = 1;
  std::deque<FabricOperation> operations_;  ///< Before the handles: closing may touch the contexts.
  std::vector<FabricOperation*> free_;
  // In order of construction; closed in reverse: the endpoint first.
  Handle<fid_fabric> fabric_;
  Handle<fid_domain> domain_;
  Handle<fid_cq> completions_;
  Handle<fid_av> addresses_;
  Handle<fid_ep> endpoint_;
  std::vector<fi_addr_t> peers_;
  Matcher to_self_;
  std::list<SelfReceive> self_receives_;
};

}  // namespace

std::shared_ptr<FabricEndpoint> open_fabric(int rank, std::vector<Place> places,
                                            const FabricOptions& options, Bootstrap& bootstrap,
                                            Liveness& liveness) {
  return std::make_shared<Fabric>(rank, std::move(places), options, bootstrap, liveness);
}

}  // namespace assay::network
