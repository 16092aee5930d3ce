#pragma once
/// @file
/// The run directory: the contract between measuring and reporting.
///
///   run.json          schema, tool version and commit, options after parsing, times, hosts, checks
///   measurements.csv  one line per measured point      samples.csv  every kept sample
///   models.csv        fitted parameters                report.html  the report
///
/// Each line is flushed as soon as it exists, so that a killed run keeps what it measured. run.json
/// is replaced atomically; its "state" is running, complete or partial.

#include <cstdio>
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

/// Writes a run directory. One writer per directory, in rank 0 (or the parent of forked ranks).
class RunWriter final : public RecordSink {
 public:
  /// Creates `directory` (and its parents). Throws UsageError when it exists and is not empty,
  /// unless `append`, and when it cannot be written: before anything was measured.
  RunWriter(std::filesystem::path directory, bool append);
  ~RunWriter() override;

  void put(const Record& record) override;
  void put_model(const ModelRow& row);
  void put_check(const ValidityCheck& check);
  /// A top-level member of run.json, e.g. "options"; written at once.
  void set(const std::string& key, nlohmann::json value);
  /// The journal says which steps of the run are complete and how long the files were then: what a
  /// killed run is gone on with. Starts one at what the files hold now.
  void begin_journal();
  /// Goes on with the journal that is there: cuts off what steps that did not complete left in the
  /// files, and gives the complete ones. @pre made with `append`
  [[nodiscard]] std::set<std::string> resume_journal();
  void add_to_journal(const std::string& step);
  /// Writes end time and state ("complete", or "partial" with the reason).
  void finish(const std::string& state, const std::string& reason = "");

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] std::size_t record_count() const { return record_count_; }

 private:
  void write_run_json() const;
  void write_journal_sizes();
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, CloseFile>;
  File open(const char* name, const std::string& header, bool append);
  void write(File& file, const std::string& text, const char* name);

  std::filesystem::path directory_;
  nlohmann::json run_;
  File measurements_, samples_, models_;
  std::size_t record_count_ = 0;
};

/// Throws InputError when it is missing or no JSON.
[[nodiscard]] nlohmann::json read_run_json(const std::filesystem::path& directory);

/// "assay-results/<UTC time>-<host>".
[[nodiscard]] std::filesystem::path default_run_directory();

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
/// warning.
[[nodiscard]] RunData read_run(const std::filesystem::path& directory);

}  // namespace assay
