/// @file
/// PMI-1, the text protocol that MPICH's process managers speak over a descriptor: lines of
/// "cmd=NAME key=value ...". No library is needed. Source: "PMI Version 1" in the wire protocol
/// notes of MPICH, and what Hydra 4.0.2 and Slurm 22.05 answer.

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/file_descriptor.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/network/launch/process_manager.hpp"
#include "probes/network/launch/start.hpp"

namespace assay::network {

namespace {

constexpr Seconds answer_patience = 20_s;  ///< For an answer that waits for no other process.
constexpr std::size_t longest_line = 65536;

int to_number(const std::string& text, const char* what) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    throw RunError(fmt::format("PMI: {} is '{}'; expected a number", what, text));
  return value;
}

/// The value of `key` in an answer; the last one may hold spaces no more than ours do.
std::string value_of(const std::string& line, const std::string& key) {
  std::istringstream words(line);
  for (std::string word; words >> word;)
    if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
  return "";
}

class Pmi1Manager final : public ProcessManager {
 public:
  Pmi1Manager(FileDescriptor server, int rank, int size)
      : server_(std::move(server)), rank_(rank), size_(size) {
    ask("cmd=init pmi_version=1 pmi_subversion=1", "response_to_init");
    name_ = value_of(ask("cmd=get_my_kvsname", "my_kvsname"), "kvsname");
    const std::string room = value_of(ask("cmd=get_maxes", "maxes"), "vallen_max");
    if (!room.empty()) room_ = static_cast<std::size_t>(to_number(room, "vallen_max"));
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  std::vector<std::string> share(const std::string& mine, Seconds limit) override {
    if (mine.size() + 1 > room_)
      throw RunError(
          fmt::format("PMI: {} bytes to share, the manager takes {}", mine.size(), room_));
    const int round = shared_++;
    ask(fmt::format("cmd=put kvsname={} key=assay-{}-{} value=.{}", name_, round, rank_, mine),
        "put_result");
    try {
      ask("cmd=barrier_in", "barrier_out", limit);
    } catch (const TimedOut&) {
      throw TimedOut(fmt::format("rank {} waited {} for the other ranks at the launcher's barrier",
                                 rank_, format(limit)));
    }
    std::vector<std::string> all;
    for (int other = 0; other < size_; ++other) {
      const std::string value = value_of(
          ask(fmt::format("cmd=get kvsname={} key=assay-{}-{}", name_, round, other), "get_result"),
          "value");
      if (value.empty()) throw RunError(fmt::format("PMI: nothing came of rank {}", other));
      all.push_back(value.substr(1));
    }
    return all;
  }

  /// Hydra and Slurm kill all processes of a job when one ends that has not finalised.
  void introduced() override {
    ask("cmd=finalize", "finalize_ack");
    server_.close();
  }

 private:
  /// Sends a line and gives the answer, which must be the command `expected`.
  std::string ask(const std::string& line, const std::string& expected,
                  Seconds limit = answer_patience) {
    const std::string text = line + "\n";
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t count = write(server_.get(), text.data() + sent, text.size() - sent);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0)
        throw RunError(
            fmt::format("PMI: the process manager takes no '{}': {}", line, std::strerror(errno)));
      sent += static_cast<std::size_t>(count);
    }
    const std::string answer = next_line(Deadline(limit), limit);
    const std::string result = value_of(answer, "rc");
    if (value_of(answer, "cmd") != expected || (!result.empty() && result != "0"))
      throw RunError(
          fmt::format("PMI: the process manager answered '{}' to '{}'", one_line(answer), line));
    return answer;
  }

  std::string next_line(const Deadline& deadline, Seconds limit) {
    while (true) {
      const std::size_t end = received_.find('\n');
      if (end != std::string::npos) {
        const std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        return line;
      }
      if (received_.size() > longest_line) throw RunError("PMI: an answer without an end");
      throw_if_interrupted();
      if (deadline.passed())
        throw TimedOut(
            fmt::format("PMI: no answer of the process manager within {}", format(limit)));
      pollfd ready{server_.get(), POLLIN, 0};
      if (::poll(&ready, 1, 100) <= 0) continue;
      char buffer[4096];
      const ssize_t count = read(server_.get(), buffer, sizeof buffer);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) throw RunError("PMI: the process manager is gone");
      received_.append(buffer, static_cast<std::size_t>(count));
    }
  }

  FileDescriptor server_;
  int rank_, size_;
  std::string name_;
  std::size_t room_ = 1024;
  std::string received_;
  int shared_ = 0;
};

std::string require_variable(const Environment& environment, const char* name) {
  const auto text = environment(name);
  if (!text) throw RunError(fmt::format("PMI: {} is not set", name));
  return *text;
}

}  // namespace

std::unique_ptr<ProcessManager> connect_to_pmi1() {
  const Environment environment = process_environment();
  const int rank = to_number(require_variable(environment, "PMI_RANK"), "PMI_RANK");
  const int size = to_number(require_variable(environment, "PMI_SIZE"), "PMI_SIZE");
  const int descriptor = to_number(require_variable(environment, "PMI_FD"), "PMI_FD");
  pollfd file{descriptor, POLLOUT, 0};
  if (::poll(&file, 1, 0) < 0 || (file.revents & (POLLNVAL | POLLERR | POLLHUP)) != 0)
    return nullptr;
  return std::make_unique<Pmi1Manager>(FileDescriptor(descriptor), rank, size);
}

}  // namespace assay::network
