#include "probes/network/launch/ssh_start.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/file_descriptor.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/network/launch/host_member.hpp"
#include "probes/network/launch/job_key.hpp"
#include "probes/process/subprocess.hpp"

namespace assay::network {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> ssh_command(const std::string& host, const std::string& script) {
  return {"ssh", "-T",
          "-o",  "BatchMode=yes",
          "-o",  "ConnectTimeout=10",
          host,  "exec sh -c " + shell_quote(script)};
}

[[noreturn]] void throw_unreachable(const std::string& host, int status) {
  throw UsageError(fmt::format(
      "--hosts: {}: {}; expected that `ssh {} true` works without a question, and assay there "
      "(or add --copy)",
      host,
      status == 255   ? "ssh could not reach it"
      : status == 127 ? "the program is not there"
                      : fmt::format("the start ended with status {}", status),
      host));
}

/// One ssh with our hands on its input and output.
class Remote {
 public:
  Remote(std::string host, const std::string& script) : host_(std::move(host)) {
    Pipe in = make_pipe(), out = make_pipe();
    const std::vector<std::string> words = ssh_command(host_, script);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_ = fork();
    if (pid_ < 0) throw RunError(fmt::format("cannot fork: {}", std::strerror(errno)));
    if (pid_ == 0) {
      setpgid(0, 0);  // Ctrl-C is for us, who tell it.
      dup2(in.reader.get(), STDIN_FILENO);
      dup2(out.writer.get(), STDOUT_FILENO);
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
    to_ = std::move(in.writer);
    from_ = std::move(out.reader);
  }
  ~Remote() {
    to_.close();
    if (pid_ > 0 && !status_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Remote(const Remote&) = delete;
  Remote& operator=(const Remote&) = delete;

  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] int output() const { return from_.get(); }
  void say(const std::string& line) const {
    const std::string text = line + "\n";
    static_cast<void>(!write(to_.get(), text.data(), text.size()));
  }
  void hang_up() { to_.close(); }

  /// Its exit status, when it has ended.
  std::optional<int> status() {
    int raw = 0;
    if (!status_ && waitpid(pid_, &raw, WNOHANG) == pid_)
      status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 255;
    return status_;
  }
  /// What it has written, up to its end; nothing for now is empty too.
  std::string hear() {
    std::array<char, 65536> buffer;
    pollfd ready{from_.get(), POLLIN, 0};
    if (!from_.is_open() || ::poll(&ready, 1, 0) <= 0) return "";
    const ssize_t count = read(from_.get(), buffer.data(), buffer.size());
    if (count == 0) from_.close();
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }

 private:
  std::string host_;
  pid_t pid_ = -1;
  FileDescriptor to_, from_;
  std::optional<int> status_;
};

void pass_on(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// Puts the program, or the bundle it is in, on a host while it runs.
class Copies {
 public:
  ~Copies() {
    for (const auto& [host, folder] : folders_)
      static_cast<void>(run(host, "rm -rf " + shell_quote(folder), "true"));
  }
  /// The program's path there.
  std::string put(const std::string& host, const std::string& program) {
    const char* const bundle = std::getenv("ASSAY_BUNDLE");
    const fs::path path = program;
    const std::string source =
        bundle ? fmt::format("tar -C {} -cf - .", shell_quote(bundle))
               : fmt::format("tar -C {} -cf - {}", shell_quote(path.parent_path().string()),
                             shell_quote(path.filename().string()));
    const std::string folder =
        run(host, "d=$(mktemp -d /tmp/assay-XXXXXX) && tar -C \"$d\" -xf - && echo \"$d\"", source);
    if (!folder.starts_with("/tmp/assay-")) throw_unreachable(host, 255);
    folders_.emplace_back(host, folder);
    return folder + (bundle ? "/assay" : "/" + path.filename().string());
  }

 private:
  static std::string run(const std::string& host, const std::string& script,
                         const std::string& source) {
    std::string line = source + " |";
    for (const std::string& word : ssh_command(host, script)) line += " " + shell_quote(word);
    std::string output = run_shell(line, 120_s).output;
    output.resize(std::min(output.size(), output.find('\n')));
    return output;
  }
  std::vector<std::pair<std::string, std::string>> folders_;
};

class SshStart {
 public:
  explicit SshStart(const SshPlan& plan) : plan_(plan) {}

  int run() {
    start_all();
    const std::string address = meet_first();
    for (std::size_t i = 1; i < remotes_.size(); ++i) remotes_[i]->say(key_.text() + " " + address);
    relay();
    for (const Deadline deadline(10_s); !all_ended() && !deadline.passed();) sleep_briefly();
    const int status = remotes_.front()->status().value_or(255);
    if (status == 255) throw_unreachable(plan_.hosts.front(), status);
    return status;
  }

 private:
  void start_all() {
    std::error_code ignored;
    const std::string folder = fs::current_path(ignored).string();
    std::string arguments;
    for (const std::string& argument : plan_.arguments) arguments += " " + shell_quote(argument);
    for (std::size_t i = 0; i < plan_.hosts.size(); ++i) {
      const std::string program =
          plan_.copy ? copies_.put(plan_.hosts[i], plan_.program) : plan_.program;
      remotes_.push_back(std::make_unique<Remote>(
          plan_.hosts[i],
          fmt::format("cd {} 2> /dev/null; ASSAY_HOST_START={}/{} exec {}{}", shell_quote(folder),
                      i, plan_.hosts.size(), shell_quote(program), arguments)));
    }
  }

  /// The first host tells where it waits; what its shell says before is passed on.
  std::string meet_first() {
    Remote& first = *remotes_.front();
    first.say(key_.text());
    std::string heard;
    const Deadline deadline(plan_.patience + 10_s);
    while (true) {
      heard += first.hear();
      for (std::size_t end = heard.find('\n'); end != std::string::npos; end = heard.find('\n')) {
        const std::string line = heard.substr(0, end);
        heard.erase(0, end + 1);
        if (line.starts_with(meeting_word)) {
          pass_on(heard);
          return line.substr(meeting_word.size());
        }
        pass_on(line + "\n");
      }
      throw_if_interrupted();
      if (const auto status = first.status()) {
        if (*status == 255 || *status >= 126) throw_unreachable(first.host(), *status);
        throw HostEnded{*status};
      }
      if (deadline.passed()) throw_unreachable(first.host(), 255);
      sleep_briefly();
    }
  }

  void relay() {
    Remote& first = *remotes_.front();
    bool has_hung_up = false;
    while (!first.status()) {
      pass_on(first.hear());
      for (std::size_t i = 1; i < remotes_.size(); ++i) {
        const auto status = remotes_[i]->status();
        if (!status || *status == 0 || told_.at(i)) continue;
        told_[i] = true;
        fmt::print(stderr, "assay: {}: {} {}\n", remotes_[i]->host(),
                   *status == 255 ? "ssh could not reach it, or lost it; status"
                                  : "its ranks ended with status",
                   *status);
      }
      if (interrupted() && !has_hung_up) {
        has_hung_up = true;
        for (const auto& remote : remotes_) remote->hang_up();
      }
      sleep_briefly();
    }
    for (std::string rest = first.hear(); !rest.empty(); rest = first.hear()) pass_on(rest);
  }

  bool all_ended() {
    return std::ranges::all_of(remotes_,
                               [](const auto& remote) { return remote->status().has_value(); });
  }

  void sleep_briefly() const {
    std::vector<pollfd> files;
    for (const auto& remote : remotes_)
      if (remote->output() >= 0) files.push_back({remote->output(), POLLIN, 0});
    if (files.size() > 1) files.resize(1);  // The others say nothing there.
    ::poll(files.data(), files.size(), 20);
  }

  const SshPlan& plan_;
  JobKey key_ = JobKey::random();
  Copies copies_;
  std::vector<std::unique_ptr<Remote>> remotes_;
  std::array<bool, 4096> told_{};

 public:
  struct HostEnded {
    int status;
  };
};

}  // namespace

void require_host_names(const std::vector<std::string>& hosts) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@:";
  if (hosts.empty() || hosts.size() > 4096)
    throw UsageError(fmt::format("--hosts: {} hosts; expected 1 to 4096", hosts.size()));
  for (const std::string& host : hosts)
    if (host.empty() || host.front() == '-' || host.find_first_not_of(letters) != std::string::npos)
      throw UsageError(
          fmt::format("--hosts: '{}' is no host name; expected such as n1 or user@n1", host));
}

int start_over_ssh(const SshPlan& plan) {
  require_host_names(plan.hosts);
  try {
    return SshStart(plan).run();
  } catch (const SshStart::HostEnded& ended) {  // It has said why.
    return ended.status;
  }
}

std::string own_program() {
  if (const char* const bundle = std::getenv("ASSAY_BUNDLE")) return std::string(bundle) + "/assay";
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).string();
}

std::vector<std::string> own_arguments() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> all, kept;
  for (std::string word; std::getline(in, word, '\0');) all.push_back(word);
  // Started through a loader (the bundle), the program is not the first word.
  std::size_t first = 1;
  if (std::getenv("ASSAY_BUNDLE") != nullptr)
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].ends_with("/bin/assay")) {
        first = i + 1;
        break;
      }
  for (std::size_t i = first; i < all.size(); ++i) {
    if (all[i] == "--copy" || all[i].starts_with("--hosts=") || all[i].starts_with("--hostfile="))
      continue;
    if (all[i] == "--hosts" || all[i] == "--hostfile") {
      ++i;
      continue;
    }
    kept.push_back(all[i]);
  }
  return kept;
}

}  // namespace assay::network
