#include "probes/run/run_directory.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "probes/core/errors.hpp"
#include "probes/core/host_name.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/journal.hpp"
#include "probes/run/json_file.hpp"
#include "probes/run/run_time.hpp"

namespace assay {
namespace fs = std::filesystem;

std::string utc_now(const char* format) {
  const std::time_t time = std::time(nullptr);
  return fmt::format(fmt::runtime(format), fmt::gmtime(time));
}

namespace {

std::string_view to_string(ValidityCheck::Verdict verdict) {
  switch (verdict) {
    case ValidityCheck::Verdict::passed:
      return "passed";
    case ValidityCheck::Verdict::warning:
      return "warning";
    case ValidityCheck::Verdict::failed:
      return "failed";
    case ValidityCheck::Verdict::unknown:
      return "unknown";
  }
  return "";
}

/// No cluster has more; a file that says so is meant to keep its reader busy.
constexpr std::size_t most_hosts = 100'000;

constexpr const char* our_run_json = "the run.json that assay wrote";

void check_run_json(const nlohmann::json& run, const fs::path& file) {
  const auto schema = run.is_object() ? run.find("schema") : run.end();
  if (schema == run.end() || !schema->is_number_integer() || *schema < 1 || *schema > 1000)
    throw InputError(file.string(), 0, "", "has no schema number", our_run_json);
  for (const char* list : {"hosts", "checks", "sessions"}) {
    const auto found = run.find(list);
    if (found != run.end() && found->is_array() && found->size() > most_hosts)
      throw InputError(file.string(), 0, "", fmt::format("lists {} {}", found->size(), list),
                       fmt::format("at most {}", most_hosts));
  }
}

}  // namespace

nlohmann::json to_json(const ValidityCheck& check) {
  return {{"name", check.name},
          {"host", check.host},
          {"verdict", to_string(check.verdict)},
          {"finding", check.finding},
          {"advice", check.advice}};
}

fs::path make_default_run_directory() {
  const std::string name = utc_now("{:%Y%m%dT%H%M%SZ}") + "-" + host_name();
  const fs::path all = "assay-results";
  std::error_code error;
  fs::create_directories(all, error);
  for (int number = 1; !error && number < 1000; ++number) {
    const fs::path directory = all / (number == 1 ? name : fmt::format("{}-{}", name, number));
    // Makes it or finds it made: of two runs in one second one is told so.
    if (fs::create_directory(directory, error)) return directory;
  }
  throw UsageError(
      fmt::format("cannot make a run directory in {}: {}; expected a writable place, "
                  "or --output DIR",
                  all.string(), error ? error.message() : "all names are taken"));
}

nlohmann::json read_run_json(const fs::path& directory) {
  return read_json_file(directory / "run.json", our_run_json);
}

RunData read_run(const fs::path& directory) {
  if (!fs::is_directory(directory))
    throw InputError(directory.string(), 0, "", "is not a directory",
                     "a run directory with run.json and measurements.csv");
  RunData data;
  data.directory = directory;
  const fs::path run_json = directory / "run.json";
  data.run = read_json_file(run_json, "a run directory with run.json and measurements.csv");
  check_run_json(data.run, run_json);
  const int schema = data.run["schema"].get<int>();
  if (schema > schema_version)
    data.warnings.push_back(
        fmt::format("written by a later version (schema {}, known {}): new columns are ignored",
                    schema, schema_version));
  const auto state = data.run.find("state");
  if (state == data.run.end() || *state != "complete")
    data.warnings.push_back(
        fmt::format("the run did not complete ({}): only what was measured until then is here",
                    data.run.contains("state_reason") && data.run["state_reason"].is_string()
                        ? data.run["state_reason"].get<std::string>()
                        : "it was killed, or is still running"));
  // Only a run that was killed may have lost the end of a line; elsewhere the file was damaged
  // later.
  bool cut_off = false;
  const bool complete = state != data.run.end() && *state == "complete";
  data.records =
      csv::read_measurements(directory / "measurements.csv", complete ? nullptr : &cut_off);
  if (cut_off)
    data.warnings.emplace_back("measurements.csv: the last line was cut off and is ignored");
  for (const std::string& difference :
       journal_differences(directory, read_journal(data.run, run_json), complete))
    data.warnings.push_back("not as it was measured: " + difference);
  if (fs::exists(directory / "models.csv"))
    data.models = csv::read_models(directory / "models.csv");
  return data;
}

}  // namespace assay
