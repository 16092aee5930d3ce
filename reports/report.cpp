#include "reports/report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "probes/core/errors.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/file_reading.hpp"
#include "probes/run/file_writing.hpp"
#include "probes/run/json_file.hpp"
#include "probes/run/sessions.hpp"
#include "reports/import/import.hpp"
#include "reports/ledger_files.hpp"
#include "reports/models/core/model.hpp"
#include "reports/models/fit_all.hpp"
#include "reports/models/money/job.hpp"
#include "reports/redact.hpp"
#include "reports/redact_trace.hpp"
#include "reports/render/answer.hpp"
#include "reports/render/assets.hpp"
#include "reports/render/markdown.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay {

namespace fs = std::filesystem;

namespace {

using render::ReportInput;
using render::Subject;

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
    if (auto gate = read_json_file_if_there(file, "the gate.json that assay wrote")) return *gate;
  }
  return nullptr;
}

/// A run, or a part of one whose sessions are of several machines, and where it comes from.
struct ReadRun {
  RunData data;
  std::size_t directory = 0;        ///< Index of what was named on the command line.
  std::set<std::int64_t> sessions;  ///< Of a part: its sessions; empty for a whole run.
};

/// A log's name may be its host's.
void redact_log_names(RunData& run) {
  const auto imported = run.run.find("imported");
  if (imported == run.run.end() || !imported->is_array()) return;
  int number = 0;
  for (nlohmann::json& entry : *imported) entry["file"] = fmt::format("log {}", ++number);
}

/// Rather than a folder of another tool's files.
bool is_run_directory(const fs::path& path) {
  std::error_code error;
  return fs::exists(path / "run.json", error) || fs::exists(path / "measurements.csv", error);
}

std::vector<ReadRun> read_runs(const std::vector<fs::path>& directories,
                               const ReportOptions& options) {
  std::vector<fs::path> paths;
  for (const fs::path& directory : directories) {
    fs::path path = directory.lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    paths.push_back(std::move(path));
  }
  std::vector<ReadRun> runs;
  if (options.one_machine) {
    runs.push_back({import::read_all(paths, {options.ranks}), 0, {}});
    return runs;
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    std::vector<RunData> parts = split_sessions(
        import::read_any(paths[i], import::ranks_of(options.ranks, i, paths.size())));
    for (RunData& part : parts) {
      std::set<std::int64_t> sessions;
      if (parts.size() > 1)
        for (const Record& row : part.records) sessions.insert(row.session);
      runs.push_back({std::move(part), i, std::move(sessions)});
    }
  }
  return runs;
}

Redactor redactor_of(const std::vector<ReadRun>& runs) {
  std::vector<const RunData*> pointers;
  for (const ReadRun& run : runs) pointers.push_back(&run.data);
  return Redactor(pointers);
}

/// Each subject by itself, then all side by side.
void decide_all(ReportInput& input) {
  std::vector<decision::Alternative> alternatives;
  for (Subject& subject : input.subjects) {
    subject.decision =
        decision::decide({{.type = {}, .run = &subject.run, .analysis = &subject.analysis}},
                         subject.prices ? &*subject.prices : nullptr, {.job = input.job});
    alternatives.push_back({subject.name, &subject.run, &subject.decision});
  }
  if (alternatives.size() > 1) input.comparison = decision::compare(alternatives);
}

/// What the other subjects said, and the runs beside each directory; `directory_of` each subject.
void score_all(const std::vector<fs::path>& directories,
               const std::vector<std::size_t>& directory_of, const ReportOptions& options,
               ReportInput& input) {
  std::vector<fs::path> given;
  std::error_code error;
  for (const fs::path& directory : directories)
    given.push_back(fs::weakly_canonical(directory, error));
  for (std::size_t i = 0; i < input.subjects.size(); ++i) {
    Subject& later = input.subjects[i];
    const auto add = [&](const std::vector<decision::Prediction>& said, const std::string& from) {
      for (decision::Score& score : decision::score(said, from, later.run, later.analysis))
        later.scores.push_back(std::move(score));
    };
    for (const Subject& earlier : input.subjects)
      if (&earlier != &later)
        add(decision::predictions_of(earlier.run, earlier.analysis, earlier.decision),
            earlier.name);
    // Names of directories are not for others' eyes.
    const fs::path& directory = directories[directory_of[i]];
    if (options.redact || !fs::is_directory(directory)) continue;
    for (const fs::path& beside : runs_with_predictions_beside(directory))
      if (std::find(given.begin(), given.end(), beside) == given.end())
        add(read_predictions(beside), beside.filename().string());
  }
}

