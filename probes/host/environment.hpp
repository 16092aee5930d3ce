#pragma once
/// @file
/// The environment gate: what on this machine distorts a measurement, with number, verdict and
/// advice.
///
/// Reading and judging are apart: `evaluate_environment` is pure, so that every verdict is tested
/// on invented readings. Two readings span the time that is judged; counters are compared, states
/// taken from the later one. What cannot be read gets the verdict unknown, never passed.
///
///   check          passed                    failed (a headline is refused)
///   steal          at most 1 % of CPU time   above 5 %: the hypervisor ran others
///   throttling     quota never stopped us    stopped for more than 5 % of the time
///   cpu_wall       busy threads ran >= 98 %  below 75 %
///   lost_time      at most 1 % of a spin     above 25 % lost in gaps, whoever took it
///   other_load     at most 2 % of the CPUs   above 10 %
///   swap           no page moved             any page moved
/// Between the bounds: warning. cpu_wall and lost_time are the median of spins in every round.
/// Figures are medians over samples and rounds: a gap that meets few samples leaves the median, one
/// that comes and goes is in the interval; from a quarter of the time on a typical sample is hit.
/// governor, THP, NUMA balancing, SMT, quota and memory cap only warn. Not seen: neighbours on
/// shared caches and memory channels, and steal that the hypervisor hides (lost_time shows most of
/// it).

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "probes/core/record_sink.hpp"
#include "probes/host/provenance.hpp"
#include "probes/host/topology.hpp"
#include "probes/run/run_directory.hpp"

namespace assay {

/// Bounds of the checks; fractions of time.
namespace environment_bounds {
inline constexpr double steal_warning = 0.01, steal_failure = 0.05;
inline constexpr double throttled_failure = 0.05;
inline constexpr double cpu_wall_warning = 0.98, cpu_wall_failure = 0.75;
inline constexpr double lost_warning = 0.01, lost_failure = 0.25;
inline constexpr double load_warning = 0.02, load_failure = 0.10;
}  // namespace environment_bounds

/// What was read at one instant. Nothing where it cannot be read.
struct EnvironmentReading {
  Seconds at;                     ///< Of now().
  std::optional<CpuTicks> ticks;  ///< Of the whole machine.
  Seconds own_cpu;                ///< CPU time of this process and its ended children.
  std::optional<unsigned long long> throttled_periods;  ///< Since the group exists.
  std::optional<unsigned long long> swapped_pages;      ///< In and out, since boot.
  std::vector<std::string> governors;                   ///< Distinct ones of the allowed PUs.
  std::optional<std::string> transparent_huge_pages;    ///< always, madvise, never
  std::optional<bool> numa_balancing;
  std::optional<bool> smt;
};

/// What a spin loop on every allowed core saw.
struct SpinReading {
  double cpu_wall_ratio = 1;  ///< The least of all threads.
  double lost_fraction =
      0;  ///< The most of all threads: time in gaps between two readings of the clock.
};

/// `root` is / but for tests.
[[nodiscard]] EnvironmentReading read_environment(const Machine& machine,
                                                  const std::filesystem::path& root = "/");

/// Only what `refusal` judges: cheap enough to be read for every row.
[[nodiscard]] EnvironmentReading read_environment_counters(const std::filesystem::path& root = "/");

/// Spins on every allowed core for `time`. A gap is a pause of the spin of more than 20 us.
[[nodiscard]] SpinReading spin_on_all_cores(const Machine& machine, Seconds time);

/// Pure. `other_load` is the fraction of all CPUs that others took in an idle window; nothing when
/// not looked at. `spin` likewise.
[[nodiscard]] std::vector<ValidityCheck> evaluate_environment(const Machine& machine,
                                                              const std::string& host,
                                                              const EnvironmentReading& before,
                                                              const EnvironmentReading& after,
                                                              std::optional<double> other_load,
                                                              std::optional<SpinReading> spin);

/// Fraction of the CPUs that processes other than this one used between two readings; nothing when
/// the readings lack ticks or lie too close together.
[[nodiscard]] std::optional<double> load_of_others(const EnvironmentReading& before,
                                                   const EnvironmentReading& after);

/// Watches a run. The constructor looks at the idle machine for `idle` and spins for `spin` (0.3 s
/// in all by default); `checks` judges the time since then.
class EnvironmentWatch {
 public:
  explicit EnvironmentWatch(const Machine& machine, Seconds idle = Seconds(0.2),
                            Seconds spin = Seconds(0.1));
  /// Once more, in a later round: the checks judge the median of all spins.
  void spin_again(Seconds spin = Seconds(0.03));
  [[nodiscard]] std::vector<ValidityCheck> checks() const;

 private:
  Machine machine_;
  EnvironmentReading before_;
  std::optional<double> other_load_;
  std::vector<SpinReading> spins_;
};

/// Of each field. @pre not empty
[[nodiscard]] SpinReading median_of(const std::vector<SpinReading>& spins);

/// Passes rows on, and marks those untrusted that were measured while the hypervisor stole more
/// than 5 % of the CPU time or a quota stopped this process: no headline from a machine that was
/// not there.
class EnvironmentGuard final : public RecordSink {
 public:
  /// Judges the time from here to each row. @pre `sink` outlives this
  explicit EnvironmentGuard(RecordSink& sink);
  void put(const Record& record) override;

 private:
  RecordSink& sink_;
  EnvironmentReading start_;
};

/// Why a headline measured between two readings is refused; empty when it is not. Steal is judged
/// from 100 ticks on (a quarter of a second on four CPUs): of fewer, one stolen tick would be
/// percents.
[[nodiscard]] std::string refusal(const EnvironmentReading& before,
                                  const EnvironmentReading& after);

/// True when a check failed: exit 3.
[[nodiscard]] bool any_failed(const std::vector<ValidityCheck>& checks);

}  // namespace assay
