#include "probes/network/launch/rendezvous.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/network/launch/joining.hpp"

namespace assay::network {

namespace {

template <class Number>
std::string raw_bytes(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

/// Takes numbers and texts off the front of a payload; what is cut short is empty.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes) : bytes_(bytes) {}
  template <class Number>
  Number number() {
    Number value{};
    if (bytes_.size() < sizeof value) {
      bytes_ = {};
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    const auto length = static_cast<std::size_t>(number<std::uint64_t>());
    const std::string text(bytes_.substr(0, length));
    bytes_.remove_prefix(std::min(length, bytes_.size()));
    return text;
  }
  [[nodiscard]] std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

/// When each rank was heard. Silence counts only while this process itself ran: what was sent while
/// it was stopped is read first.
class HeardRanks {
 public:
  void hear(int rank) { heard_[rank] = now().value(); }
  void look() {
    const double time = now().value();
    if (time - looked_ > 5 * Rendezvous::period.value()) since_ = time;
    looked_ = time;
  }
  [[nodiscard]] std::optional<int> silent(Seconds allowed) const {
    for (const auto& [rank, when] : heard_)
      if (now().value() - std::max(when, since_) > allowed.value()) return rank;
    return std::nullopt;
  }

 private:
  std::map<int, double> heard_;
  double looked_ = 0, since_ = 0;
};

}  // namespace

Listener::Listener(const SocketAddress& at)
    : socket_(socket(at.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  const int yes = 1;
  setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (!socket_.is_open() || bind(socket_.get(), at.get(), at.length) != 0 ||
      listen(socket_.get(), 4096) != 0)
    throw UsageError(fmt::format("rank 0 cannot listen at {}: {}",
                                 to_text(HostPort{at.host(), at.port()}), std::strerror(errno)));
}

HostPort Listener::address() const {
  SocketAddress own;
  own.length = sizeof own.storage;
  getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&own.storage), &own.length);
  return {own.host(), own.port()};
}

class Rendezvous::Core {
 public:
  Core(int rank, int size, std::vector<std::unique_ptr<SealedLink>> links)
      : rank_(rank),
        size_(size),
        links_(std::move(links)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    has_left_.resize(links_.size());
    sigset_t all, before;
    sigfillset(&all);  // A signal is for the main thread, whose waits it ends.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { serve(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  ~Core() {
    {
      const std::lock_guard lock(mutex_);
      to_all(frame_type::goodbye, "", -1);
      leaving_ = Deadline(1_s);
    }
    wake();
    thread_.join();
  }

  int rank() const { return rank_; }
  int size() const { return size_; }

  unsigned bring(std::string_view mine) {
    const unsigned number = meetings_++;
    const std::lock_guard lock(mutex_);
    results_.erase(results_.begin(), results_.lower_bound(number > 0 ? number - 1 : 0));
    if (rank_ == 0)
      collect(number, 0, std::string(mine));
    else if (links_[0])
      links_[0]->send(frame_type::bring, raw_bytes(number) + std::string(mine));
    wake();
    return number;
  }
  bool is_done(unsigned number) const {
    const std::lock_guard lock(mutex_);
    return results_.contains(number);
  }
  std::vector<std::string> all(unsigned number) const {
    const std::lock_guard lock(mutex_);
    return results_.at(number);
  }

