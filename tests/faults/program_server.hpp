#pragma once
/// @file
/// The real program, loaded once and run many times, each time with one call made to fail.

#include <sys/types.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/faults/protocol.h"

namespace assay::test {

struct FaultRun {
  int exit_status = -1;  ///< -1: ended by `signal`, or at the deadline.
  int signal = 0;
  bool timed_out = false;
  bool fired = false;  ///< The call was reached.
  std::array<long, FAULT_CALLS> counts{};
  std::string output, errors;
};

class ProgramServer {
 public:
  /// Will run `assay ARGUMENTS` in `folder`.
  ProgramServer(const std::vector<std::string>& arguments, const std::filesystem::path& folder);
  ~ProgramServer();
  ProgramServer(const ProgramServer&) = delete;
  ProgramServer& operator=(const ProgramServer&) = delete;

  /// False where the system cannot preload a library, so that nothing can be tested.
  [[nodiscard]] bool works();
  [[nodiscard]] FaultRun run(int call = -1, long at = 0, int action = 0, int limit_ms = 20'000);

 private:
  std::filesystem::path folder_;
  int requests_ = -1, answers_ = -1;
  pid_t pid_ = -1;
};

}  // namespace assay::test
