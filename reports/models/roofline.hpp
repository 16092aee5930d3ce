#pragma once
/// @file
/// The multi-level roofline: attainable rate = min(peak, intensity x bandwidth of a level).
///
/// Roofs are medians over rows with their intervals, never the best run; each stands for one dtype
/// and thread count. Points: the roof check, the GEMM check, measured workloads and the user's
/// regions. Source: Williams, Waterman & Patterson, CACM 52(4), 2009; cache-aware form: Ilic et
/// al., 2014.

#include <string>
#include <vector>

#include "probes/core/statistics.hpp"
#include "probes/core/units.hpp"
#include "reports/models/core/model.hpp"

namespace assay::models {

struct ComputeRoof {
  std::string operation;  ///< fma, fma_add, fma_add_2_1
  std::string dtype, isa;
  int threads = 1;
  Estimate<FlopsPerSecond> rate;  ///< Delivered: median with interval.
  FlopsPerSecond ceiling;         ///< Best sample; shown beside, never used as the roof.
  bool trusted = true;            ///< False where there were untrusted rows alone.
};

struct MemoryRoof {
  std::string level;      ///< L1, L2, L3, DRAM
  std::string operation;  ///< The fastest measured at that level, e.g. read
  int threads = 1;
  Estimate<BytesPerSecond> rate;
  bool trusted = true;
};

/// Roof and point are medians of different moments: no more than this between them is a finding.
inline constexpr double roof_tolerance = 0.1;

struct RooflinePoint {
  std::string name;  ///< "gemm f64", "ai=0.25 L1", a region of the user
  std::string dtype, level;
  int threads = 1;
  FlopsPerByte intensity;
  Estimate<FlopsPerSecond> rate;
  bool counted = false;       ///< Intensity from hardware counters rather than declared.
  std::string bound;          ///< The roof above it: "fma" or a level's name.
  FlopsPerSecond attainable;  ///< min(peak, intensity x bandwidth)
  double headroom = 0;  ///< attainable/rate; below 1 the roofs are wrong. Of the roof that its
                        ///< own probe timed beside it, where there is one.
  /// How far the roof of this figure lies above the one that the point's probe timed beside it, as
  /// a share; 0 where there is no other.
  double roof_gap = 0;
  bool roof_trusted = true;  ///< The roofs behind `attainable` were measured and are trusted.

  /// Whether its share of the roof may be stated: no kernel beats the machine.
  [[nodiscard]] bool is_trusted() const { return roof_trusted && headroom >= 1 - roof_tolerance; }
};

/// One figure: one host, dtype and thread count.
struct Roofline {
  std::string host, dtype;
  int threads = 1;                   ///< Below 1: the source names none, so the whole device.
  std::vector<ComputeRoof> compute;  ///< Ascending rate; the widest isa only.
  std::vector<MemoryRoof> memory;    ///< From L1 to DRAM.
  std::vector<RooflinePoint> points;

  /// The lower of the highest compute roof and intensity x bandwidth. `level` empty: DRAM.
  [[nodiscard]] FlopsPerSecond attainable(FlopsPerByte intensity,
                                          const std::string& level = "") const;
  /// "one core", "4 cores", "whole device".
  [[nodiscard]] std::string cores_in_words() const;
  /// Intensity where the level's roof meets the compute roof.
  [[nodiscard]] FlopsPerByte ridge(const MemoryRoof& roof) const;
};

/// Empty when the run holds no peak or no bandwidth.
[[nodiscard]] std::vector<Roofline> rooflines(const RunData& run);

}  // namespace assay::models
