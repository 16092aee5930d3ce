#include "reports/models/laws/small_nnls.hpp"

#include <cassert>

namespace assay::models {

SmallNnls::SmallNnls(Eigen::MatrixXd design)
    : design_(std::move(design)), scale_(design_.colwise().norm().transpose()) {
  const int count = static_cast<int>(design_.cols());
  assert(count >= 1 && count <= small_columns && design_.allFinite());
  for (int j = 0; j < count; ++j) {
    if (!(scale_(j) > 0)) scale_(j) = 1;
    design_.col(j) /= scale_(j);
  }
  const FewMatrix gram = design_.transpose() * design_;
  for (unsigned mask = (1U << count) - 1; mask > 0; --mask) {
    Subset subset;
    for (int j = 0; j < count; ++j)
      if ((mask >> j) & 1U) subset.columns.push_back(j);
    const auto size = static_cast<Eigen::Index>(subset.columns.size());
    if (size > design_.rows()) continue;
    FewMatrix part(size, size);
    for (Eigen::Index i = 0; i < size; ++i)
      for (Eigen::Index j = 0; j < size; ++j)
        part(i, j) = gram(subset.columns[static_cast<std::size_t>(i)],
                          subset.columns[static_cast<std::size_t>(j)]);
    const Eigen::LDLT<FewMatrix> factors(part);
    if (!(factors.vectorD().minCoeff() > 1e-12)) continue;  // dependent columns
    subset.inverse = factors.solve(FewMatrix::Identity(size, size));
    subsets_.push_back(std::move(subset));
  }
}

FewVector SmallNnls::solve(const Eigen::VectorXd& target) const {
  const FewVector projected = design_.transpose() * target;
  FewVector best = FewVector::Zero(design_.cols());
  double most = 0;  // of the squares that a subset explains
  for (const Subset& subset : subsets_) {
    const auto size = static_cast<Eigen::Index>(subset.columns.size());
    FewVector right(size);
    for (Eigen::Index i = 0; i < size; ++i)
      right(i) = projected(subset.columns[static_cast<std::size_t>(i)]);
    const FewVector part = subset.inverse * right;
    if (!(part.minCoeff() >= 0)) continue;
    const double explained = part.dot(right);
    if (explained > most) {
      most = explained;
      best.setZero();
      for (Eigen::Index i = 0; i < size; ++i)
        best(subset.columns[static_cast<std::size_t>(i)]) = part(i);
    }
    if (size == design_.cols()) break;  // unconstrained and feasible: nothing can be better
  }
  return best.cwiseQuotient(scale_);
}

}  // namespace assay::models
