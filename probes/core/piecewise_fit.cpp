#include "probes/core/piecewise_fit.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

namespace assay {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

struct Line {
  double alpha = 0, beta = 0;
  double cost = infinite;  ///< Sum of squared relative errors.
};

/// Least squares of (alpha + beta x) / t against 1, one point at a time.
class Sums {
 public:
  void add(double x, double t) {
    const double w = 1 / t;
    n_ += 1;
    one_ += w * w;
    x_ += w * w * x;
    xx_ += w * w * x * x;
    t_ += w;
    xt_ += w * x;
  }
  [[nodiscard]] Line line() const {
    const double determinant = one_ * xx_ - x_ * x_;
    if (determinant > 1e-12 * one_ * xx_) {
      const double alpha = (xx_ * t_ - x_ * xt_) / determinant;
      const double beta = (one_ * xt_ - x_ * t_) / determinant;
      if (alpha >= 0 && beta >= 0) return with_cost(alpha, beta);
    }
    // The optimum lies outside the quadrant, so the best allowed one is on an edge.
    const Line flat = with_cost(t_ / one_, 0);
    const Line through_origin = xx_ > 0 ? with_cost(0, xt_ / xx_) : Line{};
    return flat.cost <= through_origin.cost ? flat : through_origin;
  }

 private:
  [[nodiscard]] Line with_cost(double a, double b) const {
    const double cost = n_ - 2 * (a * t_ + b * xt_) + a * a * one_ + 2 * a * b * x_ + b * b * xx_;
    return {a, b, std::max(cost, 0.0)};
  }
  double n_ = 0, one_ = 0, x_ = 0, xx_ = 0, t_ = 0, xt_ = 0;
};

/// lines[i][j - i]: the best line over points i..j.
using Lines = std::vector<std::vector<Line>>;

Lines all_lines(std::span<const double> x, std::span<const double> t) {
  Lines lines(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    Sums sums;
    for (std::size_t j = i; j < x.size(); ++j) {
      sums.add(x[j], t[j]);
      lines[i].push_back(sums.line());
    }
  }
  return lines;
}

/// ends[k]: one past the last point of piece k.
struct Division {
  std::vector<std::size_t> ends;
  double cost = infinite;
};

/// The best division into 1, 2, ... pieces_max pieces.
std::vector<Division> best_divisions(const Lines& lines, std::size_t per_piece,
                                     std::size_t pieces_max) {
  const std::size_t n = lines.size();
  // cost[k][j]: the first j points in k + 1 pieces; start[k][j]: where the last of them begins.
  std::vector<std::vector<double>> cost(pieces_max, std::vector<double>(n + 1, infinite));
  std::vector<std::vector<std::size_t>> start(pieces_max, std::vector<std::size_t>(n + 1, 0));
  for (std::size_t j = 1; j <= n; ++j) cost[0][j] = lines[0][j - 1].cost;
  for (std::size_t k = 1; k < pieces_max; ++k)
    for (std::size_t j = (k + 1) * per_piece; j <= n; ++j)
      for (std::size_t i = k * per_piece; i + per_piece <= j; ++i) {
        const double candidate = cost[k - 1][i] + lines[i][j - 1 - i].cost;
        if (candidate < cost[k][j]) {
          cost[k][j] = candidate;
          start[k][j] = i;
        }
      }
  std::vector<Division> divisions;
  for (std::size_t k = 0; k < pieces_max; ++k) {
    if (cost[k][n] == infinite) break;
    Division division{{}, cost[k][n]};
    std::size_t end = n;
    for (std::size_t piece = k + 1; piece-- > 0;) {
      division.ends.insert(division.ends.begin(), end);
      end = start[piece][end];
    }
    divisions.push_back(std::move(division));
  }
  return divisions;
}

std::size_t best_by_criterion(const std::vector<Division>& divisions, std::size_t points,
                              double noise_floor) {
  const auto n = static_cast<double>(points);
  std::size_t best = 0;
  double lowest = infinite;
  for (std::size_t k = 0; k < divisions.size(); ++k) {
    // alpha and beta of each piece; a break counts twice, since it was picked among many places.
    const double parameters = 4 * static_cast<double>(k + 1) - 2;
    const double variance = std::max(divisions[k].cost / n, noise_floor * noise_floor);
    const double criterion = n * std::log(variance) + parameters * std::log(n);
    if (criterion < lowest) {
      lowest = criterion;
      best = k;
    }
  }
  return best;
}

struct Columns {
  std::vector<double> x, t;
};

Columns columns_of(std::span<const SizedTime> points) {
  std::vector<SizedTime> sorted(points.begin(), points.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const SizedTime& a, const SizedTime& b) { return a.size < b.size; });
  Columns columns;
  for (const SizedTime& point : sorted) {
    const double t = point.time.value();
    if (!(t > 0) || !std::isfinite(t))
      throw std::invalid_argument("a time that is not positive and finite");
    if (!columns.x.empty() && columns.x.back() == point.size.value())
      throw std::invalid_argument("two points of one size");
    columns.x.push_back(point.size.value());
    columns.t.push_back(t);
  }
  if (columns.x.size() < 2) throw std::invalid_argument("a line needs two sizes");
  return columns;
}

