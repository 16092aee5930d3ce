#include "probes/memory/bandwidth_guards.hpp"

#include <fmt/format.h>

#include "probes/memory/working_set.hpp"

namespace assay::memory {
namespace {

bool is_rate(const Record& row) {
  return row.metric == "rate" && carries_numbers(row.status);
}

bool same_place(const Record& a, const Record& b) {
  return a.threads == b.threads && a.topology == b.topology && a.host == b.host;
}

std::string rate_of(const Record& row) {
  return format_quantity(row.median, unit::bytes_per_second);
}

}  // namespace

Record guard_cpu_time(Record row) {
  if (!carries_numbers(row.status) || !is_present(row.cpu_wall_ratio) ||
      row.cpu_wall_ratio >= least_cpu_wall_ratio)
    return row;
  return marked_untrusted(
      row,
      fmt::format("the threads had their cores for only {:.0f} % of the time (CPU/wall below {})",
                  100 * row.cpu_wall_ratio, least_cpu_wall_ratio));
}

Record guard_pages(Record row, std::optional<double> huge_fraction, bool huge_wanted) {
  if (!carries_numbers(row.status) || !huge_fraction) return row;
  if (huge_wanted && *huge_fraction < least_page_fraction)
    return marked_untrusted(
        row, fmt::format(
                 "only {:.0f} % of the memory is in huge pages: page walks are part of the figure",
                 100 * *huge_fraction));
  if (!huge_wanted && *huge_fraction > 1 - least_page_fraction)
    return marked_untrusted(row,
                            fmt::format("{:.0f} % of the memory is in huge pages, none was wanted",
                                        100 * *huge_fraction));
  return row;
}

void guard_monotone(std::vector<Record>& rows) {
  for (Record& near : rows)
    for (Record& far : rows) {
      if (!is_rate(near) || !is_rate(far) || !same_place(near, far)) continue;
      if (near.operation != far.operation || !is_nearer(near.level, far.level)) continue;
      if (near.ci_high >= far.ci_low) continue;
      const std::string reason =
          fmt::format("{} {} of {} is above that of {}, {}", far.level.str(), far.operation.str(),
                      rate_of(far), near.level.str(), rate_of(near));
      near = marked_untrusted(near, reason);
      far = marked_untrusted(far, reason);
    }
}

void guard_store_ratio(std::vector<Record>& rows) {
  for (Record& streaming : rows)
    for (Record& normal : rows) {
      if (!is_rate(streaming) || !is_rate(normal) || !same_place(streaming, normal)) continue;
      if (streaming.level != normal.level ||
          streaming.operation.str() != normal.operation.str() + "_nt")
        continue;
      const double ratio = streaming.median / normal.median;
      const bool too_low =
          ratio < least_store_ratio && streaming.ci_high < normal.ci_low * least_store_ratio;
      const bool too_high =
          ratio > largest_store_ratio && streaming.ci_low > normal.ci_high * largest_store_ratio;
      if (!too_low && !too_high) continue;
      streaming = marked_untrusted(
          streaming,
          fmt::format("non-temporal stores give {:.2f} times the rate of normal ones in {}, "
                      "outside {:.1f} to {:.1f}",
                      ratio, streaming.level.str(), least_store_ratio, largest_store_ratio));
    }
}

}  // namespace assay::memory
