#include "probes/network/launch/pmix_job.hpp"
#include "probes/core/host_name.hpp"

#ifndef ASSAY_HAVE_PMIX

namespace assay::network {
bool is_built_with_pmix() {
  return false;
}
std::unique_ptr<Job> make_pmix_job(Seconds) {
  return nullptr;
}
}  // namespace assay::network

#else

#include <fmt/format.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>

#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/host/topology.hpp"
#include "probes/network/launch/failure_notice.hpp"
#include "probes/network/launch/heartbeat.hpp"
#include "probes/network/launch/placement.hpp"
#include "probes/network/launch/pmix_client.hpp"
#include "probes/network/launch/workers.hpp"

namespace assay::network {

namespace {

constexpr Seconds forever{std::numeric_limits<double>::infinity()};
/// mpirun of Open MPI 4.1 ends 2.0 s after the first process that ends with an exit code.
constexpr Seconds launcher_grace = 2_s;
/// The others come at once to say how it ended: a notice told them to.
constexpr Seconds agreement_grace = 500_ms;

/// What a rank brings to a meeting of the supervisors: addresses while its launch runs, or, when
/// its launch is over, how it failed (empty: it did not). All ranks take part in every meeting,
/// those that sleep through a launch too: the launch is over when nobody brings addresses any more.
struct Contribution {
  bool is_over = false;
  std::string bytes;
};
std::string encode_contribution(const Contribution& contribution) {
  return (contribution.is_over ? "o" : "a") + contribution.bytes;
}
Contribution decode_contribution(const std::string& text) {
  if (text.empty()) throw RunError("PMIx: a rank brought nothing to a meeting");
  return {text.front() == 'o', text.substr(1)};
}

/// How supervisors tell each other at once that a rank failed.
class Notices {
 public:
  [[nodiscard]] std::string address() const { return box_.address(); }
  void set_addresses(std::vector<std::string> of_ranks) { addresses_ = std::move(of_ranks); }
  void begin_launch() { ++launch_; }
  void send(const Failure& failure) const {
    for (const std::string& address : addresses_) box_.send(address, launch_, failure);
  }
  [[nodiscard]] std::optional<Failure> receive() const { return box_.receive(launch_); }

 private:
  NoticeBox box_;
  std::vector<std::string> addresses_;
  int launch_ = 0;
};

/// One launch as the supervisors see it: brings the addresses of the other ranks to the local
/// control block.
class PmixLaunch final : public RemoteSupervisors {
 public:
  /// `silent`: who gives no sign of life.
  PmixLaunch(PmixClient& client, const Notices& notices, int ranks, ControlBlock control,
             std::function<std::optional<Failure>(const std::string& phase)> silent)
      : client_(client),
        notices_(notices),
        ranks_(ranks),
        control_(std::move(control)),
        silent_(std::move(silent)) {}

  void gather(unsigned round, std::string_view bytes) override {
    // One rank wants nobody's addresses, and would begin the next round without waiting for this
    // one.
    if (ranks_ == 1) return;
    assert(!meeting_);  // A rank waits for a round before it begins the next.
    round_ = round;
    meeting_.emplace(client_.meet(encode_contribution({false, std::string(bytes)})));
  }
  std::optional<Failure> poll() override {
    if (meeting_ && meeting_->is_done()) {
      const std::vector<std::string> all = meeting_->all();
      meeting_.reset();
      for (int other = 0; other < ranks_; ++other) {
        const Contribution theirs = decode_contribution(all[static_cast<std::size_t>(other)]);
        if (theirs.is_over) return failure_of(other, theirs.bytes);
        if (other != client_.rank())
          control_.publish(other, round_, std::as_bytes(std::span(theirs.bytes)));
      }
    }
    if (const auto failure = notices_.receive()) return failure;
    if (const auto failure = PmixClient::failure()) return failure;
    const auto failure = silent_(control_.phase(client_.rank()));
    if (failure) notices_.send(*failure);  // Only rank 0 hears them all.
    return failure;
  }
  void announce(const Failure& failure) override {
    notices_.send(failure);
    client_.notify(failure);
  }

  /// A meeting that this rank began before it failed.
  [[nodiscard]] const std::optional<PmixClient::Meeting>& unfinished() const { return meeting_; }

 private:
  static Failure failure_of(int rank, const std::string& bytes) {
    if (!bytes.empty()) return decode_failure(bytes);
    return {Failure::Kind::peer_lost, rank, false, fmt::format("rank {} has left", rank)};
  }

