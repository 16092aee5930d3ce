#include "probes/compute/roof_rows.hpp"

#include <fmt/format.h>

#include "probes/compute/advertised_clock.hpp"
#include "probes/core/statistics.hpp"

namespace assay::compute {

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

Record RoofRows::key(const KernelFamily& family, const ThreadSet& set, std::string_view metric,
                     std::string_view unit_name) const {
  Record row = context_.row(probe_, metric, unit_name);
  row.threads = static_cast<std::int64_t>(set.pus.size());
  row.dtype = family.dtype;
  row.isa = family.isa;
  row.level = set.level;
  row.operation =
      fmt::format("{}{}", to_string(family.operation), family.native ? "" : "_emulated");
  return row;
}

void RoofRows::put(const Outcome<Roof>& roof, Record row, std::vector<double> values) {
  row = with_samples(row, std::move(values), roof->cpu_wall_ratio);
  if (roof.status() == Status::untrusted) row = marked_untrusted(row, roof.reason());
  context_.sink.put(row);
}

void RoofRows::put_roof(const KernelFamily& family, const ThreadSet& set,
                        const Outcome<Roof>& roof) {
  const Record rate = key(family, set, "rate", unit::flops_per_second);
  const Record clock = key(family, set, "clock", unit::hertz);
  const Record per_cycle = key(family, set, "flops_per_cycle", unit::one);
  const Record chains = key(family, set, "chains", unit::one);
  if (!roof) {
    for (const Record& row : {rate, clock, per_cycle, chains})
      context_.sink.put(without_value(row, {roof.status(), roof.reason()}));
    return;
  }
  put(roof, rate, roof->rates);
  put(roof, clock, roof->clocks);
  put(roof, per_cycle, roof->flops_per_cycle);
  put(roof, chains, {static_cast<double>(roof->kernel.chains)});
}

bool RoofRows::exceeds_quota(const ThreadSet& set) const {
  return static_cast<double>(set.pus.size()) > context_.machine.usable_cores() + 1e-9;
}

Outcome<Roof> RoofRows::with_quota(Outcome<Roof> roof, const ThreadSet& set) const {
  if (!roof || !exceeds_quota(set)) return roof;
  std::string reason = fmt::format("cpu.max grants {:.2f} CPUs to {} threads, see quota_rate",
                                   context_.machine.usable_cores(), set.pus.size());
  if (roof.status() == Status::untrusted) reason = roof.reason() + "; " + reason;
  return Outcome<Roof>::untrusted(*roof, reason);
}

void RoofRows::put_quota_rate(const KernelFamily& family, const ThreadSet& set,
                              const Outcome<Roof>& one_core) {
  std::vector<double> rates = one_core->rates;
  for (double& rate : rates) rate *= context_.machine.usable_cores();
  put(one_core, key(family, set, "quota_rate", unit::flops_per_second), std::move(rates));
}

void RoofRows::put_theoretical_peaks(const KernelFamily& family, const ThreadSet& set,
                                     const Roof& roof) {
  const double per_cycle = nearest_even(median(roof.flops_per_cycle)) *
                           static_cast<double>(roof.kernel.lanes * set.pus.size());
  std::vector<double> at_measured_clock = roof.clocks;
  for (double& value : at_measured_clock) value *= per_cycle;
  context_.sink.put(with_samples(key(family, set, "measured_clock_peak", unit::flops_per_second),
                                 std::move(at_measured_clock)));
  const Record advertised = key(family, set, "advertised_clock_peak", unit::flops_per_second);
  if (const auto clock = advertised_clock(context_.machine.cpu_model))
    context_.sink.put(with_samples(advertised, {clock->value() * per_cycle}));
  else
    context_.sink.put(without_value(
        advertised, unsupported("neither the CPU's name nor cpufreq tells an advertised clock")));
}

void RoofRows::put_sustained(const KernelFamily& family, const ThreadSet& set,
                             const SustainedPass& pass) {
  const Record first = key(family, set, "sustained_first", unit::flops_per_second);
  const Record last = key(family, set, "sustained_last", unit::flops_per_second);
  if (!pass.verified) {
    const NoValue none = incorrect("accumulators ended with wrong or equal values");
    context_.sink.put(without_value(first, none));
    context_.sink.put(without_value(last, none));
    return;
  }
  context_.sink.put(with_samples(first, pass.first));
  context_.sink.put(with_samples(last, pass.last));
}

void RoofRows::put_unsupported(std::string_view dtype, std::string_view isa,
                               const NoValue& reason) {
  Record row = context_.row(probe_, "rate", unit::flops_per_second);
  row.dtype = dtype;
  row.isa = isa;
  row.operation = "dot";
  context_.sink.put(without_value(row, reason));
}

}  // namespace assay::compute
