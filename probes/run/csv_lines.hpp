#pragma once
/// @file
/// A text file as whole lines, read in parts: what several threads parse side by side. Text cells
/// of a run directory hold no line breaks, so that a line end is the end of a row.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/file_descriptor.hpp"

namespace assay::csv {

/// The whole lines of a file. What a killed writer left behind the last line end is not a line.
struct LineFile {
  std::string path;
  FileDescriptor descriptor;
  std::uint64_t header_end = 0;  ///< Behind the first line.
  std::uint64_t end = 0;         ///< Behind the last line end.
  std::string tail;              ///< What stands behind it: a line that was cut off.
};

/// Throws InputError when there is no such regular file or it cannot be read.
[[nodiscard]] LineFile open_lines(const std::filesystem::path& path);

/// Some lines behind the header.
struct LineRange {
  std::uint64_t begin = 0, end = 0;
};
/// All lines behind the header in ranges of about 4 MiB: large enough that starting a thread does
/// not show.
/// Throws InputError when the file cannot be read.
[[nodiscard]] std::vector<LineRange> ranges_of(const LineFile& file);

}  // namespace assay::csv
