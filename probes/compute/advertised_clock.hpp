#pragma once
/// @file
/// The clock the vendor advertises for this CPU: what Rpeak on a price list is computed from.
///
/// From the brand string ("... @ 2.60GHz") or cpufreq's base_frequency, in that order. A turbo
/// limit (cpuinfo_max_freq) is not an advertised base clock and is not taken. Not a measurement:
/// cores run above it (turbo) and below it (wide vectors, power limit).

#include <filesystem>
#include <optional>
#include <string>

#include "probes/core/units.hpp"

namespace assay::compute {

/// `cpufreq`: the folder of one CPU's cpufreq files. Nothing when neither source has a clock.
[[nodiscard]] std::optional<Hertz> advertised_clock(
    const std::string& cpu_model,
    const std::filesystem::path& cpufreq = "/sys/devices/system/cpu/cpu0/cpufreq");

}  // namespace assay::compute
