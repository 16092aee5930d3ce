/// @file
/// What was read of other tools' logs: each file, and every number of it.

#include <algorithm>

#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

std::string member_text(const nlohmann::json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
}

Table files_table(const nlohmann::json& imported) {
  Table table{.id = "imported-files",
              .caption = "Logs of other tools, and what was read of them",
              .columns = {{"file", ""}, {"format", ""}, {"read", ""}, {"notes", ""}}};
  for (const nlohmann::json& entry : imported) {
    const std::string file = member_text(entry, "file"), format = member_text(entry, "format");
    bool first = true;
    for (const char* list : {"read", "notes"}) {
      const auto found = entry.find(list);
      if (found == entry.end() || !found->is_array()) continue;
      for (const nlohmann::json& line : *found) {
        if (!line.is_string()) continue;
        const bool is_note = std::string_view(list) == "notes";
        table.add({first ? file : "", first ? format : "", is_note ? "" : line.get<std::string>(),
                   is_note ? line.get<std::string>() : ""});
        first = false;
      }
    }
  }
  table.drop_empty_columns();
  return table;
}

Table rows_table(const Subject& subject) {
  Table table{.id = "imported",
              .caption = "Every number that was read",
              .columns = {{"measurement", ""},
                          {"metric", ""},
                          {"operation", ""},
                          {"level", ""},
                          {"host", ""},
                          {"nodes", "1"},
                          {"ranks", "1"},
                          {"threads", "1"},
                          {"size", "B"},
                          {"dtype", ""},
                          {"launch", ""},
                          {"value", ""},
                          {"least", ""},
                          {"most", ""},
                          {"unit", ""},
                          {"status", ""},
                          {"reason", ""}}};
  for (const Record& row : subject.run.records) {
    const auto quantity = [&](double value) {
      return is_present(value) ? Cell::quantity(value, row.unit.str()) : Cell();
    };
    const auto count = [](std::int64_t value) {
      return is_present(value) ? Cell::count(value) : Cell();
    };
    table.add({row.probe, row.metric, row.operation, row.level, row.host, count(row.nodes),
               count(row.ranks), count(row.threads),
               is_present(row.bytes) ? Cell::bytes(row.bytes) : Cell(), row.dtype, row.launch,
               quantity(row.median), quantity(row.min), quantity(row.max), row.unit,
               to_string(row.status), row.reason});
  }
  table.drop_empty_columns();
  return table;
}

void add_imported(Page& page, const ReportInput& input) {
  const bool any =
      std::any_of(input.subjects.begin(), input.subjects.end(),
                  [](const Subject& subject) { return subject.run.run.contains("imported"); });
  if (!any) return;
  Node section = page.add_section("imported", "Imported from other tools");
  add(section, "p", {{"class", "note"}},
      "Assay did not measure these: how often, on what and beside what they were measured is only "
      "what their logs say. What a log does not say is empty here.");
  for (const Subject& subject : input.subjects) {
    const auto found = subject.run.run.find("imported");
    if (found == subject.run.run.end() || !found->is_array()) continue;
    Table files = files_table(*found);
    files.caption = subject_prefix(input, subject) + files.caption;
    page.add_table(section, std::move(files), 60);
    Table rows = rows_table(subject);
    rows.caption = subject_prefix(input, subject) + rows.caption;
    constexpr std::size_t shown_rows = 200;
    page.add_table(section, std::move(rows), shown_rows);
  }
}

const bool imported_section_registered = register_section({.place = 300, .add = add_imported});

}  // namespace

}  // namespace assay::render
