// The node probe compute.peak_flops: which roofs are measured, on which threads, and their rows.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "probes/compute/roof.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/probe.hpp"
#include "probes/core/statistics.hpp"

namespace assay::compute {
namespace {

constexpr std::string_view probe_name = "compute.peak_flops";

/// The threads of one measurement.
struct ThreadSet {
  std::string level;  ///< Empty for one core and for all; "LLC 0" for a domain of a shared cache.
  std::vector<int> pus;
};

std::vector<ThreadSet> thread_sets(const Machine& machine) {
  // Not the first core: it takes most interrupts.
  std::vector<ThreadSet> sets{{"", {machine.one_pu_per_core.back()}}};
  if (machine.llc_domains.size() > 1)
    for (std::size_t i = 0; i < machine.llc_domains.size(); ++i)
      if (machine.llc_domains[i].size() > 1)
        sets.push_back({fmt::format("LLC {}", i), machine.llc_domains[i]});
  if (machine.one_pu_per_core.size() > 1) sets.push_back({"", machine.one_pu_per_core});
  return sets;
}

struct RoofPlan {
  Seconds sweep_burst, burst;
  SamplePlan samples;
};

/// `main`: for the fastest instruction set of a type; the others get fewer and shorter bursts.
RoofPlan roof_plan(Profile profile, bool main) {
  RoofPlan plan;
  plan.sweep_burst = by_profile(profile, 400_us, 2_ms, 2_ms);
  plan.burst =
      main ? by_profile(profile, 4_ms, 15_ms, 20_ms) : by_profile(profile, 2_ms, 5_ms, 10_ms);
  plan.samples.min_samples =
      main ? by_profile(profile, 20, 30, 60) : by_profile(profile, 8, 15, 30);
  plan.samples.relative_interval = by_profile(profile, 0.01, 0.005, 0.005);
  plan.samples.time_cap = by_profile(profile, 200_ms, 1_s, 3_s);
  plan.samples.warmup_cap = main ? by_profile(profile, 60_ms, 300_ms, 500_ms)
                                 : by_profile(profile, 15_ms, 100_ms, 200_ms);
  return plan;
}

/// What is measured: each family with its chain count.
struct Candidate {
  KernelFamily family;
  ChainSweep sweep;
};

class PeakFlops {
 public:
  explicit PeakFlops(NodeContext& context) : context_(context) {}

  void run() {
    const std::vector<ThreadSet> sets = thread_sets(context_.machine);
    sweep(sets.front());
    const double steps = static_cast<double>(sets.size() * candidates_.size());
    double done = 0;
    for (const ThreadSet& set : sets) {
      PinnedPool pool(set.pus);
      for (const Candidate& candidate : candidates_) {
        throw_if_interrupted();
        context_.progress(sweep_share + (1 - sweep_share) * done++ / steps,
                          title(candidate.family, set));
        measure(pool, candidate, set);
      }
    }
  }

 private:
  static constexpr double sweep_share = 0.15;

  static std::string title(const KernelFamily& family, const ThreadSet& set) {
    return fmt::format("{} {} {}, {} {}", family.isa, family.dtype, to_string(family.operation),
                       set.pus.size(), set.pus.size() == 1 ? "core" : "cores");
  }

  void sweep(const ThreadSet& one_core) {
    PinnedPool pool(one_core.pus);
    const std::vector<KernelFamily> all = families(flop_kernels());
    double done = 0;
    for (const KernelFamily& family : all) {
      context_.progress(sweep_share * done++ / static_cast<double>(all.size()),
                        title(family, one_core));
      if (!wanted(family)) continue;
      candidates_.push_back(
          {family, sweep_chains(pool, family, roof_plan(context_.profile, true).sweep_burst)});
      remember_fastest(candidates_.back());
    }
  }

  /// `quick` leaves out the mixed roofs of the slower instruction sets. The best set comes first.
  [[nodiscard]] bool wanted(const KernelFamily& family) const {
    const bool mixed =
        family.operation == Operation::fma_add || family.operation == Operation::fma_add_2_1;
    return !mixed || context_.profile != Profile::quick || is_fastest(family);
  }
  [[nodiscard]] bool is_fastest(const KernelFamily& family) const {
    const auto found = fastest_.find(family.dtype);
    return found == fastest_.end() || found->second.first == family.isa;
  }
  void remember_fastest(const Candidate& candidate) {
    if (candidate.family.operation != Operation::fma) return;
    auto& [isa, rate] = fastest_[candidate.family.dtype];
    if (candidate.sweep.rate > rate) isa = candidate.family.isa, rate = candidate.sweep.rate;
  }

