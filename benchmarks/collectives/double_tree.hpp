#pragma once
/// @file
/// The two trees of the double binary tree all-reduce: a rank has children in at most one of them.

#include <vector>

namespace assay::collectives {

/// A rank's place in a tree; -1: none.
struct TreePlace {
  int parent = -1;
  int left = -1;
  int right = -1;
};

/// By rank. In-order: a left subtree's ranks are lower. Depth at most ceil(lg p). @pre ranks >= 1
[[nodiscard]] std::vector<TreePlace> first_tree(int ranks);
[[nodiscard]] std::vector<TreePlace> second_tree(int ranks);

}  // namespace assay::collectives
