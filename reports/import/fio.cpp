/// @file
/// fio's JSON (--output-format=json): what each job read and wrote.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "probes/core/number.hpp"
#include "reports/import/format.hpp"
#include "reports/import/json.hpp"

namespace assay::import::fio {

namespace {

using nlohmann::json;

const char* const expected = "jobs as fio writes them: jobname, read, write";

/// "4k", "1M", "4096": powers of 1024.
std::int64_t block_size(const json& job, const json& global) {
  std::string text = text_at(member(job, "job options"), "bs", text_at(global, "bs"));
  if (text.empty()) return absent_count;
  double factor = 1;
  for (const auto& [unit, scale] :
       {std::pair("ki", 1024.0), {"k", 1024.0}, {"mi", 1048576.0}, {"m", 1048576.0}}) {
    std::string low = lower(text);
    if (low.ends_with("b")) low.pop_back();
    if (!low.ends_with(unit)) continue;
    text = low.substr(0, low.size() - std::string_view(unit).size());
    factor = scale;
    break;
  }
  const auto value = parse_whole_number(text);
  return value ? static_cast<std::int64_t>(static_cast<double>(*value) * factor) : absent_count;
}

/// " rw=randread iodepth=32", of the job or of all: what makes other measurements of equal names.
std::string settings_of(const json& job, const json& global) {
  std::string text;
  for (const char* name : {"rw", "ioengine", "iodepth", "numjobs", "direct"}) {
    const std::string value = text_at(member(job, "job options"), name, text_at(global, name));
    if (!value.empty()) text += fmt::format(" {}={}", name, value);
  }
  return text;
}

/// All others, which count where they differ.
Stated options_of(const json& job, const json& global) {
  Stated stated;
  for (const json* options : {&global, &member(job, "job options")})
    for (const auto& [name, value] : options->items())
      if (name != "name" && name != "rw" && name != "ioengine" && name != "iodepth" &&
          name != "numjobs" && name != "direct" && name != "bs" && value.is_string())
        state(stated, name, value.get<std::string>().empty() ? "set" : value.get<std::string>());
  return stated;
}

void add_direction(const Document& document, const json& job, const json& global,
                   const std::string& where, const char* direction, const std::string& launch,
                   Imported& imported) {
  const json& side = member(job, direction);
  if (!side.is_object()) return;
  const std::string at = fmt::format("{}/{}", where, direction);
  const json& bytes = member(side, "bw_bytes");
  // Before 3.0 there were only KiB/s.
  const double rate = bytes.is_null() ? 1024 * number_at(document, side, "bw", at, expected)
                                      : number_at(document, side, "bw_bytes", at, expected);
  if (rate == 0) return;
  if (const auto kib = number_of(member(side, "bw")); kib && !bytes.is_null())
    require_agreement(document, 0, at + "/bw_bytes", rate, 1024 * *kib, "bw");
  Record record{.probe = "storage.fio",
                .metric = "rate",
                .unit = unit::bytes_per_second,
                .bytes = block_size(job, global),
                .operation = fmt::format("{} {}{}", text_at(job, "jobname"), direction,
                                         settings_of(job, global)),
                .launch = launch};
  imported.records.push_back(with_value(record, checked_rate(document, 0, at + "/bw", rate)));
  const double iops = number_at(document, side, "iops", at, expected);
  record.metric = "operations";
  record.unit = unit::hertz;
  if (iops > 0)
    imported.records.push_back(with_value(record, checked_rate(document, 0, at + "/iops", iops)));
}

/// What numjobs started under one name runs at once, in one group: the storage delivers the sum.
void sum_jobs_at_once(Imported& imported) {
  std::vector<Record> sums;
  std::size_t most = 1;
  std::map<std::string, std::pair<std::size_t, std::size_t>> jobs;  // Place in sums, how many.
  for (const Record& record : imported.records) {
    const std::string key =
        fmt::format("{} {} {}", record.metric.str(), record.operation.str(), record.launch.str());
    const auto [found, is_new] = jobs.emplace(key, std::pair(sums.size(), 1));
    if (is_new || !carries_numbers(record.status)) {
      sums.push_back(record);
      continue;
    }
    auto& [place, count] = found->second;
    sums[place].median += record.median;
    most = std::max(most, ++count);
  }
  if (most > 1)
    imported.notes.push_back(fmt::format(
        "jobs of one name and group, up to {}, ran at once: their rates are summed", most));
  imported.records = std::move(sums);
}

Imported read(const Document& document) {
  const json& root = *document.json;
  Imported imported;
  std::map<std::string, Stated> stated;
  std::size_t index = 0;
  for (const json& job : root["jobs"]) {
    const std::string where = fmt::format("/jobs/{}", index++);
    const json& error = member(job, "error");
    if (error.is_number() && error.get<double>() != 0) {
      Record none{.probe = "storage.fio",
                  .metric = "rate",
                  .unit = unit::bytes_per_second,
                  .operation = text_at(job, "jobname")};
      imported.records.push_back(
          without_value(none, incorrect(fmt::format("fio reports error {}", error.dump()))));
      continue;
    }
    if (!member(job, "read").is_object() && !member(job, "write").is_object())
      document.refuse(0, where, "has neither read nor write", expected);
    const json& group = member(job, "groupid");
    const std::string launch = group.is_number() ? group.dump() : std::to_string(index);
    for (const char* direction : {"read", "write"}) {
      const std::size_t before = imported.records.size();
      add_direction(document, job, member(root, "global options"), where, direction, launch,
                    imported);
      if (imported.records.size() > before)
        stated[imported.records.back().operation.str() + "|" + launch] =
            options_of(job, member(root, "global options"));
    }
  }
  sum_jobs_at_once(imported);
  for (const Record& record : imported.records) {
    imported.stated.push_back(stated[record.operation.str() + "|" + record.launch.str()]);
  }
  if (imported.records.empty()) document.refuse(0, "/jobs", "hold no rate", expected);
  return imported;
}

bool recognises(const Document& document) {
  return document.json && document.json->is_object() && has_list(*document.json, "jobs") &&
         document.json->contains("fio version");
}

const bool registered =
    Registry<Format>::add({.about = format_description("fio", "fio's JSON, versions 2 and 3",
                                                       "Jobs with an error have no number."),
                           .recognises = recognises,
                           .read = read});

}  // namespace

}  // namespace assay::import::fio
