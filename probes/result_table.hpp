#pragma once
/// @file
/// The table of results for people, on stdout at the end of a measuring command: one line per group
/// of points that differ only in size, thread count, instruction set or launch, showing the best of
/// them.

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "probes/core/record.hpp"

namespace assay {

class ResultTable {
 public:
  void add(const Record& row);
  void print(std::FILE* out) const;
  /// The same rows with all their columns, and where the others are.
  [[nodiscard]] std::string json(const std::filesystem::path& directory) const;
  /// The lines without the heading; for tests.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Group {
    Record best;
    int points = 0;
  };
  std::size_t rows_ = 0;
  std::vector<std::string> order_;
  std::map<std::string, Group> groups_;
};

}  // namespace assay
