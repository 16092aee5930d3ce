#pragma once
/// @file
/// A command of the program, such as `assay probe`. Each component registers its own.

#include <boost/program_options.hpp>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "probes/core/errors.hpp"
#include "probes/core/registry.hpp"

namespace assay {

struct Command {
  Description about;    ///< kind = "command"; name as typed, e.g. "probe"
  std::string usage;    ///< e.g. "assay probe [NAMES] [options]"
  std::string example;  ///< One or more full command lines, for --help.
  /// Arguments after the command's name. Returns an exit code; may throw the exceptions of
  /// errors.hpp, which main turns into one line on stderr and their exit code.
  std::function<ExitCode(const std::vector<std::string>& arguments)> run;
};

/// Parses with Boost.Program_options, adding --help and --config FILE (the same names, INI). Prints
/// the help (usage, summary, options, example) and returns false when asked for it. Errors become
/// UsageError that name the option and the nearest existing name. `positional` names the option
/// that takes everything unnamed; empty: positional arguments are an error.
[[nodiscard]] bool parse_options(const Command& command, const std::vector<std::string>& arguments,
                                 const boost::program_options::options_description& options,
                                 const std::string& positional,
                                 boost::program_options::variables_map& values);

/// The entry of `names` that `given` was probably meant to be; empty when none is near.
[[nodiscard]] std::string nearest_name(std::string_view given,
                                       const std::vector<std::string>& names);

/// Every effective option after parsing, for run.json.
[[nodiscard]] nlohmann::json options_json(const boost::program_options::variables_map& values);

}  // namespace assay
