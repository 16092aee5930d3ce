#include <fmt/format.h>

#include "reports/render/sections/sections.hpp"

namespace assay::render {

std::string subject_prefix(const ReportInput& input, const Subject& subject) {
  return input.subjects.size() > 1 ? subject.name + ": " : "";
}

void add_absence(Node section, std::string_view sentence) {
  add(section, "p", {{"class", "note"}}, sentence);
}

void add_badge(Node parent, std::string_view kind, std::string_view text) {
  const std::string_view mark = kind == "good"   ? "\xE2\x9C\x93 "
                                : kind == "bad"  ? "\xE2\x9C\x95 "
                                : kind == "warn" ? "! "
                                                 : "";
  add(parent, "span", {{"class", fmt::format("badge {}", kind)}}, fmt::format("{}{}", mark, text));
}

void add_unmeasured(Page& page, Node section, const ReportInput& input,
                    const std::function<bool(const Record&)>& belongs) {
  for (const Subject& subject : input.subjects) {
    Table table{.id = {},
                .caption = subject_prefix(input, subject) + "Points without a trusted number",
                .columns = {{"probe", ""},
                            {"metric", ""},
                            {"operation", ""},
                            {"size", "B"},
                            {"ranks", ""},
                            {"status", ""},
                            {"reason", ""},
                            {"row", ""}}};
    for (const Record& row : subject.run.records)
      if (row.status != Status::ok && belongs(row)) {
        const std::string link = row_link(subject, row);
        Cell source(link.empty() ? "" : "CSV");
        source.link = link;
        table.add({row.probe, row.metric, row.operation, Cell::bytes(row.bytes),
                   Cell::count(row.ranks), std::string(to_string(row.status)), row.reason, source});
      }
    if (!table.rows.empty())
      page.add_folded_table(section, "Points without a trusted number, and why", std::move(table),
                            30);
  }
}

std::string_view label_meaning(Label label) {
  switch (label) {
    case Label::measured:
      return "inside the rank counts that were measured";
    case Label::projected:
      return "up to twice the largest rank count measured";
    case Label::range:
      return "two to four times the largest rank count measured: the interval is the answer";
    case Label::scenario:
      return "further than the measurements carry: an assumption, not a forecast";
  }
  return "";
}

}  // namespace assay::render