  PmixClient& client_;
  const Notices& notices_;
  int ranks_;
  ControlBlock control_;
  std::function<std::optional<Failure>(const std::string& phase)> silent_;
  unsigned round_ = 0;
  std::optional<PmixClient::Meeting> meeting_;
};

class PmixJob final : public Job {
 public:
  PmixJob(std::unique_ptr<PmixClient> client, Seconds timeout)
      : client_(std::move(client)), longest_wait_(longest_wait(timeout, ending())) {
    const std::vector<int> bound = allowed_pus_now();
    unbind();
    const RankHome mine{host_name(), static_cast<int>(getpid()), bound,
                        discover_machine().one_pu_per_core, machine_identity()};
    for (const std::string& text : exchange(encode(mine), timeout))
      homes_.push_back(decode_home(text));
    places_ = place_ranks(homes_);
    notices_.set_addresses(exchange(notices_.address(), timeout));
    std::vector<std::string> addresses = exchange(heartbeat_.address(), timeout);
    if (size() > 1) heartbeat_.begin(rank(), std::move(addresses));
  }
  ~PmixJob() override {
    if (is_broken_) return;
    try {
      exchange("", 2_s);
    } catch (...) {  // Somebody is gone: there is nobody to wait for.
    }
  }

  const Start& start() const override { return start_; }
  int rank() const override { return client_->rank(); }
  int size() const override { return client_->size(); }
  const std::vector<Place>& places() const override { return places_; }
  bool is_oversubscribed(int ranks) const override {
    return assay::network::is_oversubscribed(homes_, ranks);
  }

  void run(int ranks, const Options& options, RecordSink& sink, const Body& body) override {
    assert(ranks >= 1 && ranks <= size());
    std::optional<Failure> failure;
    PmixClient::forget_failure();
    const ControlBlock control(ranks);
    notices_.begin_launch();
    PmixLaunch launch(*client_, notices_, ranks, control,
                      [this](const std::string& phase) { return silent_peer(phase); });
    if (rank() < ranks) {
      WorkerOptions worker_options;
      worker_options.places.assign(places_.begin(), places_.begin() + ranks);
      worker_options.local = {rank()};
      worker_options.options = options;
      worker_options.ending = ending();
      worker_options.yield = options.waiting == Waiting::back_off || is_oversubscribed(ranks) ||
                             has_unpinned(worker_options.places);
      failure = run_workers(worker_options, control, sink, body, &launch);
    }
    // A rank that took part leaves together with the others; one that did not may wait for long.
    const bool is_interrupted = failure && failure->kind == Failure::Kind::interrupted;
    const Seconds limit = is_interrupted   ? 1_s
                          : failure        ? agreement_grace
                          : rank() < ranks ? longest_wait_
                                           : forever;
    agree(failure, limit, launch.unfinished());
  }

  void run_per_node(RecordSink& sink, const std::function<void(RecordSink&)>& body) override {
    RecordList rows;
    RecordSink& target = rank() == 0 ? sink : static_cast<RecordSink&>(rows);
    std::optional<Failure> failure;
    if (places_[static_cast<std::size_t>(rank())].local_rank == 0) {
      heartbeat_.watch(0.9 * longest_wait_);
      try {
        body(target);
        throw_if_interrupted();
      } catch (...) {
        failure = current_failure();
      }
      if (const auto peer = heartbeat_.end_watch())
        failure = silence_of(*peer, "measuring each host");
    }
    std::string mine;
    for (const Record& row : rows.records)
      append_message(mine, MessageType::row, network::encode(row));
    try {
      const std::vector<std::string> all = exchange(mine, failure ? agreement_grace : forever);
      if (rank() == 0)
        for (const std::string& text : all) put_rows(text, sink);
    } catch (const RunError&) {
      if (failure) throw_failure(*failure);  // Why nobody came.
      throw;
    }
    agree(failure, failure ? agreement_grace : longest_wait_);
  }

  std::string from_writer(const std::string& text) override {
    return exchange(is_writer() ? text : "", forever).front();
  }

 private:
  /// Brings `mine` to a meeting, waits until all are there, returns what each brought. Sleeps while
  /// it waits.
  std::vector<std::string> exchange(const std::string& mine, Seconds limit) {
    const PmixClient::Meeting meeting = client_->meet(mine);
    wait_for(meeting, limit);
    return meeting.all();
  }

  /// A launcher may have bound this process to one core; a node probe needs the host. The cpuset
  /// stays.
  static void unbind() {
    cpu_set_t all;
    std::memset(&all, 0xff, sizeof all);
    sched_setaffinity(0, sizeof all, &all);
  }

  static void put_rows(const std::string& text, RecordSink& sink) {
    MessageReader reader;
    reader.feed(text.data(), text.size());
    while (const auto message = reader.next()) sink.put(decode_record(message->payload));
  }

  [[nodiscard]] std::string name() const {  // Before the first meeting no host is known.
    return places_.empty() ? fmt::format("rank {}", rank()) : rank_name(places_, rank());
  }

