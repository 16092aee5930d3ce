#include "probes/cli/command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "probes/core/units.hpp"
#include "probes/run/file_reading.hpp"

namespace assay {
namespace po = boost::program_options;
namespace {

/// Levenshtein distance: for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost =
          std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = std::exchange(row[j], cost);
    }
  }
  return row.back();
}

std::string option_suggestion(const std::string& given, const po::options_description& options) {
  std::string name = given.substr(std::min(given.size(), given.find_first_not_of('-')));
  name = name.substr(0, name.find('='));
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back(option->long_name());
  const std::string best = nearest_name(name, names);
  return best.empty() ? "see --help" : fmt::format("did you mean --{}? See --help", best);
}

void print_help(const Command& command, const po::options_description& visible) {
  std::cout << command.about.summary << "\n\nUsage: " << command.usage << "\n\n" << visible << "\n";
  std::istringstream lines(command.example);
  std::string line;
  std::cout << "Example:\n";
  while (std::getline(lines, line)) std::cout << "  " << line << "\n";
}

}  // namespace

std::string nearest_name(std::string_view given, const std::vector<std::string>& names) {
  std::string best;
  // Two edits of a short name are another name.
  std::size_t best_distance = std::max<std::size_t>(1, (given.size() + 1) / 3) + 1;
  for (const std::string& name : names)
    if (const std::size_t distance = edit_distance(given, name); distance < best_distance)
      best = name, best_distance = distance;
  return best;
}

bool parse_options(const Command& command, const std::vector<std::string>& arguments,
                   const po::options_description& options, const std::string& positional,
                   po::variables_map& values) {
  po::options_description all(fmt::format("Options of assay {}", command.about.name), 100);
  all.add(options);
  all.add_options()("config", po::value<std::string>()->value_name("FILE"),
                    "Read options from FILE: the same names, as name = value lines")(
      "help", "Show this help");
  po::positional_options_description positions;
  if (!positional.empty()) positions.add(positional.c_str(), -1);
  const std::string at = fmt::format("assay {}", command.about.name);
  try {
    po::command_line_parser parser(arguments);
    // No guessing: an abbreviated option would change its meaning when another one is added.
    namespace style = po::command_line_style;
    parser.options(all).positional(positions).style(style::unix_style & ~style::allow_guessing);
    po::store(parser.run(), values);
    if (values.count("help") != 0) {
      print_help(command, all);
      return false;
    }
    if (values.count("config") != 0) {
      const auto file = values["config"].as<std::string>();
      std::istringstream in(read_text_file(file, "--config to name a file of name = value lines",
                                           most_bytes_of_settings));
      po::store(po::parse_config_file(in, options), values);
    }
    po::notify(values);
  } catch (const po::unknown_option& fault) {
    throw UsageError(fmt::format("{}: unknown option '{}'; {}", at, fault.get_option_name(),
                                 option_suggestion(fault.get_option_name(), all)));
  } catch (const po::too_many_positional_options_error&) {
    throw UsageError(fmt::format("{}: takes no names; expected only options, see --help", at));
  } catch (const po::error& fault) {
    throw UsageError(fmt::format("{}: {}; see --help", at, fault.what()));
  }
  return true;
}

nlohmann::json options_json(const po::variables_map& values) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, value] : values) {
    const boost::any& any = value.value();
    if (const auto* text = boost::any_cast<std::string>(&any))
      json[name] = *text;
    else if (const auto* number = boost::any_cast<int>(&any))
      json[name] = *number;
    else if (const auto* real = boost::any_cast<double>(&any))
      json[name] = *real;
    else if (const auto* flag = boost::any_cast<bool>(&any))
      json[name] = *flag;
    else if (const auto* list = boost::any_cast<std::vector<std::string>>(&any))
      json[name] = *list;
    else
      json[name] = "?";
  }
  return json;
}

}  // namespace assay
