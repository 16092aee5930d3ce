#pragma once
/// @file
/// Which calls a test makes fail, and how: every one, or a number of them spread over all.
///
/// ASSAY_FAULTS chooses others than the test's own number: "all", a number, the calls of one
/// function ("malloc"), or one of them ("malloc:405"). ASSAY_FAULTS_SEED=N moves the spread.

#include <string>
#include <vector>

#include "tests/faults/program_server.hpp"

namespace assay::test {

/// One call that fails once.
struct Fault {
  fault_call call;
  int action;  ///< An errno, FAULT_SHORT or FAULT_KILL.
  long at;     ///< The n-th of them, from 1.
};
[[nodiscard]] std::string text_of(const Fault& fault);

/// Of the test that runs, so far: one that fails a hundred times says no more than one of ten.
[[nodiscard]] int failures();

/// Whether this run is one by hand.
[[nodiscard]] bool tries_all();

/// `most` of them, evenly spread from where the seed says.
[[nodiscard]] std::vector<Fault> spread(const std::vector<Fault>& all, std::size_t most);

/// Those to try of a run that made so many calls: of system calls at least half of `most`, of
/// allocations, of which there are many more, the rest.
[[nodiscard]] std::vector<Fault> faults_of(const FaultRun& run, std::size_t most);

/// SIGKILL at every call of `calls` that the run made; `most` of each, or all by hand.
[[nodiscard]] std::vector<Fault> kills_of(const FaultRun& run, const std::vector<fault_call>& calls,
                                          std::size_t most);

/// What was tried, and how it ended; printed, so that the numbers of a long search can be told.
struct Tally {
  long tried = 0, same = 0, refused = 0;
  /// With the calls that the whole run made.
  void print(const std::string& command, const FaultRun& whole) const;
};

}  // namespace assay::test
