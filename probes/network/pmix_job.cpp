#include "probes/network/pmix_job.hpp"

#ifndef ASSAY_HAVE_PMIX

namespace assay::network {
bool is_built_with_pmix() {
  return false;
}
std::unique_ptr<Job> make_pmix_job() {
  return nullptr;
}
}  // namespace assay::network

#else

#include <fmt/format.h>
#include <pmix.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstring>
#include <deque>
#include <fstream>
#include <limits>
#include <mutex>

#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/topology.hpp"
#include "probes/network/placement.hpp"
#include "probes/network/workers.hpp"

namespace assay::network {

namespace {

constexpr pmix_status_t rank_failed_event = PMIX_EXTERNAL_ERR_BASE - 77;
constexpr Seconds forever{std::numeric_limits<double>::infinity()};

void require(pmix_status_t status, const char* call) {
  if (status != PMIX_SUCCESS)
    throw RunError(fmt::format("PMIx: {} failed: {}", call, PMIx_Error_string(status)));
}

/// What events said, from PMIx's own thread to ours.
class EventBox {
 public:
  void put(Failure failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }
  std::optional<Failure> get() {
    const std::lock_guard lock(mutex_);
    return failure_;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    failure_.reset();
  }

 private:
  std::mutex mutex_;
  std::optional<Failure> failure_;
};

EventBox& events() {
  static EventBox box;
  return box;
}

void on_event(size_t, pmix_status_t status, const pmix_proc_t* source, pmix_info_t* info,
              size_t count, pmix_info_t*, size_t, pmix_event_notification_cbfunc_fn_t done,
              void* data) {
  if (status == rank_failed_event) {
    for (size_t i = 0; i < count; ++i)
      if (std::strcmp(info[i].key, "assay.failure") == 0 && info[i].value.type == PMIX_BYTE_OBJECT)
        events().put(decode_failure({info[i].value.data.bo.bytes, info[i].value.data.bo.size}));
  } else {
    const int rank = source ? static_cast<int>(source->rank) : -1;
    events().put({Failure::Kind::peer_lost, rank, false,
                  fmt::format("the launcher reports that rank {} is gone ({})", rank,
                              PMIx_Error_string(status))});
  }
  if (done) done(PMIX_EVENT_ACTION_COMPLETE, nullptr, 0, nullptr, nullptr, data);
}

/// A fence in flight. Shared with PMIx's thread, which may answer after we gave up.
class Fence {
 public:
  explicit Fence(const std::vector<pmix_proc_t>& members) {
    PMIx_Commit();
    pmix_info_t collect;
    bool yes = true;
    PMIX_INFO_LOAD(&collect, PMIX_COLLECT_DATA, &yes, PMIX_BOOL);
    require(PMIx_Fence_nb(members.data(), members.size(), &collect, 1, &Fence::answered,
                          new std::shared_ptr<State>(state_)),
            "fence");
  }
  [[nodiscard]] bool is_done() const {
    const int status = state_->status;
    if (status == pending) return false;
    require(status, "fence");
    return true;
  }

 private:
  static constexpr int pending = 1;  // PMIx statuses are 0 or negative.
  struct State {
    std::atomic<int> status{pending};
  };
  static void answered(pmix_status_t status, void* data) {
    const std::unique_ptr<std::shared_ptr<State> > state(
        static_cast<std::shared_ptr<State>*>(data));
    (*state)->status = status;
  }
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class PmixJob;

/// One launch as the supervisors see it: brings the addresses of the other ranks to the local
/// board.
class PmixLaunch final : public RemoteSupervisors {
 public:
  PmixLaunch(PmixJob& job, int number, int ranks, Board board)
      : job_(job), number_(number), ranks_(ranks), board_(std::move(board)) {}
  void gather(unsigned round, std::string_view bytes) override;
  std::optional<Failure> poll() override;
  void announce(const Failure& failure) override;

 private:
  [[nodiscard]] std::string key(unsigned round) const {
    return fmt::format("assay.{}.{}", number_, round);
  }
  PmixJob& job_;
  int number_;
  int ranks_;
  Board board_;
  struct Pending {
    unsigned round;
    Fence fence;
  };
  std::deque<Pending> pending_;
};

class PmixJob final : public Job {
 public:
  explicit PmixJob(const pmix_proc_t& me) : me_(me) {
    size_ = job_size();
    register_events();
    const std::vector<int> bound = allowed_pus_now();
    unbind();
    const RankHome mine{host_name(), static_cast<int>(getpid()), bound,
                        discover_machine().one_pu_per_core};
    for (const std::string& text : exchange(encode(mine), 60_s))
      homes_.push_back(decode_home(text));
    places_ = place_ranks(homes_);
  }
  ~PmixJob() override {
    try {
      Fence fence(members(size_));
      wait_for(fence, 2_s);
    } catch (...) {  // Somebody is gone: there is nobody to wait for.
    }
    PMIx_Finalize(nullptr, 0);
  }

