#pragma once
/// @file
/// The rows of a run by point and round, and the one row that they make together.
///
/// A point's row holds the median of its round medians, all samples' order statistics, and an
/// interval whose replicate is the round (probes/core/replicates.hpp). Points of few rounds borrow
/// the spread between rounds of their family (same probe, metric, path and level); where that is
/// too small, speeds and times borrow it from their probe.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/replicates.hpp"

namespace assay {

/// How far earlier runs of the same machine lie apart, by key_text of the point.
using RunHistory = std::map<std::string, std::vector<double>>;

class RoundBook {
 public:
  /// What a round measured. `place` orders the rows: that of its step in the plan.
  /// `is_complete`: that step completed.
  void put(const Record& row, int round, std::size_t place, bool is_complete = true);
  /// Medians of earlier runs.
  void set_history(RunHistory history) { history_ = std::move(history); }

  /// One row per point, in the order of the plan; behind them those that only steps have which did
  /// not complete.
  [[nodiscard]] std::vector<Record> rows() const;
  /// How many of them stand in front.
  [[nodiscard]] std::size_t complete_rows() const;

  /// Of a step: the points it has a number for, as rows with their intervals.
  [[nodiscard]] std::vector<Record> rows_of(std::size_t place) const;

 private:
  struct Point {
    Record first;  ///< The key, and what was said first.
    std::size_t place = 0;
    std::vector<Record> rounds;  ///< With their samples.
    std::vector<int> numbers;    ///< Of the rounds.
    bool is_complete = false;
  };
  struct Families {
    std::map<std::string, KnownSpread> between_rounds, between_runs;
  };
  [[nodiscard]] Families families() const;
  [[nodiscard]] Record row_of(const Point& point, const Families& families) const;
  [[nodiscard]] std::vector<double> runs_of(const Point& point) const;

  std::vector<Point> points_;  ///< In the order they came.
  std::map<std::string, std::size_t> index_;
  RunHistory history_;
};

}  // namespace assay
