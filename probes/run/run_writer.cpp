#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>

#include "probes/core/commit.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/version.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/file_reading.hpp"
#include "probes/run/file_writing.hpp"
#include "probes/run/journal.hpp"
#include "probes/run/json_file.hpp"
#include "probes/run/round_rows.hpp"
#include "probes/run/run_directory.hpp"
#include "probes/run/run_time.hpp"
#include "probes/run/secrets.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

UsageError refusal(const fs::path& path, const std::string& why, const std::string& expected) {
  return UsageError(fmt::format("--output: {} {}; expected {}", path.string(), why, expected));
}

/// Looks only: nothing is made yet.
void check_directory(const fs::path& directory, bool append) {
  std::error_code error;
  const fs::file_status status = fs::status(directory, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status))
    throw refusal(directory, "exists and is not a directory", "a new or empty directory");
  const bool is_empty = append || fs::is_empty(directory, error);
  if (error)
    throw refusal(directory, "cannot be read: " + error.message(), "a directory that can be");
  if (!is_empty)
    throw refusal(directory, "is in use (not empty)",
                  "a new or empty directory, or --append to add to it");
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    throw UsageError(fmt::format("--output: cannot write to {}: {}; expected a writable directory",
                                 directory.string(), std::strerror(errno)));
}

/// Held until it is closed. The ranks of a killed writer may live a moment longer.
FileDescriptor lock(const fs::path& directory) {
  FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open())
    throw UsageError(fmt::format("--output: cannot open {}: {}; expected a readable directory",
                                 directory.string(), std::strerror(errno)));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) break;  // a file system without locks
    if (std::chrono::steady_clock::now() > deadline)
      throw refusal(directory, "is being written by another assay",
                    "a directory of its own for each run, or to wait for that one");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return folder;
}

/// The first line of a CSV file and whether anything stands behind it.
struct Head {
  std::string line;
  bool has_rows = false;
};
Head head_of(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return {};
  const OpenFile file = open_regular_file(path, "a CSV file of a run directory");
  std::string text(std::min<std::uint64_t>(file.size, 65536), '\0');
  text.resize(read_at(file.descriptor, path.string(), 0, text.data(), text.size()));
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return {};  // not even a header came onto the disk
  return {text.substr(0, end + 1), file.size > end + 1};
}

/// Rows of two schemas in one file would be read as damaged lines.
void check_columns(const fs::path& path, const Head& head, const std::string& header) {
  if (!head.line.empty() && head.line != header)
    throw refusal(path, "has other columns than this version writes",
                  fmt::format("a directory of schema {}, or a new one", schema_version));
}

bool is_temporary(const std::string& name) {
  constexpr std::string_view start = ".run.json.";
  return name.size() == start.size() + 16 && name.starts_with(start) &&
         name.find_first_not_of("0123456789abcdef", start.size()) == std::string::npos;
}

/// Of writers that were killed. @pre the directory is locked
void remove_temporaries(const fs::path& directory) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored))
    if (is_temporary(entry.path().filename().string())) fs::remove(entry.path(), ignored);
}

/// A line that a killed run left unfinished would swallow the next one.
std::uint64_t whole_lines(const fs::path& path, std::uint64_t size) {
  const OpenFile file = open_regular_file(path, "a CSV file of a run directory");
  std::string block(65536, '\0');
  while (size > 0) {
    const std::uint64_t begin = size > block.size() ? size - block.size() : 0;
    const std::size_t got =
        read_at(file.descriptor, path.string(), begin, block.data(), size - begin);
    const std::size_t found = std::string_view(block.data(), got).rfind('\n');
    if (found != std::string_view::npos) return begin + found + 1;
    size = begin;
  }
  return 0;
}

/// Those of `more` whose host is not in `hosts` yet.
void add_hosts(json& hosts, const json& more) {
  if (!hosts.is_array()) hosts = json::array();
  for (const json& host : more) {
    const auto is_same = [&](const json& known) {
      return known.is_object() && host.is_object() &&
             known.value("host", json()) == host.value("host", json());
    };
    if (std::none_of(hosts.begin(), hosts.end(), is_same)) hosts.push_back(host);
  }
}

