#pragma once
/// @file
/// Times as a run directory has them: UTC.

#include <string>

namespace assay {

/// As {fmt} formats times, e.g. iso_time.
inline constexpr const char* iso_time = "{:%Y-%m-%dT%H:%M:%SZ}";
[[nodiscard]] std::string utc_now(const char* format);

}  // namespace assay
