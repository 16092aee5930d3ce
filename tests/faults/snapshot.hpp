#pragma once
/// @file
/// A folder as it was: to compare with, and to put back.

#include <filesystem>
#include <map>
#include <string>

namespace assay::test {

/// Every regular file below a folder with its text; without the program's streams.
using Snapshot = std::map<std::string, std::string>;

[[nodiscard]] std::string text_of(const std::filesystem::path& file);
[[nodiscard]] Snapshot snapshot_of(const std::filesystem::path& folder);
void put_back(const std::filesystem::path& folder, const Snapshot& before, const Snapshot& now);

}  // namespace assay::test
