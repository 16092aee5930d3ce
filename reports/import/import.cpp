#include "reports/import/import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "probes/run/sessions.hpp"
#include "reports/import/format.hpp"

namespace assay::import {

namespace {

const Format& format_of(const Document& document) {
  std::vector<const Format*> found;
  std::string names;
  for (const Format* format : Registry<Format>::all()) {
    names += (names.empty() ? "" : ", ") + format->about.name;
    if (format->recognises(document)) found.push_back(format);
  }
  if (found.empty())
    document.refuse(0, "", "not a format that can be read",
                    fmt::format("a run directory, or output of one of: {}", names));
  if (found.size() > 1)
    document.refuse(0, "",
                    fmt::format("holds both {} and {}", found[0]->about.name, found[1]->about.name),
                    "the output of one tool in a file");
  return *found.front();
}

/// Of what cannot be understood without a number of ranks.
bool needs_ranks(const Record& record) {
  return std::string_view(record.probe).starts_with("collective.") ||
         record.metric == "step_time" || record.probe == "network.alpha_beta";
}

std::optional<std::int64_t> stated_ranks(const ImportOptions& options, std::size_t file,
                                         std::size_t files) {
  const ImportOptions one = ranks_of(options.ranks, file, files);
  return one.ranks.empty() ? std::nullopt : std::optional(one.ranks.front());
}

/// Of several files, before what they have in common is settled.
struct Read {
  struct Part {
    std::size_t first = 0, end = 0;  ///< Of the records.
  };
  RunData run;
  std::vector<Stated> stated;  ///< Of each record.
  std::vector<Part> parts;     ///< Of each file that was imported.
};

Read run_of(const Document& document, std::optional<std::int64_t> ranks) {
  const Format& format = format_of(document);
  Imported imported = format.read(document);
  if (imported.records.empty()) document.refuse(0, "", "holds no number", format.about.summary);
  if (ranks)
    for (Record& record : imported.records)
      if (!is_present(record.ranks) && needs_ranks(record)) record.ranks = *ranks;
  std::vector<std::string> notes = document.notes;
  notes.insert(notes.end(), imported.notes.begin(), imported.notes.end());
  if (ranks)
    notes.push_back(fmt::format("ranks where the log does not say: {}, as stated", *ranks));
  Read read;
  read.run.directory = document.file;
  read.run.run = {
      {"schema", schema_version},
      {"state", "imported"},
      {"imported",
       nlohmann::json::array({{{"file", std::filesystem::path(document.file).filename().string()},
                               {"format", format.about.name},
                               {"read", nlohmann::json::array()},
                               {"notes", notes}}})}};
  imported.state_of_new({});
  read.stated = std::move(imported.stated);
  read.run.records = std::move(imported.records);
  read.parts.push_back({0, read.run.records.size()});
  return read;
}

/// Hidden files, and the page that an earlier report left beside the logs.
bool is_ours(const std::string& name) {
  return name.starts_with('.') || name == "report.html" || name == "report.css" ||
         name == "report.js";
}

Read read_several(const std::vector<std::filesystem::path>& paths, const ImportOptions& options);

Read read_folder(const std::filesystem::path& path, std::optional<std::int64_t> ranks) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error))
    if (entry.is_regular_file(error) && !is_ours(entry.path().filename().string()))
      files.push_back(entry.path());
  constexpr std::size_t most_files = 1000;
  if (files.empty() || files.size() > most_files)
    throw InputError(path.string(), 0, "",
                     fmt::format("holds no run.json, and {} files", files.size()),
                     "a run directory, or a folder of up to 1000 logs");
  std::sort(files.begin(), files.end());
  ImportOptions options;
  if (ranks) options.ranks.push_back(*ranks);
  Read read = read_several(files, options);
  read.run.directory = path;
  return read;
}

Read read_one(const std::filesystem::path& path, std::optional<std::int64_t> ranks) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return run_of(read_document(path), ranks);
  if (std::filesystem::exists(path / "run.json", error) ||
      std::filesystem::exists(path / "measurements.csv", error))
    return Read{.run = read_run(path)};
  return read_folder(path, ranks);
}

