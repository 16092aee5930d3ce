#pragma once
/// @file
/// Cost of one message per provider and traffic pattern: t(m) = alpha + m beta, one segment per
/// protocol.
///
/// Made of the network.alpha_beta `time` rows (medians per size) by probes/core/piecewise_fit.hpp.
/// A collective's prediction uses the pattern in which everyone sends and receives at once. Not
/// modelled: congestion beyond the pattern measured.

#include <string>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/statistics.hpp"
#include "probes/core/units.hpp"

namespace assay {
struct RunData;
}

namespace assay::models {

struct MessagePoint {
  Bytes size;
  Estimate<Seconds> time;  ///< Median over launches with its interval.
};

struct AlphaBetaSegment {
  Bytes from, to;  ///< Smallest and largest size of the segment; the next one starts above `to`.
  Estimate<Seconds> alpha;
  Estimate<SecondsPerByte> beta;  ///< 1/beta is the bandwidth.
  /// Largest size of the protocol before; the interval reaches to `from` at least. 0 in the first.
  Estimate<Bytes> breakpoint;
};

struct AlphaBetaFit {
  std::string provider;
  std::string operation;                   ///< ping_pong, exchange, stream, loaded_exchange
  std::vector<AlphaBetaSegment> segments;  ///< Ascending, at least one.
  double r_squared = 0;                    ///< On the relative scale the fit minimises.
  double worst_residual = 0;               ///< Largest |ln(t/t_fit)|.
  std::vector<MessagePoint> points;
  std::string note;  ///< Set when the fit is weak (few sizes), empty otherwise.

  /// At any size: the nearest segment's line.
  [[nodiscard]] Seconds time(Bytes size) const;
  [[nodiscard]] const AlphaBetaSegment& segment_of(Bytes size) const;
  /// From which size on a message runs at half the rate of large ones: t(n) = 2 n beta of the last
  /// segment; alpha/beta where there is one segment.
  [[nodiscard]] Bytes half_performance_size() const;
};

/// One per provider and operation that has at least two sizes; the others are told by the model's
/// rows.
[[nodiscard]] std::vector<AlphaBetaFit> alpha_beta_fits(const RunData& run);
/// The fit a collective should be predicted with: loaded_exchange, else exchange, else ping_pong of
/// that provider (any provider when empty). Null when there is none.
[[nodiscard]] const AlphaBetaFit* fit_for_collectives(const std::vector<AlphaBetaFit>& fits,
                                                      const std::string& provider);

}  // namespace assay::models