std::vector<Piece> pieces_of(const Division& division, const Lines& lines, const Columns& columns) {
  std::vector<Piece> pieces;
  std::size_t begin = 0;
  for (const std::size_t end : division.ends) {
    const Line& line = lines[begin][end - 1 - begin];
    pieces.push_back({Bytes(columns.x[begin]), Bytes(columns.x[end - 1]), Seconds(line.alpha),
                      SecondsPerByte(line.beta)});
    begin = end;
  }
  return pieces;
}

}  // namespace

const Piece& PiecewiseFit::piece_of(Bytes size) const {
  const auto above =
      std::upper_bound(pieces.begin(), pieces.end(), size,
                       [](Bytes wanted, const Piece& piece) { return wanted < piece.from; });
  return above == pieces.begin() ? pieces.front() : *(above - 1);
}

Seconds PiecewiseFit::time(Bytes size) const {
  const Piece& piece = piece_of(size);
  return piece.alpha + piece.beta * size;
}

Bytes PiecewiseFit::half_performance_size() const {
  const Piece& last = pieces.back();
  return last.beta.value() > 0 ? last.alpha / last.beta : Bytes(0);
}

PiecewiseFit fit_pieces(std::span<const SizedTime> points, const PiecewiseOptions& options) {
  assert(options.sizes_per_piece >= 2 && options.pieces_max >= 1);
  const Columns columns = columns_of(points);
  const Lines lines = all_lines(columns.x, columns.t);
  const auto divisions = best_divisions(lines, static_cast<std::size_t>(options.sizes_per_piece),
                                        static_cast<std::size_t>(options.pieces_max));
  const Division& chosen =
      divisions[best_by_criterion(divisions, columns.x.size(), options.noise_floor)];

  PiecewiseFit fit;
  fit.pieces = pieces_of(chosen, lines, columns);
  Sums constant;
  for (const double t : columns.t)
    constant.add(0, t);  // With all sizes 0 the best line is a constant.
  const double total = constant.line().cost;
  fit.r_squared = total > 0 ? 1 - chosen.cost / total : 1;
  for (std::size_t i = 0; i < columns.x.size(); ++i) {
    const double fitted = fit.time(Bytes(columns.x[i])).value();
    fit.worst_residual =
        std::max(fit.worst_residual, std::abs(columns.t[i] - fitted) / columns.t[i]);
  }
  return fit;
}

std::vector<PieceIntervals> bootstrap_pieces(std::span<const SizedTime> points,
                                             const PiecewiseFit& fit,
                                             const PiecewiseOptions& options, int resamples,
                                             std::uint64_t seed) {
  const Columns columns = columns_of(points);
  const std::size_t n = columns.x.size(), pieces = fit.pieces.size();
  std::vector<double> errors(n, 0);  // By ascending size.
  for (const SizedTime& point : points) {
    const auto at = std::lower_bound(columns.x.begin(), columns.x.end(), point.size.value());
    errors[static_cast<std::size_t>(at - columns.x.begin())] = point.relative_error;
  }
  // Relative residuals of each piece, to be dealt out again within it.
  std::vector<std::vector<double>> residuals(pieces);
  std::vector<std::size_t> piece_at(n);
  std::vector<double> fitted(n);
  for (std::size_t i = 0; i < n; ++i) {
    const Piece& piece = fit.piece_of(Bytes(columns.x[i]));
    piece_at[i] = static_cast<std::size_t>(&piece - fit.pieces.data());
    fitted[i] = fit.time(Bytes(columns.x[i])).value();
    residuals[piece_at[i]].push_back(columns.t[i] / fitted[i] - 1);
  }
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> alphas(pieces), betas(pieces), lows(pieces), highs(pieces);
  for (int resample = 0; resample < resamples; ++resample) {
    Columns again = columns;
    for (std::size_t i = 0; i < n; ++i) {
      const std::vector<double>& pool = residuals[piece_at[i]];
      const double residual =
          pool[std::uniform_int_distribution<std::size_t>(0, pool.size() - 1)(random)];
      const double factor = (1 + residual) * (1 + errors[i] * normal(random));
      again.t[i] = fitted[i] * std::max(factor, 0.01);
    }
    const Lines lines = all_lines(again.x, again.t);
    const auto divisions =
        best_divisions(lines, static_cast<std::size_t>(options.sizes_per_piece), pieces);
    if (divisions.size() < pieces) continue;
    const std::vector<Piece> refit = pieces_of(divisions[pieces - 1], lines, again);
    for (std::size_t k = 0; k < pieces; ++k) {
      alphas[k].push_back(refit[k].alpha.value());
      betas[k].push_back(refit[k].beta.value());
      if (k + 1 < pieces) {
        lows[k].push_back(refit[k].to.value());
        highs[k].push_back(refit[k + 1].from.value());
      }
    }
  }
  std::vector<PieceIntervals> intervals(pieces);
  for (std::size_t k = 0; k < pieces; ++k) {
    if (alphas[k].empty()) continue;
    intervals[k].alpha = {quantile(alphas[k], 0.025), quantile(alphas[k], 0.975)};
    intervals[k].beta = {quantile(betas[k], 0.025), quantile(betas[k], 0.975)};
    if (k + 1 < pieces) {
      // The change lies between two measured sizes: at least that wide, whatever the resamples say.
      intervals[k].breakpoint = {
          std::min(quantile(lows[k], 0.025), fit.pieces[k].to.value()),
          std::max(quantile(highs[k], 0.975), fit.pieces[k + 1].from.value())};
    }
  }
  return intervals;
}

}  // namespace assay
