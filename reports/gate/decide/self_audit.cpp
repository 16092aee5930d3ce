#include "reports/gate/decide/self_audit.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "probes/run/file_writing.hpp"
#include "probes/run/json_file.hpp"

namespace assay::gate {

AuditRecord read_audit(const std::string& file) {
  AuditRecord record;
  const auto read = read_json_file_if_there(file, "the record of a self-audit");
  if (!read) return record;
  const nlohmann::json& json = *read;
  const auto count = [&](const char* key) {
    if (!json.is_object() || !json.contains(key) || !json[key].is_number_integer() || json[key] < 0)
      throw InputError(file, 0, key, "is missing or no count", "the record of a self-audit");
    return json[key].get<int>();
  };
  record.runs = count("runs");
  record.false_reds = count("false_reds");
  if (record.false_reds > record.runs)
    throw InputError(file, 0, "false_reds", "is more than runs", "the record of a self-audit");
  if (!json.contains("promise") || !json["promise"].is_number() || !(json["promise"] > 0) ||
      !(json["promise"] < 1))
    throw InputError(file, 0, "promise", "is missing or no probability",
                     "a number between 0 and 1");
  record.promise = json["promise"].get<double>();
  return record;
}

void write_audit(const std::string& file, const AuditRecord& record) {
  const nlohmann::json json = {
      {"runs", record.runs}, {"false_reds", record.false_reds}, {"promise", record.promise}};
  write_text_file(file, json.dump(2) + '\n', Links::follow);
}

GateReport run_self_audit(const LaunchSource& same_source, const GateOptions& options, int runs,
                          AuditRecord record, const std::function<void(const AuditRecord&)>& keep) {
  GateReport last;
  record.promise = options.rule.alpha;
  for (int run = 0; run < runs; ++run) {
    last = run_paired_gate(same_source, options);
    // A run that could not decide says nothing about false reds.
    if (last.metrics.empty() || !last.refusal.empty()) break;
    ++record.runs;
    record.false_reds += last.count(Verdict::regressed) > 0;
    if (keep) keep(record);
  }
  last.kind = "self-audit";
  last.audit = record;
  // What the last run said of one metric is neither here nor there: the outcome is the count.
  if (last.refusal.empty()) last.metrics.clear();
  return last;
}

}  // namespace assay::gate
