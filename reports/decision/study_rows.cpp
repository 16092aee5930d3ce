#include "reports/decision/study_rows.hpp"

#include <cmath>

#include "probes/core/statistics.hpp"

namespace assay::decision {

namespace {

/// How the point of that row's place communicated: one rank and two hosts are one study.
bool is_of_a_point(const Record& row, const models::ScalingSeries& series) {
  for (const models::ScalingPoint& point : series.points)
    if (static_cast<double>(row.ranks) == point.ranks &&
        (point.nodes == 0 || static_cast<double>(row.nodes) == point.nodes))
      return row.provider == std::string_view(point.provider) &&
             row.algorithm == std::string_view(point.algorithm);
  return false;
}

}  // namespace

std::vector<const Record*> rows_of(const RunData& run, const models::ScalingSeries& series,
                                   std::string_view metric) {
  const InternedString wanted(metric), probe(series.probe), operation(series.operation),
      weak("weak");
  std::vector<const Record*> rows;
  for (const Record& row : run.records)
    if (row.metric == wanted && row.probe == probe && row.operation == operation &&
        row.bytes == series.bytes &&
        (row.scaling == weak) == (series.scaling == models::Scaling::weak) &&
        carries_numbers(row.status) && is_present(row.median) && is_of_a_point(row, series))
      rows.push_back(&row);
  return rows;
}

double median_at(const std::vector<const Record*>& rows, double ranks) {
  std::vector<double> values;
  for (const Record* row : rows)
    if (static_cast<double>(row->ranks) == ranks) values.push_back(row->median);
  return values.empty() ? absent : median(values);
}

}  // namespace assay::decision
