#pragma once
/// @file
/// The questions of `assay plan`: one function per question, called with what follows its name.

#include <string>
#include <vector>

#include "probes/cli/command.hpp"

namespace assay::plan {

[[nodiscard]] const Command& crossover_question();
[[nodiscard]] const Command& target_question();
[[nodiscard]] const Command& nodes_question();
[[nodiscard]] const Command& grid_question();
[[nodiscard]] const Command& ceiling_question();
[[nodiscard]] const Command& tail_question();
[[nodiscard]] const Command& buy_question();
[[nodiscard]] const Command& scale_question();
/// All of them, in the order a buyer asks.
[[nodiscard]] std::vector<const Command*> questions();

}  // namespace assay::plan
