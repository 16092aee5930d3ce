#pragma once
/// @file
/// The sizes a collective is measured at, and lists on a command line.

#include <string>
#include <string_view>
#include <vector>

#include "probes/core/profile.hpp"
#include "probes/core/units.hpp"

namespace assay::collectives {

/// "a,b,c" -> {"a", "b", "c"}; empty parts are left out.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

/// `text` is the user's list ("8B,4MiB"); empty: the profile's sizes. Throws UsageError.
[[nodiscard]] std::vector<Bytes> sizes_from(std::string_view text, Profile profile);

}  // namespace assay::collectives
