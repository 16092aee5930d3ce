#pragma once
/// @file
/// Where the gate gets launches from: commands (command_source.hpp), or made numbers in
/// simulations.

#include <functional>

#include "reports/gate/decide/pair_plan.hpp"
#include "reports/gate/read/metric.hpp"

namespace assay::gate {

/// Launches one side afresh and returns what it said. Throws InputError or RunError when it fails.
using LaunchSource = std::function<Launch(Side)>;

}  // namespace assay::gate
