#pragma once
/// @file
/// The options of a scaling study, shared by `assay suite` and `assay run`.

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "benchmarks/suite/plan.hpp"

namespace assay::suite {

/// --ranks, --launches, --scaling, --seed.
void add_suite_options(boost::program_options::options_description& options);
/// Throws UsageError.
[[nodiscard]] SuiteOptions read_suite_options(const boost::program_options::variables_map& values);

/// "1,2,4" -> {1, 2, 4}: distinct counts of at least 1, ascending. Throws UsageError.
[[nodiscard]] std::vector<int> parse_rank_counts(const std::string& text);

}  // namespace assay::suite
