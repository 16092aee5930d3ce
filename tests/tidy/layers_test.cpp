/// Which folder may include which: the drawing of ARCHITECTURE.md, as a list.

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/tidy/sources.hpp"

namespace assay::test {
namespace {

/// A folder may include itself and what stands above it. A folder that is not listed fails.
const std::vector<std::string> order = {
    "probes/core",
    "probes/run",
    "probes/host",
    "probes/process",
    "probes/cli",
    "probes/cost",
    "probes/compute",
    "probes/memory",
    "probes/counters",
    "probes/network/transport",
    "probes/network/launch",
    "probes/network",
    "probes",
    "benchmarks/collectives",
    "benchmarks/collectives/comparators",
    "benchmarks/workloads",
    "benchmarks/workloads/gradient/models",
    "benchmarks/workloads/gradient/compressors",
    "benchmarks/workloads/gradient/schedules",
    "benchmarks/workloads/gradient/training",
    "benchmarks/workloads/gradient/outer_methods",
    "benchmarks/suite",
    "benchmarks/kernels",
    "benchmarks",
    "reports/models/core",
    "reports/models/laws",
    "reports/models/messages",
    "reports/models/money",
    "reports/models",
    "reports/import",
    "reports/export",
    "reports/decision",
    "reports/decision/rules",
    "reports/plan",
    "reports/render",
    "reports/render/sections",
    "reports/gate/read",
    "reports/gate/decide",
    "reports/gate/write",
    "reports/gate",
    "reports",
    "include/assay",
    "",
};

/// What reports/ may use of probes/: files and values, never a probe.
const std::vector<std::string> open_to_reports = {"probes/core",    "probes/run", "probes/host",
                                                  "probes/process", "probes/cli", "probes/cost"};

std::ptrdiff_t place_of(const std::string& folder) {
  return std::find(order.begin(), order.end(), folder) - order.begin();
}

std::vector<std::string> included_by(const SourceFile& file) {
  static const std::regex include("#include \"((?:probes|benchmarks|reports)/[^\"]+)/[^\"/]+\"");
  std::vector<std::string> folders;
  for (std::sregex_iterator i(file.text.begin(), file.text.end(), include), end; i != end; ++i)
    folders.push_back((*i)[1]);
  return folders;
}

TEST(Layers, NoIncludeRunsUp) {
  for (const SourceFile& file : product_sources()) {
    const std::ptrdiff_t place = place_of(file.folder());
    ASSERT_LT(place, std::ssize(order)) << file.path << ": its folder is not in the drawing";
    for (const std::string& used : included_by(file))
      EXPECT_LE(place_of(used), place) << file.path << " includes " << used;
  }
}

TEST(Layers, ReportsUseNoProbeAndNoBenchmark) {
  for (const SourceFile& file : product_sources()) {
    if (!file.path.starts_with("reports/")) continue;
    for (const std::string& used : included_by(file)) {
      const bool open = std::count(open_to_reports.begin(), open_to_reports.end(), used) > 0;
      EXPECT_TRUE(open || used.starts_with("reports/")) << file.path << " includes " << used;
    }
  }
}

}  // namespace
}  // namespace assay::test
