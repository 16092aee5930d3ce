#include "reports/render/sample_trail.hpp"

#include <algorithm>
#include <cmath>

#include "probes/core/statistics.hpp"
#include "probes/run/csv.hpp"

namespace assay::render {

SampleTrail read_sample_trail(const std::filesystem::path& samples_csv,
                              const std::set<std::int64_t>& sessions, std::size_t most_buckets) {
  SampleTrail trail;
  if (!std::filesystem::exists(samples_csv)) return trail;
  std::vector<float> ratios;
  std::vector<double> point;
  const InternedString loss("loss");
  const auto end_point = [&] {
    if (point.empty()) return;
    ++trail.points;
    const double middle = median(point);
    if (std::isfinite(middle) && middle != 0)
      for (const double value : point) ratios.push_back(static_cast<float>(value / middle));
    point.clear();
  };
  // The writer puts the samples of a point together, numbered from 0.
  csv::read_samples(
      samples_csv,
      [&](const Record& key, std::int64_t sample, double value) {
        if (!sessions.empty() && sessions.count(key.session) == 0) return;
        if (sample == 0) end_point();
        if (key.metric == loss) {
          if (sample == 0) trail.losses.push_back({key, {}});
          if (!trail.losses.empty()) trail.losses.back().losses.push_back(value);
        }
        if (std::isfinite(value)) point.push_back(value);
      },
      &trail.cut_off);
  end_point();
  trail.samples = static_cast<std::int64_t>(ratios.size());
  const auto far =
      std::count_if(ratios.begin(), ratios.end(), [](float r) { return std::abs(r - 1) > 0.1F; });
  if (!ratios.empty()) trail.beyond = static_cast<double>(far) / static_cast<double>(ratios.size());
  const std::size_t count = std::min(most_buckets, ratios.size());
  for (std::size_t b = 0; b < count; ++b) {
    const std::size_t from = b * ratios.size() / count, to = (b + 1) * ratios.size() / count;
    std::vector<double> values(ratios.begin() + static_cast<std::ptrdiff_t>(from),
                               ratios.begin() + static_cast<std::ptrdiff_t>(to));
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    trail.buckets.push_back(
        {static_cast<double>(from + 1), static_cast<double>(to), *low, median(values), *high});
  }
  return trail;
}

}  // namespace assay::render
