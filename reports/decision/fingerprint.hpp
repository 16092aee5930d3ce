#pragma once
/// @file
/// What a run was measured on, for telling whether two runs speak of one machine. What changes from
/// day to day (load, temperature, kernel) is left out.

#include <string>

#include "probes/run/run_directory.hpp"

namespace assay::decision {

/// CPU, sockets, cores and memory of the run's nodes, each kind once, however many nodes there were
/// and whatever their names; empty where the run does not say.
[[nodiscard]] std::string machine_of(const RunData& run);
/// Whether both were measured on nodes of the same names and kind. False where either does not say.
[[nodiscard]] bool are_of_one_machine(const RunData& a, const RunData& b);

}  // namespace assay::decision
