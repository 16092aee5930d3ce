#pragma once
/// @file
/// Time of a message over its size, as straight pieces t(m) = alpha + m beta, one per protocol of
/// the provider.
///
/// Method:     dynamic programming over the places of the breaks; the cost is the squared relative
/// error, because
///             plain least squares lets the largest sizes decide alpha; alpha, beta >= 0; pieces
///             need not meet (a protocol change is a jump); the number of pieces by the Bayesian
///             information criterion.
/// Intervals:  residual bootstrap with the number of pieces kept and the breaks free.
/// Sources:    Bellman, "On the approximation of curves by line segments using dynamic
/// programming", CACM 4(6),
///             1961; Schwarz, "Estimating the dimension of a model", 1978; Hockney, "The
///             communication challenge for MPP", 1994.
/// Pure: no clock, no network. Not modelled: curvature inside a protocol (it becomes more pieces).

#include <cstdint>
#include <span>
#include <vector>

#include "probes/core/statistics.hpp"
#include "probes/core/units.hpp"

namespace assay {

struct SizedTime {
  Bytes size;
  Seconds time;  ///< The size's statistic: lower quartile or median.
  double relative_error =
      0;  ///< Standard error of `time`, as a fraction of it; for the intervals only.
};

struct PiecewiseOptions {
  int sizes_per_piece = 4;  ///< Fewer cannot tell a protocol from noise.
  int pieces_max = 6;
  double noise_floor = 2e-3;  ///< Relative errors below it are not worth another piece.
};

struct Piece {
  Bytes from, to;  ///< Smallest and largest size in it; the next piece starts above `to`.
  Seconds alpha;
  SecondsPerByte beta;
};

struct PiecewiseFit {
  std::vector<Piece> pieces;  ///< Ascending, at least one.
  double r_squared =
      0;  ///< Of relative errors, against the best constant: 1 - RSS / RSS(constant).
  double worst_residual = 0;  ///< Largest |t - t_fit| / t.

  /// At any size: inside a gap between pieces the lower one's line, beyond the ends the nearest.
  [[nodiscard]] Seconds time(Bytes size) const;
  [[nodiscard]] const Piece& piece_of(Bytes size) const;
  /// n1/2 = alpha / beta of the piece with the largest messages: half the time is start-up.
  [[nodiscard]] Bytes half_performance_size() const;
};

/// With fewer than 2 * sizes_per_piece sizes there is one piece.
/// @pre at least two points with distinct sizes, every time positive and finite; throws
/// std::invalid_argument
[[nodiscard]] PiecewiseFit fit_pieces(std::span<const SizedTime> points,
                                      const PiecewiseOptions& options = {});

struct PieceIntervals {
  Interval alpha;  ///< 95 %, in s.
  Interval beta;   ///< In s/B.
  /// Of the largest size that still uses this piece's protocol, in B: [to, from of the next)
  /// widened by the bootstrap. Empty (NaN) for the last piece.
  Interval breakpoint;
};

/// One per piece of `fit`, which was made from the same points and options. Deterministic for a
/// seed.
[[nodiscard]] std::vector<PieceIntervals> bootstrap_pieces(std::span<const SizedTime> points,
                                                           const PiecewiseFit& fit,
                                                           const PiecewiseOptions& options = {},
                                                           int resamples = 200,
                                                           std::uint64_t seed = 1);

}  // namespace assay