/// Of all sessions, those of a later one with its number.
json all_checks(const json& sessions) {
  json all = json::array();
  std::int64_t number = 0;
  for (const json& session : sessions) {
    ++number;
    if (!session.is_object() || !session.contains("checks")) continue;
    for (json check : session["checks"]) {
      if (number > 1 && check.is_object()) check["session"] = number;
      all.push_back(std::move(check));
    }
  }
  return all;
}

}  // namespace

class RunWriter::Files {
 public:
  Files(fs::path where, bool append, Readers may_read, const json& said)
      : directory(std::move(where)), readers(may_read) {
    check_directory(directory, append);
    std::error_code error;
    fs::create_directories(directory, error);
    if (error)
      throw UsageError(fmt::format("--output: cannot create {}: {}; expected a writable place",
                                   directory.string(), error.message()));
    lock_ = lock(directory);
    check_directory(directory, append);  // somebody may have been faster
    if (append) load();
    remove_temporaries(directory);
    begin_session(said);
    open(measurements, "measurements.csv", csv::measurements_header(), &JournalStep::measurements);
    open(samples, "samples.csv", csv::samples_header(), &JournalStep::samples);
    open(models, "models.csv", csv::models_header(), nullptr);
  }

  /// Everything that a row or a mark is about.
  struct Stream {
    AppendedFile file;
    std::uint64_t opened_with = 0;  ///< Bytes of earlier sessions.
    Checksum since_mark;
    void write(const std::string& text) {
      file.write(text);
      since_mark.add(text);
    }
    FileMark mark() {
      file.sync();
      const FileMark mark{file.size(), since_mark.text()};
      since_mark = Checksum();
      return mark;
    }
  };

  void write_run_json() const {
    json whole = run;
    whole["journal"] = {{"steps", json::array()}};
    for (const JournalStep& step : journal) whole["journal"]["steps"].push_back(to_json(step));
    // Hostile bytes in a host name or variable must not make the file unreadable.
    write_text_file(directory / "run.json",
                    whole.dump(2, ' ', false, json::error_handler_t::replace) + '\n', Links::refuse,
                    readers);
  }

  void add_mark(const std::string& step) {
    journal.push_back({step, number, measurements.mark(), samples.mark()});
    write_run_json();
  }

  /// Of this session, and of the run where no earlier session has said it.
  void say(const std::string& key, json value) {
    session()[key] = mask_secrets(std::move(value));
    const json& said = session()[key];
    if (key == "checks")
      run[key] = all_checks(run["sessions"]);
    else if (number == 1 || !run.contains(key))
      run[key] = said;
    else if (key == "hosts")
      add_hosts(run[key], said);
  }

  /// To the end of the last complete step. What a session that broke off left behind it, its rows
  /// of a step that is measured again, goes; the journal first: a kill between the two leaves rows
  /// that belong to no step, not marks of rows that are gone.
  void go_back_to_journal() {
    say("resumes", true);
    const std::int64_t first = first_session_of_run(run);
    while (!journal.empty() && journal.back().step.empty() && journal.back().session >= first)
      journal.pop_back();
    write_run_json();
    const JournalStep none;
    const JournalStep& last = journal.empty() ? none : journal.back();
    go_back(measurements, last.measurements.bytes, csv::measurements_header());
    go_back(samples, last.samples.bytes, csv::samples_header());
  }

  void take_back_step() {
    const JournalStep none;
    const JournalStep& last = journal.empty() ? none : journal.back();
    take_back(measurements, "measurements.csv", last.measurements.bytes);
    take_back(samples, "samples.csv", last.samples.bytes);
  }

  [[nodiscard]] json& session() { return run["sessions"].back(); }

  fs::path directory;
  Readers readers;
  json run;
  std::vector<JournalStep> journal;
  std::int64_t number = 1;
  Stream measurements, samples, models;

