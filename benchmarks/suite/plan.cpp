#include "benchmarks/suite/plan.hpp"

#include <algorithm>

#include "benchmarks/suite/drift.hpp"

namespace assay::suite {
namespace {

bool is_suite_kind(const Description& about) {
  return about.kind == "collective" || about.kind == "workload";
}

/// The first launch of each point and the repeat of the first, which the drift is seen by, are
/// never dropped.
void plan_study(Session& session, const network::RankProbe& entry, const std::string& scaling,
                const std::vector<StudyPoint>& order, std::uint64_t seed) {
  for (std::size_t i = 0; i < order.size(); ++i)
    session.plan(entry, order[i].ranks, order[i].launch,
                 {{"scaling", scaling}, {"seed", std::to_string(seed)}},
                 order[i].launch > 1 && i + 1 < order.size());
  judge_drift(session, entry.about.name, scaling, order);
}

}  // namespace

std::vector<const Description*> suite_descriptions() {
  std::vector<const Description*> found;
  for (const network::RankProbe* entry : Registry<network::RankProbe>::all())
    if (is_suite_kind(entry->about)) found.push_back(&entry->about);
  return found;
}

bool is_on_request(const std::string& name) {
  const network::RankProbe* const entry = Registry<network::RankProbe>::find(name);
  return entry != nullptr && entry->on_request;
}

void judge_drift(Session& session, const std::string& probe, const std::string& scaling,
                 const std::vector<StudyPoint>& order) {
  const DriftQuestion question{.probe = probe,
                               .scaling = scaling,
                               .ranks = order.back().ranks,
                               .first_launch = order.front().launch,
                               .last_launch = order.back().launch};
  session.judge_with(
      [question](const std::vector<Record>& rows) { return drift_checks(rows, question); });
}

void plan_suite(Session& session, const SuiteOptions& options,
                const std::function<bool(const std::string& name)>& is_wanted) {
  const std::vector<int> ranks =
      options.ranks.empty() ? default_rank_counts(session.ranks()) : options.ranks;
  const int launches =
      options.launches > 0 ? options.launches : by_profile(session.options().profile, 3, 5, 7);
  for (const network::RankProbe* entry : Registry<network::RankProbe>::all()) {
    if (!is_suite_kind(entry->about) || !is_wanted(entry->about.name)) continue;
    if (entry->about.kind == "collective") {
      session.plan(*entry, *std::max_element(ranks.begin(), ranks.end()));
      continue;
    }
    for (const std::string& scaling : options.scaling)
      plan_study(session, *entry, scaling, study_order(ranks, launches, options.seed),
                 options.seed);
  }
}

}  // namespace assay::suite
