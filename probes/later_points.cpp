#include "probes/later_points.hpp"

#include <algorithm>
#include <cassert>

namespace assay {
namespace {

constexpr double least_share = 0.2;
/// The next visit may take so much longer than was expected.
constexpr double margin = 1.1;

double set_size(const Record& point) {
  return is_present(point.bytes) ? static_cast<double>(point.bytes) : 0;
}

double sum_of_bytes(const std::vector<Record>& points) {
  double sum = 0;
  for (const Record& point : points) sum += set_size(point);
  return sum;
}

}  // namespace

VisitCost::VisitCost(Seconds time, const std::vector<Record>& measured)
    : took(time), points(static_cast<double>(measured.size())), bytes(sum_of_bytes(measured)) {}

Seconds expected_time(const std::vector<Record>& points, const VisitCost& earlier) {
  assert(earlier.points > 0);
  const double of_points = static_cast<double>(points.size()) / earlier.points;
  const double of_bytes = earlier.bytes > 0 ? sum_of_bytes(points) / earlier.bytes : of_points;
  return earlier.took * std::max(least_share, 0.5 * (of_points + of_bytes));
}

std::vector<Record> points_that_fit(std::vector<Record> points, const VisitCost& earlier,
                                    Seconds available) {
  const auto fit = [&] {
    return points.empty() || margin * expected_time(points, earlier) <= available;
  };
  if (fit()) return points;
  const std::int64_t most = std::ranges::max(points, {}, &Record::threads).threads;
  std::erase_if(points, [&](const Record& point) { return point.threads < most; });
  while (!fit()) {
    const double largest = set_size(std::ranges::max(points, {}, set_size));
    std::erase_if(points, [&](const Record& point) { return set_size(point) == largest; });
  }
  return points;
}

}  // namespace assay
