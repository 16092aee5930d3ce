#pragma once
/// @file
/// What the kernel says of itself in the small files of /proc and /sys: one line each.

#include <filesystem>
#include <optional>
#include <string>

namespace assay {

/// The first line of a file; nothing when it is empty or cannot be read: not every kernel has each.
[[nodiscard]] std::optional<std::string> kernel_setting(const std::filesystem::path& file);

/// The chosen word of "always [madvise] never"; the whole line where no word is marked.
[[nodiscard]] std::optional<std::string> chosen_setting(const std::filesystem::path& file);

}  // namespace assay
