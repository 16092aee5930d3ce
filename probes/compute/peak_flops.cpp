// The node probe compute.peak_flops: which roofs are measured, on which threads, and their rows.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "probes/compute/amx.hpp"
#include "probes/compute/roof.hpp"
#include "probes/compute/roof_rows.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/statistics.hpp"
#include "probes/host/probe.hpp"

namespace assay::compute {
namespace {

constexpr std::string_view peak_flops_name = "compute.peak_flops";

constexpr Seconds default_sustained_time = 60_s;
constexpr std::string_view sustained_setting = "compute.peak_flops.sustained_time";

struct RoofOptions {
  Seconds sweep_burst, burst;
  SampleOptions samples;
};

/// `main`: for the fastest instruction set of a type; the others get fewer and shorter bursts.
RoofOptions roof_options(Profile profile, bool main) {
  RoofOptions options;
  options.sweep_burst = by_profile(profile, 400_us, 2_ms, 2_ms);
  options.burst =
      main ? by_profile(profile, 4_ms, 15_ms, 20_ms) : by_profile(profile, 2_ms, 5_ms, 10_ms);
  options.samples.min_samples =
      main ? by_profile(profile, 20, 30, 60) : by_profile(profile, 8, 15, 30);
  options.samples.relative_interval = by_profile(profile, 0.01, 0.005, 0.005);
  options.samples.time_cap = by_profile(profile, 200_ms, 1_s, 3_s);
  options.samples.warmup_cap = main ? by_profile(profile, 60_ms, 300_ms, 500_ms)
                                    : by_profile(profile, 15_ms, 100_ms, 200_ms);
  return options;
}

/// What is measured: each family with its chain count.
struct Candidate {
  KernelFamily family;
  ChainSweep sweep;
};

class PeakFlops {
 public:
  explicit PeakFlops(NodeContext& context) : context_(context), rows_(context, peak_flops_name) {
    const std::string wish = context.setting(std::string(sustained_setting));
    if (!wish.empty())
      sustained_time_ = parse_seconds(wish, sustained_setting);
    else if (context.profile == Profile::thorough)
      sustained_time_ = default_sustained_time;
  }

  void run() {
    const std::vector<ThreadSet> sets = thread_sets(context_.machine);
    recall_or_sweep(sets.front());
    const double steps = static_cast<double>(sets.size() * candidates_.size());
    double done = 0;
    for (const ThreadSet& set : sets) {
      PinnedPool pool(set.pus);
      for (const Candidate& candidate : candidates_) {
        throw_if_interrupted();
        // The slower instruction sets are measured once.
        if (!context_.round.is_first() && !is_fastest(candidate.family)) continue;
        context_.progress(sweep_share + (1 - sweep_share) * done++ / steps,
                          title(candidate.family, set));
        measure(pool, candidate, set);
      }
    }
    if (const Outcome<AmxSupport>& amx = amx_support(); !amx && context_.round.is_first()) {
      rows_.put_unsupported("bf16", "AMX_BF16", {amx.status(), amx.reason()});
      rows_.put_unsupported("i8", "AMX_INT8", {amx.status(), amx.reason()});
    }
    sustain(sets.back());
  }

 private:
  using Fastest =
      std::map<std::string, std::pair<std::string, FlopsPerSecond>>;  ///< By type: set and rate.
  static constexpr double sweep_share = 0.15;
  static constexpr double sustained_from =
      0.5;  ///< Of the progress bar: it takes longer than the rest.

  static std::string title(const KernelFamily& family, const ThreadSet& set) {
    return fmt::format("{} {} {}, {} {}", family.isa, family.dtype, to_string(family.operation),
                       set.pus.size(), set.pus.size() == 1 ? "core" : "cores");
  }

  /// The chain counts are found once in a run: every round measures the same kernels.
  void recall_or_sweep(const ThreadSet& one_core) {
    using Found = std::pair<std::vector<Candidate>, Fastest>;
    if (context_.kept && *context_.kept) {
      std::tie(candidates_, fastest_) = *std::static_pointer_cast<Found>(*context_.kept);
      return;
    }
    sweep(one_core);
    if (context_.kept) *context_.kept = std::make_shared<Found>(candidates_, fastest_);
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
          {family, sweep_chains(pool, family, roof_options(context_.profile, true).sweep_burst)});
      remember_fastest(candidates_.back());
    }
  }

