#pragma once
// What the gate's commands end with.

namespace assay::gate::exit_status {

inline constexpr int done = 0, regressed = 1, inconclusive = 2, differs = 3, bad = 4;

}  // namespace assay::gate::exit_status
