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

/// The lines of a run's rows.
struct Parts {
  std::string complete, others;
};

/// The steps keep their names and their samples; their rows stand at the end of the last one that
/// completed, and those of none in what the journal says of the session's end.
void mark_parts(std::vector<JournalStep>& journal, std::int64_t first, const std::string& before,
                const Parts& parts) {
  std::size_t last_named = journal.size();
  for (std::size_t i = 0; i < journal.size(); ++i)
    if (journal[i].session >= first && !journal[i].step.empty()) last_named = i;
  std::uint64_t bytes = before.size();
  for (std::size_t i = 0; i < journal.size(); ++i) {
    if (journal[i].session < first) continue;
    std::string own = i == 0 ? before : std::string();
    const std::uint64_t old = i == 0 ? 0 : bytes;
    if (i == last_named) own += parts.complete;
    if (i + 1 == journal.size())
      own += last_named == journal.size() ? parts.complete + parts.others : parts.others;
    bytes = old + own.size();
    journal[i].measurements = {bytes, checksum_of(own)};
  }
}

}  // namespace

void replace_round_rows(const std::filesystem::path& directory, std::span<const Record> rows,
                        std::size_t complete, Readers readers, const nlohmann::json& end) {
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
  Parts parts;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Record row = rows[i];
    if (!is_present(row.session)) row.session = last;
    if (!row.reason.empty()) row.reason = InternedString(mask_secrets(row.reason.str()));
    csv::append_measurements_line(i < complete ? parts.complete : parts.others, row);
  }
  mark_parts(journal, first, text, parts);
  nlohmann::json steps = nlohmann::json::array();
  for (const JournalStep& step : journal) steps.push_back(to_json(step));
  const auto write_run_json = [&] {
    write_text_file(run_json,
                    run.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n',
                    Links::refuse, readers);
  };
  // Of two files, only one can take its place at once: see journal.hpp.
  run["journal"]["replacing"] = steps;
  write_run_json();
  write_text_file(file, text + parts.complete + parts.others, Links::refuse, readers);
  run["journal"] = {{"steps", steps}};
  run.update(end);
  run["sessions"].back().update(end);
  write_run_json();
}

}  // namespace assay