  Launcher launcher() const override { return Launcher::pmix; }
  int rank() const override { return static_cast<int>(me_.rank); }
  int size() const override { return size_; }
  const std::vector<Place>& places() const override { return places_; }
  bool is_oversubscribed(int ranks) const override {
    return assay::network::is_oversubscribed(homes_, ranks);
  }

  void run(int ranks, const Options& options, RecordSink& sink, const Body& body) override {
    assert(ranks >= 1 && ranks <= size());
    std::optional<Failure> failure;
    const int number = launches_++;
    events().clear();
    if (rank() < ranks) {
      WorkerPlan plan;
      plan.places.assign(places_.begin(), places_.begin() + ranks);
      plan.local = {rank()};
      plan.options = options;
      plan.yield = is_oversubscribed(ranks);
      const Board board(ranks);
      PmixLaunch launch(*this, number, ranks, board);
      failure = run_workers(plan, board, sink, body, &launch);
    }
    // A rank that took part leaves together with the others; one that did not may wait for long.
    const bool is_interrupted = failure && failure->kind == Failure::Kind::interrupted;
    agree(failure, is_interrupted ? 1_s : rank() < ranks ? options.timeout : forever);
  }

  void run_per_node(RecordSink& sink, const std::function<void(RecordSink&)>& body) override {
    RecordList rows;
    RecordSink& target = rank() == 0 ? sink : static_cast<RecordSink&>(rows);
    std::optional<Failure> failure;
    if (places_[static_cast<std::size_t>(rank())].local_rank == 0) {
      try {
        body(target);
        throw_if_interrupted();
      } catch (...) {
        failure = current_failure();
      }
    }
    std::string mine;
    for (const Record& row : rows.records)
      append_message(mine, MessageType::row, network::encode(row));
    const std::vector<std::string> all = exchange(mine, failure ? 1_s : forever);
    if (rank() == 0)
      for (const std::string& text : all) put_rows(text, sink);
    agree(failure, 10_s);
  }

  /// Puts `mine`, waits until all have, returns what each of the first `ranks` put. Sleeps while it
  /// waits.
  std::vector<std::string> exchange(const std::string& mine, Seconds limit) {
    const std::string key = fmt::format("assay.all.{}", exchanges_++);
    put(key, mine);
    const Fence fence(members(size_));
    wait_for(fence, limit);
    std::vector<std::string> all;
    for (int other = 0; other < size_; ++other) all.push_back(get(other, key));
    return all;
  }

  void put(const std::string& key, std::string_view bytes) const {
    pmix_value_t value;
    PMIX_VALUE_CONSTRUCT(&value);
    value.type = PMIX_BYTE_OBJECT;
    value.data.bo.bytes = const_cast<char*>(bytes.data());  // PMIx copies it.
    value.data.bo.size = bytes.size();
    require(PMIx_Put(PMIX_GLOBAL, key.c_str(), &value), "put");
  }

  [[nodiscard]] std::string get(int rank, const std::string& key) const {
    pmix_proc_t proc;
    PMIX_PROC_LOAD(&proc, me_.nspace, static_cast<pmix_rank_t>(rank));
    pmix_value_t* value = nullptr;
    require(PMIx_Get(&proc, key.c_str(), nullptr, 0, &value), "get");
    std::string bytes;
    if (value->type == PMIX_BYTE_OBJECT && value->data.bo.size > 0)
      bytes.assign(value->data.bo.bytes, value->data.bo.size);
    PMIX_VALUE_RELEASE(value);
    return bytes;
  }

  [[nodiscard]] std::vector<pmix_proc_t> members(int ranks) const {
    std::vector<pmix_proc_t> all(static_cast<std::size_t>(ranks));
    for (int rank = 0; rank < ranks; ++rank)
      PMIX_PROC_LOAD(&all[static_cast<std::size_t>(rank)], me_.nspace,
                     static_cast<pmix_rank_t>(rank));
    return all;
  }

