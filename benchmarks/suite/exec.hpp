#pragma once
/// @file
/// `assay suite exec`: the scaling study of a command of the user.

#include <string>
#include <vector>

#include "probes/core/errors.hpp"

namespace assay::suite {

/// "exec" is what the user asks for, before the `--` that the command follows.
[[nodiscard]] bool is_exec(const std::vector<std::string>& arguments);

/// `arguments` after `assay suite`. A launch that fails is a row and the study goes on; one that
/// ends well without printing the number ends it, because the others would do the same.
[[nodiscard]] ExitCode run_exec(const std::vector<std::string>& arguments);

}  // namespace assay::suite
