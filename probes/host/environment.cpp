#include "probes/host/environment.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

using Verdict = ValidityCheck::Verdict;
namespace bounds = environment_bounds;

/// A quota is granted anew in every period of this length, the kernel's default.
constexpr Seconds quota_period(0.1);

Verdict above(double value, double warning, double failure) {
  return value > failure ? Verdict::failed : value > warning ? Verdict::warning : Verdict::passed;
}

ValidityCheck check(const char* name, Verdict verdict, std::string finding, std::string advice) {
  ValidityCheck result;
  result.name = name;
  result.verdict = verdict;
  result.finding = std::move(finding);
  if (verdict != Verdict::passed) result.advice = std::move(advice);
  return result;
}

std::string percent(double fraction) {
  return fmt::format("{:.1f} %", 100 * fraction);
}

std::optional<double> steal_between(const EnvironmentReading& before,
                                    const EnvironmentReading& after) {
  if (!before.ticks || !after.ticks) return std::nullopt;
  return steal_fraction(*before.ticks, *after.ticks);
}

std::optional<unsigned long long> difference(std::optional<unsigned long long> before,
                                             std::optional<unsigned long long> after) {
  if (!before || !after || *after < *before) return std::nullopt;
  return *after - *before;
}

/// Upper bound: a stop lasts until the next period at most.
double throttled_fraction(unsigned long long stops, Seconds elapsed) {
  if (elapsed <= Seconds(0)) return stops > 0 ? 1 : 0;
  return std::min(1.0, static_cast<double>(stops) * (quota_period / elapsed));
}

ValidityCheck check_steal(const EnvironmentReading& before, const EnvironmentReading& after) {
  const auto steal = steal_between(before, after);
  if (!steal) return check("steal", Verdict::unknown, "/proc/stat cannot be read", "mount /proc");
  return check(
      "steal", above(*steal, bounds::steal_warning, bounds::steal_failure),
      fmt::format("the hypervisor ran others for {} of the CPU time", percent(*steal)),
      "use a dedicated host or an instance type without shared cores, or measure again later");
}

ValidityCheck check_throttling(const Machine& machine, const EnvironmentReading& before,
                               const EnvironmentReading& after) {
  const auto stops = difference(before.throttled_periods, after.throttled_periods);
  if (!stops) {
    if (!machine.cpu_quota) return check("throttling", Verdict::passed, "no CPU quota is set", "");
    return check("throttling", Verdict::unknown, "nr_throttled cannot be read",
                 "mount the cpu controller of the control groups");
  }
  const double fraction = throttled_fraction(*stops, after.at - before.at);
  return check("throttling", above(fraction, 0, bounds::throttled_failure),
               fmt::format("the CPU quota stopped this process {} times (nr_throttled) in {}",
                           *stops, format(after.at - before.at)),
               "raise cpu.max, or use fewer threads than the quota grants");
}

ValidityCheck check_quota(const Machine& machine) {
  const auto cores = machine.one_pu_per_core.size();
  if (!machine.cpu_quota)
    return check("cpu_quota", Verdict::passed,
                 fmt::format("none; {} cores on {} allowed processing units", cores,
                             machine.allowed_pus.size()),
                 "");
  const bool binds = *machine.cpu_quota < static_cast<double>(cores);
  return check("cpu_quota", binds ? Verdict::warning : Verdict::passed,
               fmt::format("cpu.max grants {:.2f} of {} cores", *machine.cpu_quota, cores),
               "roofs are those of the quota; raise cpu.max to see those of the machine");
}

ValidityCheck check_cpu_wall(const SpinReading& spin) {
  const double lost = 1 - spin.cpu_wall_ratio;
  return check("cpu_wall", above(lost, 1 - bounds::cpu_wall_warning, 1 - bounds::cpu_wall_failure),
               fmt::format("a busy thread got {} of its core (CPU/wall, worst core)",
                           percent(spin.cpu_wall_ratio)),
               "stop what else runs here, or narrow the cpuset to idle cores");
}

ValidityCheck check_lost_time(const SpinReading& spin) {
  return check(
      "lost_time", above(spin.lost_fraction, bounds::lost_warning, bounds::lost_failure),
      fmt::format("{} of a spin loop's time went in gaps (worst core, median of the rounds)",
                  percent(spin.lost_fraction)),
      "something preempts the cores: another process, interrupts or the hypervisor");
}

ValidityCheck check_other_load(std::optional<double> load) {
  if (!load)
    return check("other_load", Verdict::unknown, "/proc/stat cannot be read", "mount /proc");
  return check("other_load", above(*load, bounds::load_warning, bounds::load_failure),
               fmt::format("other processes used {} of the CPUs before measuring", percent(*load)),
               "stop other work on this machine while it is measured");
}

ValidityCheck check_governor(const EnvironmentReading& reading) {
  if (reading.governors.empty())
    return check("governor", Verdict::unknown,
                 "no cpufreq interface: usual in a virtual machine, the host decides the clock",
                 "trust the clock that compute.peak_flops measures, not a nominal one");
  std::string names;
  for (const std::string& name : reading.governors) names += (names.empty() ? "" : ", ") + name;
  const bool fixed = reading.governors == std::vector<std::string>{"performance"};
  return check("governor", fixed ? Verdict::passed : Verdict::warning, "cpufreq governor: " + names,
               "cpupower frequency-set -g performance");
}

