#include "reports/import/modelled_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "probes/core/errors.hpp"
#include "probes/core/statistics.hpp"
#include "reports/import/nccl_rows.hpp"

namespace assay::import {

namespace {

/// One launch of an all-reduce over one rank count: s by bytes. Each size may have been timed
/// several times, in the cycles of one process.
struct AllReduceCurve {
  std::int64_t nodes = absent_count;
  std::map<double, std::vector<double>> times;
};
using CurveKey = std::pair<std::int64_t, std::string>;  ///< Ranks, launch.

/// Where a launch timed both directions, that in place: gradients are reduced where they stand.
std::map<CurveKey, AllReduceCurve> curves_of(const RunData& run) {
  std::map<CurveKey, AllReduceCurve> within, others;
  for (const Record& row : run.records) {
    if (row.probe != "collective.allreduce" || row.metric != "time" ||
        !carries_numbers(row.status) || row.ranks < 2 || row.bytes < 1)
      continue;
    const bool is_within = std::string_view(row.operation).ends_with(operation_in_place);
    AllReduceCurve& curve =
        (is_within ? within : others)[{row.ranks, row.provider.str() + row.launch.str()}];
    curve.nodes = row.nodes;
    curve.times[static_cast<double>(row.bytes)].push_back(row.median);
  }
  within.merge(others);
  return within;
}

double time_at(const RunData& run, const CurveKey& key, const AllReduceCurve& curve, double bytes) {
  const auto above = curve.times.lower_bound(bytes);
  if (above == curve.times.end() || (above == curve.times.begin() && above->first != bytes))
    throw InputError(
        run.directory.string(), 0, "",
        fmt::format("the all-reduce over {} ranks was measured from {} to {}, not at {}", key.first,
                    format_bytes(Bytes(curve.times.begin()->first)),
                    format_bytes(Bytes(curve.times.rbegin()->first)), format_bytes(Bytes(bytes))),
        "a --reduce-bytes within the sizes of every table");
  const double above_time = median(above->second);
  if (above->first == bytes) return above_time;
  const auto below = std::prev(above);
  const double below_time = median(below->second);
  const double share = std::log(bytes / below->first) / std::log(above->first / below->first);
  return below_time * std::pow(above_time / below_time, share);
}

/// The fastest matrix product of the run: what a rank computes with.
const Record& product_of(const RunData& run) {
  const Record* best = nullptr;
  for (const Record& row : run.records)
    if (row.probe == "compute.peak_flops" && row.metric == "rate" && carries_numbers(row.status) &&
        (best == nullptr || row.median > best->median))
      best = &row;
  if (best == nullptr)
    throw InputError(run.directory.string(), 0, "", "holds no rate of a matrix product",
                     "one for --step-flops: a figures CSV, Google Benchmark with a FLOP/s counter");
  return *best;
}

}  // namespace

void add_modelled_steps(RunData& run, Flops flops, Bytes bytes) {
  const Record product = product_of(run);
  const auto curves = curves_of(run);
  std::vector<std::int64_t> rank_counts;
  for (const auto& [key, curve] : curves)
    if (rank_counts.empty() || rank_counts.back() != key.first) rank_counts.push_back(key.first);
  if (rank_counts.size() < 2)
    throw InputError(run.directory.string(), 0, "",
                     fmt::format("holds all-reduce tables of {} rank counts", rank_counts.size()),
                     "tables of two or more for --step-flops");
  for (const auto& [key, curve] : curves) {
    const double ranks = static_cast<double>(key.first);
    Record step{.probe = "workload.gradient",
                .metric = "step_time",
                .unit = unit::seconds,
                .nodes = curve.nodes,
                .ranks = key.first,
                .dtype = product.dtype,
                .operation = "modelled from imported logs",
                .provider = "imported",
                .scaling = "strong",
                .launch = key.second,
                .samples = 1};
    step.median =
        flops.value() / (ranks * product.median) + time_at(run, key, curve, bytes.value());
    run.records.push_back(marked_untrusted(
        step,
        fmt::format("not measured: {:.4g} FLOP at {} on each rank ({}), then an all-reduce of "
                    "{} as imported, nothing overlapped",
                    flops.value(), format(FlopsPerSecond(product.median)), product.operation.str(),
                    format_bytes(bytes))));
  }
}

}  // namespace assay::import
