#include "probes/process/process_tree.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "probes/core/clock.hpp"

namespace assay {
namespace {

/// "PID (name) S PPID PGRP SID ...": the name may hold spaces and brackets, so look for the last.
bool read_entry(pid_t pid, ProcessEntry& entry) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return false;
  char state = 0;
  int parent = 0, group = 0, session = 0;
  if (std::sscanf(line.c_str() + name_end + 1, " %c %d %d %d", &state, &parent, &group, &session) !=
      4)
    return false;
  entry = {pid, parent, session, state == 'Z' || state == 'X'};
  return true;
}

}  // namespace

std::vector<ProcessEntry> all_processes() {
  std::vector<ProcessEntry> found;
  const auto close = [](DIR* folder) { closedir(folder); };
  const std::unique_ptr<DIR, decltype(close)> folder(opendir("/proc"), close);
  if (!folder) return found;
  while (const dirent* entry = readdir(folder.get())) {
    const pid_t pid = std::atoi(entry->d_name);
    if (ProcessEntry process; pid > 0 && read_entry(pid, process)) found.push_back(process);
  }
  return found;
}

OrphanKeeper::OrphanKeeper() {
  int flag = 0;
  was_subreaper_ = prctl(PR_GET_CHILD_SUBREAPER, &flag) == 0 && flag != 0;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (const ProcessEntry& process : all_processes())
    if (process.parent == getpid()) children_before_.insert(process.pid);
}

OrphanKeeper::~OrphanKeeper() {
  if (!was_subreaper_) prctl(PR_SET_CHILD_SUBREAPER, 0);
}

std::vector<pid_t> OrphanKeeper::family(pid_t leader) const {
  const std::vector<ProcessEntry> processes = all_processes();
  std::set<pid_t> members;
  const auto is_member = [&](const ProcessEntry& process) {
    return process.pid == leader || process.session == leader ||
           members.count(process.parent) != 0 ||
           (process.parent == getpid() && children_before_.count(process.pid) == 0);
  };
  // Until nothing is added: a child may stand before its parent in the list.
  for (std::size_t before = 1, after = 0; before != after;) {
    before = members.size();
    for (const ProcessEntry& process : processes)
      if (is_member(process)) members.insert(process.pid);
    after = members.size();
  }
  std::vector<pid_t> living;
  for (const ProcessEntry& process : processes) {
    if (members.count(process.pid) == 0) continue;
    if (!process.is_zombie)
      living.push_back(process.pid);
    else if (process.pid != leader && process.parent == getpid())
      waitpid(process.pid, nullptr, WNOHANG);
  }
  return living;
}

void OrphanKeeper::signal_family(pid_t leader, int signal) const {
  for (const pid_t member : family(leader)) kill(member, signal);
}

void OrphanKeeper::kill_family(pid_t leader) const {
  const Deadline deadline(1_s);
  for (std::vector<pid_t> left = family(leader); !left.empty() && !deadline.passed();
       left = family(leader)) {
    for (const pid_t member : left) kill(member, SIGKILL);
    usleep(1000);
  }
}

}  // namespace assay
