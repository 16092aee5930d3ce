#include "probes/run/run_directory.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "probes/core/commit.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/host_name.hpp"
#include "probes/core/version.hpp"
#include "probes/run/csv.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

std::string utc_now(const char* format) {
  const std::time_t time = std::time(nullptr);
  return fmt::format(fmt::runtime(format), fmt::gmtime(time));
}

constexpr const char* iso_time = "{:%Y-%m-%dT%H:%M:%SZ}";

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

/// Creates the directory and proves that files can be made in it, before minutes are spent
/// measuring.
void prepare(const fs::path& directory, bool append) {
  std::error_code error;
  const fs::file_status status = fs::status(directory, error);
  if (fs::exists(status) && !fs::is_directory(status))
    throw UsageError(
        fmt::format("--output: {} exists and is not a directory; expected a new or empty directory",
                    directory.string()));
  if (fs::exists(status) && !append && !fs::is_empty(directory, error))
    throw UsageError(
        fmt::format("--output: {} is in use (not empty); expected a new or empty directory, or "
                    "--append to add to it",
                    directory.string()));
  fs::create_directories(directory, error);
  if (error)
    throw UsageError(fmt::format("--output: cannot create {}: {}; expected a writable place",
                                 directory.string(), error.message()));
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    throw UsageError(fmt::format("--output: cannot write to {}: {}; expected a writable directory",
                                 directory.string(), std::strerror(errno)));
}

nlohmann::json parse_json_file(const fs::path& path) {
  std::ifstream in(path);
  if (!in)
    throw InputError(path.string(), 0, "", "cannot be read",
                     "a run directory with run.json and measurements.csv");
  try {
    return nlohmann::json::parse(in);
  } catch (const nlohmann::json::parse_error& fault) {
    throw InputError(path.string(), 0, "", fmt::format("is not JSON (byte {})", fault.byte),
                     "the run.json that assay wrote");
  } catch (const nlohmann::json::out_of_range&) {
    throw InputError(path.string(), 0, "", "holds a number that is too large",
                     "the run.json that assay wrote");
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

RunWriter::RunWriter(fs::path directory, bool append) : directory_(std::move(directory)) {
  prepare(directory_, append);
  const fs::path run_json = directory_ / "run.json";
  if (append && fs::exists(run_json)) {
    run_ = parse_json_file(run_json);
    // Sessions of one directory are kept side by side: what an earlier one said stays true.
    run_["appended"].push_back({{"start", utc_now(iso_time)}, {"commit", ASSAY_COMMIT}});
  } else {
    run_ = {{"schema", schema_version},
            {"tool", {{"name", "assay"}, {"version", build::version}, {"commit", ASSAY_COMMIT}}},
            {"start", utc_now(iso_time)},
            {"checks", nlohmann::json::array()}};
  }
  run_["state"] = "running";
  measurements_ = open("measurements.csv", csv::measurements_header(), append);
  samples_ = open("samples.csv", csv::samples_header(), append);
  models_ = open("models.csv", csv::models_header(), append);
  write_run_json();
}

RunWriter::~RunWriter() = default;

RunWriter::File RunWriter::open(const char* name, const std::string& header, bool append) {
  const fs::path path = directory_ / name;
  std::error_code ignored;
  const bool has_content = append && fs::exists(path, ignored) && fs::file_size(path, ignored) > 0;
  if (has_content) {
    // A line that a killed run left unfinished would swallow our first one.
    std::fstream tail(path, std::ios::in | std::ios::binary);
    tail.seekg(-1, std::ios::end);
    if (tail.get() != '\n') {
      std::ifstream whole(path, std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(whole)), {});
      fs::resize_file(path, text.rfind('\n') + 1);
    }
  }
  File file(std::fopen(path.c_str(), append ? "a" : "w"));
  if (!file)
    throw UsageError(
        fmt::format("--output: cannot write {}: {}", path.string(), std::strerror(errno)));
  if (!has_content || fs::file_size(path, ignored) == 0) write(file, header, name);
  return file;
}

void RunWriter::write(File& file, const std::string& text, const char* name) {
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fflush(file.get()) != 0)
    throw RunError(
        fmt::format("cannot write {}: {}", (directory_ / name).string(), std::strerror(errno)));
}

