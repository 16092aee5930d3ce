#include "reports/import/nccl_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay::import {

namespace {

/// What bus bandwidth is of algorithm bandwidth over p ranks.
enum class BusFactor { twice_share, share, one };

double factor_of(BusFactor kind, double ranks) {
  return kind == BusFactor::one           ? 1
         : kind == BusFactor::twice_share ? 2 * (ranks - 1) / ranks
                                          : (ranks - 1) / ranks;
}

struct Collective {
  const char* program;
  const char* probe;
  std::optional<BusFactor> factor;
};

constexpr Collective collectives[] = {
    {"all_reduce", "collective.allreduce", BusFactor::twice_share},
    {"all_gather", "collective.allgather", BusFactor::share},
    {"reduce_scatter", "collective.reduce_scatter", BusFactor::share},
    {"alltoall", "collective.alltoall", BusFactor::share},
    {"alltoallv", "collective.alltoallv", std::nullopt},
    {"gather", "collective.gather", BusFactor::share},
    {"scatter", "collective.scatter", BusFactor::share},
    {"broadcast", "collective.broadcast", BusFactor::one},
    {"reduce", "collective.reduce", BusFactor::one},
    {"sendrecv", "collective.sendrecv", BusFactor::one},
    {"hypercube", "collective.hypercube", std::nullopt}};

/// The median ratio of bus to algorithm bandwidth over rows whose digits show it; absent without.
double ratio_of(const std::vector<NcclCells>& rows) {
  std::vector<double> ratios;
  for (const NcclCells& row : rows)
    if (row.algorithm_rate >= 1e9 && row.bus_rate > 0)
      ratios.push_back(row.bus_rate / row.algorithm_rate);
  if (ratios.empty()) return absent;
  std::nth_element(ratios.begin(), ratios.begin() + static_cast<long>(ratios.size() / 2),
                   ratios.end());
  return ratios[ratios.size() / 2];
}

bool is_near(double ratio, double factor) {
  return std::abs(ratio - factor) < 0.02 * std::max(1.0, factor);
}

/// Without a name: what only one of the programs prints.
Collective collective_from_table(const NcclRun& run, const std::vector<NcclCells>& rows,
                                 std::string& why) {
  const double ratio = ratio_of(rows);
  const bool reduces = std::all_of(rows.begin(), rows.end(), [](const NcclCells& row) {
    return row.operation != "none" && !row.operation.empty();
  });
  const bool agree = std::all_of(rows.begin(), rows.end(), [&](const NcclCells& row) {
    return (row.operation == "none") == (rows.front().operation == "none");
  });
  const bool has_root = std::any_of(rows.begin(), rows.end(), [](const NcclCells& row) {
    return !row.root.empty() && row.root != "-1";
  });
  const auto ranks = static_cast<double>(run.ranks);
  const bool knows_ranks = run.ranks > 1;
  const auto fits = [&](BusFactor kind) {
    return is_present(ratio) && knows_ranks && is_near(ratio, factor_of(kind, ranks));
  };
  why = fmt::format("the log does not name its program; operator {}, root {}, bus/algorithm {}",
                    reduces ? "sum or the like" : "none", has_root ? "given" : "-1",
                    is_present(ratio) ? fmt::format("{:.3g}", ratio) : "unknown");
  if (!agree) return {"", "collective.unnamed", std::nullopt};
  if (reduces && !has_root && (fits(BusFactor::twice_share) || (is_present(ratio) && ratio > 1.02)))
    return collectives[0];
  if (reduces && !has_root && fits(BusFactor::share)) return collectives[2];
  if (reduces && has_root && (!is_present(ratio) || is_near(ratio, 1))) return collectives[8];
  if (!reduces && has_root && (!is_present(ratio) || is_near(ratio, 1))) return collectives[7];
  if (reduces && !has_root && !is_present(ratio) && rows.front().operation != "none")
    return {"", "collective.unnamed", std::nullopt};
  return {"", "collective.unnamed", std::nullopt};
}

Collective collective_of(const Document& document, const NcclRun& run,
                         const std::vector<NcclCells>& rows, std::string& why) {
  if (run.program.empty()) return collective_from_table(run, rows, why);
  std::string name = run.program;
  for (const char* end : {"_perf_mpi", "_perf"})
    if (name.ends_with(end)) {
      name.resize(name.size() - std::string_view(end).size());
      break;
    }
  for (const Collective& each : collectives)
    if (name == each.program) return each;
  document.refuse(rows.front().line, "", fmt::format("is of an unknown program {}", run.program),
                  "one of the programs of nccl-tests, e.g. all_reduce_perf");
}

/// Why a number of the row is not to be relied on; empty when it is.
std::string doubt_of(const NcclRun& run, const NcclCells& row) {
  if (run.has_other_groups) return "other groups of ranks ran at the same time on the same wires";
  if (run.cpu_time) return "nccl-tests printed CPU time (-C 1), not the time of the collective";
  if (row.check == NcclCells::Check::none) return "nccl-tests did not check the result";
  if (row.check == NcclCells::Check::bounds && !is_present(run.out_of_bounds))
    return "the log does not say whether the errors are within bounds";
  return "";
}

std::string wrong_of(const NcclRun& run, const NcclCells& row, bool rows_tell) {
  if (row.check == NcclCells::Check::wrong)
    return fmt::format("nccl-tests counted {} wrong values", row.wrong);
  if (row.check == NcclCells::Check::exceeded)
    return fmt::format("an error of {}, beyond the threshold of the program", row.wrong);
  // A total without a row that owns to it: any of them may be the wrong one.
  if (run.out_of_bounds > 0 && !rows_tell)
    return fmt::format(
        "nccl-tests found {} values out of bounds in this run, and no row says where",
        run.out_of_bounds);
  return "";
}

std::string bus_doubt(const Collective& collective, const NcclRun& run, const NcclCells& row) {
  if (!collective.factor || run.ranks < 2 || row.algorithm_rate < 1e9) return "";
  const double expected = factor_of(*collective.factor, static_cast<double>(run.ranks));
  const double ratio = row.bus_rate / row.algorithm_rate;
  if (is_near(ratio, expected)) return "";
  return fmt::format(
      "bus bandwidth is {:.3g} of algorithm bandwidth; of {} over {} ranks it would be {:.3g}",
      ratio, collective.program, run.ranks, expected);
}

std::string time_doubt(const NcclCells& row) {
  if (row.algorithm_rate < 1e9 || row.seconds <= 0) return "";
  const double rate = static_cast<double>(row.bytes) / row.seconds;
  if (rate < 1.05 * row.algorithm_rate && rate > row.algorithm_rate / 1.05) return "";
  return fmt::format("size over time is {:.3g} GB/s, algorithm bandwidth says {:.3g}", rate * 1e-9,
                     row.algorithm_rate * 1e-9);
}

/// The two directions of a row are two operations of one launch, not two launches.
std::string operation_of(const NcclCells& row) {
  std::string operation = row.operation == "none" ? "" : row.operation;
  if (row.in_place) operation += (operation.empty() ? "" : " ") + std::string(operation_in_place);
  return operation;
}

Record with_doubts(Record row, const std::string& doubt, const std::string& other) {
  if (!doubt.empty()) row = marked_untrusted(row, doubt);
  if (!other.empty()) row = marked_untrusted(row, other);
  return row;
}

}  // namespace

