#pragma once
/// @file
/// What of a run may leave the house. Kept is only what is listed here as harmless; everything else
/// is left out or replaced, whatever it holds: a filter that looks for secrets finds those that its
/// author thought of.
///
/// What is kept is listed in docs/redaction.md. Replacement is consistent: the same host is "node-2"
/// everywhere.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "probes/run/run_directory.hpp"

namespace assay {

/// Members of a host's fingerprint that say what the machine is, not whose.
[[nodiscard]] const std::vector<std::string_view>& harmless_host_fields();

class Redactor {
 public:
  /// Numbers the hosts of all runs in the order of their rows.
  explicit Redactor(const std::vector<const RunData*>& runs);

  void redact(RunData& run) const;
  /// As the rows of a run: for a key that was read from samples.csv.
  void redact(Record& row, bool is_imported = false) const;

  /// "node-2", or "node-1>node-2" for a pair; "node" for one that no run names.
  [[nodiscard]] std::string host(const std::string& name) const;

 private:
  void learn(const std::string& host);
  [[nodiscard]] nlohmann::json redacted_host(const nlohmann::json& host) const;
  [[nodiscard]] nlohmann::json redacted_check(const nlohmann::json& check) const;

  std::vector<std::pair<std::string, std::string>> hosts_;  ///< In lower case, and "node-N".
  std::map<std::string, std::string> launches_;             ///< Named ones, and "launch-N".
};

}  // namespace assay