ValidityCheck check_huge_pages(const EnvironmentReading& reading) {
  if (!reading.transparent_huge_pages)
    return check("huge_pages", Verdict::unknown, "the kernel has no transparent huge pages",
                 "memory figures include page walks");
  const bool off = *reading.transparent_huge_pages == "never";
  return check("huge_pages", off ? Verdict::warning : Verdict::passed,
               "transparent huge pages: " + *reading.transparent_huge_pages,
               "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled; until then memory "
               "figures include page walks");
}

ValidityCheck check_numa_balancing(const Machine& machine, const EnvironmentReading& reading) {
  const std::size_t nodes = machine.numa_nodes.size();
  if (nodes <= 1)
    return check("numa_balancing", Verdict::passed, "one NUMA node: no page can be moved away", "");
  if (!reading.numa_balancing)
    return check("numa_balancing", Verdict::unknown, "kernel.numa_balancing cannot be read", "");
  return check("numa_balancing", *reading.numa_balancing ? Verdict::warning : Verdict::passed,
               fmt::format("automatic NUMA balancing is {} on {} nodes",
                           *reading.numa_balancing ? "on" : "off", nodes),
               "sysctl kernel.numa_balancing=0: it moves pages while they are measured");
}

ValidityCheck check_swap(const EnvironmentReading& before, const EnvironmentReading& after) {
  const auto pages = difference(before.swapped_pages, after.swapped_pages);
  if (!pages) return check("swap", Verdict::unknown, "/proc/vmstat cannot be read", "mount /proc");
  return check("swap", *pages > 0 ? Verdict::failed : Verdict::passed,
               fmt::format("{} pages were swapped in or out", *pages),
               "swapoff -a, or free memory before measuring");
}

ValidityCheck check_smt(const EnvironmentReading& reading) {
  if (!reading.smt)
    return check("smt", Verdict::unknown, "the kernel does not tell whether cores have siblings",
                 "");
  return check("smt", Verdict::passed,
               *reading.smt ? "on; one processing unit per core is used" : "off", "");
}

ValidityCheck check_memory(const Machine& machine) {
  // What memory.bandwidth needs to leave the caches: four times the last level in 60 % of the cap.
  const Bytes needed = 4.0 * machine.llc_total() / 0.6;
  const std::string finding =
      fmt::format("{} can be used", format_quantity(machine.memory_cap.value(), unit::bytes));
  return check("memory", machine.memory_cap < needed ? Verdict::warning : Verdict::passed, finding,
               fmt::format("DRAM figures need {} (4 times the last-level caches within 60 %)",
                           format_quantity(needed.value(), unit::bytes)));
}

}  // namespace

std::optional<double> load_of_others(const EnvironmentReading& before,
                                     const EnvironmentReading& after) {
  if (!before.ticks || !after.ticks) return std::nullopt;
  const double total = static_cast<double>(after.ticks->total() - before.ticks->total());
  const Seconds elapsed = after.at - before.at;
  if (total < 4 || elapsed <= Seconds(0)) return std::nullopt;
  const double busy = static_cast<double>(after.ticks->busy - before.ticks->busy) / total;
  // Ticks of all CPUs together last `cpus` seconds a second; USER_HZ is 100 on every Linux.
  const Seconds cpu_time(total / 100.0);
  const double own = (after.own_cpu - before.own_cpu) / cpu_time;
  return std::clamp(busy - own, 0.0, 1.0);
}

std::vector<ValidityCheck> evaluate_environment(const Machine& machine, const std::string& host,
                                                const EnvironmentReading& before,
                                                const EnvironmentReading& after,
                                                std::optional<double> other_load,
                                                std::optional<SpinReading> spin) {
  std::vector<ValidityCheck> checks{check_steal(before, after),
                                    check_throttling(machine, before, after), check_quota(machine)};
  if (spin) {
    checks.push_back(check_cpu_wall(*spin));
    checks.push_back(check_lost_time(*spin));
  }
  checks.push_back(check_other_load(other_load));
  checks.push_back(check_governor(after));
  checks.push_back(check_huge_pages(after));
  checks.push_back(check_numa_balancing(machine, after));
  checks.push_back(check_swap(before, after));
  checks.push_back(check_smt(after));
  checks.push_back(check_memory(machine));
  for (ValidityCheck& item : checks) item.host = host;
  return checks;
}

std::string refusal(const EnvironmentReading& before, const EnvironmentReading& after) {
  const auto steal = steal_between(before, after);
  const bool long_enough = steal && after.ticks->total() - before.ticks->total() >= 100;
  if (long_enough && *steal > bounds::steal_failure)
    return fmt::format("the hypervisor ran others for {} of the time (steal above {})",
                       percent(*steal), percent(bounds::steal_failure));
  const auto stops = difference(before.throttled_periods, after.throttled_periods);
  if (stops && throttled_fraction(*stops, after.at - before.at) > bounds::throttled_failure)
    return fmt::format("the CPU quota stopped this process {} times in {}", *stops,
                       format(after.at - before.at));
  return {};
}

EnvironmentGuard::EnvironmentGuard(RecordSink& sink)
    : sink_(sink), start_(read_environment_counters()) {}

void EnvironmentGuard::put(const Record& record) {
  const std::string reason =
      carries_numbers(record.status) ? refusal(start_, read_environment_counters()) : std::string();
  sink_.put(reason.empty() ? record : marked_untrusted(record, reason));
}

bool any_failed(const std::vector<ValidityCheck>& checks) {
  return std::ranges::any_of(
      checks, [](const ValidityCheck& item) { return item.verdict == Verdict::failed; });
}

}  // namespace assay
