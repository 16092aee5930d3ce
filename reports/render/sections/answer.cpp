#include "reports/render/answer.hpp"

#include <fmt/format.h>

#include "reports/render/findings.hpp"

namespace assay::render {

std::string plain_answer(const ReportInput& input) {
  std::string out;
  if (input.comparison) out += input.comparison->headline + "\n";
  for (const Subject& subject : input.subjects) {
    const Decision& decision = subject.decision;
    const models::CostPoint* point = decision.point();
    if (decision.verdict == decision::Verdict::no_verdict)
      out += fmt::format("{}: NO VERDICT: {}.\n", subject.name, decision.why);
    out += fmt::format("{}: {}{}\n", subject.name, decision::headline(decision),
                       point != nullptr ? fmt::format(" ({})", to_string(point->label)) : "");
    if (!decision.tied.empty()) out += decision::ties_text(decision) + "\n";
    if (!decision.binding.what.empty())
      out += fmt::format("What binds: {}. {}\n", decision.binding.what, decision.binding.reason);
    if (!decision.retrograde.empty()) out += decision.retrograde + "\n";
    for (const std::string& assumption : decision.assumptions)
      out += fmt::format("Assumed: {}.\n", assumption);
    for (std::size_t i = 0; i < std::min<std::size_t>(3, decision.risks.size()); ++i)
      out += fmt::format("Risk: {}\n", decision.risks[i]);
  }
  return out;
}

}  // namespace assay::render