void RunWriter::put(const Record& record) {
  write(measurements_, csv::measurements_line(record), "measurements.csv");
  if (!record.values.empty()) write(samples_, csv::samples_lines(record), "samples.csv");
  ++record_count_;
}

void RunWriter::put_model(const ModelRow& row) {
  write(models_, csv::models_line(row), "models.csv");
}

void RunWriter::put_check(const ValidityCheck& check) {
  run_["checks"].push_back(to_json(check));
  write_run_json();
}

void RunWriter::set(const std::string& key, nlohmann::json value) {
  run_[key] = std::move(value);
  write_run_json();
}

void RunWriter::begin_journal() {
  run_["journal"] = {{"steps", nlohmann::json::array()}};
  write_journal_sizes();
}

std::set<std::string> RunWriter::resume_journal() {
  const auto journal = run_.find("journal");
  if (journal == run_.end()) {
    begin_journal();
    return {};
  }
  for (const auto& [file, name] :
       {std::pair(&measurements_, "measurements"), std::pair(&samples_, "samples")}) {
    const auto bytes = journal->at(name).get<std::uintmax_t>();
    const fs::path path = directory_ / (std::string(name) + ".csv");
    if (fs::file_size(path) < bytes)
      throw InputError(path.string(), 0, "", "is shorter than the journal in run.json says",
                       "the files as the interrupted run left them");
    // The stream appends, so that it writes behind the new end.
    fs::resize_file(path, bytes);
    std::fseek(file->get(), 0, SEEK_END);
  }
  return journal->at("steps").get<std::set<std::string>>();
}

void RunWriter::add_to_journal(const std::string& step) {
  run_["journal"]["steps"].push_back(step);
  write_journal_sizes();
}

void RunWriter::write_journal_sizes() {
  run_["journal"]["measurements"] = fs::file_size(directory_ / "measurements.csv");
  run_["journal"]["samples"] = fs::file_size(directory_ / "samples.csv");
  write_run_json();
}

void RunWriter::finish(const std::string& state, const std::string& reason) {
  run_["end"] = utc_now(iso_time);
  run_["state"] = state;
  if (!reason.empty()) run_["state_reason"] = reason;
  write_run_json();
}

void RunWriter::write_run_json() const {
  const fs::path target = directory_ / "run.json";
  const fs::path temporary = directory_ / "run.json.new";
  {
    std::ofstream out(temporary);
    // Hostile bytes in a host name or variable must not make the file unreadable.
    out << run_.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    if (!out.flush()) throw RunError(fmt::format("cannot write {}", temporary.string()));
  }
  std::error_code error;
  fs::rename(temporary, target, error);
  if (error) throw RunError(fmt::format("cannot write {}: {}", target.string(), error.message()));
}

fs::path default_run_directory() {
  return fs::path("assay-results") / (utc_now("{:%Y%m%dT%H%M%SZ}") + "-" + host_name());
}

nlohmann::json read_run_json(const fs::path& directory) {
  return parse_json_file(directory / "run.json");
}

RunData read_run(const fs::path& directory) {
  if (!fs::is_directory(directory))
    throw InputError(directory.string(), 0, "", "is not a directory",
                     "a run directory with run.json and measurements.csv");
  RunData data;
  data.directory = directory;
  data.run = parse_json_file(directory / "run.json");
  const auto schema = data.run.is_object() ? data.run.find("schema") : data.run.end();
  if (schema == data.run.end() || !schema->is_number_integer())
    throw InputError((directory / "run.json").string(), 0, "", "has no schema number",
                     "the run.json that assay wrote");
  if (schema->get<int>() > schema_version)
    data.warnings.push_back(
        fmt::format("written by a later version (schema {}, known {}): new columns are ignored",
                    schema->get<int>(), schema_version));
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
  if (fs::exists(directory / "models.csv"))
    data.models = csv::read_models(directory / "models.csv");
  return data;
}

}  // namespace assay
