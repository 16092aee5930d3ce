#include "probes/network/transport/stale_shared_memory.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

namespace assay::network {

namespace {

bool is_of_dead_process(const std::string& name) {
  const char* const end = name.data() + name.size();
  long pid = 0;
  const auto [after_pid, pid_error] = std::from_chars(name.data(), end, pid);
  if (pid_error != std::errc() || after_pid == end || *after_pid != ':' || pid <= 0) return false;
  unsigned long user = 0;
  const auto [after_user, user_error] = std::from_chars(after_pid + 1, end, user);
  if (user_error != std::errc() || after_user == end || *after_user != ':' || user != getuid())
    return false;
  return kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
}

}  // namespace

int remove_stale_shared_memory(const std::filesystem::path& directory) {
  int removed = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code failed;
    if (is_of_dead_process(entry->path().filename().string()) &&
        std::filesystem::remove(entry->path(), failed))
      ++removed;
  }
  return removed;
}

}  // namespace assay::network
