#pragma once
/// @file
/// When a result was measured, from the text of a store: what orders a history.
///
/// Understood: seconds since 1970 ("1772323200", "1772323200.5"; small numbers count builds as
/// well), and ISO 8601 in its extended form, "2026-03-01", "2026-03-01T10:00:00", with a space for
/// the T, a fraction of a second, and Z or an offset ("+09:00", "-0800"). Without an offset it is
/// UTC.

#include <optional>
#include <string>

namespace assay::gate {

/// Seconds since 1970-01-01T00:00:00Z; nothing for what is no time, or a day that no calendar has.
[[nodiscard]] std::optional<double> seconds_since_epoch(const std::string& text);

}  // namespace assay::gate
