#include "benchmarks/suite/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "probes/core/errors.hpp"

namespace assay::suite {

namespace po = boost::program_options;

void add_suite_options(po::options_description& options) {
  options.add_options()(
      "ranks", po::value<std::string>()->default_value("")->value_name("LIST"),
      "Rank counts of the study, e.g. 1,2,4; default: 1, 2, 4, ... up to one per core")(
      "launches", po::value<int>()->default_value(0)->value_name("N"),
      "Launches per rank count; default: 3, 5 or 7 by profile")(
      "scaling", po::value<std::string>()->default_value("strong")->value_name("KIND"),
      "strong (fixed total work), weak (fixed work per rank) or both")(
      "seed", po::value<int>()->default_value(1)->value_name("N"), "Seed of the launch order");
}

std::vector<int> parse_rank_counts(const std::string& text) {
  std::vector<int> counts;
  std::istringstream parts(text);
  std::string part;
  while (std::getline(parts, part, ',')) {
    int count = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), count);
    if (error != std::errc() || end != part.data() + part.size() || count < 1)
      throw UsageError(
          fmt::format("--ranks: '{}' is not a rank count; expected a list such as 1,2,4", part));
    counts.push_back(count);
  }
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

SuiteOptions read_suite_options(const po::variables_map& values) {
  SuiteOptions options;
  options.ranks = parse_rank_counts(values["ranks"].as<std::string>());
  options.launches = values["launches"].as<int>();
  if (options.launches < 0)
    throw UsageError(fmt::format("--launches: {} is negative; expected a count", options.launches));
  const auto& scaling = values["scaling"].as<std::string>();
  if (scaling == "both")
    options.scaling = {"strong", "weak"};
  else if (scaling == "strong" || scaling == "weak")
    options.scaling = {scaling};
  else
    throw UsageError(fmt::format("--scaling: '{}'; expected strong, weak or both", scaling));
  options.seed = static_cast<std::uint64_t>(values["seed"].as<int>());
  return options;
}

}  // namespace assay::suite
