#pragma once
/// @file
/// The name of this host, as the kernel has it.

#include <string>

namespace assay {

/// "unknown" where the kernel gives none.
[[nodiscard]] std::string host_name();

}  // namespace assay
