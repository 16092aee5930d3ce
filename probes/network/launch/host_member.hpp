#pragma once
/// @file
/// What the starting process and the processes on the hosts of `--hosts` say to each other.

#include <string_view>

namespace assay::network {

/// Begins the first line that the first host's process writes; the address follows.
constexpr std::string_view meeting_word = "assay-meets-at ";

}  // namespace assay::network
