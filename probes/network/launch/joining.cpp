#include "probes/network/launch/joining.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>

#include "probes/core/authentication.hpp"
#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"

namespace assay::network {

namespace {

constexpr std::size_t nonce_size = 16, code_size = 32;
constexpr std::string_view protocol_version = "assay-1";
/// Beyond it the one that has said nothing for longest is dropped.
constexpr std::size_t most_strangers = 512;
constexpr Seconds word_again_after = 30_s;

std::string number_text(int value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
int number_in(std::string_view bytes) {
  int value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// What both ends of one join have said to each other: every code is over all of it.
struct Transcript {
  std::string server_nonce, client_nonce;
  int rank = -1, size = 0;

  [[nodiscard]] std::string text(std::string_view purpose) const {
    return fmt::format("{} {} ", protocol_version, purpose) + server_nonce + client_nonce +
           number_text(rank) + number_text(size);
  }
};

std::string hello_payload(const std::string& nonce) {
  return std::string(protocol_version) + nonce;
}

/// A job of a thousand ranks has as many connections.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void nap_for(Seconds time) {
  const timespec span{0, static_cast<long>(time.value() * 1e9)};
  nanosleep(&span, nullptr);
}

struct Guest {
  SealedLink link;
  std::string nonce = random_bytes(nonce_size);
  Deadline deadline{Rendezvous::stranger_patience};
  bool is_done = false;
};

/// Rank 0's door while ranks are missing.
class Door {
 public:
  Door(const Rendezvous::Plan& plan, Listener listener)
      : plan_(plan), listener_(std::move(listener)) {
    allow_many_files();
    members_.resize(static_cast<std::size_t>(plan.size));
  }

  std::vector<std::unique_ptr<SealedLink>> welcome_all() {
    came_ = now();
    next_word_ = Rendezvous::first_word_after;
    while (true) {
      const std::vector<int> missing = missing_ranks();
      if (missing.empty()) break;
      throw_if_interrupted();
      const Seconds waited = now() - came_;
      if (waited >= plan_.patience) give_up(missing, waited);
      if (plan_.tell && waited >= next_word_) {
        plan_.tell(fmt::format("waiting for {} of {} at {}{}", name_ranks(missing), plan_.size,
                               to_text(listener_.address()), refused_text()));
        next_word_ = waited + word_again_after;
      }
      wait_for_news();
      accept_guests();
      hear_guests();
      keep_members();
    }
    for (const auto& member : members_)
      if (member) member->send(frame_type::begin, "");
    return std::move(members_);
  }

 private:
  [[nodiscard]] std::vector<int> missing_ranks() const {
    std::vector<int> missing;
    for (int rank = 1; rank < plan_.size; ++rank)
      if (!members_[static_cast<std::size_t>(rank)]) missing.push_back(rank);
    return missing;
  }

  [[nodiscard]] std::string refused_text() const {
    if (refused_ == 0) return "";
    return fmt::format("; {} with another key {} refused",
                       refused_ == 1 ? "one connection" : fmt::format("{} connections", refused_),
                       refused_ == 1 ? "was" : "were");
  }

  [[noreturn]] void give_up(const std::vector<int>& missing, Seconds waited) {
    const std::string reason = fmt::format(
        "{} of {} did not come to {} within {} of the last that came{}", name_ranks(missing),
        plan_.size, to_text(listener_.address()), format(waited), refused_text());
    for (const auto& member : members_)
      if (member) {
        member->send(frame_type::end, reason);
        (void)member->move();
      }
    throw TimedOut(reason);
  }

  void wait_for_news() {
    std::vector<pollfd> files = {{listener_.descriptor(), POLLIN, 0}};
    for (const Guest& guest : guests_) files.push_back({guest.link.descriptor(), POLLIN, 0});
    for (const auto& member : members_)
      if (member) files.push_back({member->descriptor(), POLLIN, 0});
    ::poll(files.data(), files.size(), 100);
  }

  void accept_guests() {
    while (true) {
      FileDescriptor socket(
          accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!socket.is_open()) break;
      if (guests_.size() >= most_strangers) guests_.pop_front();
      Guest& guest = guests_.emplace_back(Guest{SealedLink(std::move(socket))});
      guest.link.send(frame_type::hello, hello_payload(guest.nonce));
    }
  }

  void hear_guests() {
    for (Guest& guest : guests_) {
      const bool is_open = guest.link.move();
      if (const auto frame = guest.link.next()) answer(guest, *frame);
      if (!is_open || guest.deadline.passed()) guest.is_done = true;
    }
    guests_.remove_if([](const Guest& guest) { return guest.is_done; });
  }

  void answer(Guest& guest, const Frame& frame) {
    guest.is_done = true;
    if (frame.type != frame_type::join ||
        frame.payload.size() != nonce_size + 2 * sizeof(int) + code_size)
      return;
    const std::string_view said = frame.payload;
    const Transcript transcript{guest.nonce, std::string(said.substr(0, nonce_size)),
                                number_in(said.substr(nonce_size)),
                                number_in(said.substr(nonce_size + sizeof(int)))};
    if (!is_same_secret(said.substr(said.size() - code_size),
                        plan_.key.code(transcript.text("join")))) {
      ++refused_;
      return refuse(guest, "key");
    }
    const int rank = transcript.rank;
    if (transcript.size != plan_.size)
      return refuse(guest, fmt::format("rank {} was started as one of {} ranks, rank 0 as one of "
                                       "{}; expected the same size everywhere",
                                       rank, transcript.size, plan_.size));
    if (rank < 1 || rank >= plan_.size || members_[static_cast<std::size_t>(rank)])
      return refuse(guest, fmt::format("rank {} is there already; expected each rank once", rank));
    guest.link.send(frame_type::welcome, plan_.key.code(transcript.text("welcome")));
    guest.link.seal(plan_.key.code(transcript.text("session")), 0);
    (void)guest.link.move();
    members_[static_cast<std::size_t>(rank)] = std::make_unique<SealedLink>(std::move(guest.link));
    came_ = now();
    next_word_ = Rendezvous::first_word_after;
  }

  static void refuse(Guest& guest, std::string_view reason) {
    guest.link.send(frame_type::refusal, reason);
    (void)guest.link.move();
  }

  /// They know that rank 0 lives, and it that they do: one that was started anew may come again.
  void keep_members() {
    const bool is_time = now() - life_sent_ >= Rendezvous::period;
    if (is_time) life_sent_ = now();
    for (auto& member : members_) {
      if (!member) continue;
      if (is_time) member->send(frame_type::life, "");
      if (!member->move()) member.reset();
    }
  }

  const Rendezvous::Plan& plan_;
  Listener listener_;
  std::vector<std::unique_ptr<SealedLink>> members_;
  std::list<Guest> guests_;
  Seconds came_, next_word_, life_sent_;
  int refused_ = 0;
};

/// A rank on its way to rank 0.
class Joining {
 public:
  explicit Joining(const Rendezvous::Plan& plan) : plan_(plan) {}

  std::unique_ptr<SealedLink> join() {
    Deadline deadline(plan_.patience);
    Seconds pause = 20_ms;
    while (true) {
      if (auto link = try_to_join(); link && wait_for_begin(*link)) return link;
      throw_if_interrupted();
      if (deadline.passed())
        throw TimedOut(fmt::format("rank {} found no rank 0 at {} within {}: {}", plan_.rank,
                                   to_text(plan_.at), format(plan_.patience), obstacle_));
      nap_for(pause);
      pause = std::min(1.5 * pause, 250_ms);
    }
  }

 private:
  std::unique_ptr<SealedLink> try_to_join() {
    const std::vector<SocketAddress> addresses = resolve(plan_.at);
    if (addresses.empty()) obstacle_ = "no address is known of that name";
    for (const SocketAddress& address : addresses) {
      FileDescriptor socket = connect_to(address);
      if (!socket.is_open()) continue;
      auto link = std::make_unique<SealedLink>(std::move(socket));
      if (shake_hands(*link)) return link;
    }
    return nullptr;
  }

  FileDescriptor connect_to(const SocketAddress& address) {
    FileDescriptor socket(
        ::socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    int error = connect(socket.get(), address.get(), address.length) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      const Deadline deadline(std::min(plan_.patience, 3_s));
      pollfd ready{socket.get(), POLLOUT, 0};
      while (::poll(&ready, 1, 100) == 0 && !deadline.passed()) throw_if_interrupted();
      socklen_t length = sizeof error;
      error = ETIMEDOUT;
      if (ready.revents != 0) getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    }
    if (error == 0) return socket;
    obstacle_ = std::strerror(error);
    return {};
  }

  /// Nothing: the connection ended, or too little came within `limit`.
  static std::optional<Frame> frame_from(SealedLink& link, Seconds limit) {
    const Deadline deadline(limit);
    while (true) {
      const bool is_open = link.move();
      if (auto frame = link.next()) return frame;
      if (!is_open || deadline.passed()) return std::nullopt;
      throw_if_interrupted();
      pollfd ready{link.descriptor(),
                   static_cast<short>(link.waiting() > 0 ? POLLIN | POLLOUT : POLLIN), 0};
      ::poll(&ready, 1, 100);
    }
  }

  bool shake_hands(SealedLink& link) {
    obstacle_ = "what answers there is no rank 0 of Assay";
    const Seconds limit = std::max(plan_.patience, 2 * Rendezvous::stranger_patience);
    const auto hello = frame_from(link, limit);
    if (!hello || hello->type != frame_type::hello ||
        hello->payload.size() != protocol_version.size() + nonce_size ||
        !hello->payload.starts_with(protocol_version))
      return false;
    const Transcript transcript{hello->payload.substr(protocol_version.size()),
                                random_bytes(nonce_size), plan_.rank, plan_.size};
    link.send(frame_type::join, transcript.client_nonce + number_text(plan_.rank) +
                                    number_text(plan_.size) +
                                    plan_.key.code(transcript.text("join")));
    const auto answer = frame_from(link, limit);
    if (!answer) return false;
    if (answer->type == frame_type::refusal) throw_refusal(answer->payload);
    if (answer->type != frame_type::welcome ||
        !is_same_secret(answer->payload, plan_.key.code(transcript.text("welcome")))) {
      obstacle_ = "what answers there does not know the job key";
      return false;
    }
    link.seal(plan_.key.code(transcript.text("session")), 1);
    return true;
  }

  [[noreturn]] void throw_refusal(const std::string& reason) const {
    if (reason != "key") throw UsageError(reason);
    throw UsageError(fmt::format(
        "rank 0 at {} has another job key than rank {}; expected the same ASSAY_JOB_KEY "
        "or --key-file on every host",
        to_text(plan_.at), plan_.rank));
  }

  /// False when rank 0 went away: it may come again.
  bool wait_for_begin(SealedLink& link) {
    while (true) {
      const auto frame = frame_from(link, plan_.patience);
      if (!frame) {
        obstacle_ = "it was there and went away";
        return false;
      }
      if (frame->type == frame_type::begin) return true;
      if (frame->type == frame_type::end) throw TimedOut(frame->payload);
    }
  }

  const Rendezvous::Plan& plan_;
  std::string obstacle_;
};

}  // namespace

std::string name_ranks(const std::vector<int>& ranks) {
  constexpr std::size_t most = 8;
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  const std::size_t shown = std::min(ranks.size(), most);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool is_last = i + 1 == shown && shown == ranks.size();
    text += fmt::format("{}{}", i == 0 ? "" : is_last ? " and " : ", ", ranks[i]);
  }
  if (shown < ranks.size()) text += fmt::format(" and {} more", ranks.size() - shown);
  return text;
}

std::vector<std::unique_ptr<SealedLink>> welcome_all(const Rendezvous::Plan& plan,
                                                     Listener listener) {
  return Door(plan, std::move(listener)).welcome_all();
}

std::unique_ptr<SealedLink> join_first(const Rendezvous::Plan& plan) {
  return Joining(plan).join();
}

}  // namespace assay::network