/// What the run was told of the job (assay run --deadline); one step and one result where nothing.
/// Its prices are not: the file that a run names may be anybody's.
models::Job job_of_run(const RunData& run) {
  const auto options = run.run.find("options");
  if (options == run.run.end() || !options->is_object() || !options->contains("job")) return {};
  return models::job_of(job_from_json(options->at("job"), (run.directory / "run.json").string()));
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
  if (options.job) input.job = *options.job;
  if (!options.redact) input.command = command_of(directories, options);
  std::vector<ReadRun> runs = read_runs(directories, options);
  if (!options.job && options.steps == 1 && options.results == 1 && !options.deadline)
    input.job = job_of_run(runs.front().data);
  const Redactor redactor = redactor_of(runs);
  if (options.trace) {
    const fs::path trace = directories.front() / "trace.json";
    input.trace = options.redact ? redacted_trace(trace, redactor)
                                 : read_text_file(trace, "the trace of a run made with --trace",
                                                  std::uint64_t{1} << 32);
  }
  std::vector<std::size_t> directory_of;
  for (ReadRun& run : runs) {
    const fs::path& directory = directories[run.directory];
    directory_of.push_back(run.directory);
    if (options.redact) {
      redact_log_names(run.data);
      redactor.redact(run.data);
    }
    Subject subject;
    subject.name = subject_name(run.data);
    subject.run = std::move(run.data);
    subject.analysis = models::analyse(subject.run);
    const bool is_run = is_run_directory(directory);
    if (is_run)
      subject.samples = render::read_sample_trail(directory / "samples.csv", run.sessions);
    if (options.redact)
      for (render::LossCurve& curve : subject.samples.losses) redactor.redact(curve.key);
    if (is_run && !options.redact) {
      subject.gate = read_gate(directory);
      subject.link_base = link_to(directory, page);
    }
    if (!options.redact && !options.prices.empty())
      subject.prices = models::read_price_list(
          options.prices[std::min(run.directory, options.prices.size() - 1)], options.price_query);
    input.subjects.push_back(std::move(subject));
  }
  make_names_unique(input.subjects, options.redact);
  decide_all(input);
  score_all(directories, directory_of, options, input);
  return input;
}

/// What the fits say.
std::string models_text(const Subject& subject) {
  std::string text = csv::models_header();
  for (const ModelRow& row : models::fit_all(subject.run, subject.analysis.alpha_beta))
    text += csv::models_line(row);
  if (subject.prices && subject.decision.cost)
    for (const ModelRow& row : models::cost_rows(*subject.decision.cost))
      text += csv::models_line(row);
  return text;
}

/// In the run directory; beside the page where the run is not ours to write into.
fs::path models_path(const fs::path& run, const fs::path& page) {
  if (::access(run.c_str(), W_OK) == 0) return run / "models.csv";
  return page.parent_path() / (page.stem().string() + "-models.csv");
}

/// What the command reads and must not write over.
std::vector<fs::path> inputs_of(const std::vector<fs::path>& directories,
                                const ReportOptions& options) {
  std::vector<fs::path> inputs = options.prices;
  for (const fs::path& path : directories) {
    inputs.push_back(path);
    for (const char* name : {"run.json", "measurements.csv", "samples.csv", "trace.json",
                             "gate.json", "assay-gate/gate.json"})
      inputs.push_back(path / name);
  }
  return inputs;
}

