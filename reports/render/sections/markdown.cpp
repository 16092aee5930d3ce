#include "reports/render/markdown.hpp"

#include <fmt/format.h>

#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

void append_subject(std::string& out, const ReportInput& input, const Subject& subject) {
  out += fmt::format("## {}\n\n", escape_markdown(subject.name));
  const models::ScalingStudy* study = main_study(subject);
  const auto cost = study != nullptr ? cost_for(input, subject, *study) : std::nullopt;
  const models::CostPoint* point = cost ? recommended(*cost) : nullptr;
  if (point != nullptr)
    out += fmt::format("**{}** ({})\n\n", escape_markdown(headline(*point, *cost, *study)),
                       to_string(point->label));
  else
    out += "**No decision can be drawn from this run.**\n\n";
  if (study != nullptr) {
    const Binding binding = what_binds(subject, *study);
    out += fmt::format("- What binds: {}. {}\n", escape_markdown(binding.what),
                       escape_markdown(binding.reason));
  }
  out += fmt::format("- Validity checks: {} failed, {} warned\n",
                     checks_with(subject.run, "failed"), checks_with(subject.run, "warning"));
  const std::vector<std::string> risks = risks_of(input, subject, study, point);
  for (std::size_t i = 0; i < std::min<std::size_t>(3, risks.size()); ++i)
    out += fmt::format("- Risk: {}\n", escape_markdown(risks[i]));
  out += "\n";
}

bool is_summary_table(const Table& table) {
  for (const char* id : {"checks", "alpha-beta", "contest", "cost", "comparison", "ledger", "gate"})
    if (table.id == id || table.id.starts_with(std::string(id) + "-")) return true;
  return false;
}

}  // namespace

std::string markdown_summary(const ReportInput& input, const Page& page) {
  std::string out = "# Assay\n\n";
  for (const Subject& subject : input.subjects) append_subject(out, input, subject);
  for (const Table& table : page.tables())
    if (is_summary_table(table) && !table.rows.empty())
      out += fmt::format("### {}\n\n{}\n", escape_markdown(table.caption), to_markdown(table, 12));
  return out;
}

}  // namespace assay::render
