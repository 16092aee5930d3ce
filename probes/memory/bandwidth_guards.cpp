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

// The rate of another operation with the same threads in the same level; null without one.
const Record* rate_beside(const Record& row, const std::string& operation,
                          const std::vector<Record>& rows) {
  for (const Record& other : rows)
    if (is_rate(other) && same_place(row, other) && other.level == row.level &&
        other.operation.str() == operation)
      return &other;
  return nullptr;
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
  for (Record& streaming : rows) {
    const std::string operation = streaming.operation.str();
    if (!is_rate(streaming) || !operation.ends_with("_nt")) continue;
    const std::string plain = operation.substr(0, operation.size() - 3);
    const Record* normal = rate_beside(streaming, plain, rows);
    if (normal == nullptr) continue;
    const Record* best = rate_beside(streaming, plain + "_prefetched", rows);
    if (best == nullptr || best->median < normal->median) best = normal;
    const bool too_low = streaming.median < normal->median * least_store_ratio &&
                         streaming.ci_high < normal->ci_low * least_store_ratio;
    const bool too_high = streaming.median > best->median * largest_store_ratio &&
                          streaming.ci_low > best->ci_high * largest_store_ratio;
    if (!too_low && !too_high) continue;
    const Record* against = too_low ? normal : best;
    streaming = marked_untrusted(
        streaming,
        fmt::format("non-temporal stores give {:.2f} times the rate of {} in {}, outside {:.1f} to "
                    "{:.1f}",
                    streaming.median / against->median,
                    against == normal ? "normal ones" : "prefetched ones", streaming.level.str(),
                    least_store_ratio, largest_store_ratio));
  }
}

}  // namespace assay::memory