fs::path page_path_of(const fs::path& first, const ReportOptions& options) {
  if (options.output) return *options.output;
  if (fs::is_regular_file(first))
    return first.parent_path() / (first.stem().string() + "-report.html");
  if (fs::is_directory(first) && ::access(first.c_str(), W_OK) != 0)
    throw UsageError(fmt::format("cannot write report.html into {}: {}; expected --output FILE",
                                 first.string(), std::strerror(errno)));
  return first / "report.html";
}

/// The damage that a reader of the page should know of before opening it.
std::vector<std::string> damage_of(const ReportInput& input) {
  std::vector<std::string> found;
  for (const Subject& subject : input.subjects)
    for (const std::string& warning : subject.run.warnings)
      if (std::find(found.begin(), found.end(), warning) == found.end()) found.push_back(warning);
  return found;
}

/// A failed check is no verdict, whatever the rest says; that nothing meets the job is said to who
/// asked for a deadline.
void set_code(const ReportInput& input, WrittenReport& report) {
  for (const Subject& subject : input.subjects) {
    const ExitCode code = decision::exit_code(subject.decision);
    const bool failed = code == ExitCode::environment_differs;
    if (code <= report.code || (!failed && !input.job.deadline)) continue;
    report.code = code;
    report.why =
        fmt::format("{}: {}{}", subject.name, failed ? "no verdict: " : "", subject.decision.why);
  }
}

}  // namespace

ReportOptions report_options_of(const JobTexts& job) {
  ReportOptions options;
  const auto text = [&](const char* name) {
    const auto given = job.find(name);
    return given == job.end() ? std::string() : given->second.text;
  };
  if (!text("prices").empty()) options.prices = {text("prices")};
  options.price_query.region = text("region");
  options.price_query.match = text("match");
  options.price_query.as_of = text("price-date");
  options.job = models::job_of(job);
  options.steps = options.job->steps;
  options.results = options.job->results;
  if (options.job->deadline) options.deadline = Seconds(*options.job->deadline);
  return options;
}

WrittenReport write_report(const std::vector<fs::path>& directories, const ReportOptions& options) {
  if (directories.empty())
    throw UsageError(
        "assay report: no run directory; expected one or more, e.g. assay report "
        "assay-results/...");
  const fs::path& first = directories.front();
  const fs::path page_path = page_path_of(first, options);
  const ReportInput input = make_input(directories, options, page_path);
  const render::Page page = render::build_report(
      input, options.csp_safe ? render::Assets::beside : render::Assets::inlined);
  const fs::path folder = page_path.parent_path();
  OutputFiles files;
  files.add(page_path, page.html(), options.output ? Links::follow : Links::refuse);
  if (options.models && input.subjects.size() == 1 && !options.redact && is_run_directory(first)) {
    files.add(models_path(first, page_path), models_text(input.first()), Links::refuse);
    // The ledger belongs to the run; one that is not ours to write into keeps none.
    if (::access(first.c_str(), W_OK) == 0)
      files.add(first / predictions_file,
                predictions_text(read_predictions(first),
                                 decision::predictions_of(input.first().run, input.first().analysis,
                                                          input.first().decision)),
                Links::refuse);
  }
  if (options.csp_safe) {
    files.add(folder / "report.css", std::string(render::asset::style), Links::refuse);
    files.add(folder / "report.js", std::string(render::asset::script), Links::refuse);
  }
  if (options.markdown)
    files.add(*options.markdown, render::markdown_summary(input, page), Links::follow);
  if (options.trace) files.add(*options.trace, input.trace, Links::follow);
  if (options.tables)
    for (const render::Table& table : page.tables())
      files.add(*options.tables / (table.id + ".csv"), render::to_csv(table), Links::refuse);
  if (options.charts)
    for (const render::Page::Chart& chart : page.charts())
      files.add(*options.charts / (chart.id + ".svg"), chart.svg, Links::refuse);
  files.write(inputs_of(directories, options));
  WrittenReport written{
      .page = page_path, .answer = render::plain_answer(input), .warnings = damage_of(input)};
  for (const Subject& subject : input.subjects)
    for (std::string& line : import::listing(subject.run)) written.read.push_back(std::move(line));
  set_code(input, written);
  return written;
}

}  // namespace assay