  /// What passes between the first rank's failure and the end of the last process.
  static Seconds ending() { return launcher_grace + agreement_grace; }

  /// `phase`: ours, since what the other does is not known; all ranks go through them together.
  [[nodiscard]] std::optional<Failure> silent_peer(const std::string& phase) {
    const auto peer = heartbeat_.silent(0.9 * longest_wait_);
    return peer ? std::optional(silence_of(*peer, phase)) : std::nullopt;
  }
  [[nodiscard]] Failure silence_of(int peer, const std::string& phase) const {
    return {
        Failure::Kind::peer_lost, peer, true,
        fmt::format("{} has given no sign of life for {} in phase \"{}\": it is stopped, or its "
                    "host or its network is gone",
                    rank_name(places_, peer), format(0.9 * longest_wait_), phase)};
  }

  /// Sleeps until the meeting is done. Throws what became known meanwhile, or TimedOut.
  void wait_for(const PmixClient::Meeting& meeting, Seconds limit) {
    const Deadline deadline(limit);
    double pause = 50e-6;
    is_broken_ = true;  // Unless all come.
    while (!meeting.is_done()) {
      throw_if_interrupted();
      check_local_peers();
      if (const auto failure = silent_peer("waiting for the other hosts")) throw_failure(*failure);
      if (deadline.passed())
        throw TimedOut(
            fmt::format("{} waited {} for the other ranks to end the step", name(), format(limit)));
      const timespec interval{0, static_cast<long>(pause * 1e9)};
      nanosleep(&interval, nullptr);
      pause = std::min(pause * 1.5, 20e-3);
    }
    is_broken_ = false;
  }

  /// A stopped process answers nobody, and no launcher tells: look at those of this host ourselves.
  void check_local_peers() {
    const double allowed = 0.9 * longest_wait_.value();
    if (places_.empty() || now().value() < next_look_) return;
    next_look_ = now().value() + 0.2;
    bool any = false;
    for (int other = 0; other < size(); ++other) {
      const auto index = static_cast<std::size_t>(other);
      if (other == rank() || places_[index].node != places_[static_cast<std::size_t>(rank())].node)
        continue;
      if (!is_stopped(homes_[index].pid)) continue;
      any = true;
      if (stopped_since_ == 0) stopped_since_ = now().value();
      if (now().value() - stopped_since_ > allowed)
        throw PeerLost(other, fmt::format("{} is stopped (by a signal such as SIGSTOP)",
                                          rank_name(places_, other)));
    }
    if (!any) stopped_since_ = 0;
  }

  static bool is_stopped(int pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string text;
    std::getline(file, text);
    const std::size_t name_end = text.rfind(')');
    return name_end != std::string::npos && name_end + 2 < text.size() && text[name_end + 2] == 'T';
  }

  /// All leave with the same outcome: the first rank's failure that is a cause and not a
  /// consequence. Ranks that still bring addresses learn in that meeting that the launch is over,
  /// and come to the next.
  void agree(const std::optional<Failure>& mine, Seconds limit,
             const std::optional<PmixClient::Meeting>& unfinished = std::nullopt) {
    const std::string outcome =
        encode_contribution(Contribution{true, mine ? network::encode(*mine) : ""});
    std::vector<Failure> failures;
    try {
      if (unfinished) wait_for(*unfinished, limit);
      for (bool all_over = false; !all_over;) {
        failures.clear();
        all_over = true;
        for (const std::string& text : exchange(outcome, limit)) {
          const Contribution theirs = decode_contribution(text);
          all_over = all_over && theirs.is_over;
          if (theirs.is_over && !theirs.bytes.empty())
            failures.push_back(decode_failure(theirs.bytes));
        }
      }
    } catch (...) {
      if (mine) throw_failure(*mine);
      throw;
    }
    if (const auto cause = root_cause(failures)) throw_failure(*cause);
  }

  Start start_{StartKind::pmix, "PMIx (mpirun, srun --mpi=pmix)"};
  std::unique_ptr<PmixClient> client_;
  Seconds longest_wait_;
  Notices notices_;
  Heartbeat heartbeat_;
  bool is_broken_ = false;  ///< A meeting failed: nobody is to be waited for any more.
  double next_look_ = 0;
  double stopped_since_ = 0;
  std::vector<RankHome> homes_;
  std::vector<Place> places_;
};

}  // namespace

bool is_built_with_pmix() {
  return true;
}

std::unique_ptr<Job> make_pmix_job(Seconds timeout) {
  auto client = PmixClient::connect();
  return client ? std::make_unique<PmixJob>(std::move(client), timeout) : nullptr;
}

}  // namespace assay::network

#endif
