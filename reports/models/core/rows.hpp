#pragma once
/// @file
/// Small helpers for writing models.csv rows.

#include <string>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/statistics.hpp"

namespace assay::models {

/// Writes rows of one model about one subject.
class RowWriter {
 public:
  RowWriter(std::string_view model, std::string_view subject) : model_(model), subject_(subject) {}

  void add(std::string_view parameter, std::string_view unit, const Estimate<double>& estimate,
           Label label = Label::measured, std::string note = "") {
    rows_.push_back({.model = model_,
                     .subject = subject_,
                     .parameter = parameter,
                     .unit = unit,
                     .value = estimate.value,
                     .ci_low = estimate.low,
                     .ci_high = estimate.high,
                     .label = label,
                     .note = std::move(note)});
  }
  void add(std::string_view parameter, std::string_view unit, double value,
           Label label = Label::measured, std::string note = "") {
    add(parameter, unit, Estimate<double>{value, absent, absent}, label, std::move(note));
  }
  /// A row without a value, whose note says why.
  void missing(std::string_view parameter, std::string_view unit, std::string reason) {
    add(parameter, unit, absent, Label::measured, std::move(reason));
  }
  [[nodiscard]] std::vector<ModelRow> take() { return std::move(rows_); }

 private:
  InternedString model_, subject_;
  std::vector<ModelRow> rows_;
};

inline void append(std::vector<ModelRow>& all, std::vector<ModelRow> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// "a; b", leaving out empty ones.
[[nodiscard]] inline std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts)
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  return text;
}

}  // namespace assay::models
