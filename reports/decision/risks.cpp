#include "reports/decision/risks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::decision {

namespace {

/// Launches at each rank count from which on their spread is known well enough.
constexpr std::size_t enough_launches = 5;

std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text + ".";
}

void add_of_study(const models::ScalingStudy& study, std::vector<std::string>& risks) {
  if (study.series.untrusted)
    risks.emplace_back("The scaling rests on rows marked untrusted, for want of others.");
  if (study.selection)
    for (const std::string& alarm : study.selection->alarms) risks.push_back(sentence(alarm));
  if (study.series.points.empty()) return;
  std::size_t fewest = study.series.points.front().times.size();
  for (const auto& at : study.series.points) fewest = std::min(fewest, at.times.size());
  if (fewest < enough_launches)
    risks.push_back(fmt::format(
        "Only {} launch{} at some rank counts: the spread between launches is poorly known ({} are "
        "advised).",
        fewest, fewest == 1 ? "" : "es", enough_launches));
  risks.push_back(fmt::format("Network reach: {}.", models::describe(study.series.reach)));
}

}  // namespace

std::vector<std::string> risks_of(const Decision& decision, const models::PriceList* prices) {
  std::vector<std::string> risks;
  if (prices != nullptr && prices->fictional)
    risks.emplace_back("The price list says that it is fictional.");
  if (const int failed = decision.failed(); failed > 0)
    risks.push_back(fmt::format("{} validity check{} failed: read them first.", failed,
                                failed == 1 ? "" : "s"));
  if (!decision.placement.known) risks.push_back(sentence(decision.placement.text));
  for (const Check& check : decision.checks)
    if (check.name == "run directory" && check.verdict != "passed")
      risks.push_back(sentence(check.finding));
  if (decision.study != nullptr) add_of_study(*decision.study, risks);
  if (const models::CostPoint* point = decision.point(); point != nullptr && !point->note.empty())
    risks.push_back(sentence(point->note));
  if (const int warned = decision.warned(); warned > 0)
    risks.push_back(fmt::format("{} validity check{} warned.", warned, warned == 1 ? "" : "s"));
  return risks;
}

}  // namespace assay::decision
