#include "probes/network/launch/workers.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "probes/core/errors.hpp"
#include "probes/core/file_descriptor.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/host/topology.hpp"
#include "probes/network/transport/fabric.hpp"
#include "probes/network/transport/fabric_library.hpp"
#include "probes/network/transport/stale_shared_memory.hpp"

namespace assay::network {

namespace {

constexpr Seconds leave_grace = 400_ms;  ///< For the surviving ranks to close their endpoints.

/// Fork; the child dies with this process and leaves its own signal mask alone.
pid_t fork_bound_to_parent() {
  const pid_t parent = getpid();
  std::fflush(nullptr);  // Or the child would write our buffered output once more.
  const pid_t child = fork();
  if (child < 0) throw RunError(fmt::format("cannot fork: {}", std::strerror(errno)));
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
  }
  return child;
}

// --- in the rank ---

/// Rows of rank 0 go to the supervisor, those of the others nowhere.
class PipeSink final : public RecordSink {
 public:
  PipeSink(int file, bool keeps) : file_(file), keeps_(keeps) {}
  void put(const Record& record) override {
    if (keeps_ && !write_message(file_, MessageType::row, encode(record)))
      throw RunError("the supervising process is gone");
  }

 private:
  int file_;
  bool keeps_;
};

std::string progress_payload(double fraction, const std::string& step) {
  std::string payload(reinterpret_cast<const char*>(&fraction), sizeof fraction);
  return payload + step;
}

void run_rank(const WorkerOptions& worker_options, ControlBlock& control, int rank, int file,
              const Job::Body& body) {
  const Place& place = worker_options.places[static_cast<std::size_t>(rank)];
  if (place.pu >= 0) pin_this_thread(place.pu);
  control.set_phase(rank, "starting");
  const Seconds limit = longest_wait(worker_options.options.timeout, worker_options.ending);
  std::vector<std::string> names;
  for (int other = 0; other < control.size(); ++other)
    names.push_back(rank_name(worker_options.places, other));
  RankControl link(control, rank, std::move(names), limit,
                   [file](std::span<const std::byte> bytes) {
                     write_message(file, MessageType::gather,
                                   {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
                   });
  control.set_phase(rank, "connecting");
  const auto endpoint = open_fabric(rank, worker_options.places,
                                    {worker_options.options.provider, limit, worker_options.yield,
                                     worker_options.options.waiting},
                                    link, link);
  control.set_phase(rank, "running");
  PipeSink sink(file, rank == 0);
  const auto progress = [&](double fraction, const std::string& step) {
    control.set_phase(rank, step);
    if (rank == 0) write_message(file, MessageType::progress, progress_payload(fraction, step));
  };
  const auto communicator = make_communicator(endpoint);
  body(*communicator, sink, progress);
  control.set_phase(rank, "leaving");
  endpoint->finish();
}

[[noreturn]] void rank_main(const WorkerOptions& worker_options, ControlBlock& control, int rank,
                            int file, const Job::Body& body) {
  for (const auto& [name, value] : worker_options.options.environment)
    setenv(name.c_str(), value.c_str(), 1);
  try {
    run_rank(worker_options, control, rank, file, body);
    write_message(file, MessageType::done, "");
  } catch (...) {
    write_message(file, MessageType::failed, encode(current_failure()));
  }
  // Not exit(): the handlers and buffers of the supervisor are not ours to run.
  std::fflush(nullptr);
  _exit(0);
}

// --- in the supervisor ---

struct Worker {
  int rank = -1;
  pid_t pid = -1;
  FileDescriptor pidfd;
  FileDescriptor pipe;
  MessageReader reader;
  unsigned rounds = 0;  ///< Gathers so far.
  bool has_ended_well = false;
  bool has_reported = false;  ///< Said how it ended.
  bool is_alive = true;
  double stopped_since = 0;  ///< 0: not stopped.
};

class Supervisor {
 public:
  Supervisor(const WorkerOptions& worker_options, ControlBlock control, RecordSink& sink,
             RemoteSupervisors* remote)
      : worker_options_(worker_options),
        control_(std::move(control)),
        sink_(sink),
        remote_(remote) {}
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor() {
    kill_all();
    for (Worker& worker : workers_)
      if (worker.is_alive) waitpid(worker.pid, nullptr, 0);
    if (failed_) remove_stale_shared_memory();
  }

  void start(const Job::Body& body) {
    for (const int rank : worker_options_.local) {
      Pipe pipe = make_pipe();
      const pid_t pid = fork_bound_to_parent();
      if (pid == 0) {
        for (Worker& other : workers_) other.pipe.close();
        pipe.reader.close();
        rank_main(worker_options_, control_, rank, pipe.writer.get(), body);
      }
      Worker worker;
      worker.rank = rank;
      worker.pid = pid;
      // Not pidfd_open(): the header of glibc 2.36 forgets extern "C".
      worker.pidfd = FileDescriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
      worker.pipe = std::move(pipe.reader);
      workers_.push_back(std::move(worker));
    }
  }

  std::optional<Failure> supervise() {
    while (anybody_alive()) {
      wait_for_news();
      for (Worker& worker : workers_)
        if (worker.is_alive) look_after(worker);
      if (!failed_ && interrupted())
        fail({Failure::Kind::interrupted, -1, false, "interrupted"}, true);
      if (remote_)
        if (const auto failure = remote_->poll()) fail(*failure, false);
      if (failed_ && now() >= kill_at_) kill_all();
    }
    return root_cause(reported_);
  }

 private:
  [[nodiscard]] bool anybody_alive() const {
    return std::any_of(workers_.begin(), workers_.end(),
                       [](const Worker& w) { return w.is_alive; });
  }

  void wait_for_news() {
    std::vector<pollfd> files;
    for (const Worker& worker : workers_) {
      if (!worker.is_alive) continue;
      if (worker.pipe.get() >= 0) files.push_back({worker.pipe.get(), POLLIN, 0});
      files.push_back({worker.pidfd.get(), POLLIN, 0});
    }
    ::poll(files.data(), files.size(), remote_ ? 10 : 50);
  }

  void look_after(Worker& worker) {
    siginfo_t info{};
    const int asked = waitid(P_PID, static_cast<id_t>(worker.pid), &info,
                             WEXITED | WSTOPPED | WCONTINUED | WNOHANG);
    const bool ended =
        asked == 0 && info.si_pid == worker.pid &&
        (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED);
    read_pipe(worker);  // After a death too: what it said last is still in the pipe.
    if (ended) return note_end(worker, info);
    if (asked == 0 && info.si_pid == worker.pid)
      worker.stopped_since = info.si_code == CLD_STOPPED ? now().value() : 0;
    // Before the other ranks' own deadlines, whose message could only say whom they waited for.
    if (worker.stopped_since > 0 && !failed_ &&
        now().value() - worker.stopped_since >
            0.9 * longest_wait(worker_options_.options.timeout, worker_options_.ending).value())
      fail_by(worker.rank, "is stopped (by a signal such as SIGSTOP)");
  }

  void read_pipe(Worker& worker) {
    if (worker.pipe.get() < 0) return;
    char buffer[65536];
    while (true) {
      pollfd ready{worker.pipe.get(), POLLIN, 0};
      if (::poll(&ready, 1, 0) <= 0) break;
      const ssize_t count = read(worker.pipe.get(), buffer, sizeof buffer);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        worker.pipe.close();
        break;
      }
      worker.reader.feed(buffer, static_cast<std::size_t>(count));
    }
    while (const auto message = worker.reader.next()) handle(worker, *message);
  }

  void handle(Worker& worker, const PipeMessage& message) {
    switch (message.type) {
      case MessageType::row:
        sink_.put(decode_record(message.payload));
        break;
      case MessageType::progress:
        show_progress(message.payload);
        break;
      case MessageType::gather:
        if (remote_) remote_->gather(worker.rounds++, message.payload);
        break;
      case MessageType::done:
        worker.has_ended_well = worker.has_reported = true;
        break;
      case MessageType::failed:
        worker.has_reported = true;
        fail(explained(worker.rank, decode_failure(message.payload)), true);
        break;
    }
  }

  void show_progress(const std::string& payload) const {
    double fraction = 0;
    std::memcpy(&fraction, payload.data(), sizeof fraction);
    if (worker_options_.options.progress)
      worker_options_.options.progress(fraction, payload.substr(sizeof fraction));
  }

  void note_end(Worker& worker, const siginfo_t& info) {
    worker.is_alive = false;
    if (worker.has_reported || killed_) return;
    if (info.si_code == CLD_EXITED)
      fail_by(worker.rank, fmt::format("ended with exit code {}", info.si_status));
    else
      fail_by(worker.rank, fmt::format("was killed by signal {} ({})", info.si_status,
                                       strsignal(info.si_status)));
  }

  /// A rank of ours is gone or stuck: the supervisor saw it itself, so it is the cause.
  void fail_by(int rank, const std::string& what) {
    fail({Failure::Kind::peer_lost, rank, true,
          fmt::format("{} {} in phase \"{}\"", rank_name(worker_options_.places, rank), what,
                      control_.phase(rank))},
         true);
  }

  void fail(const Failure& failure, bool is_local) {
    reported_.push_back(failure);
    if (failure.kind == Failure::Kind::peer_lost && failure.rank >= 0)
      control_.set_lost(failure.rank);
    if (failed_) return;
    failed_ = true;
    kill_at_ = now() + leave_grace;
    if (failure.kind != Failure::Kind::peer_lost) control_.set_stop();
    if (is_local && remote_) remote_->announce(failure);
  }

  /// Says where the rank was, and on a timeout which rank everybody waited for in the end.
  [[nodiscard]] Failure explained(int rank, Failure failure) const {
    using Kind = Failure::Kind;
    if (failure.kind == Kind::run || failure.kind == Kind::other)
      failure.message =
          fmt::format("{} in phase \"{}\": {}", rank_name(worker_options_.places, rank),
                      control_.phase(rank), failure.message);
    if (failure.kind != Kind::timed_out) return failure;
    int last = rank;
    for (int hops = 0; hops < control_.size() && control_.waits_for(last) >= 0; ++hops)
      last = control_.waits_for(last);
    failure.rank = last;
    failure.message += fmt::format("; the rank that did not answer is {}, in phase \"{}\"",
                                   rank_name(worker_options_.places, last), control_.phase(last));
    return failure;
  }

  void kill_all() {
    killed_ = true;
    for (const Worker& worker : workers_)
      if (worker.is_alive) kill(worker.pid, SIGKILL);
  }

  const WorkerOptions& worker_options_;
  ControlBlock control_;
  RecordSink& sink_;
  RemoteSupervisors* remote_;
  std::vector<Worker> workers_;
  std::vector<Failure> reported_;
  bool failed_ = false;
  bool killed_ = false;
  Seconds kill_at_;
};

}  // namespace

std::string rank_name(const std::vector<Place>& places, int rank) {
  return fmt::format("rank {} on {}", rank, places[static_cast<std::size_t>(rank)].host);
}

Seconds longest_wait(Seconds timeout, Seconds ending) {
  return std::max(0.25 * timeout, 0.95 * timeout - leave_grace - 100_ms - ending);
}

std::optional<Failure> run_workers(const WorkerOptions& worker_options, ControlBlock control,
                                   RecordSink& sink, const Job::Body& body,
                                   RemoteSupervisors* remote) {
  (void)fabric_library();  // Loaded once here rather than once in each rank.
  Supervisor supervisor(worker_options, std::move(control), sink, remote);
  supervisor.start(body);
  return supervisor.supervise();
}

std::string run_in_child(const std::function<std::string()>& body, Seconds limit) {
  Pipe pipe = make_pipe();
  const pid_t pid = fork_bound_to_parent();
  if (pid == 0) {
    try {
      write_message(pipe.writer.get(), MessageType::done, body());
    } catch (...) {
      write_message(pipe.writer.get(), MessageType::failed, encode(current_failure()));
    }
    _exit(0);
  }
  pipe.writer.close();
  const Deadline deadline(limit);
  MessageReader reader;
  std::optional<PipeMessage> answer;
  bool open = true;
  while (open && !answer && !deadline.passed() && !interrupted()) {
    pollfd ready{pipe.reader.get(), POLLIN, 0};
    if (::poll(&ready, 1, 50) <= 0) continue;
    char buffer[4096];
    const ssize_t count = read(pipe.reader.get(), buffer, sizeof buffer);
    open = count > 0;
    if (open) reader.feed(buffer, static_cast<std::size_t>(count));
    answer = reader.next();
  }
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  throw_if_interrupted();
  if (!answer && open)
    throw TimedOut(fmt::format("asking libfabric took longer than {}", format(limit)));
  if (!answer) throw RunError("the process that asked libfabric died");
  if (answer->type == MessageType::failed) throw_failure(decode_failure(answer->payload));
  return answer->payload;
}

}  // namespace assay::network
