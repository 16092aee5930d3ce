#include "reports/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "probes/core/errors.hpp"
#include "probes/run/csv.hpp"
#include "reports/import/import.hpp"
#include "reports/models/model.hpp"
#include "reports/redact.hpp"
#include "reports/render/answer.hpp"
#include "reports/render/assets.hpp"
#include "reports/render/markdown.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay {

namespace fs = std::filesystem;

namespace {

using render::ReportInput;
using render::Subject;

/// Whole or not at all: a reader never sees half a page, and a full disk leaves the old one.
void write_file(const fs::path& target, std::string_view text) {
  const fs::path temporary = target.string() + ".new";
  {
    std::ofstream out(temporary, std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    if (!out.flush())
      throw UsageError(fmt::format("cannot write {}: {}", target.string(), std::strerror(errno)));
  }
  std::error_code error;
  fs::rename(temporary, target, error);
  if (error) throw UsageError(fmt::format("cannot write {}: {}", target.string(), error.message()));
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error)
    throw UsageError(fmt::format("cannot create {}: {}", folder.string(), error.message()));
}

/// The cluster's name where the run says it, else the first host's.
std::string subject_name(const RunData& run) {
  for (const char* at : {"/options/name", "/cluster", "/hosts/0/host"}) {
    const std::string name = render::run_text(run, at);
    if (!name.empty()) return name;
  }
  for (const Record& record : run.records)
    if (!record.host.empty()) return record.host.str();
  return run.directory.filename().string();
}

/// Two runs of one host are told apart by their directories, or by a number.
void make_names_unique(std::vector<Subject>& subjects, bool redacted) {
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const auto same = [&](const Subject& other) { return other.name == subjects[i].name; };
    if (std::count_if(subjects.begin(), subjects.end(), same) < 2) continue;
    const std::string name = subjects[i].name;
    int number = 0;
    for (Subject& subject : subjects)
      if (subject.name == name) {
        ++number;
        subject.name =
            redacted ? fmt::format("{} run {}", name, number)
                     : fmt::format("{} ({})", name, subject.run.directory.filename().string());
      }
    // Directories may share their last name too.
    number = 0;
    const std::string first = subjects[i].name;
    if (std::count_if(subjects.begin(), subjects.end(),
                      [&](const Subject& other) { return other.name == first; }) > 1)
      for (Subject& subject : subjects)
        if (subject.name == first) subject.name = fmt::format("{} {}", first, ++number);
  }
}

std::string link_to(const fs::path& directory, const fs::path& page) {
  std::error_code error;
  const fs::path from = fs::absolute(page, error).parent_path();
  const fs::path relative = fs::relative(fs::absolute(directory, error), from, error);
  return error || relative.empty() ? "" : relative.generic_string();
}

std::string command_of(const std::vector<fs::path>& directories, const ReportOptions& options) {
  std::string command = "assay report";
  for (const fs::path& directory : directories) command += " " + directory.string();
  for (const fs::path& file : options.prices) command += " --prices " + file.string();
  if (options.steps != 1) command += fmt::format(" --steps {}", options.steps);
  if (options.results != 1) command += fmt::format(" --results {}", options.results);
  if (options.deadline) command += fmt::format(" --deadline {}s", options.deadline->value());
  if (options.csp_safe) command += " --csp-safe";
  return command;
}

/// Null when there is none. A broken one is an error: a verdict must not vanish silently.
nlohmann::json read_gate(const fs::path& directory) {
  for (const fs::path& file : {directory / "gate.json", directory / "assay-gate" / "gate.json"}) {
    std::ifstream in(file);
    if (!in) continue;
    nlohmann::json gate = nlohmann::json::parse(in, nullptr, false);
    if (gate.is_discarded())
      throw InputError(file.string(), 0, "", "is not JSON", "the gate.json that assay wrote");
    return gate;
  }
  return nullptr;
}

/// A log's name may be its host's.
void redact_log_names(RunData& run) {
  const auto imported = run.run.find("imported");
  if (imported == run.run.end() || !imported->is_array()) return;
  int number = 0;
  for (nlohmann::json& entry : *imported) entry["file"] = fmt::format("log {}", ++number);
}

bool is_run_directory(const fs::path& path) {
  std::error_code error;
  return fs::exists(path / "run.json", error);
}

