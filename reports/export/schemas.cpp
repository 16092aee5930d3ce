#include "reports/export/schemas.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "probes/core/record.hpp"
#include "probes/run/csv.hpp"

namespace assay::exports {

namespace {

using nlohmann::json;

json schema_head(const std::string& file, const std::string& what) {
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", fmt::format("{} of assay, schema {}", file, schema_version)},
          {"description", what},
          {"type", "object"}};
}

json text_schema(const std::string& description) {
  return {{"type", {"string", "null"}}, {"description", description}};
}
json number_schema(const std::string& description) {
  return {{"type", {"number", "null"}},
          {"minimum", -csv::largest_number},
          {"maximum", csv::largest_number},
          {"description", description}};
}
json count_schema(const std::string& description) {
  return {{"type", {"integer", "null"}}, {"minimum", 0}, {"description", description}};
}

json status_schema() {
  json names = json::array();
  for (const Status status : {Status::ok, Status::untrusted, Status::unsupported, Status::skipped,
                              Status::timed_out, Status::incorrect})
    names.push_back(std::string(to_string(status)));
  return {{"enum", names}};
}

json column_schema(const Column& column) {
  const std::string description(column.description);
  json schema = column.kind == Column::Kind::status   ? status_schema()
                : column.kind == Column::Kind::count  ? count_schema(description)
                : column.kind == Column::Kind::number ? number_schema(description)
                                                      : text_schema(description);
  schema["description"] = description;
  return schema;
}

json measurements_schema(bool only_keys) {
  json schema = only_keys ? schema_head("samples.csv", "One kept sample of a measured point.")
                          : schema_head("measurements.csv", "One measured point, in SI units.");
  schema["required"] = json::array();
  for (const Column& column : measurement_columns()) {
    if (only_keys && !column.is_key && column.name != "session") continue;
    schema["properties"][std::string(column.name)] = column_schema(column);
    if (column.name == "probe" || column.name == "metric" || column.name == "unit" ||
        column.name == "status")
      schema["required"].push_back(std::string(column.name));
  }
  if (only_keys) {
    schema["properties"]["sample"] = count_schema("Number of the sample in its point, from 0.");
    schema["properties"]["value"] = number_schema("In the unit of the row.");
  }
  return schema;
}

json models_schema() {
  json schema = schema_head("models.csv", "One fitted parameter.");
  for (const char* name : {"model", "subject", "parameter", "unit", "note"})
    schema["properties"][name] = text_schema(name);
  // The end of an interval that the data leave open is infinite.
  for (const char* name : {"value", "ci_low", "ci_high"})
    schema["properties"][name] = {{"type", {"number", "null"}}, {"description", name}};
  schema["properties"]["label"] = {{"enum", {"measured", "projected", "range", "scenario"}}};
  schema["required"] = {"model", "subject", "parameter", "unit", "label"};
  return schema;
}

json run_schema() {
  const json text = {{"type", "string"}};
  const json check = {{"type", "object"},
                      {"required", {"name", "verdict", "finding"}},
                      {"properties",
                       {{"name", text},
                        {"host", text},
                        {"verdict", {{"enum", {"passed", "warning", "failed", "unknown"}}}},
                        {"finding", text},
                        {"advice", text}}}};
  const json tool = {{"type", "object"},
                     {"required", {"name", "version"}},
                     {"properties", {{"name", text}, {"version", text}, {"commit", text}}}};
  const json state = {{"enum", {"running", "complete", "partial"}}};
  const json time = {{"type", "string"},
                     {"pattern", "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$"}};
  const json mark = {{"type", "object"},
                     {"required", {"bytes", "checksum"}},
                     {"properties",
                      {{"bytes", {{"type", "integer"}, {"minimum", 0}}},
                       {"checksum", {{"type", "string"}, {"pattern", "^fnv1a:[0-9a-f]{16}$"}}}}}};
  const json step = {{"type", "object"},
                     {"required", {"step", "session", "measurements", "samples"}},
                     {"properties",
                      {{"step", text},
                       {"session", {{"type", "integer"}, {"minimum", 1}}},
                       {"measurements", mark},
                       {"samples", mark}}}};
  json schema =
      schema_head("run.json", "How and where a run was made. Further members may follow.");
  schema["required"] = {"schema", "tool", "start", "state", "sessions", "checks", "journal"};
  const json shared = {{"tool", tool},
                       {"start", time},
                       {"end", time},
                       {"state", state},
                       {"state_reason", text},
                       {"command", text},
                       {"options", {{"type", "object"}}},
                       {"hosts", {{"type", "array"}, {"items", {{"type", "object"}}}}},
                       {"checks", {{"type", "array"}, {"items", check}}}};
  schema["properties"] = shared;
  schema["properties"]["schema"] = {{"const", schema_version}};
  json session = {{"type", "object"}, {"required", {"session", "tool", "start", "state"}}};
  session["properties"] = shared;
  session["properties"]["session"] = {{"type", "integer"}, {"minimum", 1}};
  schema["properties"]["sessions"] = {{"type", "array"}, {"minItems", 1}, {"items", session}};
  schema["properties"]["journal"] = {
      {"type", "object"},
      {"required", {"steps"}},
      {"properties", {{"steps", {{"type", "array"}, {"items", step}}}}}};
  return schema;
}

}  // namespace

std::string schema_of(const std::string& file) {
  const json schema = file == "run.json"           ? run_schema()
                      : file == "measurements.csv" ? measurements_schema(false)
                      : file == "samples.csv"      ? measurements_schema(true)
                      : file == "models.csv"
                          ? models_schema()
                          : throw UsageError(fmt::format("--schema: '{}'; expected run.json, "
                                                         "measurements.csv, samples.csv or "
                                                         "models.csv",
                                                         file));
  return schema.dump(2) + "\n";
}

}  // namespace assay::exports
