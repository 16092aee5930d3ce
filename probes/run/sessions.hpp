#pragma once
/// @file
/// The sessions of one run directory, told apart: rows of other machines or of another version are
/// no further samples of the same thing.

#include <vector>

#include "probes/run/run_directory.hpp"

namespace assay {

/// One part for each set of sessions of equal machines (host names, processor, cores) and
/// tool (version and commit), with the rows of these sessions and what run.json says of them; each
/// warns of the others. A run of one session, of equal ones, or of schema 1 comes back as it is.
[[nodiscard]] std::vector<RunData> split_sessions(RunData run);

/// Throws InputError where split_sessions() would give more than one part: for readers that need
/// the rows of one machine.
void require_one_machine(const RunData& run);

}  // namespace assay