  void announce(int launch, const Failure& failure) {
    const std::lock_guard lock(mutex_);
    to_all(frame_type::failure, raw_bytes(launch) + encode(failure), -1);
    wake();
  }
  std::optional<Failure> announced(int launch) const {
    const std::lock_guard lock(mutex_);
    const auto found = announced_.find(launch);
    return found == announced_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Gone> gone() const {
    const std::lock_guard lock(mutex_);
    return gone_;
  }
  std::optional<int> silent(Seconds allowed) const {
    const std::lock_guard lock(mutex_);
    return heard_.silent(allowed);
  }
  void watch(Seconds allowed) {
    const std::lock_guard lock(mutex_);
    watched_ = allowed;
  }
  std::optional<Found> end_watch() {
    const std::lock_guard lock(mutex_);
    watched_.reset();
    if (found_) set_interrupted(false);
    return std::exchange(found_, std::nullopt);
  }

 private:
  void wake() const { eventfd_write(wake_.get(), 1); }

  // --- the thread ---

  void serve() {
    while (true) {
      std::vector<pollfd> files = {{wake_.get(), POLLIN, 0}};
      {
        const std::lock_guard lock(mutex_);
        move_links();
        if (is_over()) return;
        for (const auto& link : links_)
          if (link)
            files.push_back({link->descriptor(),
                             static_cast<short>(link->waiting() > 0 ? POLLIN | POLLOUT : POLLIN),
                             0});
      }
      ::poll(files.data(), files.size(), static_cast<int>(1e3 * period.value()));
      eventfd_t ignored = 0;
      eventfd_read(wake_.get(), &ignored);
    }
  }

  void move_links() {
    heard_.look();
    if (now() - life_sent_ >= period) {
      life_sent_ = now();
      for (const auto& link : links_)  // One that takes nothing needs no more of it.
        if (link && link->waiting() < 65536) link->send(frame_type::life, "");
    }
    // Frames of one link can be for others: what was put to them is moved before the thread sleeps.
    for (std::size_t peer = 0; peer < links_.size(); ++peer) {
      if (!links_[peer]) continue;
      bool is_open = links_[peer]->move();
      while (const auto frame = links_[peer]->next()) handle(static_cast<int>(peer), *frame);
      if (!is_open) lose(static_cast<int>(peer));
    }
    for (const auto& link : links_)
      if (link && link->waiting() > 0) (void)link->move();
    if (!watched_ || found_) return;
    if (const auto rank = heard_.silent(*watched_)) found_ = Found{*rank, false};
    if (gone_) found_ = Found{gone_->rank, true};
    if (found_) set_interrupted(true);
  }

  /// All that is to be said is said; rank 0 leaves last, so that what it said is not cut off.
  bool is_over() {
    if (!leaving_) return false;
    bool is_said = true;
    for (const auto& link : links_)
      if (link) is_said = is_said && (rank_ == 0 ? false : link->waiting() == 0);
    return is_said || leaving_->passed();
  }

  void lose(int peer) {
    links_[static_cast<std::size_t>(peer)].reset();
    note_gone({peer, has_left_[static_cast<std::size_t>(peer)]});
  }

  void note_gone(Gone gone) {
    if (!gone_) gone_ = gone;
    if (rank_ == 0)
      to_all(frame_type::gone, raw_bytes(gone.rank) + raw_bytes<char>(gone.said_so ? 1 : 0), -1);
  }

  /// From rank 0 to all but one, from another rank to rank 0.
  void to_all(char type, const std::string& payload, int but) {
    for (std::size_t peer = 0; peer < links_.size(); ++peer)
      if (links_[peer] && static_cast<int>(peer) != but) links_[peer]->send(type, payload);
  }

  void handle(int peer, const Frame& frame) {
    heard_.hear(peer);
    PayloadReader reader(frame.payload);
    switch (frame.type) {
      case frame_type::bring: {
        const auto number = reader.number<unsigned>();
        if (rank_ == 0) collect(number, peer, std::string(reader.rest()));
        break;
      }
      case frame_type::all: {
        const auto number = reader.number<unsigned>();
        std::vector<std::string> texts;
        for (int rank = 0; rank < size_; ++rank) texts.push_back(reader.text());
        results_[number] = std::move(texts);
        break;
      }
      case frame_type::failure: {
        const int launch = reader.number<int>();
        try {
          announced_.try_emplace(launch, decode_failure(reader.rest()));
        } catch (const RunError&) {  // Of another version of this program: as if it were not sent.
        }
        if (rank_ == 0) to_all(frame_type::failure, frame.payload, peer);
        break;
      }
      case frame_type::gone: {
        const int rank = reader.number<int>();
        if (rank != rank_) note_gone({rank, reader.number<char>() != 0});
        break;
      }
      case frame_type::goodbye:
        has_left_[static_cast<std::size_t>(peer)] = true;
        break;
      default:
        break;  // Life.
    }
  }

  /// Rank 0: when all have brought theirs, everyone gets everyone's.
  void collect(unsigned number, int rank, std::string bytes) {
    Collection& collection = collections_[number];
    collection.texts.resize(static_cast<std::size_t>(size_));
    collection.texts[static_cast<std::size_t>(rank)] = std::move(bytes);
    if (++collection.count < size_) return;
    std::string payload = raw_bytes(number);
    for (const std::string& text : collection.texts)
      payload += raw_bytes(std::uint64_t{text.size()}) + text;
    to_all(frame_type::all, payload, -1);
    results_[number] = std::move(collection.texts);
    collections_.erase(number);
  }

  struct Collection {
    int count = 0;
    std::vector<std::string> texts;
  };

  int rank_, size_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<SealedLink>> links_;  ///< By rank, of those connected to here.
  std::vector<bool> has_left_;
  FileDescriptor wake_;
  unsigned meetings_ = 0;
  std::map<unsigned, Collection> collections_;
  std::map<unsigned, std::vector<std::string>> results_;
  std::map<int, Failure> announced_;  ///< By launch.
  std::optional<Gone> gone_;
  HeardRanks heard_;
  Seconds life_sent_;
  std::optional<Seconds> watched_;
  std::optional<Found> found_;
  std::optional<Deadline> leaving_;
  std::thread thread_;
};

std::unique_ptr<Rendezvous> Rendezvous::open(Plan plan, std::optional<Listener> listener) {
  std::vector<std::unique_ptr<SealedLink>> links;
  if (plan.rank == 0 && plan.size > 1)
    links = welcome_all(plan, std::move(listener.value()));
  else if (plan.rank != 0)
    links.push_back(join_first(plan));
  auto core = std::make_unique<Core>(plan.rank, plan.size, std::move(links));
  return std::unique_ptr<Rendezvous>(new Rendezvous(std::move(core)));
}

Rendezvous::Rendezvous(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Rendezvous::~Rendezvous() = default;

int Rendezvous::rank() const {
  return core_->rank();
}
int Rendezvous::size() const {
  return core_->size();
}
Rendezvous::Meeting Rendezvous::meet(std::string_view mine) {
  return Meeting(*this, core_->bring(mine));
}
bool Rendezvous::Meeting::is_done() const {
  return owner_.core_->is_done(number_);
}
std::vector<std::string> Rendezvous::Meeting::all() const {
  return owner_.core_->all(number_);
}
void Rendezvous::announce(int launch, const Failure& failure) {
  core_->announce(launch, failure);
}
std::optional<Failure> Rendezvous::announced(int launch) const {
  return core_->announced(launch);
}
std::optional<Rendezvous::Gone> Rendezvous::gone() const {
  return core_->gone();
}
std::optional<int> Rendezvous::silent(Seconds allowed) {
  return core_->silent(allowed);
}
void Rendezvous::watch(Seconds allowed) {
  core_->watch(allowed);
}
std::optional<Rendezvous::Found> Rendezvous::end_watch() {
  return core_->end_watch();
}

}  // namespace assay::network
