#include "reports/render/markdown.hpp"

#include <fmt/format.h>

#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

void append_subject(std::string& out, const Subject& subject) {
  const Decision& decision = subject.decision;
  out += fmt::format("## {}\n\n", escape_markdown(subject.name));
  if (decision.verdict == decision::Verdict::no_verdict)
    out += fmt::format("**No verdict: {}.**\n\n", escape_markdown(decision.why));
  const models::CostPoint* point = decision.point();
  out += fmt::format("**{}**{}\n\n", escape_markdown(decision::headline(decision)),
                     point != nullptr ? fmt::format(" ({})", to_string(point->label)) : "");
  if (!decision.tied.empty())
    out += fmt::format("- {}\n", escape_markdown(decision::ties_text(decision)));
  if (!decision.retrograde.empty())
    out += fmt::format("- {}\n", escape_markdown(decision.retrograde));
  if (!decision.binding.what.empty())
    out += fmt::format("- What binds: {}. {}\n", escape_markdown(decision.binding.what),
                       escape_markdown(decision.binding.reason));
  out += fmt::format("- Validity checks: {} failed, {} warned\n", decision.failed(),
                     decision.warned());
  for (const std::string& assumption : decision.assumptions)
    out += fmt::format("- Assumed: {}\n", escape_markdown(assumption));
  for (std::size_t i = 0; i < std::min<std::size_t>(3, decision.risks.size()); ++i)
    out += fmt::format("- Risk: {}\n", escape_markdown(decision.risks[i]));
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
  if (input.comparison)
    out += fmt::format("**{}**\n\n", escape_markdown(input.comparison->headline));
  for (const Subject& subject : input.subjects) append_subject(out, subject);
  for (const Table& table : page.tables())
    if (is_summary_table(table) && !table.rows.empty())
      out += fmt::format("### {}\n\n{}\n", escape_markdown(table.caption), to_markdown(table, 12));
  return out;
}

}  // namespace assay::render