 private:
  /// What is there, all of it checked before anything is changed.
  void load() {
    const fs::path run_json = directory / "run.json";
    const Head rows = head_of(directory / "measurements.csv");
    const Head values = head_of(directory / "samples.csv");
    std::optional<json> found = read_json_file_if_there(run_json, "the run.json that assay wrote");
    if (!found) {
      if (rows.has_rows || values.has_rows)
        throw refusal(directory, "has rows, but no run.json that says what they are of",
                      "a run directory, or a new one");
      check_is_ours();
      return;
    }
    run = std::move(*found);
    if (!run.is_object() || !run.contains("schema") || !run["schema"].is_number_integer() ||
        !run.contains("sessions") || !run["sessions"].is_array())
      throw refusal(run_json, "is not the run.json of a run that can be added to",
                    fmt::format("a directory of schema {}, or a new one", schema_version));
    if (run["schema"] != schema_version)
      throw refusal(directory, fmt::format("is of schema {}", run["schema"].get<std::int64_t>()),
                    fmt::format("a directory of schema {}, or a new one", schema_version));
    check_columns(directory / "measurements.csv", rows, csv::measurements_header());
    check_columns(directory / "samples.csv", values, csv::samples_header());
    journal = read_journal(run, run_json);
    const std::vector<std::string> damage = journal_differences(directory, journal, false);
    if (!damage.empty())
      throw refusal(directory, "is not as it was measured: " + damage.front(),
                    "the files as the run left them");
    number = 1 + static_cast<std::int64_t>(run["sessions"].size());
  }

  /// Without a run.json: what a writer left that was killed at its start, and nothing else.
  void check_is_ours() const {
    for (const auto& entry : fs::directory_iterator(directory)) {
      const std::string name = entry.path().filename().string();
      if (name != "measurements.csv" && name != "samples.csv" && name != "models.csv" &&
          !is_temporary(name))
        throw refusal(directory, "is in use and no run directory (it has no run.json)",
                      "a run directory, or a new one");
    }
  }

  void begin_session(const json& said) {
    const json tool = {{"name", "assay"}, {"version", build::version}, {"commit", ASSAY_COMMIT}};
    const std::string start = utc_now(iso_time);
    if (run.is_null())
      run = {{"schema", schema_version},
             {"tool", tool},
             {"start", start},
             {"checks", json::array()},
             {"sessions", json::array()}};
    run["state"] = "running";
    run.erase("state_reason");
    run["sessions"].push_back({{"session", number},
                               {"tool", tool},
                               {"start", start},
                               {"state", "running"},
                               {"checks", json::array()}});
    for (const auto& [key, value] : said.items()) say(key, value);
    write_run_json();
  }

  void open(Stream& stream, const char* name, const std::string& header,
            FileMark JournalStep::*mark) {
    const fs::path path = directory / name;
    stream.file = AppendedFile(path, readers);
    const std::uint64_t whole = whole_lines(path, stream.file.size());
    if (whole < stream.file.size()) stream.file.cut(whole);
    const std::uint64_t marked =
        mark == nullptr || journal.empty() ? 0 : (journal.back().*mark).bytes;
    if (whole == 0)
      stream.write(header);
    else if (mark != nullptr)
      stream.since_mark = checksum_from(path, marked);
    stream.opened_with = stream.file.size();
  }

  void take_back(Stream& stream, const char* name, std::uint64_t marked) const {
    stream.file.cut(std::max(stream.opened_with, marked));
    stream.since_mark = checksum_from(directory / name, marked);
  }

  static void go_back(Stream& stream, std::uint64_t bytes, const std::string& header) {
    stream.file.cut(bytes == 0 ? header.size() : bytes);
    stream.since_mark = Checksum();
    if (bytes == 0) stream.since_mark.add(header);
    stream.opened_with = stream.file.size();
  }

  FileDescriptor lock_;
};

