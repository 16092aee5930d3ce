#include "reports/models/laws/nnls.hpp"

#include <array>
#include <cassert>
#include <limits>

namespace assay::models {

NonNegativeLeastSquares::NonNegativeLeastSquares(const Eigen::MatrixXd& design)
    : design_(design), scale_(design.colwise().norm()) {
  assert(design.cols() >= 1 && design.cols() <= 6 && design.allFinite());
  for (Eigen::Index j = 0; j < design_.cols(); ++j)
    if (scale_(j) > 0) design_.col(j) /= scale_(j);
  subsets_.resize(std::size_t{1} << design.cols());
}

const NonNegativeLeastSquares::Subset& NonNegativeLeastSquares::subset(unsigned mask) const {
  Subset& wanted = subsets_[mask];
  if (wanted.prepared) return wanted;
  wanted.prepared = true;
  for (int j = 0; j < design_.cols(); ++j)
    if ((mask >> j) & 1U) wanted.columns.push_back(j);
  if (static_cast<Eigen::Index>(wanted.columns.size()) > design_.rows()) return wanted;
  Eigen::MatrixXd part(design_.rows(), wanted.columns.size());
  for (std::size_t k = 0; k < wanted.columns.size(); ++k)
    part.col(k) = design_.col(wanted.columns[k]);
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(part);
  qr.setThreshold(1e-10);
  wanted.independent = qr.rank() == part.cols();
  if (wanted.independent)
    wanted.inverse = qr.solve(Eigen::MatrixXd::Identity(design_.rows(), design_.rows()));
  return wanted;
}

Eigen::VectorXd NonNegativeLeastSquares::solve(const Eigen::VectorXd& target) const {
  Eigen::VectorXd best = Eigen::VectorXd::Zero(design_.cols());
  double least = std::numeric_limits<double>::infinity();
  const unsigned all = static_cast<unsigned>(subsets_.size()) - 1;
  for (unsigned mask = all; mask > 0; --mask) {
    const Subset& candidate = subset(mask);
    if (!candidate.independent) continue;
    const Eigen::VectorXd part = candidate.inverse * target;
    if (!(part.minCoeff() >= 0)) continue;
    Eigen::VectorXd full = Eigen::VectorXd::Zero(design_.cols());
    for (std::size_t k = 0; k < candidate.columns.size(); ++k) full(candidate.columns[k]) = part(k);
    const double squares = (design_ * full - target).squaredNorm();
    if (squares < least) {
      least = squares;
      best = full;
    }
    if (mask == all) break;  // unconstrained and feasible: nothing can be better
  }
  for (Eigen::Index j = 0; j < best.size(); ++j)
    if (scale_(j) > 0) best(j) /= scale_(j);
  return best;
}

namespace {

constexpr int most_columns = 6;
using SmallMatrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, most_columns, most_columns>;
using SmallVector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, most_columns, 1>;

}  // namespace

Eigen::VectorXd solve_once(const Eigen::MatrixXd& design, const Eigen::VectorXd& target) {
  const Eigen::Index count = design.cols();
  assert(count >= 1 && count <= most_columns);
  SmallVector scale = design.colwise().norm().transpose();
  for (Eigen::Index j = 0; j < count; ++j)
    if (scale(j) == 0) scale(j) = 1;
  const SmallMatrix gram = scale.cwiseInverse().asDiagonal() * (design.transpose() * design) *
                           scale.cwiseInverse().asDiagonal();
  const SmallVector projected = scale.cwiseInverse().asDiagonal() * (design.transpose() * target);
  SmallVector best = SmallVector::Zero(count);
  double least = 0;  // of the squares, less those of the target itself
  const unsigned all = (1U << count) - 1;
  for (unsigned mask = all; mask > 0; --mask) {
    std::array<Eigen::Index, most_columns> columns{};
    Eigen::Index size = 0;
    for (Eigen::Index j = 0; j < count; ++j)
      if ((mask >> j) & 1U) columns[static_cast<std::size_t>(size++)] = j;
    SmallMatrix part(size, size);
    SmallVector right(size);
    for (Eigen::Index i = 0; i < size; ++i) {
      right(i) = projected(columns[static_cast<std::size_t>(i)]);
      for (Eigen::Index j = 0; j < size; ++j)
        part(i, j) =
            gram(columns[static_cast<std::size_t>(i)], columns[static_cast<std::size_t>(j)]);
    }
    const Eigen::LDLT<SmallMatrix> factors(part);
    if (!(factors.vectorD().minCoeff() > 1e-13)) continue;  // dependent columns
    const SmallVector solved = factors.solve(right);
    if (!(solved.minCoeff() >= 0)) continue;
    // At a stationary point the squares are |target|^2 - x . projected.
    const double squares = -solved.dot(right);
    if (squares < least) {
      least = squares;
      best.setZero();
      for (Eigen::Index i = 0; i < size; ++i)
        best(columns[static_cast<std::size_t>(i)]) = solved(i);
    }
    if (mask == all) break;
  }
  return best.cwiseQuotient(scale);
}

}  // namespace assay::models
