#include "reports/models/core/rounds.hpp"

#include <algorithm>
#include <filesystem>

#include "probes/core/round.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/run_directory.hpp"

namespace assay::models {

std::map<std::string, RoundMedians> round_medians(
    const RunData& run, const std::function<bool(const Record& key)>& is_wanted) {
  std::error_code error;
  const std::filesystem::path file = run.directory / "samples.csv";
  if (run.directory.empty() || !std::filesystem::is_regular_file(file, error)) return {};
  std::map<std::string, std::vector<std::vector<double>>> samples;
  bool cut_off = false;
  csv::read_samples(
      file,
      [&](const Record& key, std::int64_t sample, double value) {
        if (!is_wanted(key)) return;
        auto& rounds = samples[key_text(key)];
        if (sample == 0 || rounds.empty()) rounds.emplace_back();  // counted anew in each round
        rounds.back().push_back(value);
      },
      &cut_off);
  std::map<std::string, RoundMedians> medians;
  for (const auto& [key, rounds] : samples)
    for (std::size_t i = 0; i < rounds.size(); ++i)
      medians[key][static_cast<std::int64_t>(i) + 1] = median(rounds[i]);
  return medians;
}

Estimate<double> parameter_of_rounds(double value, const std::vector<double>& fits, double widen) {
  const Interval interval = summarise_rounds(fits, {}).interval;
  const double centre = (interval.low + interval.high) / 2;
  const double half = widen * interval.width() / 2;
  return {value, std::min(centre - half, value), std::max(centre + half, value)};
}

double widening(const Record& row, const RoundMedians& rounds) {
  std::vector<double> medians;
  for (const auto& [round, value] : rounds) medians.push_back(value);
  if (medians.size() < 2) return 1;
  const double alone = summarise_rounds(medians, {}).interval.width();
  const double whole = row.ci_high - row.ci_low;
  return alone > 0 && whole > alone ? whole / alone : 1;
}

}  // namespace assay::models
