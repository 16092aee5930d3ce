#pragma once
/// @file
/// The run directory: the contract between measuring and reporting.
///
///   run.json          schema, tool version and commit, options after parsing, times, hosts, checks
///   measurements.csv  one line per measured point      samples.csv  every kept sample
///   models.csv        fitted parameters                report.html  the report
///
/// Each line goes to the system as soon as it exists, so that a killed run keeps what it measured,
/// and to the disk with the step it belongs to. run.json is replaced in one step; its "state" is
/// running, complete or partial.

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/record_sink.hpp"

namespace assay {

/// A verdict on whether the run can be believed: "steal", "throttling", "oversubscribed", ...
struct ValidityCheck {
  std::string name;
  std::string host;
  enum class Verdict { passed, warning, failed, unknown } verdict = Verdict::unknown;
  std::string finding;  ///< What was seen, with the number.
  std::string advice;   ///< What to do about it. Empty when passed.
};
[[nodiscard]] nlohmann::json to_json(const ValidityCheck& check);

enum class Readers;  // file_writing.hpp

/// Writes a run directory. One writer per directory, in rank 0 (or the parent of forked ranks): the
/// directory is locked while the writer lives.
///
/// The directory is a journal. Every writer is a session with a number of its own, and has an entry
/// in run.json's "sessions" with its tool, command, options, hosts and checks; a row names the
/// session that wrote it. What an earlier session said stays as it was. "journal" says of every
/// complete step where its rows end and their checksum (probes/run/journal.hpp).
class RunWriter final : public RecordSink {
 public:
  /// Creates `directory` (and its parents). Throws UsageError before anything was changed: when the
  /// directory exists and is not empty (unless `append`), when another process writes into it, when
  /// it cannot be written, or when what is there is no run of this schema. Its files can be read by
  /// their owner only unless `readers` says otherwise.
  RunWriter(std::filesystem::path directory, bool append);
  /// `said`: members of the session (see set()) that run.json has from its first moment, so that a
  /// run that is killed at its start can be gone on with.
  RunWriter(std::filesystem::path directory, bool append, Readers readers,
            const nlohmann::json& said = nlohmann::json::object());
  ~RunWriter() override;

  /// What cannot be written is a RunError: what was written before stays whole.
  void put(const Record& record) override;
  /// For tests.
  void put_model(const ModelRow& row);
  /// For tests.
  void put_check(const ValidityCheck& check);
  /// A member of this session in run.json, e.g. "options", with secrets masked; at the top level
  /// too where no earlier session has said it. Written at once.
  void set(const std::string& key, nlohmann::json value);
  /// For tests. The journal says which steps of the run are complete: what a killed run is gone on with.
  void begin_journal();
  /// Goes on with the journal that is there: cuts off what steps that did not complete left in the
  /// files, and gives the complete ones. @pre made with `append`
  [[nodiscard]] std::set<std::string> resume_journal();
  void add_to_journal(const std::string& step);
  /// Takes back the rows that this session wrote since the last complete step.
  void take_back_step();
  /// Writes end time and state ("complete", or "partial" with the reason).
  void finish(const std::string& state, const std::string& reason = "");
  /// The same, with `rows` in the place of those of single rounds (probes/run/round_rows.hpp); those
  /// behind the first `complete` are of steps that did not complete. Nothing is written afterwards.
  void finish(const std::string& state, const std::string& reason, std::span<const Record> rows,
              std::size_t complete);

  [[nodiscard]] const std::filesystem::path& directory() const;

 private:
  class Files;
  std::unique_ptr<Files> files_;
};

/// Of a run.json: the number of the session that began the run which a --resume would go on with.
[[nodiscard]] std::int64_t first_session_of_run(const nlohmann::json& run);

/// Throws InputError when it is missing or no JSON.
[[nodiscard]] nlohmann::json read_run_json(const std::filesystem::path& directory);

/// Makes "assay-results/<UTC time>-<host>", with a number behind it where another run of the same
/// second was first. Throws UsageError when it cannot be made.
[[nodiscard]] std::filesystem::path make_default_run_directory();

/// A run directory as read back. Samples stay on disk until asked for (csv::read_samples).
struct RunData {
  std::filesystem::path directory;
  nlohmann::json run;
  std::vector<Record> records;
  std::vector<ModelRow> models;
  /// What is missing or was cut off, in words; empty for a complete run.
  std::vector<std::string> warnings;
};
/// Throws InputError when there is no run.json or measurements.csv, when a file is not of this
/// schema, or when a line is malformed. A partial run (killed, truncated last line) is read, with a
/// warning; so is one whose files are not as the journal's checksums say, with the step named.
[[nodiscard]] RunData read_run(const std::filesystem::path& directory);

}  // namespace assay
