#include "probes/memory/working_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "probes/memory/mapped_buffer.hpp"

namespace assay::memory {
namespace {

Bytes round_down(Bytes size, Bytes unit) {
  return bytes_of(to_size(size) / to_size(unit) * to_size(unit));
}

// The number in "L2"; DRAM comes after every cache.
std::optional<int> level_of(std::string_view name) {
  if (name == "DRAM") return std::numeric_limits<int>::max();
  int level = 0;
  if (!name.starts_with('L') ||
      std::from_chars(name.data() + 1, name.data() + name.size(), level).ec != std::errc())
    return std::nullopt;
  return level;
}

int sharers(const Cache& cache, std::span<const int> pus) {
  return static_cast<int>(std::ranges::count_if(
      pus, [&](int pu) { return std::ranges::find(cache.pus, pu) != cache.pus.end(); }));
}

// The smallest share any of the threads has of its cache of that level; nothing when one has none.
std::optional<Bytes> share_of_level(const Machine& machine, int level, std::span<const int> pus) {
  Bytes smallest(std::numeric_limits<double>::infinity());
  for (int pu : pus) {
    const Cache* cache = machine.cache(level, pu);
    if (cache == nullptr || cache->size <= 0_B) return std::nullopt;
    smallest = std::min(smallest, cache->size / sharers(*cache, pus));
  }
  return smallest;
}

}  // namespace

std::vector<int> cache_levels(const Machine& machine) {
  std::set<int> levels;
  for (const Cache& cache : machine.caches) levels.insert(cache.level);
  return {levels.begin(), levels.end()};
}

std::string level_name(int level) {
  return fmt::format("L{}", level);
}

bool is_nearer(std::string_view near, std::string_view far) {
  const auto nearer = level_of(near), farther = level_of(far);
  return nearer && farther && *nearer < *farther;
}

Outcome<Bytes> cache_set_per_thread(const Machine& machine, int level, std::span<const int> pus) {
  const auto share = share_of_level(machine, level, pus);
  if (!share)
    return unsupported(fmt::format("the size of the {} cache is unknown", level_name(level)));
  const auto below = level > 1 ? share_of_level(machine, level - 1, pus) : std::nullopt;
  Bytes set = 0.5 * *share;
  if (below) {
    if (level == machine.last_cache_level()) set = std::min(set, 2.0 * *below);
    if (set < 1.5 * *below)
      return unsupported(
          fmt::format("no set lies in {}: half of a thread's share of it is {}, 1.5 times its "
                      "share of {} is {}",
                      level_name(level), format_quantity(0.5 * share->value(), unit::bytes),
                      level_name(level - 1), format_quantity(1.5 * below->value(), unit::bytes)));
  }
  set = round_down(set, 4_KiB);
  if (set < 4_KiB)
    return unsupported(fmt::format("a thread's share of {} is below 8 KiB", level_name(level)));
  return set;
}

Bytes last_level_total(const Machine& machine, std::span<const int> pus) {
  std::set<const Cache*> used;
  for (int pu : pus)
    if (const Cache* cache = machine.cache(machine.last_cache_level(), pu)) used.insert(cache);
  Bytes total;
  for (const Cache* cache : used) total += cache->size;
  return total;
}

Outcome<Bytes> dram_set_per_thread(const Machine& machine, std::span<const int> pus) {
  const Bytes caches = last_level_total(machine, pus);
  const Bytes allowed = memory_fraction * machine.memory_cap;
  const Bytes wanted = std::max(4.0 * caches, 1_GiB);
  const Bytes total = std::min(wanted, allowed);
  const Bytes each = round_down(total / static_cast<double>(pus.size()), huge_page_size);
  if (each < huge_page_size || total < 1.5 * caches)
    return unsupported(fmt::format(
        "DRAM needs a set beyond the last-level cache of {}; 60 % of the memory cap is {}",
        format_bytes(caches), format_quantity(allowed.value(), unit::bytes)));
  if (caches == 0_B)
    return Outcome<Bytes>::untrusted(
        each, fmt::format("no cache size is known: a set of {} may partly lie in a cache",
                          format_quantity(total.value(), unit::bytes)));
  if (total < 4.0 * caches)
    return Outcome<Bytes>::untrusted(
        each,
        fmt::format("set of {} is below 4 times the last-level cache of {}: 60 % of the memory "
                    "cap allows no more",
                    format_quantity(total.value(), unit::bytes), format_bytes(caches)));
  return each;
}

}  // namespace assay::memory
