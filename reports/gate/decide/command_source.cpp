#include "reports/gate/decide/command_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <utility>

#include "probes/core/errors.hpp"
#include "probes/process/subprocess.hpp"
#include "probes/run/file_reading.hpp"
#include "probes/run/sessions.hpp"
#include "reports/gate/decide/fingerprint.hpp"
#include "reports/gate/read/read_numbers.hpp"

namespace assay::gate {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view placeholder = "{output}";

std::string last_line(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.pop_back();
  const std::size_t line_end = text.rfind('\n');
  return line_end == std::string::npos ? text : text.substr(line_end + 1);
}

std::string replace_all(std::string text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::string whole_file(const std::string& path) {
  return read_text_file(path, "a run directory or Google Benchmark's JSON");
}

GoogleBenchmarkOptions google_options(const CommandOptions& options) {
  return {options.cpu_time, options.exact, options.counters};
}

std::string make_scratch() {
  std::string pattern = (fs::temp_directory_path() / "assay-gate-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    throw RunError(fmt::format("cannot make {}: {}", pattern, std::strerror(errno)));
  return pattern;
}

}  // namespace

StoredLaunch read_stored(const std::string& path, const CommandOptions& options, bool samples) {
  StoredLaunch stored;
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    const std::string text = whole_file(path);
    stored.launch = read_google_benchmark(text, path, google_options(options));
    stored.provenance = {{"context", google_benchmark_context(text)}};
    return stored;
  }
  stored.run = read_run(path);
  require_one_machine(*stored.run);
  RunMetricsOptions run_options;
  run_options.exact = options.exact;
  run_options.samples = samples;
  stored.launch = run_metrics(*stored.run, run_options);
  stored.provenance = provenance_of(*stored.run);
  stored.warnings = stored.run->warnings;
  const auto doubtful =
      std::count_if(stored.run->records.begin(), stored.run->records.end(),
                    [](const Record& r) { return r.status == Status::untrusted; });
  if (doubtful > 0)
    stored.warnings.push_back(
        fmt::format("{} of {} rows are marked untrusted", doubtful, stored.run->records.size()));
  return stored;
}

CommandSource::CommandSource(std::string base, std::string head, CommandOptions options)
    : base_(std::move(base)), head_(std::move(head)), options_(std::move(options)) {
  for (const auto& [name, command] : {std::pair{"--base", base_}, std::pair{"--head", head_}})
    if (command.find_first_not_of(" \t\n") == std::string::npos)
      throw UsageError(fmt::format("{} is empty; expected a command", name));
  scratch_ = make_scratch();
}

CommandSource::~CommandSource() {
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
}

const nlohmann::json& CommandSource::provenance(Side side) const {
  return side == Side::base ? base_provenance_ : head_provenance_;
}

Launch CommandSource::launch(Side side) {
  const std::string& command = side == Side::base ? base_ : head_;
  const char* const name = side == Side::base ? "base" : "head";
  const std::string path = fmt::format("{}/launch-{}", scratch_, ++launches_);
  const ProcessResult result =
      run_shell(replace_all(command, placeholder, shell_quote(path)), options_.timeout,
                {{"ASSAY_GATE_SIDE", name}, {"ASSAY_GATE_OUTPUT", path}});
  const std::string what = fmt::format("the {} command ({})", name, command);
  if (!result.succeeded()) {
    const std::string said = last_line(result.errors);
    throw InputError(
        what, 0, "",
        "failed: " + result.describe(options_.timeout) + (said.empty() ? "" : ", saying: " + said),
        "exit status 0");
  }
  if (result.output_cut)
    throw InputError(what, 0, "", "printed more than 64 MiB", "a result of one launch");
  Launch launch = read(side, path, result.output);
  std::error_code ignored;
  fs::remove_all(path, ignored);
  return launch;
}

Launch CommandSource::read(Side side, const std::string& path, const std::string& printed) {
  const std::string& command = side == Side::base ? base_ : head_;
  const char* const name = side == Side::base ? "base" : "head";
  const std::string what = fmt::format("the {} command ({})", name, command);
  nlohmann::json& provenance = side == Side::base ? base_provenance_ : head_provenance_;
  std::error_code ignored;
  const bool wrote = fs::exists(path, ignored);
  if (command.find(placeholder) != std::string::npos && !wrote)
    throw InputError(what, 0, "", "wrote nothing to {output}", "a run directory or a file there");
  if (!options_.expressions.empty())
    return read_numbers(wrote && !fs::is_directory(path, ignored) ? whole_file(path) : printed,
                        what, options_.expressions, options_.better);
  if (wrote) {
    StoredLaunch stored = read_stored(path, options_, false);
    provenance = std::move(stored.provenance);
    return std::move(stored.launch);
  }
  Launch launch;
  try {
    launch = read_google_benchmark(printed, what, google_options(options_));
  } catch (const InputError& fault) {
    throw InputError(std::string(fault.what()) +
                     "; or a run directory in {output}, or numbers that --metric finds");
  }
  provenance = {{"context", google_benchmark_context(printed)}};
  return launch;
}

}  // namespace assay::gate
