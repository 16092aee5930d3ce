#pragma once
/// @file
/// Non-negative least squares for a handful of columns: min |A x - y| with x >= 0, exact by
/// enumeration.
///
/// The optimum is the ordinary least-squares solution on some subset of the columns, so the best
/// feasible subset is it. For up to six columns that beats an active-set method, and every draw of
/// a bootstrap reuses the subsets' pseudo-inverses. Source: Lawson & Hanson, "Solving Least Squares
/// Problems", 1974, chapter 23.

#include <Eigen/Dense>
#include <vector>

namespace assay::models {

/// For a design that is used once: normal equations of columns scaled to length 1, good to about
/// 1e-8 relative where the columns' condition is 1e4. @pre as below
[[nodiscard]] Eigen::VectorXd solve_once(const Eigen::MatrixXd& design,
                                         const Eigen::VectorXd& target);

class NonNegativeLeastSquares {
 public:
  /// @pre 1 to 6 columns, all finite.
  explicit NonNegativeLeastSquares(const Eigen::MatrixXd& design);

  /// All zero when nothing better is feasible.
  [[nodiscard]] Eigen::VectorXd solve(const Eigen::VectorXd& target) const;

 private:
  struct Subset {
    bool prepared = false;
    bool independent = false;
    std::vector<int> columns;
    Eigen::MatrixXd inverse;  ///< Pseudo-inverse of those columns.
  };
  const Subset& subset(unsigned mask) const;

  Eigen::MatrixXd design_;  ///< Columns scaled to length 1.
  Eigen::VectorXd scale_;
  mutable std::vector<Subset> subsets_;
};

}  // namespace assay::models
