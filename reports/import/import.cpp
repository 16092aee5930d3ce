#include "reports/import/import.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "probes/core/errors.hpp"

namespace assay::import {

namespace {

/// Enough to see the first lines of any of the formats.
constexpr std::size_t head_bytes = 65536;

std::string head_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw InputError(file.string(), 0, "", "cannot be read",
                     "a run directory or a measurement log");
  std::string head(head_bytes, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  return head;
}

/// The first line that is neither empty nor a comment.
std::string first_content_line(const std::string& head) {
  std::istringstream lines(head);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start != std::string::npos && line[start] != '#') return line.substr(start);
  }
  return "";
}

}  // namespace

RunData read_any(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return read_run(path);
  const std::string head = head_of(path);
  const auto has = [&](const char* text) { return head.find(text) != std::string::npos; };
  RunData run{.directory = path};
  std::string format;
  if (has("# OSU ")) {
    format = "OSU micro-benchmarks";
    run.records = read_osu(path);
  } else if (has("busbw")) {
    format = "nccl-tests";
    run.records = read_nccl_tests(path);
  } else if (first_content_line(head).starts_with("{")) {
    format = "Google Benchmark";
    run.records = read_google_benchmark(path);
  } else if (first_content_line(head).find("ranks") != std::string::npos) {
    format = "ranks,time CSV";
    run.records = read_times_csv(path);
  } else {
    throw InputError(
        path.string(), 0, "", "not a format that can be read",
        "a run directory, a ranks,time CSV, OSU or nccl-tests output, or Google Benchmark JSON");
  }
  run.run = {{"schema", schema_version},
             {"state", "imported"},
             {"imported", {{"file", path.filename().string()}, {"format", format}}}};
  return run;
}

RunData read_all(const std::vector<std::filesystem::path>& paths) {
  RunData all = read_any(paths.front());
  for (std::size_t i = 1; i < paths.size(); ++i) {
    RunData more = read_any(paths[i]);
    all.records.insert(all.records.end(), std::make_move_iterator(more.records.begin()),
                       std::make_move_iterator(more.records.end()));
    all.warnings.insert(all.warnings.end(), more.warnings.begin(), more.warnings.end());
  }
  return all;
}

}  // namespace assay::import
