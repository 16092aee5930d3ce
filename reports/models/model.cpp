#include "reports/models/model.hpp"

#include <future>
#include <iterator>

namespace assay::models {

std::vector<ModelRow> fit_all(const RunData& run) {
  return fit_all(run, alpha_beta_fits(run));
}

std::vector<ModelRow> fit_all(const RunData& run, std::vector<AlphaBetaFit> wires) {
  const FitInput input{.run = run, .series = scaling_series(run), .wires = std::move(wires)};
  std::vector<std::future<std::vector<ModelRow>>> fits;
  for (const Model* model : Registry<Model>::all())
    fits.push_back(std::async(std::launch::async, [model, &input] { return model->fit(input); }));
  std::vector<ModelRow> rows;
  for (auto& fit : fits) {
    std::vector<ModelRow> of_model = fit.get();
    rows.insert(rows.end(), std::make_move_iterator(of_model.begin()),
                std::make_move_iterator(of_model.end()));
  }
  return rows;
}

}  // namespace assay::models
