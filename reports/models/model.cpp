#include "reports/models/model.hpp"

namespace assay::models {

std::vector<ModelRow> fit_all(const RunData& run) {
  std::vector<ModelRow> rows;
  for (const Model* model : Registry<Model>::all()) {
    std::vector<ModelRow> of_model = model->fit(run);
    rows.insert(rows.end(), std::make_move_iterator(of_model.begin()),
                std::make_move_iterator(of_model.end()));
  }
  return rows;
}

}  // namespace assay::models
