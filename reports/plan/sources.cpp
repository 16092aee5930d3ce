#include "reports/plan/sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "reports/import/import.hpp"

namespace assay::plan {

namespace fs = std::filesystem;

namespace {

struct NamedPaths {
  std::string type;
  std::vector<fs::path> paths;
};

/// "small=trial-a" is a type and a path; a path that exists as it stands is one.
std::pair<std::string, fs::path> split(const OptionList& options, const std::string& text) {
  std::error_code error;
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || fs::exists(text, error)) return {"", text};
  if (equals == 0 || equals + 1 == text.size())
    throw options.wrong("run", "PATH or TYPE=PATH, as in small=trial-a");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace

std::vector<MeasuredSource> measured_sources(const OptionList& options) {
  std::vector<NamedPaths> named;
  for (const std::string& text : options.texts("run")) {
    auto [type, path] = split(options, text);
    const auto known = std::find_if(named.begin(), named.end(),
                                    [&](const NamedPaths& one) { return one.type == type; });
    if (known == named.end())
      named.push_back({std::move(type), {std::move(path)}});
    else
      known->paths.push_back(std::move(path));
  }
  const bool some_unnamed = std::any_of(named.begin(), named.end(),
                                        [](const NamedPaths& one) { return one.type.empty(); });
  if (some_unnamed && named.size() > 1)
    throw options.wrong("run",
                        "either all as TYPE=PATH, or none: nobody knows what the others are of");
  std::vector<MeasuredSource> sources;
  for (NamedPaths& one : named) sources.push_back({one.type, import::read_all(one.paths)});
  return sources;
}

std::string take_over_job(OptionList& options, const std::vector<MeasuredSource>& sources) {
  const RunData& run = sources.front().run;
  const auto options_of_run = run.run.find("options");
  if (options_of_run == run.run.end() || !options_of_run->is_object()) return "";
  const auto job = options_of_run->find("job");
  if (job == options_of_run->end()) return "";
  const std::string file = (run.directory / "run.json").string();
  std::string said;
  for (const std::string& name : options.take_over(job_from_json(*job, file)))
    said += fmt::format("{} {} {}", said.empty() ? "" : ",", name, options.text(name));
  return said.empty() ? "" : "the job is the one that the run was told of:" + said;
}

models::PriceList prices_for(const OptionList& options,
                             const std::vector<MeasuredSource>& sources) {
  const auto given = [&](const char* name) {
    return options.has(name) ? options.text(name) : std::string();
  };
  models::PriceQuery query{.region = given("region"),
                           .match = given("match"),
                           .as_of = given("price-date"),
                           .spot = true,
                           .measured = {}};
  if (!query.as_of.empty() && !models::is_date(query.as_of))
    throw options.wrong("price-date", "a day of the calendar, YYYY-MM-DD");
  for (const MeasuredSource& source : sources)
    if (!source.type.empty()) query.measured.push_back(source.type);
  return models::read_price_list(options.text("prices"), query);
}

}  // namespace assay::plan
