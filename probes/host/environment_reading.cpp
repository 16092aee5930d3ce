// The reading half of environment.hpp: files, and a spin loop. The judging half is environment.cpp.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "probes/core/clock.hpp"
#include "probes/core/host_name.hpp"
#include "probes/core/statistics.hpp"
#include "probes/host/cgroup.hpp"
#include "probes/host/environment.hpp"
#include "probes/host/kernel_setting.hpp"
#include "probes/host/pinned_pool.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

/// user nice system idle iowait irq softirq steal ...: the first line of /proc/stat.
std::optional<CpuTicks> read_ticks(const fs::path& file) {
  std::ifstream in(file);
  std::string name;
  unsigned long long user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0,
                     steal = 0;
  if (!(in >> name >> user >> nice >> system >> idle) || name != "cpu") return std::nullopt;
  in >> wait >> irq >> soft >> steal;
  return CpuTicks{user + nice + system + irq + soft, idle + wait, steal};
}

std::optional<unsigned long long> read_swapped_pages(const fs::path& file) {
  std::ifstream in(file);
  std::string name;
  unsigned long long value = 0, sum = 0;
  int found = 0;
  while (in >> name >> value)
    if (name == "pswpin" || name == "pswpout") sum += value, ++found;
  return found == 2 ? std::optional(sum) : std::nullopt;
}

std::optional<bool> read_flag(const fs::path& file) {
  const auto line = kernel_setting(file);
  if (!line || line->empty()) return std::nullopt;
  return line->front() != '0';
}

std::vector<std::string> read_governors(const Machine& machine, const fs::path& cpus) {
  std::set<std::string> names;
  for (int pu : machine.allowed_pus)
    if (const auto name =
            kernel_setting(cpus / ("cpu" + std::to_string(pu)) / "cpufreq/scaling_governor"))
      names.insert(*name);
  return {names.begin(), names.end()};
}

Seconds own_cpu_time() {
  Seconds total;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval& t : {usage.ru_utime, usage.ru_stime})
      total += Seconds(static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec));
  }
  return total;
}

/// Fraction of `time` spent in gaps between two readings of the clock: nobody who spins pauses by
/// himself.
double spin_and_count_gaps(Seconds time) {
  constexpr Seconds gap(20e-6);
  const Seconds start = now();
  Seconds lost, last = start;
  while (last - start < time) {
    const Seconds current = now();
    if (current - last > gap) lost += current - last;
    last = current;
  }
  return lost / (last - start);
}

}  // namespace

EnvironmentReading read_environment_counters(const fs::path& root) {
  EnvironmentReading reading;
  reading.at = now();
  reading.ticks = read_ticks(root / "proc/stat");
  reading.own_cpu = own_cpu_time();
  reading.throttled_periods =
      read_cgroup_limits(root / "sys/fs/cgroup", root / "proc/self/cgroup").throttled_periods;
  return reading;
}

EnvironmentReading read_environment(const Machine& machine, const fs::path& root) {
  EnvironmentReading reading = read_environment_counters(root);
  reading.swapped_pages = read_swapped_pages(root / "proc/vmstat");
  const fs::path cpus = root / "sys/devices/system/cpu";
  reading.governors = read_governors(machine, cpus);
  reading.transparent_huge_pages =
      chosen_setting(root / "sys/kernel/mm/transparent_hugepage/enabled");
  reading.numa_balancing = read_flag(root / "proc/sys/kernel/numa_balancing");
  reading.smt = read_flag(cpus / "smt/active");
  return reading;
}

SpinReading spin_on_all_cores(const Machine& machine, Seconds time) {
  std::vector<int> pus = machine.one_pu_per_core;
  // More spinning threads than the quota grants would measure the quota, not the machine.
  pus.resize(std::min(pus.size(), static_cast<std::size_t>(std::max(1.0, machine.usable_cores()))));
  PinnedPool pool(pus);
  std::vector<double> lost(pus.size());
  const auto region = pool.run(
      [&](int thread) { lost[static_cast<std::size_t>(thread)] = spin_and_count_gaps(time); });
  SpinReading reading;
  for (std::size_t i = 0; i < pus.size(); ++i) {
    reading.lost_fraction = std::max(reading.lost_fraction, lost[i]);
    reading.cpu_wall_ratio =
        std::min(reading.cpu_wall_ratio, region.thread_cpu[i] / region.thread_wall[i]);
  }
  return reading;
}

EnvironmentWatch::EnvironmentWatch(const Machine& machine, Seconds idle, Seconds spin)
    : machine_(machine), before_(read_environment(machine)) {
  std::this_thread::sleep_for(std::chrono::duration<double>(idle.value()));
  other_load_ = load_of_others(before_, read_environment(machine));
  spin_again(spin);
}

void EnvironmentWatch::spin_again(Seconds spin) {
  spins_.push_back(spin_on_all_cores(machine_, spin));
}

SpinReading median_of(const std::vector<SpinReading>& spins) {
  std::vector<double> ratios, lost;
  for (const SpinReading& spin : spins) {
    ratios.push_back(spin.cpu_wall_ratio);
    lost.push_back(spin.lost_fraction);
  }
  return {.cpu_wall_ratio = median(ratios), .lost_fraction = median(lost)};
}

std::vector<ValidityCheck> EnvironmentWatch::checks() const {
  return evaluate_environment(machine_, host_name(), before_, read_environment(machine_),
                              other_load_, median_of(spins_));
}

}  // namespace assay
