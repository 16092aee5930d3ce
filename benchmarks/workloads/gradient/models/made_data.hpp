#pragma once
/// @file
/// Data that is a function of its place, so that any rank can make any row of any data set without
/// a file and without the others: splitmix64 (Steele, Lea & Flood, OOPSLA 2014) of row and column.

#include <cstddef>
#include <cstdint>

namespace assay::workloads {

/// Uniform in [-1, 1).
[[nodiscard]] inline double uniform(std::size_t row, std::size_t column) {
  std::uint64_t z = row * 0x9e37'79b9'7f4a'7c15 + (column + 1) * 0xd134'2543'de82'ef95;
  z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
  z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

}  // namespace assay::workloads
