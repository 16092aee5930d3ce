#pragma once
/// @file
/// Puts collectives and scaling studies of workloads into a session's plan.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/suite/study.hpp"
#include "probes/session.hpp"

namespace assay::suite {

struct SuiteOptions {
  std::vector<int> ranks;  ///< Empty: 1, 2, 4, ... up to what the session has.
  int launches = 0;        ///< 0: by profile.
  std::vector<std::string> scaling = {"strong"};
  std::uint64_t seed = 1;
};

/// Every registered collective and workload that is wanted: a collective once, at the largest rank
/// count; a workload as a study over all rank counts.
void plan_suite(Session& session, const SuiteOptions& options,
                const std::function<bool(const std::string& name)>& is_wanted);

/// Lets the session look, at its end, whether the first point of `order` and its repeat agree.
void judge_drift(Session& session, const std::string& probe, const std::string& scaling,
                 const std::vector<StudyPoint>& order);

/// True for what runs only when it is named.
[[nodiscard]] bool is_on_request(const std::string& name);

/// Of every registered collective and workload.
[[nodiscard]] std::vector<const Description*> suite_descriptions();

}  // namespace assay::suite
