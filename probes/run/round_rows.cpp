#include "probes/run/round_rows.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/file_reading.hpp"
#include "probes/run/journal.hpp"
#include "probes/run/run_directory.hpp"
#include "probes/run/secrets.hpp"

namespace assay {
namespace {

std::string checksum_of(std::string_view text) {
  Checksum checksum;
  checksum.add(text);
  return checksum.text();
}

}  // namespace

void replace_round_rows(const std::filesystem::path& directory, std::span<const Record> rows,
                        Readers readers) {
  const std::filesystem::path file = directory / "measurements.csv",
                              run_json = directory / "run.json";
  nlohmann::json run = read_run_json(directory);
  std::vector<JournalStep> journal = read_journal(run, run_json);
  const std::int64_t first = first_session_of_run(run);
  const std::int64_t last =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(run["sessions"].size()));

  std::string text = read_text_file(file, "a CSV file of a run directory",
                                    std::numeric_limits<std::uint64_t>::max());
  // What earlier runs wrote, or the header.
  std::uint64_t kept = csv::measurements_header().size();
  for (const JournalStep& step : journal)
    if (step.session < first) kept = step.measurements.bytes;
  text.resize(std::min<std::size_t>(kept, text.size()));
  std::string own;
  for (Record row : rows) {
    if (!is_present(row.session)) row.session = last;
    if (!row.reason.empty()) row.reason = InternedString(mask_secrets(row.reason.str()));
    csv::append_measurements_line(own, row);
  }
  // The steps keep their names and their samples; their rows stand at the end of the last one.
  for (std::size_t i = 0; i < journal.size(); ++i) {
    if (journal[i].session < first) continue;
    const bool is_last = i + 1 == journal.size();
    journal[i].measurements = {
        text.size() + (is_last ? own.size() : 0),
        checksum_of((i == 0 ? text : std::string()) + (is_last ? own : std::string()))};
  }
  nlohmann::json steps = nlohmann::json::array();
  for (const JournalStep& step : journal) steps.push_back(to_json(step));
  const auto write_run_json = [&] {
    write_text_file(run_json,
                    run.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n',
                    Links::refuse, readers);
  };
  try {
    // Of two files, only one can take its place at once: see journal.hpp.
    run["journal"]["replacing"] = steps;
    write_run_json();
    write_text_file(file, text + own, Links::refuse, readers);
    run["journal"] = {{"steps", steps}};
    write_run_json();
  } catch (const FileError& error) {
    throw RunError(error.what());
  }
}

}  // namespace assay
