#pragma once
/// @file
/// `--hosts a,b,c`: one process per host over the system's OpenSSH, which then forks the ranks of
/// its host. Nothing is installed or left there but, with --copy, a copy of the program while it
/// runs.
///
/// The starting process measures nothing. It writes a random key, and the address at which the
/// first host waits, to the standard input of each ssh; the end of that input (a closed terminal,
/// Ctrl-C, a cut line) ends the remote process like Ctrl-C. Output and the exit code are the first
/// host's.

#include <memory>
#include <string>
#include <vector>

#include "probes/network/launch/launch.hpp"

namespace assay::network {

/// Throws UsageError for a name that ssh would take for an option or a shell for more than a name.
void require_host_names(const std::vector<std::string>& hosts);

struct SshPlan {
  std::vector<std::string> hosts;
  std::vector<std::string> arguments;  ///< Of this program, without its name and the hosts.
  std::string program;                 ///< Its path, expected on each host too.
  bool copy = false;                   ///< Copy it (or the bundle around it) there first.
  Seconds patience;                    ///< For a host to answer.
};
/// Runs the job on the hosts and gives its exit code. Throws UsageError when a host cannot be
/// reached.
[[nodiscard]] int start_over_ssh(const SshPlan& plan);

/// The path by which this program was started: of the bundle's start script where it is one.
[[nodiscard]] std::string own_program();
/// This program's arguments as it was started, without those that name hosts.
[[nodiscard]] std::vector<std::string> own_arguments();

/// One of the hosts: forks its ranks, and returns in each of them with the job. The process that
/// was started stays behind as their parent and ends with their exit code.
[[nodiscard]] std::unique_ptr<Job> join_as_host(const Start& start, int ranks_wanted,
                                                Seconds timeout, Seconds patience);

}  // namespace assay::network