  /// Tells the supervisors of this host. Those of other hosts learn of it at their ranks'
  /// deadlines: with a wider range the server of Open MPI 4.1.4 never answers, and mpirun hangs.
  void notify(const Failure& failure) const {
    struct Notice {
      std::string bytes;
      pmix_info_t info;
    };
    auto* const notice = new Notice{network::encode(failure), {}};  // Until PMIx has sent it.
    PMIX_INFO_CONSTRUCT(&notice->info);
    std::strncpy(notice->info.key, "assay.failure", PMIX_MAX_KEYLEN);
    notice->info.value.type = PMIX_BYTE_OBJECT;
    notice->info.value.data.bo.bytes = notice->bytes.data();
    notice->info.value.data.bo.size = notice->bytes.size();
    const auto sent = [](pmix_status_t, void* data) { delete static_cast<Notice*>(data); };
    if (PMIx_Notify_event(rank_failed_event, &me_, PMIX_RANGE_LOCAL, &notice->info, 1, sent,
                          notice) != PMIX_SUCCESS)
      delete notice;
  }

 private:
  [[nodiscard]] int job_size() const {
    pmix_proc_t job;
    PMIX_PROC_LOAD(&job, me_.nspace, PMIX_RANK_WILDCARD);
    pmix_value_t* value = nullptr;
    require(PMIx_Get(&job, PMIX_JOB_SIZE, nullptr, 0, &value), "get of the job size");
    const auto size = static_cast<int>(value->data.uint32);
    PMIX_VALUE_RELEASE(value);
    return size;
  }

  static void register_events() {
    pmix_status_t codes[] = {rank_failed_event, PMIX_ERR_PROC_ABORTED, PMIX_ERR_LOST_CONNECTION};
    PMIx_Register_event_handler(codes, std::size(codes), nullptr, 0, on_event, nullptr, nullptr);
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

  /// Sleeps until the fence is done. Throws what became known meanwhile, or TimedOut.
  void wait_for(const Fence& fence, Seconds limit) {
    const Deadline deadline(limit);
    double pause = 50e-6;
    while (!fence.is_done()) {
      throw_if_interrupted();
      check_local_peers(limit);
      if (deadline.passed())
        throw TimedOut(fmt::format("{} waited {} for the other ranks to end the step",
                                   rank_name(places_, rank()), format(limit)));
      const timespec nap{0, static_cast<long>(pause * 1e9)};
      nanosleep(&nap, nullptr);
      pause = std::min(pause * 1.5, 20e-3);
    }
  }

  /// A stopped process answers nobody, and no launcher tells: look at those of this host ourselves.
  void check_local_peers(Seconds limit) {
    const double allowed = std::min(limit.value(), 20.0) * 0.9;
    if (places_.empty() || now().value() < next_look_) return;
    next_look_ = now().value() + 0.2;
    bool any = false;
    for (int other = 0; other < size_; ++other) {
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
  /// consequence.
  void agree(const std::optional<Failure>& mine, Seconds limit) {
    std::vector<std::string> all;
    try {
      all = exchange(mine ? network::encode(*mine) : "", limit);
    } catch (...) {
      if (mine) throw_failure(*mine);
      throw;
    }
    std::vector<Failure> failures;
    for (const std::string& text : all)
      if (!text.empty()) failures.push_back(decode_failure(text));
    if (const auto cause = root_cause(failures)) throw_failure(*cause);
  }

  pmix_proc_t me_;
  int size_ = 0;
  int launches_ = 0;
  int exchanges_ = 0;
  double next_look_ = 0;
  double stopped_since_ = 0;
  std::vector<RankHome> homes_;
  std::vector<Place> places_;
};

void PmixLaunch::gather(unsigned round, std::string_view bytes) {
  job_.put(key(round), bytes);
  pending_.push_back({round, Fence(job_.members(ranks_))});
}

std::optional<Failure> PmixLaunch::poll() {
  while (!pending_.empty() && pending_.front().fence.is_done()) {
    const unsigned round = pending_.front().round;
    for (int other = 0; other < ranks_; ++other) {
      if (other == job_.rank()) continue;
      const std::string bytes = job_.get(other, key(round));
      board_.publish(other, round, std::as_bytes(std::span(bytes)));
    }
    pending_.pop_front();
  }
  return events().get();
}

void PmixLaunch::announce(const Failure& failure) {
  job_.notify(failure);
}

}  // namespace

bool is_built_with_pmix() {
  return true;
}

std::unique_ptr<Job> make_pmix_job() {
  pmix_proc_t me;
  const pmix_status_t status = PMIx_Init(&me, nullptr, 0);
  if (status == PMIX_ERR_UNREACH) return nullptr;
  require(status, "init");
  return std::make_unique<PmixJob>(me);
}

}  // namespace assay::network

#endif
