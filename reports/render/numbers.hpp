#pragma once
/// @file
/// The page shows numbers as everybody else does: reports/decision/numbers.hpp.

#include "reports/decision/numbers.hpp"

namespace assay::render {

using decision::Prefix;
using decision::prefix_for;
using decision::result_unit;
using decision::ResultUnit;
using decision::show;
using decision::show_count;
using decision::show_digits;
using decision::show_percent;
using decision::show_range;
using decision::show_with_range;

}  // namespace assay::render
