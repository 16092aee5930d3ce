#include "reports/render/report_input.hpp"

#include <fmt/format.h>

#include <unordered_map>

namespace assay::render {

Rows select(const RunData& run, const std::function<bool(const Record&)>& wanted) {
  Rows rows;
  for (const Record& record : run.records)
    if (wanted(record)) rows.push_back(&record);
  return rows;
}

Rows measured(const RunData& run, std::string_view probe, std::string_view metric) {
  const InternedString wanted_probe(probe), wanted_metric(metric);
  return select(run, [&](const Record& record) {
    return record.probe == wanted_probe && record.metric == wanted_metric &&
           carries_numbers(record.status) && is_present(record.median);
  });
}

std::vector<RowGroup> group_by(const Rows& rows,
                               const std::function<std::string(const Record&)>& key) {
  std::vector<RowGroup> groups;
  std::unordered_map<std::string, std::size_t> index;
  for (const Record* row : rows) {
    const auto [found, is_new] = index.try_emplace(key(*row), groups.size());
    if (is_new) groups.push_back({found->first, {}});
    groups[found->second].rows.push_back(row);
  }
  return groups;
}

std::string row_link(const Subject& subject, const Record& record) {
  if (subject.link_base.empty()) return {};
  const auto index = &record - subject.run.records.data();
  return fmt::format("{}measurements.csv#row={}",
                     subject.link_base == "." ? "" : subject.link_base + "/", index + 2);
}

std::string run_text(const RunData& run, const std::string& pointer, const std::string& otherwise) {
  const nlohmann::json::json_pointer at(pointer);
  if (!run.run.contains(at)) return otherwise;
  const nlohmann::json& value = run.run.at(at);
  return value.is_string() ? value.get<std::string>() : value.is_null() ? otherwise : value.dump();
}

}  // namespace assay::render
