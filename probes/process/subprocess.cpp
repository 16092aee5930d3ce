#include "probes/process/subprocess.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/file_descriptor.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/process/process_tree.hpp"

extern char** environ;  // NOLINT: POSIX names it so

namespace assay {
namespace {

/// To end in order after SIGTERM, e.g. for mpirun to stop its ranks.
constexpr Seconds grace = 2_s;

/// The command, from its start until nothing of it is left.
class Child {
 public:
  Child(const OrphanKeeper& keeper, pid_t pid)
      : keeper_(keeper),
        pid_(pid),
        // Not pidfd_open(): the header of glibc 2.36 forgets extern "C".
        pidfd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (!collected_) static_cast<void>(collect());
  }
  /// Readable once the leader has ended; -1 on a kernel without it.
  [[nodiscard]] int descriptor() const { return pidfd_.get(); }
  /// The leader stays a zombie, so that its number cannot become another process's.
  [[nodiscard]] bool has_ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }
  void ask_to_end() const { keeper_.signal_family(pid_, SIGTERM); }
  void kill_all() const { keeper_.kill_family(pid_); }
  /// Kills what is left; gives the leader's status.
  int collect() {
    kill_all();
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    collected_ = true;
    return status;
  }

 private:
  const OrphanKeeper& keeper_;
  pid_t pid_;
  FileDescriptor pidfd_;
  bool collected_ = false;
};

/// One stream of the command: what it wrote, within a limit.
class Stream {
 public:
  Stream(FileDescriptor from, std::size_t limit, ProcessLimits::Keep keep)
      : from_(std::move(from)), limit_(limit), keep_(keep) {}
  [[nodiscard]] int descriptor() const { return from_.get(); }
  [[nodiscard]] bool is_open() const { return from_.is_open(); }
  [[nodiscard]] bool was_cut() const { return was_cut_; }
  [[nodiscard]] std::string take() {
    if (text_.size() > limit_) text_.erase(0, text_.size() - limit_);
    return std::move(text_);
  }
  /// Reads what is there, at most a buffer of it; closes at the end.
  void read_some() {
    std::array<char, 65536> buffer;
    const ssize_t got = read(from_.get(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) return from_.close();
    add(buffer.data(), static_cast<std::size_t>(got));
  }

 private:
  void add(const char* text, std::size_t size) {
    was_cut_ = was_cut_ || text_.size() + size > limit_;
    if (keep_ == ProcessLimits::Keep::beginning)
      size = std::min(size, limit_ - std::min(limit_, text_.size()));
    text_.append(text, size);
    // Not at every read: erasing at the front moves all of it.
    if (text_.size() > 2 * limit_ + 65536) text_.erase(0, text_.size() - limit_);
  }

  FileDescriptor from_;
  std::size_t limit_;
  ProcessLimits::Keep keep_;
  std::string text_;
  bool was_cut_ = false;
};

/// Waits for text, the leader's end or `longest`, whatever comes first.
void wait_for_news(Stream& out, Stream& err, int leader, Seconds longest) {
  std::array<pollfd, 3> wanted{
      {{out.descriptor(), POLLIN, 0}, {err.descriptor(), POLLIN, 0}, {leader, POLLIN, 0}}};
  // Without a descriptor of the leader its end is seen at the next look.
  const double longest_ms = leader < 0 ? 1.0 : 100.0;
  poll(wanted.data(), wanted.size(),
       static_cast<int>(std::clamp(longest.value() * 1e3, 1.0, longest_ms)));
  if (wanted[0].revents != 0) out.read_some();
  if (wanted[1].revents != 0) err.read_some();
}

/// What is still in the pipes of a command of which nobody is left.
void read_rest(Stream& out, Stream& err) {
  const Deadline deadline(1_s);
  while ((out.is_open() || err.is_open()) && !deadline.passed()) wait_for_news(out, err, -1, 1_ms);
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    if (added.count(text.substr(0, text.find('='))) == 0) result.push_back(text);
  }
  for (const auto& [name, value] : added) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

[[noreturn]] void become(const std::vector<char*>& argv, const std::vector<char*>& envp,
                         const FileDescriptor& in, const FileDescriptor& out,
                         const FileDescriptor& err, const FileDescriptor& complaint) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // Should this process be killed, its command is not left over.
  dup2(in.get(), STDIN_FILENO);
  dup2(out.get(), STDOUT_FILENO);
  dup2(err.get(), STDERR_FILENO);
  execvpe(argv[0], argv.data(), envp.data());
  const int fault = errno;
  [[maybe_unused]] const ssize_t written = write(complaint.get(), &fault, sizeof fault);
  _exit(127);
}

}  // namespace

std::string ProcessResult::describe(Seconds timeout) const {
  if (start_error != 0) return fmt::format("cannot be started: {}", std::strerror(start_error));
  if (timed_out) return fmt::format("did not end within {}", format(timeout));
  if (signal != 0) return fmt::format("killed by signal {} ({})", signal, strsignal(signal));
  return fmt::format("exit status {}", exit_status);
}

ProcessResult run_command(const std::vector<std::string>& command, const ProcessLimits& limits,
                          const std::map<std::string, std::string>& environment) {
  assert(!command.empty());
  Pipe out_pipe = make_pipe(), err_pipe = make_pipe(), complaint = make_pipe();
  const FileDescriptor nothing = open_for_reading("/dev/null");
  // Everything that allocates happens before the fork.
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = merged_environment(environment);
  const std::vector<char*> argv = pointers(arguments), envp = pointers(variables);

  const OrphanKeeper keeper;
  const Seconds start = now();
  const pid_t pid = fork();
  if (pid < 0) throw RunError(fmt::format("cannot start a process: {}", std::strerror(errno)));
  if (pid == 0) become(argv, envp, nothing, out_pipe.writer, err_pipe.writer, complaint.writer);
  Child child(keeper, pid);
  out_pipe.writer.close();
  err_pipe.writer.close();
  complaint.writer.close();
  Stream out(std::move(out_pipe.reader), limits.output, limits.keep);
  Stream err(std::move(err_pipe.reader), limits.errors, ProcessLimits::Keep::end);

  ProcessResult result;
  const Deadline deadline(limits.timeout);
  Seconds kill_at = deadline.at() + grace;
  bool was_interrupted = false;
  while (!child.has_ended() && now() < kill_at) {
    const bool stops = result.timed_out || was_interrupted;
    if (!stops && (deadline.passed() || interrupted())) {
      result.timed_out = deadline.passed();
      was_interrupted = !result.timed_out;
      kill_at = now() + grace;
      child.ask_to_end();
    }
    wait_for_news(out, err, child.descriptor(), (stops ? kill_at : deadline.at()) - now());
  }
  result.wall = now() - start;
  const int status = child.collect();
  if (was_interrupted) throw Interrupted();
  read_rest(out, err);
  if (read(complaint.reader.get(), &result.start_error, sizeof result.start_error) <= 0)
    result.start_error = 0;
  result.output_cut = out.was_cut();
  result.output = out.take();
  result.errors = err.take();
  if (WIFSIGNALED(status))
    result.signal = WTERMSIG(status);
  else
    result.exit_status = WEXITSTATUS(status);
  return result;
}

ProcessResult run_shell(const std::string& command, Seconds timeout,
                        const std::map<std::string, std::string>& environment,
                        std::size_t output_limit) {
  return run_command({"/bin/sh", "-c", command}, {.timeout = timeout, .output = output_limit},
                     environment);
}

std::string shell_quote(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text)
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  return quoted + "'";
}

}  // namespace assay
