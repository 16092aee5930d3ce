#pragma once
/// @file
/// The result row: one measured point, one line of measurements.csv; and the model row of
/// models.csv. The column order is a contract (schema 2): later versions only append columns.

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/interned_string.hpp"
#include "probes/core/outcome.hpp"
#include "probes/core/sampler.hpp"

namespace assay {

inline constexpr int schema_version = 2;

/// The empty cell of a number column.
inline constexpr double absent = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::int64_t absent_count = -1;
[[nodiscard]] inline bool is_present(double value) {
  return !std::isnan(value);
}
[[nodiscard]] constexpr bool is_present(std::int64_t count) {
  return count >= 0;
}

/// One measured point. Cells that do not apply stay empty. Everything up to `launch` but status and
/// reason is the key: two rows with equal keys are two measurements of the same thing.
struct Record {
  InternedString probe;   ///< Registry name, e.g. "compute.peak_flops".
  InternedString metric;  ///< Declared by the probe in the registry, e.g. "rate".
  InternedString unit;    ///< One of unit::, or a currency code.
  Status status = Status::ok;
  InternedString reason;  ///< Empty exactly when status is ok.
  InternedString host;
  std::int64_t nodes = absent_count;
  std::int64_t ranks = absent_count;
  std::int64_t threads = absent_count;
  std::int64_t bytes = absent_count;  ///< Message size, working set: the size the point is about.
  InternedString dtype;               ///< f64, f32, bf16, i8, ...
  InternedString isa;                 ///< Highway target, e.g. "AVX3".
  InternedString level;               ///< L1, L2, L3, DRAM.
  InternedString operation;           ///< read, triad_nt, fma, exchange, sum, ...
  InternedString provider;            ///< Fabric path, e.g. "tcp;ofi_rxm", "shm", "threads".
  InternedString algorithm;           ///< ring, recursive_doubling, ...
  InternedString topology;  ///< Family: ring, tree, hypercube, star, hierarchical, direct.
  InternedString scaling;   ///< strong, weak.
  InternedString launch;    ///< Which replicate, e.g. "1".
  std::int64_t samples = absent_count;
  double median = absent;
  double ci_low = absent;
  double ci_high = absent;
  double min = absent;
  double max = absent;
  double p05 = absent;
  double p95 = absent;
  double cpu_wall_ratio = absent;
  // Appended in schema 2.
  std::int64_t session = absent_count;  ///< Of run.json's sessions, from 1; set by the RunWriter.
  std::int64_t rounds = absent_count;   ///< Replicates behind the interval.
  double between_spread = absent;       ///< Relative spread between them: 0.02 is 2 %.

  /// Every kept sample; goes to samples.csv, not to measurements.csv. Empty after reading.
  std::vector<double> values;
};

/// Fills the number columns from samples and keeps them in `values`. @pre values not empty
[[nodiscard]] Record with_samples(Record key, std::vector<double> values,
                                  double cpu_wall_ratio = absent);
[[nodiscard]] Record with_samples(Record key, Samples samples);
/// A row that carries no number but the status and reason. @pre !carries_numbers(none.status)
[[nodiscard]] Record without_value(Record key, const NoValue& none);
/// Keeps the numbers and marks them. Reasons of an already untrusted row are joined by "; ".
[[nodiscard]] Record marked_untrusted(Record row, std::string_view reason);

/// The one description of the columns: writer, reader, `assay list columns` and the documentation
/// check all walk this table.
struct Column {
  enum class Kind { text, status, count, number };
  std::string_view name;
  Kind kind;
  bool is_key;
  std::string_view description;
  InternedString Record::*text = nullptr;
  std::int64_t Record::*count = nullptr;
  double Record::*number = nullptr;
};
[[nodiscard]] const std::vector<Column>& measurement_columns();

/// How far a model's value is from what was measured (rule 7 of measuring: nothing extrapolates
/// silently).
enum class Label {
  measured,   ///< Up to the largest N measured.
  projected,  ///< Up to 2x.
  range,      ///< Up to 4x: the interval is the answer.
  scenario,   ///< Beyond, or across a network tier nobody measured.
};
[[nodiscard]] std::string_view to_string(Label label);
[[nodiscard]] std::optional<Label> parse_label(std::string_view name);

/// One line of models.csv: `model,subject,parameter,unit,value,ci_low,ci_high,label,note`.
struct ModelRow {
  InternedString model;      ///< Registry name of the model, e.g. "amdahl".
  InternedString subject;    ///< What it was fitted to, e.g. "workload.gradient strong".
  InternedString parameter;  ///< e.g. "serial_fraction".
  InternedString unit;
  double value = absent;
  double ci_low = absent;
  double ci_high = absent;
  Label label = Label::measured;
  std::string note;
};

}  // namespace assay
