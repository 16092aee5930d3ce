#pragma once
/// @file
/// A command of the user as a launch: run it, and read what it wrote.

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "probes/core/units.hpp"
#include "probes/run/run_directory.hpp"
#include "reports/gate/decide/launch_source.hpp"
#include "reports/gate/read/read_google_benchmark.hpp"
#include "reports/gate/read/read_run_metrics.hpp"

namespace assay::gate {

struct CommandOptions {
  Seconds timeout = Seconds(600);        ///< Of one launch.
  std::vector<std::string> expressions;  ///< Empty: a run directory or Google Benchmark's JSON.
  Better better = Better::lower;         ///< Of what the expressions find.
  bool cpu_time = false;
  std::vector<std::regex> exact, counters;
};

/// Launches the two commands. `{output}` in a command stands for a fresh path that does not exist
/// yet: the command makes a run directory or a JSON file there. Without it, standard output is
/// read. Each launch sees ASSAY_GATE_SIDE (base or head), and ASSAY_GATE_OUTPUT, the path of
/// `{output}`.
class CommandSource {
 public:
  /// Throws UsageError for an empty command.
  CommandSource(std::string base, std::string head, CommandOptions options);
  ~CommandSource();
  CommandSource(const CommandSource&) = delete;
  CommandSource& operator=(const CommandSource&) = delete;

  /// Throws InputError when the command fails (exit 4 of the gate, never a verdict).
  [[nodiscard]] Launch launch(Side side);
  /// Of that side's latest launch, as compare_fingerprints() takes it; null for printed numbers.
  [[nodiscard]] const nlohmann::json& provenance(Side side) const;

 private:
  [[nodiscard]] Launch read(Side side, const std::string& path, const std::string& printed);

  std::string base_, head_;
  CommandOptions options_;
  std::string scratch_;
  int launches_ = 0;
  nlohmann::json base_provenance_, head_provenance_;
};

/// Reads a stored side: a run directory or a file of Google Benchmark's JSON, as a launch with its
/// provenance. Throws InputError for anything else.
struct StoredLaunch {
  Launch launch;
  nlohmann::json provenance;  ///< As compare_fingerprints() takes it.
  std::optional<RunData> run;
  std::vector<std::string> warnings;
};
[[nodiscard]] StoredLaunch read_stored(const std::string& path, const CommandOptions& options,
                                       bool samples);

}  // namespace assay::gate