  void measure(PinnedPool& pool, const Candidate& candidate, const ThreadSet& set) {
    const KernelFamily& family = candidate.family;
    const RoofPlan plan = roof_plan(context_.profile, is_fastest(family));
    const Outcome<Roof> roof =
        with_quota(measure_roof(pool, candidate.sweep, plan.burst, plan.samples), set);
    put(roof, family, set, "rate", unit::flops_per_second, [](const Roof& r) { return r.rates; });
    put(roof, family, set, "clock", unit::hertz, [](const Roof& r) { return r.clocks; });
    put(roof, family, set, "flops_per_cycle", unit::one,
        [](const Roof& r) { return r.flops_per_cycle; });
    put(roof, family, set, "chains", unit::one,
        [](const Roof& r) { return std::vector<double>{static_cast<double>(r.kernel.chains)}; });
    if (roof && set.pus.size() == 1)
      one_core_.insert_or_assign({family.isa, family.dtype, family.operation}, *roof);
    if (exceeds_quota(set)) put_quota_rate(family, set);
  }

  [[nodiscard]] bool exceeds_quota(const ThreadSet& set) const {
    return static_cast<double>(set.pus.size()) > context_.machine.usable_cores() + 1e-9;
  }

  /// More threads than the quota pays for are throttled: their rate says nothing of the silicon.
  Outcome<Roof> with_quota(Outcome<Roof> roof, const ThreadSet& set) const {
    if (!roof || !exceeds_quota(set)) return roof;
    std::string reason = fmt::format("cpu.max grants {:.2f} CPUs to {} threads, see quota_rate",
                                     context_.machine.usable_cores(), set.pus.size());
    if (roof.status() == Status::untrusted) reason = roof.reason() + "; " + reason;
    return Outcome<Roof>::untrusted(*roof, reason);
  }

  /// What the quota buys: the rate of one core, times the CPUs granted. An upper bound, since one
  /// busy core may clock higher than several.
  void put_quota_rate(const KernelFamily& family, const ThreadSet& set) {
    const auto one_core = one_core_.find({family.isa, family.dtype, family.operation});
    if (one_core == one_core_.end()) return;
    Outcome<Roof> scaled(one_core->second);
    put(scaled, family, set, "quota_rate", unit::flops_per_second, [&](const Roof& roof) {
      std::vector<double> rates = roof.rates;
      for (double& rate : rates) rate *= context_.machine.usable_cores();
      return rates;
    });
  }

  template <class Values>
  void put(const Outcome<Roof>& roof, const KernelFamily& family, const ThreadSet& set,
           std::string_view metric, std::string_view unit_name, Values values) {
    Record row = context_.row(probe_name, metric, unit_name);
    row.threads = static_cast<std::int64_t>(set.pus.size());
    row.dtype = family.dtype;
    row.isa = family.isa;
    row.level = set.level;
    row.operation =
        fmt::format("{}{}", to_string(family.operation), family.native ? "" : "_emulated");
    if (!roof) {
      context_.sink.put(without_value(row, {roof.status(), roof.reason()}));
      return;
    }
    row = with_samples(row, values(*roof), roof->cpu_wall_ratio);
    if (roof.status() == Status::untrusted) row = marked_untrusted(row, roof.reason());
    context_.sink.put(row);
  }

  NodeContext& context_;
  std::vector<Candidate> candidates_;
  std::map<std::string, std::pair<std::string, FlopsPerSecond>>
      fastest_;  ///< By type: set and rate.
  std::map<std::tuple<std::string, std::string, Operation>, Roof> one_core_;
};

Seconds expected_time(const Machine& machine, Profile profile) {
  const auto sets = static_cast<double>(thread_sets(machine).size());
  Seconds time;
  std::set<std::string> main_isas;
  for (const KernelFamily& family : families(flop_kernels())) {
    const bool main = main_isas.empty() || main_isas.contains(family.isa);
    if (main) main_isas.insert(family.isa);
    if (!main && profile == Profile::quick && family.operation != Operation::fma) continue;
    const RoofPlan plan = roof_plan(profile, main);
    const auto chain_counts = static_cast<double>(family.kernels.size());
    time += chain_counts * 3 * (plan.sweep_burst + 200_us);
    time +=
        sets * std::min(plan.samples.time_cap, 12 * (plan.burst + 300_us)) + sets * 4 * plan.burst;
  }
  return time;
}

const bool registered = Registry<NodeProbe>::add(
    {.about =
         {.kind = "probe",
          .name = std::string(probe_name),
          .summary =
              "Peak arithmetic rate: FMA, FMA+ADD and dot products, each instruction set, one "
              "core and all cores.",
          .metrics =
              {{"rate", std::string(unit::flops_per_second),
                "FLOP per second of wall time: the median is delivered, the best is the ceiling.",
                Better::higher},
               {"quota_rate", std::string(unit::flops_per_second),
                "What cpu.max leaves of it: the rate of one core times the CPUs granted.",
                Better::higher},
               {"clock", std::string(unit::hertz),
                "Core clock under this load, read between the bursts.", Better::higher},
               {"flops_per_cycle", std::string(unit::one),
                "FLOP per cycle and vector lane: 2 for each pipe that does FMA.", Better::higher},
               {"chains", std::string(unit::one),
                "Independent accumulators of the fastest variant.", Better::neither}},
          .verification =
              "Every accumulator must return to its own start value exactly, and no rate may "
              "exceed what the pipes do per cycle of the clock measured around the burst."},
     .expected_time = expected_time,
     .run = [](NodeContext& context) { PeakFlops(context).run(); }});

}  // namespace
}  // namespace assay::compute
