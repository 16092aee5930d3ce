/// @file
/// `assay list`: everything registered, from the registry itself, so that it cannot drift.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "probes/cli/command.hpp"
#include "probes/cli/list_topic.hpp"
#include "probes/core/record.hpp"

namespace assay {
namespace {

namespace po = boost::program_options;

std::string_view to_string(Better better) {
  return better == Better::higher  ? "higher is better"
         : better == Better::lower ? "lower is better"
                                   : "";
}

void list_entries() {
  std::string kind;
  for (const Description* entry : registry::all()) {
    if (entry->kind != kind) fmt::print("{}{}s\n", kind.empty() ? "" : "\n", entry->kind);
    kind = entry->kind;
    fmt::print("  {:<28} {}\n", entry->name, entry->summary);
  }
  fmt::print("\nassay list NAME shows one of them.\n");
}

nlohmann::json entry_as_json(const Description& entry) {
  nlohmann::json all = {{"kind", entry.kind},
                        {"name", entry.name},
                        {"summary", entry.summary},
                        {"verification", entry.verification},
                        {"metrics", nlohmann::json::array()},
                        {"options", nlohmann::json::array()}};
  for (const MetricInfo& metric : entry.metrics)
    all["metrics"].push_back({{"name", metric.name},
                              {"unit", metric.unit},
                              {"description", metric.description},
                              {"better", metric.better == Better::higher  ? "higher"
                                         : metric.better == Better::lower ? "lower"
                                                                          : "neither"},
                              {"exact", metric.exact}});
  for (const SettingInfo& setting : entry.settings)
    all["options"].push_back({{"name", setting.name},
                              {"description", setting.description},
                              {"default", setting.default_text}});
  return all;
}

/// By its name, or as one of its kind: "formats".
bool is_called(const Description& entry, const std::string& name) {
  return entry.name == name || entry.kind + "s" == name;
}

/// All, or those that are named. Throws UsageError for a name that nothing has.
void list_as_json(const std::vector<std::string>& names) {
  nlohmann::json all = nlohmann::json::array();
  for (const Description* entry : registry::all())
    if (names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          return is_called(*entry, name);
        }))
      all.push_back(entry_as_json(*entry));
  for (const std::string& name : names)
    if (std::none_of(all.begin(), all.end(), [&](const nlohmann::json& entry) {
          return entry["name"] == name || entry["kind"].get<std::string>() + "s" == name;
        }))
      throw UsageError(fmt::format("assay list: nothing is called '{}'; see assay list", name));
  fmt::print("{}\n", all.dump(2));
}

void list_entry(const Description& entry) {
  fmt::print("{} ({})\n  {}\n", entry.name, entry.kind, entry.summary);
  if (!entry.verification.empty()) fmt::print("  Verified: {}\n", entry.verification);
  for (const MetricInfo& metric : entry.metrics)
    fmt::print(
        "  metric  {:<18} {:<9} {} {}\n", metric.name, metric.unit, metric.description,
        metric.better == Better::neither ? "" : fmt::format("({})", to_string(metric.better)));
  for (const SettingInfo& setting : entry.settings)
    fmt::print("  option  --{:<16} {} (default: {})\n", setting.name, setting.description,
               setting.default_text);
}

/// Markdown tables, as the documentation has them: a test compares the two.
std::string metrics_table() {
  std::string text = "| probe | metric | unit | meaning |\n|---|---|---|---|\n";
  for (const Description* entry : registry::all())
    for (const MetricInfo& metric : entry->metrics)
      text += fmt::format("| {} | {} | {} | {} |\n", entry->name, metric.name, metric.unit,
                          metric.description);
  return text;
}

std::string columns_table() {
  std::string text = "| column | kind | meaning |\n|---|---|---|\n";
  for (const Column& column : measurement_columns()) {
    const bool is_number = column.kind == Column::Kind::number;
    const std::string_view kind = is_number                            ? "number"
                                  : column.kind == Column::Kind::count ? "count"
                                                                       : "text";
    text += fmt::format("| {} | {} | {} |\n", column.name, kind, column.description);
  }
  return text;
}

const bool metrics_topic = Registry<ListTopic>::add(
    {.about = {.kind = "topic",
               .name = "metrics",
               .summary = "Every metric with unit and meaning, as a Markdown table",
               .metrics = {},
               .verification = ""},
     .text = metrics_table});
const bool columns_topic = Registry<ListTopic>::add(
    {.about = {.kind = "topic",
               .name = "columns",
               .summary = "The columns of measurements.csv, as a Markdown table",
               .metrics = {},
               .verification = ""},
     .text = columns_table});

void list_one(const std::string& name) {
  if (const ListTopic* topic = Registry<ListTopic>::find(name)) {
    fmt::print("{}", topic->text());
    return;
  }
  std::vector<std::string> names;
  for (const Description* entry : registry::all()) {
    if (entry->name == name) return list_entry(*entry);
    names.push_back(entry->name);
  }
  bool is_kind = false;
  for (const Description* entry : registry::all()) {
    if (!is_called(*entry, name)) continue;
    is_kind = true;
    fmt::print("{:<28} {}\n", entry->name, entry->summary);
  }
  if (is_kind) return;
  const std::string meant = nearest_name(name, names);
  throw UsageError(fmt::format("assay list: nothing is called '{}'; {}see assay list", name,
                               meant.empty() ? "" : fmt::format("did you mean {}? ", meant)));
}

ExitCode run_list(const std::vector<std::string>& arguments);

const bool list_command_registered = Registry<Command>::add(
    {.about = {.kind = "command",
               .name = "list",
               .summary = "List everything that can be measured, with units",
               .metrics = {},
               .verification = ""},
     .usage = "assay list [NAME ...]",
     .example = "assay list\nassay list memory.bandwidth\nassay list providers",
     .run = run_list});

ExitCode run_list(const std::vector<std::string>& arguments) {
  po::options_description options("Options", 100);
  options.add_options()("what", po::value<std::vector<std::string>>()->value_name("NAME"),
                        "What to list")(
      "format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "text or json");
  po::variables_map values;
  if (!parse_options(*Registry<Command>::find("list"), arguments, options, "what", values))
    return ExitCode::done;
  std::vector<std::string> names;
  if (values.count("what") > 0) names = values["what"].as<std::vector<std::string>>();
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    throw UsageError(fmt::format("--format: '{}'; expected text or json", format));
  if (format == "json")
    list_as_json(names);
  else if (names.empty())
    list_entries();
  for (const std::string& name : format == "json" ? std::vector<std::string>() : names)
    list_one(name);
  return ExitCode::done;
}

}  // namespace
}  // namespace assay