std::vector<RunData> read_runs(const std::vector<fs::path>& directories,
                               const ReportOptions& options) {
  std::vector<fs::path> paths;
  for (const fs::path& directory : directories) {
    fs::path path = directory.lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    paths.push_back(std::move(path));
  }
  std::vector<RunData> runs;
  if (options.one_machine)
    runs.push_back(import::read_all(paths, {options.ranks}));
  else
    for (std::size_t i = 0; i < paths.size(); ++i)
      runs.push_back(import::read_any(paths[i], import::ranks_of(options.ranks, i, paths.size())));
  if (!options.redact) return runs;
  for (RunData& run : runs) redact_log_names(run);
  std::vector<const RunData*> pointers;
  for (const RunData& run : runs) pointers.push_back(&run);
  const Redactor redactor(pointers);
  for (RunData& run : runs) redactor.redact(run);
  return runs;
}

ReportInput make_input(const std::vector<fs::path>& directories, const ReportOptions& options,
                       const fs::path& page) {
  if (options.prices.size() > 1 &&
      options.prices.size() != (options.one_machine ? 1 : directories.size()))
    throw UsageError(fmt::format(
        "--prices: {} files for {} run directories; expected one for all, or one for each",
        options.prices.size(), directories.size()));
  ReportInput input;
  input.redacted = options.redact;
  input.job.steps = options.steps;
  input.job.results = options.results;
  if (options.deadline) input.job.deadline = options.deadline->value();
  if (!options.redact) input.command = command_of(directories, options);
  std::vector<RunData> runs = read_runs(directories, options);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Subject subject;
    subject.name = subject_name(runs[i]);
    subject.run = std::move(runs[i]);
    subject.analysis = models::analyse(subject.run);
    const bool is_run = is_run_directory(directories[i]);
    if (is_run) subject.samples = render::read_sample_trail(directories[i] / "samples.csv");
    if (is_run && !options.redact) {
      subject.gate = read_gate(directories[i]);
      subject.link_base = link_to(directories[i], page);
    }
    if (!options.redact && !options.prices.empty())
      subject.prices =
          models::read_price_list(options.prices[std::min(i, options.prices.size() - 1)]);
    input.subjects.push_back(std::move(subject));
  }
  make_names_unique(input.subjects, options.redact);
  return input;
}

void write_models(const fs::path& directory, const Subject& subject) {
  std::string text = csv::models_header();
  for (const ModelRow& row : models::fit_all(subject.run, subject.analysis.alpha_beta))
    text += csv::models_line(row);
  if (subject.prices)
    for (const models::ScalingStudy& study : subject.analysis.scaling)
      if (const auto cost = models::cost_of(study, *subject.prices))
        for (const ModelRow& row : models::cost_rows(*cost)) text += csv::models_line(row);
  write_file(directory / "models.csv", text);
}

}  // namespace

WrittenReport write_report(const std::vector<fs::path>& directories, const ReportOptions& options) {
  if (directories.empty())
    throw UsageError(
        "assay report: no run directory; expected one or more, e.g. assay report "
        "assay-results/...");
  const fs::path& first = directories.front();
  const fs::path beside = fs::is_regular_file(first)
                              ? first.parent_path() / (first.stem().string() + "-report.html")
                              : first / "report.html";
  const fs::path page_path = options.output ? *options.output : beside;
  const ReportInput input = make_input(directories, options, page_path);
  const render::Page page = render::build_report(
      input, options.csp_safe ? render::Assets::beside : render::Assets::inlined);
  const fs::path folder = page_path.parent_path();
  make_folder(folder);
  if (directories.size() == 1 && !options.redact && is_run_directory(first))
    write_models(first, input.first());
  write_file(page_path, page.html());
  if (options.csp_safe) {
    write_file(folder / "report.css", render::asset::style);
    write_file(folder / "report.js", render::asset::script);
  }
  if (options.markdown) {
    make_folder(options.markdown->parent_path());
    write_file(*options.markdown, render::markdown_summary(input, page));
  }
  if (options.tables) {
    make_folder(*options.tables);
    for (const render::Table& table : page.tables())
      write_file(*options.tables / (table.id + ".csv"), render::to_csv(table));
  }
  WrittenReport written{page_path, {}, render::plain_answer(input)};
  for (const Subject& subject : input.subjects)
    for (std::string& line : import::listing(subject.run)) written.read.push_back(std::move(line));
  return written;
}

}  // namespace assay
