#include "probes/network/launch/host_member.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <sstream>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/host/topology.hpp"
#include "probes/network/launch/managed_job.hpp"
#include "probes/network/launch/rendezvous.hpp"
#include "probes/network/launch/ssh_start.hpp"

namespace assay::network {

namespace {

/// A line of standard input, read byte by byte: what follows belongs to somebody else.
std::string line_from_start(Seconds limit) {
  std::string line;
  for (const Deadline deadline(limit); !deadline.passed();) {
    throw_if_interrupted();
    pollfd ready{STDIN_FILENO, POLLIN, 0};
    if (::poll(&ready, 1, 100) <= 0) continue;
    char byte = 0;
    if (read(STDIN_FILENO, &byte, 1) != 1) break;
    if (byte == '\n') return line;
    line += byte;
  }
  throw RunError("the process that started this one over ssh is gone");
}

/// The address at which ssh reached this host; the loopback where no ssh did.
SocketAddress own_ssh_address() {
  std::istringstream words(process_environment()("SSH_CONNECTION").value_or(""));
  std::string client, port, server;
  words >> client >> port >> server;
  const auto own = local_one(resolve({server.empty() ? "127.0.0.1" : server, 0}));
  if (!own) throw RunError(fmt::format("SSH_CONNECTION: {} is no address of this host", server));
  return *own;
}

std::vector<std::string> exchange(Rendezvous& hosts, const std::string& mine, Seconds limit) {
  const Rendezvous::Meeting meeting = hosts.meet(mine);
  for (const Deadline deadline(limit); !meeting.is_done();) {
    throw_if_interrupted();
    if (hosts.gone() && !meeting.is_done())
      throw PeerLost(hosts.gone()->rank,
                     fmt::format("host {} of --hosts is gone", hosts.gone()->rank + 1));
    if (deadline.passed()) throw TimedOut("the hosts of --hosts did not all answer");
    const timespec nap{0, 2'000'000};
    nanosleep(&nap, nullptr);
  }
  return meeting.all();
}

int to_count(const std::string& text) {
  int count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

/// Ranks of each host: one per core, or `wanted` in equal blocks.
std::vector<int> ranks_of_hosts(const std::vector<std::string>& cores, int wanted) {
  std::vector<int> ranks;
  for (const std::string& text : cores) ranks.push_back(std::max(1, to_count(text)));
  const int hosts = static_cast<int>(ranks.size());
  if (wanted <= 0) return ranks;
  if (wanted < hosts)
    throw UsageError(
        fmt::format("--ranks: {} ranks on {} hosts; expected at least one of each", wanted, hosts));
  for (int host = 0; host < hosts; ++host)
    ranks[static_cast<std::size_t>(host)] = wanted / hosts + (host < wanted % hosts ? 1 : 0);
  return ranks;
}

/// Until all ranks of this host have ended; when nobody listens to us any more they are told to
/// end.
[[noreturn]] void stand_by(const std::vector<pid_t>& ranks) {
  bool is_told = false;
  int code = 0, left = static_cast<int>(ranks.size());
  while (left > 0) {
    pollfd start{is_told ? -1 : STDIN_FILENO, POLLIN, 0};
    char byte = 0;
    const bool hung_up = ::poll(&start, 1, 50) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
    if (!is_told && (hung_up || interrupted())) {
      is_told = true;
      for (const pid_t rank : ranks) kill(rank, SIGINT);
    }
    int status = 0;
    for (pid_t ended = waitpid(-1, &status, WNOHANG); ended > 0;
         ended = waitpid(-1, &status, WNOHANG)) {
      --left;
      const int its = WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(ExitCode::partial);
      if (ended == ranks.front()) code = its;  // On the first host that of the writer.
    }
  }
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace

std::unique_ptr<Job> join_as_host(const Start& start, int ranks_wanted, Seconds timeout,
                                  Seconds patience) {
  const std::string said = line_from_start(patience + 30_s);
  const std::size_t space = said.find(' ');
  const JobKey key = JobKey::from_text(said.substr(0, space), "the key of --hosts");
  std::optional<Listener> door;
  HostPort at;
  if (start.rank == 0) {
    door.emplace(own_ssh_address());
    at = door->address();
    fmt::print("{}{}\n", meeting_word, to_text(at));
    std::fflush(stdout);
  } else {
    at = parse_host_port(said.substr(space == std::string::npos ? said.size() : space + 1),
                         "the address of the first host");
  }
  auto hosts = Rendezvous::open({start.rank, start.size, key, at, patience}, std::move(door));
  const std::vector<int> ranks = ranks_of_hosts(
      exchange(*hosts, std::to_string(discover_machine().one_pu_per_core.size()), patience),
      ranks_wanted);
  std::optional<Listener> second;
  if (start.rank == 0) second.emplace(own_ssh_address());
  at =
      parse_host_port(exchange(*hosts, second ? to_text(second->address()) : "-", patience).front(),
                      "the address of rank 0");
  hosts.reset();  // Its thread ends before the fork.

  const auto here = static_cast<std::size_t>(start.rank);
  const int first = std::accumulate(ranks.begin(), ranks.begin() + start.rank, 0);
  const int all = std::accumulate(ranks.begin(), ranks.end(), 0);
  std::vector<pid_t> children;
  const pid_t parent = getpid();
  std::fflush(nullptr);
  for (int i = 0; i < ranks[here]; ++i) {
    const pid_t child = fork();
    if (child < 0) throw RunError(fmt::format("cannot fork: {}", std::strerror(errno)));
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    const int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) dup2(nothing, STDIN_FILENO);
    const int rank = first + i;
    if (rank != 0) second.reset();
    auto rendezvous = Rendezvous::open({rank, all, key, at, patience}, std::move(second));
    return make_managed_job(start, nullptr, std::move(rendezvous), timeout);
  }
  second.reset();
  stand_by(children);
}

}  // namespace assay::network
