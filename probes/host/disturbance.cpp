#include "probes/host/disturbance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>

#include "probes/host/cgroup.hpp"

namespace assay {
namespace {

constexpr Seconds jump(0.1);
constexpr std::string_view announcement = "@assay-measuring/";

Seconds clock_reading(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return Seconds(static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec));
}

/// Of another clock over the monotonic one, read so closely that a preemption between the two does
/// not look like a jump.
Seconds offset_of(clockid_t clock) {
  Seconds best, least(1e9);
  for (int i = 0; i < 5; ++i) {
    const Seconds first = clock_reading(CLOCK_MONOTONIC);
    const Seconds other = clock_reading(clock);
    const Seconds second = clock_reading(CLOCK_MONOTONIC);
    if (second - first >= least) continue;
    least = second - first;
    best = other - first;
  }
  return best;
}

std::vector<int> allowed_pus_now() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> pus;
  if (sched_getaffinity(getpid(), sizeof allowed, &allowed) == 0)
    for (int pu = 0; pu < CPU_SETSIZE; ++pu)
      if (CPU_ISSET(pu, &allowed)) pus.push_back(pu);
  return pus;
}

std::string text_of(const std::optional<double>& quota) {
  return quota ? fmt::format("{:.2f} cores", *quota) : "none";
}

}  // namespace

DisturbanceReading read_disturbances() {
  std::ifstream sockets("/proc/net/unix");
  const std::string text((std::istreambuf_iterator<char>(sockets)), {});
  return {.realtime_offset = offset_of(CLOCK_REALTIME),
          .boottime_offset = offset_of(CLOCK_BOOTTIME),
          .allowed_pus = allowed_pus_now(),
          .cpu_quota = read_cgroup_limits().cpus,
          .other_runs = measuring_processes(text, static_cast<int>(getpid()))};
}

std::string disturbance(const DisturbanceReading& before, const DisturbanceReading& after) {
  const Seconds slept = after.boottime_offset - before.boottime_offset;
  if (slept > jump) return fmt::format("the machine was suspended for {}", format(slept));
  const Seconds set = after.realtime_offset - before.realtime_offset;
  if (std::abs(set.value()) > jump.value())
    return fmt::format("the clock was set {} by {}", set.value() > 0 ? "forward" : "back",
                       format(Seconds(std::abs(set.value()))));
  if (before.allowed_pus != after.allowed_pus)
    return fmt::format("the allowed processing units changed from {} to {}",
                       fmt::join(before.allowed_pus, ","), fmt::join(after.allowed_pus, ","));
  if (before.cpu_quota != after.cpu_quota)
    return fmt::format("the CPU quota changed from {} to {}", text_of(before.cpu_quota),
                       text_of(after.cpu_quota));
  const std::vector<int>& others = after.other_runs.empty() ? before.other_runs : after.other_runs;
  if (!others.empty())
    return fmt::format("another run measures on this machine (process {})",
                       fmt::join(others, ", "));
  return {};
}

MeasuringNotice::MeasuringNotice(const std::string& job)
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  if (!socket_.is_open()) return;
  const std::string name =
      fmt::format("{}{}", announcement.substr(1), job.empty() ? std::to_string(getpid()) : job);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::min(name.size(), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path + 1, name.data(), length);
  // A name that is taken is another rank's of this job: then it is announced already.
  static_cast<void>(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length)));
}

std::vector<int> measuring_processes(const std::string& unix_sockets, int own) {
  std::vector<int> found;
  for (std::size_t at = unix_sockets.find(announcement); at != std::string::npos;
       at = unix_sockets.find(announcement, at)) {
    at += announcement.size();
    int process = 0;
    std::from_chars(unix_sockets.data() + at, unix_sockets.data() + unix_sockets.size(), process);
    if (process > 0 && process != own) found.push_back(process);
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

}  // namespace assay