  /// `quick` leaves out all but the FMA roof of the slower instruction sets.
  [[nodiscard]] bool wanted(const KernelFamily& family) const {
    if (context_.profile != Profile::quick) return true;
    return family.operation == Operation::fma || is_fastest(family);
  }
  /// Of FMA in this type. Dot products are fastest where they are native; emulated ones use f32's
  /// pipes.
  [[nodiscard]] bool is_fastest(const KernelFamily& family) const {
    const bool dot = family.operation == Operation::dot;
    if (dot && family.native) return true;
    const auto found = fastest_.find(dot ? "f32" : family.dtype);
    return found == fastest_.end() || found->second.first == family.isa;
  }
  void remember_fastest(const Candidate& candidate) {
    if (candidate.family.operation != Operation::fma) return;
    auto& [isa, rate] = fastest_[candidate.family.dtype];
    if (candidate.sweep.rate > rate) isa = candidate.family.isa, rate = candidate.sweep.rate;
  }

  void measure(PinnedPool& pool, const Candidate& candidate, const ThreadSet& set) {
    const KernelFamily& family = candidate.family;
    RoofOptions options = roof_options(context_.profile, is_fastest(family));
    options.samples.time_cap = context_.round.share(options.samples.time_cap);
    options.samples.warmup_cap = context_.round.share(options.samples.warmup_cap);
    const Outcome<Roof> roof =
        rows_.with_quota(measure_roof(pool, candidate.sweep, options.burst, options.samples), set);
    rows_.put_roof(family, set, roof);
    const std::tuple name{family.isa, family.dtype, family.operation};
    if (roof && set.pus.size() == 1) one_core_.insert_or_assign(name, roof);
    if (const auto one_core = one_core_.find(name);
        rows_.exceeds_quota(set) && one_core != one_core_.end())
      rows_.put_quota_rate(family, set, one_core->second);
    if (roof && family.operation == Operation::fma && is_fastest(family))
      rows_.put_theoretical_peaks(family, set, *roof);
  }

  /// `thorough`, or --compute.peak_flops.sustained_time 60s: the fastest f64 FMA on all cores.
  void sustain(const ThreadSet& all) {
    if (!sustained_time_ || !context_.round.is_first()) return;
    for (const Candidate& candidate : candidates_) {
      if (candidate.family.operation != Operation::fma || candidate.family.dtype != "f64" ||
          !is_fastest(candidate.family))
        continue;
      context_.progress(sustained_from, "sustained pass, " + title(candidate.family, all));
      PinnedPool pool(all.pus);
      rows_.put_sustained(candidate.family, all,
                          run_sustained(pool, candidate.sweep, *sustained_time_));
    }
  }

  NodeContext& context_;
  RoofRows rows_;
  std::optional<Seconds> sustained_time_;
  std::vector<Candidate> candidates_;
  Fastest fastest_;
  std::map<std::tuple<std::string, std::string, Operation>, Outcome<Roof>> one_core_;
};

Seconds peak_flops_time(const Machine& machine, Profile profile) {
  const auto sets = static_cast<double>(thread_sets(machine).size());
  Seconds time;
  std::set<std::string> main_isas;
  for (const KernelFamily& family : families(flop_kernels())) {
    const bool main = main_isas.empty() || main_isas.contains(family.isa);
    if (main) main_isas.insert(family.isa);
    if (!main && profile == Profile::quick && family.operation != Operation::fma) continue;
    const RoofOptions options = roof_options(profile, main);
    const auto chain_counts = static_cast<double>(family.kernels.size());
    time += chain_counts * 3 * (options.sweep_burst + 200_us);
    const Seconds samples =
        static_cast<double>(options.samples.min_samples) * (options.burst + 300_us);
    time += sets * std::min(options.samples.time_cap, samples) + sets * 4 * options.burst;
  }
  return time + by_profile(profile, 0_s, 0_s, default_sustained_time);
}

const bool peak_flops_registered = Registry<NodeProbe>::add(
    {.about =
         {.kind = "probe",
          .name = std::string(peak_flops_name),
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
               {"measured_clock_peak", std::string(unit::flops_per_second),
                "Cores x lanes x FLOP per cycle of the pipes x measured clock.", Better::higher},
               {"advertised_clock_peak", std::string(unit::flops_per_second),
                "The same at the clock the vendor advertises, as Rpeak is computed.",
                Better::higher},
               {"sustained_first", std::string(unit::flops_per_second),
                "Rate in the first 5 s of at least 60 s of bursts on all cores.", Better::higher},
               {"sustained_last", std::string(unit::flops_per_second),
                "Rate in the last 10 s of them: what is left when the chip is warm.",
                Better::higher},
               {"chains", std::string(unit::one),
                "Independent accumulators of the fastest variant.", Better::neither}},
          .verification =
              "Every accumulator must return to its own start value exactly, and no rate may "
              "exceed what the pipes do per cycle of the clock measured around the burst.",
          .settings = {{std::string(sustained_setting),
                        "Length of the sustained pass over all cores, e.g. 60s",
                        "60s in thorough, otherwise none"}}},
     .expected_time = peak_flops_time,
     .run = [](NodeContext& context) { PeakFlops(context).run(); }});

}  // namespace
}  // namespace assay::compute
