#pragma once
/// @file
/// Several clusters side by side, each at the configuration recommended for it: which is cheaper
/// per result, or that they cannot be told apart.
///
/// One is cheaper where its cost is the lowest in 95 % of the draws. Two runs of one machine at one
/// price never are: what differs between them is what two runs differ by, not the machine. Runs of
/// different workloads, currencies, or with failed checks are not ranked.

#include <string>
#include <vector>

#include "reports/decision/decision.hpp"

namespace assay::decision {

/// One of those compared.
struct Alternative {
  std::string name;
  const RunData* run = nullptr;
  const Decision* decision = nullptr;
};

struct Comparison {
  struct Row {
    std::size_t alternative = 0;
    models::CostPoint point;
    std::string currency;
    double best_is_cheaper = 1;  ///< P; NaN for the best itself and where it cannot be said.
    double best_is_faster = 1;
  };
  std::vector<Row> rows;        ///< Of those that have a configuration; in their order.
  std::size_t best = 0;         ///< Index into rows: lowest cost.
  bool ranked = false;          ///< Whether costs may be held against each other.
  double probability = absent;  ///< That `best` is the cheapest of all.
  bool told_apart = false;
  std::string headline;  ///< A sentence.
  std::string because;   ///< What it rests on, and what it leaves out.
};

[[nodiscard]] Comparison compare(const std::vector<Alternative>& alternatives);

}  // namespace assay::decision
