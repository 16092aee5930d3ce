#include "benchmarks/suite/plan.hpp"

#include <algorithm>

#include "benchmarks/suite/study.hpp"

namespace assay::suite {
namespace {

bool is_suite_kind(const Description& about) {
  return about.kind == "collective" || about.kind == "workload";
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
      for (const StudyPoint& point : study_order(ranks, launches, options.seed))
        session.plan(*entry, point.ranks, point.launch,
                     {{"scaling", scaling}, {"seed", std::to_string(options.seed)}});
  }
}

}  // namespace assay::suite