/// Logs of one subject number their launches on: two files of the same test are two launches, and
/// what one launch timed several times stays one.
void renumber_launches(std::vector<Record>& records, std::size_t first, std::size_t end) {
  const auto key = [](const Record& record) {
    return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", record.probe.str(), record.metric.str(),
                       record.operation.str(), record.ranks, record.nodes, record.bytes,
                       record.threads, record.dtype.str(), record.provider.str(),
                       record.algorithm.str(), record.scaling.str());
  };
  std::map<std::string, std::set<InternedString>> earlier;
  for (std::size_t i = 0; i < first; ++i) earlier[key(records[i])].insert(records[i].launch);
  std::map<std::string, std::map<InternedString, std::string>> renamed;
  for (std::size_t i = first; i < end; ++i) {
    const std::string subject = key(records[i]);
    const auto found = earlier.find(subject);
    if (found == earlier.end()) continue;
    std::map<InternedString, std::string>& names = renamed[subject];
    const std::string name =
        fmt::format("{} of a further file", found->second.size() + names.size() + 1);
    records[i].launch = names.emplace(records[i].launch, name).first->second;
  }
}

/// Launches that count twice make every interval too narrow.
void refuse_twice(const std::vector<std::filesystem::path>& paths) {
  for (std::size_t i = 0; i < paths.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      std::error_code error;
      if (std::filesystem::equivalent(paths[i], paths[j], error))
        throw InputError(paths[i].string(), 0, "", "is given twice",
                         "each file or run directory once: its launches would count twice");
    }
}

Read read_several(const std::vector<std::filesystem::path>& paths, const ImportOptions& options) {
  refuse_twice(paths);
  Read all = read_one(paths.front(), stated_ranks(options, 0, paths.size()));
  require_one_machine(all.run);
  for (std::size_t i = 1; i < paths.size(); ++i) {
    Read more = read_one(paths[i], stated_ranks(options, i, paths.size()));
    require_one_machine(more.run);
    std::vector<Record>& records = all.run.records;
    const std::size_t first = records.size();
    records.insert(records.end(), std::make_move_iterator(more.run.records.begin()),
                   std::make_move_iterator(more.run.records.end()));
    all.stated.resize(first);
    all.stated.insert(all.stated.end(), more.stated.begin(), more.stated.end());
    for (const Read::Part& part : more.parts)
      all.parts.push_back({first + part.first, first + part.end});
    all.run.warnings.insert(all.run.warnings.end(), more.run.warnings.begin(),
                            more.run.warnings.end());
    if (!more.run.run.contains("imported")) continue;
    nlohmann::json& list = all.run.run["imported"];
    if (!list.is_array()) list = nlohmann::json::array();
    for (const nlohmann::json& entry : more.run.run["imported"]) list.push_back(entry);
  }
  return all;
}

/// Tells measurements apart by all that their logs state, numbers the launches of each on from file
/// to file, and says what was read.
RunData settled(Read read) {
  std::vector<Record>& records = read.run.records;
  read.stated.resize(records.size());
  tell_apart(records, read.stated);
  for (std::size_t i = 0; i < read.parts.size(); ++i) {
    const Read::Part& part = read.parts[i];
    if (i > 0) renumber_launches(records, part.first, part.end);
    read.run.run["imported"][i]["read"] =
        describe({records.begin() + static_cast<std::ptrdiff_t>(part.first),
                  records.begin() + static_cast<std::ptrdiff_t>(part.end)});
  }
  return std::move(read.run);
}

}  // namespace

ImportOptions ranks_of(const std::vector<std::int64_t>& ranks, std::size_t file,
                       std::size_t files) {
  if (ranks.empty()) return {};
  if (ranks.size() > 1 && ranks.size() != files)
    throw UsageError(
        fmt::format("--ranks: {} numbers for {} files; expected one for all, or one for each",
                    ranks.size(), files));
  return {{ranks[std::min(file, ranks.size() - 1)]}};
}

RunData read_any(const std::filesystem::path& path, const ImportOptions& options) {
  return settled(read_one(path, stated_ranks(options, 0, 1)));
}

RunData read_bytes(std::string bytes, const std::string& file, const ImportOptions& options) {
  return settled(run_of(decode(std::move(bytes), file), stated_ranks(options, 0, 1)));
}

RunData read_all(const std::vector<std::filesystem::path>& paths, const ImportOptions& options) {
  return settled(read_several(paths, options));
}

std::vector<std::string> listing(const RunData& run) {
  std::vector<std::string> lines;
  const auto found = run.run.find("imported");
  if (found == run.run.end() || !found->is_array()) return lines;
  for (const nlohmann::json& entry : *found) {
    const std::string head =
        fmt::format("{} ({}): ", entry.value("file", ""), entry.value("format", ""));
    for (const char* list : {"read", "notes"})
      if (const auto member = entry.find(list); member != entry.end() && member->is_array())
        for (const nlohmann::json& line : *member)
          if (line.is_string()) lines.push_back(head + one_line(line.get<std::string>()));
  }
  return lines;
}

}  // namespace assay::import
