#include "reports/models/fit_all.hpp"

#include <future>
#include <iterator>

#include "reports/models/core/model.hpp"
#include "reports/models/laws/series.hpp"

namespace assay::models {

namespace {

std::vector<ModelRow> fit_each(const FitInput& input) {
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

}  // namespace

std::vector<ModelRow> fit_all(const RunData& run) {
  // Both walk all rows: side by side.
  std::future<std::vector<AlphaBetaFit>> wires =
      std::async(std::launch::async, [&run] { return alpha_beta_fits(run); });
  std::vector<ScalingSeries> series = scaling_series(run);
  return fit_each({.run = run, .series = std::move(series), .wires = wires.get()});
}

std::vector<ModelRow> fit_all(const RunData& run, std::vector<AlphaBetaFit> wires) {
  return fit_each({.run = run, .series = scaling_series(run), .wires = std::move(wires)});
}

}  // namespace assay::models
