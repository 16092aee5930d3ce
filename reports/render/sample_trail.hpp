#pragma once
/// @file
/// Every kept sample of a run, in the order of the file, relative to the median of its point: what
/// shows drift, bursts and disturbed stretches that medians hide. Thinned while it is read: of each
/// bucket of consecutive samples only the extremes and the middle are kept.

#include <cstdint>
#include <filesystem>
#include <set>
#include <vector>

#include "probes/core/record.hpp"

namespace assay::render {

/// Mean loss of a training, round by round.
struct LossCurve {
  Record key;
  std::vector<double> losses;
};

struct SampleTrail {
  struct Bucket {
    double from = 0, to = 0;               ///< Sample numbers, from 1.
    double low = 0, middle = 0, high = 0;  ///< Of value/median.
  };
  std::vector<Bucket> buckets;
  std::vector<LossCurve> losses;
  std::int64_t samples = 0;
  std::int64_t points = 0;  ///< Measured points they belong to.
  double beyond = 0;        ///< Share of samples more than a tenth off their median.
  bool cut_off = false;     ///< The file's last line was unfinished.
};

/// Empty when there is no such file. Throws InputError for a malformed one. `sessions`: of these
/// alone; empty: of all.
[[nodiscard]] SampleTrail read_sample_trail(const std::filesystem::path& samples_csv,
                                            const std::set<std::int64_t>& sessions = {},
                                            std::size_t most_buckets = 200);

}  // namespace assay::render
