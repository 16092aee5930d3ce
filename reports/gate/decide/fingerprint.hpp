#pragma once
/// @file
/// Whether two results may be compared at all: what they are from, key by key.
///
/// Hard keys change what a program can deliver (CPU, caches, kernel, compiler, provider, problem
/// size): a difference refuses a verdict. Soft keys may (microcode, host name, a temperature 10
/// degrees off, the environment checks that tell of neighbours: steal, other load, lost time): a
/// warning. Keys that are meant to differ (commit, start, output directory) are left out. A key
/// that no list knows is hard in a run directory, and soft in Google Benchmark's context, which
/// holds whatever its author put there; its clock is hard where the host is another, too. A key
/// known on one side only counts as a difference.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reports/gate/decide/report.hpp"

namespace assay {
struct RunData;
}

namespace assay::gate {

/// How much a key weighs. `hardware` is hard, but can be set aside by normalised metrics.
enum class KeyWeight { ignored, soft, hardware, hard };
/// @param key dotted path, e.g. "hosts.cpu_model", "options.bytes", "context.num_cpus".
[[nodiscard]] KeyWeight weight_of(const std::string& key);

struct FingerprintOptions {
  std::vector<std::string> allowed;  ///< Keys the user lets differ; "hosts" allows "hosts.*" too.
  bool normalised = false;           ///< Hardware keys only warn.
};

/// Provenance as in run.json, or {"context": ...} of Google Benchmark; null compares equal to null
/// only.
[[nodiscard]] std::vector<FingerprintDifference> compare_fingerprints(
    const nlohmann::json& base, const nlohmann::json& head, const FingerprintOptions& options = {});

/// run.json together with what only the rows know: providers used, and problem sizes of the
/// workloads.
[[nodiscard]] nlohmann::json provenance_of(const RunData& run);

}  // namespace assay::gate
