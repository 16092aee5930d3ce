#include "probes/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include "probes/core/errors.hpp"

namespace assay {
namespace {

struct UnitFactor {
  std::string_view name;
  double factor;
};

constexpr std::array<UnitFactor, 6> time_units{
    {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}}};
constexpr std::array<UnitFactor, 9> byte_units{{{"B", 1},
                                                {"kB", 1e3},
                                                {"MB", 1e6},
                                                {"GB", 1e9},
                                                {"TB", 1e12},
                                                {"KiB", 1024.},
                                                {"MiB", 1048576.},
                                                {"GiB", 1073741824.},
                                                {"TiB", 1099511627776.}}};
constexpr std::array<UnitFactor, 12> rate_units{{{"bit/s", 0.125},
                                                 {"kbit/s", 125.},
                                                 {"Mbit/s", 125e3},
                                                 {"Gbit/s", 125e6},
                                                 {"Tbit/s", 125e9},
                                                 {"B/s", 1},
                                                 {"kB/s", 1e3},
                                                 {"MB/s", 1e6},
                                                 {"GB/s", 1e9},
                                                 {"KiB/s", 1024.},
                                                 {"MiB/s", 1048576.},
                                                 {"GiB/s", 1073741824.}}};

double parse_with_unit(std::string_view text, std::string_view what,
                       std::span<const UnitFactor> units, std::string_view example) {
  const auto fail = [&](const std::string& problem) -> UsageError {
    std::string names;
    for (const UnitFactor& unit : units)
      names += (names.empty() ? "" : ", ") + std::string(unit.name);
    return UsageError(fmt::format("{}: '{}' {}; expected a number and a unit ({}), for example {}",
                                  what, text, problem, names, example));
  };
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) throw fail("is not a number");
  if (number < 0) throw fail("is negative");
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.empty()) throw fail("has no unit");
  const auto* found = std::find_if(units.data(), units.data() + units.size(),
                                   [&](const UnitFactor& u) { return u.name == unit; });
  if (found == units.data() + units.size())
    throw fail(fmt::format("has the unknown unit '{}'", unit));
  return number * found->factor;
}

}  // namespace

bool unit::is_known(std::string_view name) {
  constexpr std::array known{seconds, bytes, bytes_per_second, flops,         flops_per_second,
                             hertz,   one,   seconds_per_byte, flops_per_byte};
  if (std::find(known.begin(), known.end(), name) != known.end()) return true;
  return name.size() == 3 &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Seconds parse_seconds(std::string_view text, std::string_view what) {
  return Seconds(parse_with_unit(text, what, time_units, "30s or 1.5ms"));
}

Bytes parse_bytes(std::string_view text, std::string_view what) {
  const double bytes = parse_with_unit(text, what, byte_units, "4MiB or 64KiB");
  if (bytes != std::floor(bytes) || bytes > 9007199254740992.)
    throw UsageError(fmt::format(
        "{}: '{}' is not a whole number of bytes; expected for example 4MiB", what, text));
  return Bytes(bytes);
}

BytesPerSecond parse_bytes_per_second(std::string_view text, std::string_view what) {
  return BytesPerSecond(parse_with_unit(text, what, rate_units, "10Gbit/s or 1.25GB/s"));
}

std::string format_quantity(double value, std::string_view unit_name) {
  if (!std::isfinite(value)) return "n/a";
  struct Prefix {
    double factor;
    std::string_view name;
  };
  constexpr std::array<Prefix, 10> prefixes{{{1e18, "E"},
                                             {1e15, "P"},
                                             {1e12, "T"},
                                             {1e9, "G"},
                                             {1e6, "M"},
                                             {1e3, "k"},
                                             {1, ""},
                                             {1e-3, "m"},
                                             {1e-6, "u"},
                                             {1e-9, "n"}}};
  if (unit_name == unit::one || unit_name.empty()) return fmt::format("{:.4g}", value);
  // Kiloseconds and seconds per kilobyte are nobody's units.
  const bool no_large = unit_name == unit::seconds;
  const double magnitude = std::abs(value);
  const Prefix* chosen = value == 0 ? &prefixes[6] : &prefixes.back();
  for (const Prefix& prefix : prefixes) {
    if (no_large && prefix.factor > 1) continue;
    // 999.95 would print as 1000: it belongs to the next prefix.
    if (magnitude >= prefix.factor * 0.99995) {
      chosen = &prefix;
      break;
    }
  }
  return fmt::format("{:.4g} {}{}", value / chosen->factor, chosen->name, unit_name);
}

std::string format_bytes(Bytes bytes) {
  double value = bytes.value();
  constexpr std::array<std::string_view, 5> names{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t index = 0;
  while (index + 1 < names.size() && value >= 1024 && std::fmod(value, 1024) == 0)
    value /= 1024, ++index;
  // Not a whole number of a binary unit: four digits of the nearest one, marked as such.
  if (value >= 100000 && index + 1 < names.size()) {
    while (index + 1 < names.size() && value >= 1024) value /= 1024, ++index;
    return fmt::format("{:.4g} {}", value, names[index]);
  }
  return fmt::format("{:.0f} {}", value, names[index]);
}

}  // namespace assay
