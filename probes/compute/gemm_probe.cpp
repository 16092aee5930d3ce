// The node probe compute.gemm: what the linked BLAS makes of the FMA roof.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "probes/compute/blas_library.hpp"
#include "probes/compute/gemm.hpp"
#include "probes/compute/gemm_verdict.hpp"
#include "probes/compute/roof.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/statistics.hpp"
#include "probes/host/probe.hpp"

namespace assay::compute {
namespace {

constexpr std::string_view gemm_name = "compute.gemm";
constexpr Seconds roof_burst = 3_ms;

SampleOptions sample_options(Profile profile) {
  SampleOptions options;
  options.min_samples = by_profile(profile, 10, 20, 30);
  options.time_cap = by_profile(profile, 300_ms, 4_s, 10_s);
  options.warmup_max = by_profile(profile, 3, 5, 10);
  return options;
}
int wanted_order(Profile profile) {
  return by_profile(profile, 1024, 2048, 4096);
}

/// The FMA roof of the fastest instruction set.
ChainSweep sweep_fma(const std::vector<int>& one_core, const std::string& dtype) {
  PinnedPool pool(one_core);
  std::vector<ChainSweep> sweeps;
  for (const KernelFamily& family : families(flop_kernels()))
    if (family.operation == Operation::fma && family.dtype == dtype)
      sweeps.push_back(sweep_chains(pool, family, 400_us));
  return *std::max_element(
      sweeps.begin(), sweeps.end(),
      [](const ChainSweep& a, const ChainSweep& b) { return a.rate < b.rate; });
}

/// Found once in a run.
using Roofs = std::map<std::string, ChainSweep>;
ChainSweep best_fma(NodeContext& context, const std::vector<int>& one_core,
                    const std::string& dtype) {
  auto roofs = context.kept ? std::static_pointer_cast<Roofs>(*context.kept) : nullptr;
  if (!roofs) roofs = std::make_shared<Roofs>();
  if (roofs->count(dtype) == 0) (*roofs)[dtype] = sweep_fma(one_core, dtype);
  if (context.kept) *context.kept = roofs;
  return roofs->at(dtype);
}

/// One value per kept sample.
struct GemmSamples {
  std::vector<double> rates, fractions;
  double of_best = 0;  // see RoofFraction
  double cpu_wall_ratio = 1;
  bool verified = true;
};

/// Each sample is a product on every core, with an FMA burst right after it: their ratio is free of
/// whatever the machine did a second ago.
template <class T>
GemmSamples measure_gemm(PinnedPool& pool, int order, const ChainSweep& roof,
                         const SampleOptions& options) {
  const auto threads = static_cast<std::size_t>(pool.size());
  std::vector<std::unique_ptr<Gemm<T>>> gemms(threads);
  // Made by the thread that uses them, so that the memory is near it.
  pool.run([&](int thread) {
    gemms[static_cast<std::size_t>(thread)] = std::make_unique<Gemm<T>>(order);
  });
  const double rounds = roof_burst * roof.rate / roof.fastest.flops_per_round;
  BurstRunner burst(pool, roof.fastest, static_cast<std::uint64_t>(rounds), 10);
  const BlasThreads one_thread(1);
  std::vector<double> fractions, ratios;
  double fastest_burst = static_cast<double>(threads) * roof.rate.value();
  const Samples samples = sample(options, [&] {
    const PinnedPool::Region region =
        pool.run([&](int thread) { gemms[static_cast<std::size_t>(thread)]->run(); });
    const double rate = (static_cast<double>(threads) * gemms[0]->flops() / region.wall).value();
    const double roof_now = burst.run().rate.value();
    fastest_burst = std::max(fastest_burst, roof_now);
    fractions.push_back(rate / roof_now);
    ratios.push_back(region.cpu_wall_ratio());
    return rate;
  });
  GemmSamples result;
  result.rates = samples.values;
  result.fractions.assign(fractions.end() - static_cast<std::ptrdiff_t>(samples.values.size()),
                          fractions.end());
  result.of_best = std::ranges::max(result.rates) / fastest_burst;
  result.cpu_wall_ratio = median(ratios);
  for (const auto& gemm : gemms) result.verified = result.verified && gemm->verified();
  return result;
}

void put(NodeContext& context, Record row, const GemmSamples& samples, const GemmVerdict& verdict) {
  Record fraction = row;
  fraction.metric = "fraction_of_roof";
  fraction.unit = unit::one;
  if (!carries_numbers(verdict.status)) {
    context.sink.put(without_value(row, {verdict.status, verdict.reason}));
    context.sink.put(without_value(fraction, {verdict.status, verdict.reason}));
    return;
  }
  row = with_samples(row, samples.rates, samples.cpu_wall_ratio);
  fraction = with_samples(fraction, samples.fractions, samples.cpu_wall_ratio);
  if (verdict.status == Status::untrusted) {
    row = marked_untrusted(row, verdict.reason);
    fraction = marked_untrusted(fraction, verdict.reason);
  }
  context.sink.put(row);
  context.sink.put(fraction);
}

template <class T>
void measure_type(NodeContext& context, const std::string& dtype) {
  const Machine& machine = context.machine;
  const BlasLibrary library = blas_library();
  const std::vector<int> one_core = {machine.one_pu_per_core.back()};
  const ChainSweep roof = best_fma(context, one_core, dtype);
  std::vector<std::vector<int>> sets = {one_core};
  if (machine.one_pu_per_core.size() > 1) sets.push_back(machine.one_pu_per_core);
  for (const std::vector<int>& pus : sets) {
    throw_if_interrupted();
    const int order = gemm_order(wanted_order(context.profile), sizeof(T),
                                 static_cast<int>(pus.size()), machine.memory_cap);
    Record row = context.row(gemm_name, "rate", unit::flops_per_second);
    row.threads = static_cast<std::int64_t>(pus.size());
    row.dtype = dtype;
    row.operation = "gemm";
    row.isa = library.core.empty() ? library.name : library.core;
    if (order == 0) {
      context.sink.put(
          without_value(row, skipped("matrices of order 128 do not fit into a quarter of " +
                                     format_bytes(machine.memory_cap))));
      continue;
    }
    row.bytes = static_cast<std::int64_t>(gemm_bytes(order, sizeof(T)).value());
    context.progress(dtype == "f64" ? 0 : 0.5,
                     fmt::format("{} gemm, order {}, {} cores", dtype, order, pus.size()));
    if (!context.round.wants(row)) continue;
    SampleOptions options = sample_options(context.profile);
    options.time_cap = context.round.share(options.time_cap);
    if (!context.round.is_first()) options.warmup_max = 1;
    PinnedPool pool(pus);
    const GemmSamples samples = measure_gemm<T>(pool, order, roof, options);
    put(context, row, samples,
        judge_gemm(samples.verified, {median(samples.fractions), samples.of_best},
                   samples.cpu_wall_ratio, library, roof.fastest.isa));
  }
}

void run(NodeContext& context) {
  if (!blas_library().threads_settable) {
    for (const char* dtype : {"f64", "f32"}) {
      Record row = context.row(gemm_name, "rate", unit::flops_per_second);
      row.dtype = dtype;
      row.operation = "gemm";
      context.sink.put(
          without_value(row, unsupported(blas_library().name +
                                         ": the number of its threads cannot be set from here")));
    }
    return;
  }
  measure_type<double>(context, "f64");
  measure_type<float>(context, "f32");
}

Seconds gemm_time(const Machine&, Profile profile) {
  return 4 * sample_options(profile).time_cap + by_profile(profile, 400_ms, 2_s, 6_s);
}

const bool gemm_probe_registered = Registry<NodeProbe>::add(
    {.about = {.kind = "probe",
               .name = std::string(gemm_name),
               .summary = "Matrix product of the linked BLAS, each core its own, as a fraction of "
                          "the FMA roof.",
               .metrics = {{"rate", std::string(unit::flops_per_second),
                            "2 n^3 FLOP per product over wall time.", Better::higher},
                           {"fraction_of_roof", std::string(unit::one),
                            "Rate over that of an FMA burst on the same cores right after it.",
                            Better::higher}},
               .verification =
                   "Freivalds' check C x = A (B x) with a random x, after the timing; a fraction "
                   "above 1 is an error."},
     .expected_time = gemm_time,
     .run = run});

}  // namespace
}  // namespace assay::compute
