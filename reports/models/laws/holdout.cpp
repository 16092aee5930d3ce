#include "reports/models/laws/holdout.hpp"

#include <algorithm>
#include <cmath>

#include "reports/models/laws/nnls.hpp"

namespace assay::models {

namespace {

constexpr std::size_t most_held_out = 3;

/// One truncated fit with fixed weights, ready for any number of targets.
struct Truncated {
  std::size_t kept;
  NonNegativeLeastSquares solver;
};

/// The hold-outs of one law and series.
class Folds {
 public:
  /// @param values what the weights are taken from: times, or rates for laws of the rate.
  Folds(const Law& law, const ScalingSeries& series, const Eigen::VectorXd& values) {
    const std::size_t count = series.points.size();
    const std::size_t needed = std::max<std::size_t>(2, law.parameters.size());
    for (const ScalingPoint& point : series.points) rows_.push_back(law.basis(point.ranks));
    weights_.resize(static_cast<Eigen::Index>(count));
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = static_cast<Eigen::Index>(i);
      weights_(at) = std::sqrt(static_cast<double>(series.points[i].times.size())) / values(at);
    }
    for (std::size_t left_out = 1; left_out <= most_held_out && count >= needed + left_out;
         ++left_out)
      folds_.push_back({count - left_out, NonNegativeLeastSquares(design(count - left_out))});
  }

  [[nodiscard]] Holdout error(const Eigen::VectorXd& values) const {
    double squares = 0;
    int predictions = 0;
    for (const Truncated& fold : folds_) {
      const auto kept = static_cast<Eigen::Index>(fold.kept);
      const Eigen::VectorXd solved =
          fold.solver.solve(values.head(kept).cwiseProduct(weights_.head(kept)));
      const std::vector<double> parameters(solved.data(), solved.data() + solved.size());
      for (std::size_t i = fold.kept; i < rows_.size(); ++i, ++predictions)
        squares += std::pow(
            std::log(values(static_cast<Eigen::Index>(i)) / rows_[i].value(parameters)), 2);
    }
    if (predictions == 0) return {absent, 0};
    return {std::sqrt(squares / predictions), predictions};
  }

 private:
  [[nodiscard]] Eigen::MatrixXd design(std::size_t count) const {
    Eigen::MatrixXd matrix(static_cast<Eigen::Index>(count),
                           static_cast<Eigen::Index>(rows_.front().terms.size()));
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < rows_[i].terms.size(); ++j)
        matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
            rows_[i].terms[j] * weights_(static_cast<Eigen::Index>(i));
    return matrix;
  }

  std::vector<BasisRow> rows_;
  Eigen::VectorXd weights_;
  std::vector<Truncated> folds_;
};

Eigen::VectorXd typical_values(const Law& law, const ScalingSeries& series) {
  Eigen::VectorXd values(static_cast<Eigen::Index>(series.points.size()));
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const double time = typical_time(series.points[i]);
    values(static_cast<Eigen::Index>(i)) = law.of_rate ? 1 / time : time;
  }
  return values;
}

}  // namespace

Holdout holdout(const Law& law, const ScalingSeries& series) {
  const Eigen::VectorXd values = typical_values(law, series);
  return Folds(law, series, values).error(values);
}

}  // namespace assay::models