void add_nccl_run(const Document& document, const NcclRun& run, const std::vector<NcclCells>& rows,
                  Imported& imported) {
  if (rows.empty()) return;
  std::string why;
  const Collective collective = collective_of(document, run, rows, why);
  if (!why.empty())
    imported.notes.push_back(fmt::format("line {}: {}: read as {}", rows.front().line, why,
                                         std::string(collective.probe).substr(11)));
  const bool rows_tell = std::any_of(rows.begin(), rows.end(), [](const NcclCells& row) {
    return row.check == NcclCells::Check::wrong || row.check == NcclCells::Check::exceeded;
  });
  for (const NcclCells& row : rows) {
    Record time{
        .probe = collective.probe,
        .metric = "time",
        .unit = unit::seconds,
        .nodes = run.hosts.empty() ? absent_count : static_cast<std::int64_t>(run.hosts.size()),
        .ranks = run.ranks,
        .bytes = row.bytes,
        .dtype = dtype_of(row.dtype),
        .operation = operation_of(row),
        .provider = run.library + " (imported)",
        .launch = run.launch};
    if (const std::string wrong = wrong_of(run, row, rows_tell); !wrong.empty()) {
      imported.records.push_back(without_value(time, incorrect(wrong)));
      continue;
    }
    Record bus = time;
    bus.metric = "bus_bandwidth";
    bus.unit = unit::bytes_per_second;
    const std::string doubt = doubt_of(run, row);
    if (row.seconds > 0)
      imported.records.push_back(
          with_doubts(with_value(time, row.seconds), doubt, time_doubt(row)));
    // 0.00 is a rounded one, of a message too small for two decimals.
    if (row.bus_rate > 0)
      imported.records.push_back(
          with_doubts(with_value(bus, row.bus_rate), doubt, bus_doubt(collective, run, row)));
  }
}

}  // namespace assay::import
