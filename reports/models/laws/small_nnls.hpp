#pragma once
/// @file
/// Non-negative least squares of at most four columns, for thousands of targets on one design:
/// exact by enumeration of the subsets, on normal equations of columns scaled to length 1 (good to
/// about 1e-8 relative where the columns' condition is 1e4).
/// Source: Lawson & Hanson, "Solving Least Squares Problems", 1974, chapter 23.

#include <Eigen/Dense>
#include <vector>

namespace assay::models {

inline constexpr int small_columns = 4;
using FewVector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, small_columns, 1>;
using FewMatrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, small_columns, small_columns>;

class SmallNnls {
 public:
  /// @pre 1 to 4 columns, all finite.
  explicit SmallNnls(Eigen::MatrixXd design);
  /// All zero when nothing better is feasible.
  [[nodiscard]] FewVector solve(const Eigen::VectorXd& target) const;

 private:
  struct Subset {
    std::vector<int> columns;
    FewMatrix inverse;  ///< Of those columns' normal equations.
  };
  Eigen::MatrixXd design_;  ///< Columns scaled to length 1.
  FewVector scale_;
  std::vector<Subset> subsets_;  ///< All columns first.
};

}  // namespace assay::models
