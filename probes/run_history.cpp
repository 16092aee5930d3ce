#include "probes/run_history.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "probes/core/round.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/run_directory.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;

/// More would speak of a machine of long ago.
constexpr std::size_t most_runs = 12;
/// A folder of more entries is no folder of results.
constexpr std::size_t most_entries = 1000;

/// What must be equal for two runs to be of one machine.
nlohmann::json identity(const nlohmann::json& run) {
  constexpr std::array<const char*, 11> keys{
      "host",   "cpu_model", "microcode", "one_pu_per_core",        "pus",        "cgroup",
      "kernel", "governor",  "smt",       "transparent_huge_pages", "environment"};
  nlohmann::json hosts = nlohmann::json::array();
  for (const nlohmann::json& host : run.value("hosts", nlohmann::json::array())) {
    nlohmann::json same = nlohmann::json::object();
    for (const char* key : keys) same[key] = host.value(key, nlohmann::json());
    hosts.push_back(same);
  }
  const nlohmann::json tool = run.value("tool", nlohmann::json::object());
  return {{"hosts", hosts},
          {"profile", run.value("profile", nlohmann::json())},
          {"launcher", run.value("launcher", nlohmann::json())},
          {"commit", tool.value("commit", nlohmann::json())}};
}

std::vector<fs::path> runs_in(const fs::path& folder, const fs::path& except) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  std::size_t seen = 0;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end;
       !error && entry != end && ++seen <= most_entries; entry.increment(error)) {
    std::error_code failed;
    const fs::path file = entry->path() / "run.json";
    if (entry->is_symlink(failed) || fs::equivalent(entry->path(), except, failed)) continue;
    if (!fs::is_regular_file(file, failed) || failed) continue;
    found.emplace_back(fs::last_write_time(file, failed), entry->path());
  }
  std::ranges::sort(found, std::greater<>());
  std::vector<fs::path> runs;
  for (auto& [time, path] : found) runs.push_back(std::move(path));
  return runs;
}

}  // namespace

RunHistory read_history(const fs::path& folder, const fs::path& run) {
  RunHistory history;
  const nlohmann::json own = identity(read_run_json(run));
  std::size_t used = 0;
  for (const fs::path& earlier : runs_in(folder, run)) {
    if (used == most_runs) break;
    try {
      const nlohmann::json json = read_run_json(earlier);
      if (!json.is_object() || json.value("state", "") != "complete" || identity(json) != own)
        continue;
      bool cut_off = false;
      std::map<std::string, double> medians;
      for (const Record& row : csv::read_measurements(earlier / "measurements.csv", &cut_off))
        if (row.status == Status::ok) medians[key_text(row)] = row.median;
      for (const auto& [key, value] : medians) history[key].push_back(value);
      ++used;
    } catch (const std::exception&) {  // Damaged, or somebody else's: it tells nothing.
      continue;
    }
  }
  return history;
}

}  // namespace assay
