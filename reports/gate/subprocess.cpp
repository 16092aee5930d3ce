#include "reports/gate/subprocess.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"

extern char** environ;  // NOLINT: POSIX names it so

namespace assay::gate {
namespace {

constexpr std::size_t errors_kept = 4096;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw RunError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Kills the group and collects its leader on every way out of run_shell.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill_group();
    if (!ended_) waitpid(pid_, &status_, 0);
  }
  void kill_group() const { kill(-pid_, SIGKILL); }
  /// True once the leader has ended.
  bool poll_ended() {
    if (!ended_) ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    return ended_;
  }
  void wait() {
    if (!ended_) ended_ = waitpid(pid_, &status_, 0) == pid_;
  }
  [[nodiscard]] int status() const { return status_; }

 private:
  pid_t pid_;
  int status_ = 0;
  bool ended_ = false;
};

/// Reads what is there. False at the end of the stream.
bool drain(const Descriptor& from, const std::function<void(const char*, std::size_t)>& take) {
  std::array<char, 65536> buffer;
  const ssize_t got = read(from.get(), buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got > 0) take(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
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

}  // namespace

std::string ProcessResult::describe(Seconds timeout) const {
  if (timed_out) return fmt::format("did not end within {}", format(timeout));
  if (signal != 0) return fmt::format("killed by signal {} ({})", signal, strsignal(signal));
  return fmt::format("exit status {}", exit_status);
}

ProcessResult run_shell(const std::string& command, Seconds timeout,
                        const std::map<std::string, std::string>& environment,
                        std::size_t output_limit) {
  Pipe out = make_pipe(), err = make_pipe();
  const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  // Everything that allocates happens before the fork.
  std::vector<std::string> arguments{"/bin/sh", "-c", command};
  std::vector<std::string> variables = merged_environment(environment);
  const std::vector<char*> argv = pointers(arguments), envp = pointers(variables);

  const Seconds start = now();
  const pid_t pid = fork();
  if (pid < 0) throw RunError(fmt::format("cannot start a process: {}", std::strerror(errno)));
  if (pid == 0) {
    setpgid(0, 0);
    dup2(nothing.get(), STDIN_FILENO);
    dup2(out.write.get(), STDOUT_FILENO);
    dup2(err.write.get(), STDERR_FILENO);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  setpgid(pid, pid);  // Also here: whoever comes first, the group exists before anyone signals it.
  Child child(pid);
  out.write.close();
  err.write.close();

  ProcessResult result;
  const Deadline deadline(timeout);
  while (out.read.open() || err.read.open()) {
    throw_if_interrupted();
    if (deadline.passed()) {
      result.timed_out = true;
      break;
    }
    // A child that was left behind may hold the pipes open; the command itself has ended then.
    const bool ended = child.poll_ended();
    std::array<pollfd, 2> wanted{{{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}}};
    const int wait_ms =
        ended ? 0 : static_cast<int>(std::clamp(deadline.left().value() * 1e3, 1.0, 100.0));
    const int ready = poll(wanted.data(), wanted.size(), wait_ms);
    if (ready == 0 && ended) break;
    if (wanted[0].revents != 0 && !drain(out.read, [&](const char* text, std::size_t size) {
          const std::size_t room = output_limit - std::min(output_limit, result.output.size());
          result.output.append(text, std::min(size, room));
          result.output_cut = result.output_cut || size > room;
        }))
      out.read.close();
    if (wanted[1].revents != 0 && !drain(err.read, [&](const char* text, std::size_t size) {
          result.errors.append(text, size);
          if (result.errors.size() > errors_kept)
            result.errors.erase(0, result.errors.size() - errors_kept);
        }))
      err.read.close();
  }
  // It may close its output long before it ends.
  while (!result.timed_out && !child.poll_ended()) {
    throw_if_interrupted();
    if (deadline.passed()) result.timed_out = true;
    usleep(1000);
  }
  child.kill_group();
  child.wait();
  result.wall = now() - start;
  if (WIFSIGNALED(child.status()))
    result.signal = WTERMSIG(child.status());
  else
    result.exit_status = WEXITSTATUS(child.status());
  return result;
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

}  // namespace assay::gate
