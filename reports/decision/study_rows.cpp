#include "reports/decision/study_rows.hpp"

#include <cmath>

#include "probes/core/statistics.hpp"

namespace assay::decision {

std::vector<const Record*> rows_of(const RunData& run, const models::ScalingSeries& series,
                                   std::string_view metric) {
  const Text wanted(metric), probe(series.probe), provider(series.provider),
      algorithm(series.algorithm), topology(series.topology), dtype(series.dtype),
      operation(series.operation), weak("weak");
  std::vector<const Record*> rows;
  for (const Record& row : run.records)
    if (row.metric == wanted && row.probe == probe && row.provider == provider &&
        row.algorithm == algorithm && row.topology == topology && row.dtype == dtype &&
        row.operation == operation && row.bytes == series.bytes &&
        (row.scaling == weak) == (series.scaling == models::Scaling::weak) &&
        carries_numbers(row.status) && is_present(row.median))
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