namespace {

/// Before anything is measured what is in the way is the user's to remove; later it ends the run.
template <class Body>
void or_usage_error(const Body& body) {
  try {
    body();
  } catch (const FileError& error) {
    throw UsageError(fmt::format("--output: {}", error.what()));
  }
}
template <class Body>
void or_run_error(const Body& body) {
  try {
    body();
  } catch (const FileError& error) {
    throw RunError(error.what());
  }
}

}  // namespace

RunWriter::RunWriter(fs::path directory, bool append)
    : RunWriter(std::move(directory), append, Readers::owner_only) {}

RunWriter::RunWriter(fs::path directory, bool append, Readers readers, const json& said) {
  or_usage_error(
      [&] { files_ = std::make_unique<Files>(std::move(directory), append, readers, said); });
}

RunWriter::~RunWriter() = default;

const fs::path& RunWriter::directory() const {
  return files_->directory;
}

namespace {

/// A row that no reader would take is none to write.
Record readable(const Record& record) {
  for (const Column& column : measurement_columns()) {
    if (column.number == nullptr) continue;
    const double value = record.*column.number;
    if (is_present(value) && !(std::abs(value) <= csv::largest_number))
      return without_value(record, {Status::incorrect, fmt::format("{} came out as {}, which no "
                                                                   "measurement is",
                                                                   column.name, value)});
  }
  return record;
}

}  // namespace

void RunWriter::put(const Record& record) {
  Record row = readable(record);
  row.session = files_->number;
  if (!row.reason.empty()) row.reason = InternedString(mask_secrets(row.reason.str()));
  or_run_error([&] {
    files_->measurements.write(csv::measurements_line(row));
    if (!row.values.empty()) files_->samples.write(csv::samples_lines(row));
  });
}

void RunWriter::put_model(const ModelRow& row) {
  or_run_error([&] { files_->models.write(csv::models_line(row)); });
}

void RunWriter::put_check(const ValidityCheck& check) {
  json checks = files_->session()["checks"];
  checks.push_back(to_json(check));
  set("checks", std::move(checks));
}

void RunWriter::set(const std::string& key, json value) {
  files_->say(key, std::move(value));
  or_run_error([&] { files_->write_run_json(); });
}

namespace {

json end_of_session(const std::string& state, const std::string& reason) {
  json end = {{"end", utc_now(iso_time)}, {"state", state}};
  if (!reason.empty()) end["state_reason"] = mask_secrets(reason);
  return end;
}

}  // namespace

std::int64_t first_session_of_run(const json& run) {
  const auto sessions = run.find("sessions");
  if (sessions == run.end() || !sessions->is_array() || sessions->empty()) return 1;
  std::size_t at = sessions->size() - 1;
  const auto resumes = [](const json& session) {
    return session.is_object() && session.value("resumes", json(false)) == true;
  };
  while (at > 0 && resumes((*sessions)[at])) --at;
  return static_cast<std::int64_t>(at) + 1;
}

void RunWriter::begin_journal() {
  or_run_error([&] { files_->write_run_json(); });
}

std::set<std::string> RunWriter::resume_journal() {
  std::set<std::string> steps;
  or_run_error([&] { files_->go_back_to_journal(); });
  const std::int64_t first = first_session_of_run(files_->run);
  for (const JournalStep& step : files_->journal)
    if (!step.step.empty() && step.session >= first) steps.insert(step.step);
  return steps;
}

void RunWriter::add_to_journal(const std::string& step) {
  or_run_error([&] { files_->add_mark(step); });
}

void RunWriter::take_back_step() {
  or_run_error([&] { files_->take_back_step(); });
}

void RunWriter::finish(const std::string& state, const std::string& reason) {
  json end = end_of_session(state, reason);
  for (json* const where : {&files_->run, &files_->session()}) where->update(end);
  or_run_error([&] { files_->add_mark(""); });
}

void RunWriter::finish(const std::string& state, const std::string& reason,
                       std::span<const Record> rows, std::size_t complete) {
  or_run_error([&] {
    files_->add_mark("");
    replace_round_rows(files_->directory, rows, complete, files_->readers,
                       end_of_session(state, reason));
  });
}

}  // namespace assay
