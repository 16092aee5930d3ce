#include "reports/render/answer.hpp"

#include <fmt/format.h>

#include "reports/render/findings.hpp"

namespace assay::render {

std::string plain_answer(const ReportInput& input) {
  std::string out;
  for (const Subject& subject : input.subjects) {
    const models::ScalingStudy* study = main_study(subject);
    const auto cost = study != nullptr ? cost_for(input, subject, *study) : std::nullopt;
    const models::CostPoint* point = cost ? recommended(*cost) : nullptr;
    out += fmt::format("{}: {}\n", subject.name,
                       point != nullptr ? fmt::format("{} ({})", headline(*point, *cost, *study),
                                                      to_string(point->label))
                                        : "no decision can be drawn from this run");
    if (study != nullptr) {
      const Binding binding = what_binds(subject, *study);
      out += fmt::format("What binds: {}. {}\n", binding.what, binding.reason);
    }
    const auto risks = risks_of(input, subject, study, point);
    for (std::size_t i = 0; i < std::min<std::size_t>(3, risks.size()); ++i)
      out += fmt::format("Risk: {}\n", risks[i]);
  }
  return out;
}

}  // namespace assay::render
