#pragma once
/// @file
/// How warm the processor is, as the kernel says: what a hot machine throttles by, and a reason why
/// two runs on one machine differ.
///
/// The warmest CPU sensor of /sys/class/hwmon (coretemp, k10temp, zenpower), else of
/// /sys/class/thermal (zones whose type names the CPU or the package). Virtual machines have
/// neither.

#include <filesystem>
#include <optional>

namespace assay {

/// In degrees Celsius; nothing where no sensor of the CPU can be read. `root` is / but for tests.
[[nodiscard]] std::optional<double> cpu_temperature(const std::filesystem::path& root = "/");

}  // namespace assay
