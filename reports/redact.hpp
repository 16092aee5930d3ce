#pragma once
/// @file
/// Takes out of a run what may not leave the house: hosts, users, addresses, paths. Prices are left
/// out by the caller, which does not read them. Replacement is consistent: the same host is
/// "node-2" everywhere.

#include <string>
#include <vector>

#include "probes/run/run_directory.hpp"

namespace assay {

class Redactor {
 public:
  /// Learns the names of hosts and users from all of the runs, so that they are found in free text
  /// too.
  explicit Redactor(const std::vector<const RunData*>& runs);

  [[nodiscard]] std::string text(const std::string& original) const;
  void redact(RunData& run) const;

 private:
  void learn(const std::string& name, const char* kind);

  /// Longest first, so that "node10" is not taken for "node1" and a rest.
  std::vector<std::pair<std::string, std::string>> names_;
  int hosts_ = 0, users_ = 0;
};

}  // namespace assay
