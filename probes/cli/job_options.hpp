#pragma once
/// @file
/// The job that a purchase is for: what is to be computed, by when, at which prices. Its options
/// have the same names on the command lines of `run`, `suite`, `report` and `plan buy`, and in job
/// files (TOML: `deadline = "30h"`). What a measuring command is told of it goes into run.json.

#include <boost/program_options.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace assay {

/// What the text of an option has to be.
enum class JobValue { text, positive, not_negative, time, positive_time, size, positive_size };

struct JobOption {
  std::string name, value_name, description;
  JobValue value = JobValue::text;
  std::string default_text;  ///< Empty: there is none.
  bool is_repeatable = false;
  /// Measuring commands take it on their own line too, not only in the job file.
  bool is_common = false;
};
[[nodiscard]] const std::vector<JobOption>& job_options();

/// A text, and where it was given: "--steps", or "job.toml: steps".
struct JobText {
  std::string text, where;
};
/// By name of the option. One that was not given is not there; of one given several times the texts
/// stand in their order, with commas between them.
using JobTexts = std::map<std::string, JobText>;

/// The values of a TOML file: text, numbers, lists (as "1,2,4"). Throws InputError with its line
/// for a key that is not in `known`, and for a table.
[[nodiscard]] std::map<std::string, std::string> read_toml_values(
    const std::string& file, const std::vector<std::string>& known);

/// --job and the common ones.
void add_job_options(boost::program_options::options_description& options);
/// The job file, and over it the command line. Every text is checked against what it has to be:
/// throws UsageError or InputError, before anything is measured.
[[nodiscard]] JobTexts read_job(const boost::program_options::variables_map& values);
/// For run.json, and back. What is no job any more (a name that this version does not know) is left
/// out: another version wrote it.
[[nodiscard]] nlohmann::json to_json(const JobTexts& job);
[[nodiscard]] JobTexts job_from_json(const nlohmann::json& job, const std::string& where);

/// The number, the seconds or the bytes of an option; its default where it was not given, and
/// nothing without one. Throws UsageError that names where it was given and what was expected.
[[nodiscard]] std::optional<double> job_number(const JobTexts& job, const std::string& name);

}  // namespace assay
