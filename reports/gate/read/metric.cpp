#include "reports/gate/read/metric.hpp"

#include "probes/core/statistics.hpp"

namespace assay::gate {

std::string_view to_string(MetricKind kind) {
  switch (kind) {
    case MetricKind::measured:
      return "measured";
    case MetricKind::exact:
      return "exact";
    case MetricKind::fitted:
      return "fitted";
    case MetricKind::normalised:
      return "normalised";
  }
  return "";
}

double representative(const Reading& reading) {
  return median(reading.launches.empty() ? reading.values : reading.launches);
}

}  // namespace assay::gate
