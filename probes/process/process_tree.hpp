#pragma once
/// @file
/// Who runs on this machine, and who of them belongs to a command that was started here.

#include <sys/types.h>

#include <set>
#include <vector>

namespace assay {

/// From /proc/PID/stat.
struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  bool is_zombie = false;
};
[[nodiscard]] std::vector<ProcessEntry> all_processes();

/// While it lives, orphans below this process become its children instead of init's, so that they
/// can be found; what they leave behind is collected.
class OrphanKeeper {
 public:
  OrphanKeeper();
  ~OrphanKeeper();
  OrphanKeeper(const OrphanKeeper&) = delete;
  OrphanKeeper& operator=(const OrphanKeeper&) = delete;

  /// The living processes of `leader`: of its session, below it, and orphans below them. With
  /// `leader` itself.
  [[nodiscard]] std::vector<pid_t> family(pid_t leader) const;
  void signal_family(pid_t leader, int signal) const;
  /// SIGKILL until nobody is left, at most a second: a process in an uninterruptible wait of the
  /// kernel may outlive it. Collects the orphans, not the leader.
  void kill_family(pid_t leader) const;

 private:
  std::set<pid_t> children_before_;
  bool was_subreaper_ = false;
};

}  // namespace assay
