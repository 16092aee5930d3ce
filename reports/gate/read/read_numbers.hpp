#pragma once
/// @file
/// Numbers that a program prints among other text, found by regular expressions: `--metric 'time:
/// ([0-9.]+)'`.
///
/// ECMAScript syntax, line by line. With one group, the group is the number and the expression
/// itself the metric's name; with two, the first is the name and the second the number; without a
/// group, the whole match is the number. Several numbers of one name are values of one launch.

#include <string>
#include <string_view>
#include <vector>

#include "reports/gate/read/metric.hpp"

namespace assay::gate {

/// Throws UsageError for an expression that is none; the message says where it breaks.
void check_expression(const std::string& expression);

/// Throws InputError when an expression matches nothing, or something that is not a finite number.
/// The unit is unknown, so it is "1". @param what names the input in messages.
[[nodiscard]] Launch read_numbers(std::string_view text, const std::string& what,
                                  const std::vector<std::string>& expressions, Better better);

}  // namespace assay::gate
