#pragma once
/// @file
/// Logs of other tools as tests read them.

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "probes/core/errors.hpp"
#include "reports/import/import.hpp"
#include "tests/paths.hpp"

namespace assay::import {

inline RunData read_log(const std::string& text, const ImportOptions& options = {}) {
  return read_bytes(text, "log", options);
}

inline std::string case_file(const std::string& name) {
  return std::string(ASSAY_SOURCE_DIR) + "/tests/unit/import/cases/" + name;
}
inline RunData read_case(const std::string& name) {
  return read_any(case_file(name));
}

/// The message with which a text is refused; empty when it was read.
inline std::string refusal_of(const std::string& text) {
  try {
    static_cast<void>(read_log(text));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

/// The first record of these; fails the test where there is none.
inline Record the_record(const RunData& run, const std::string& probe, const std::string& metric,
                         std::int64_t bytes = absent_count, std::int64_t ranks = absent_count) {
  for (const Record& record : run.records)
    if (record.probe.str() == probe && record.metric.str() == metric &&
        (bytes == absent_count || record.bytes == bytes) &&
        (ranks == absent_count || record.ranks == ranks))
      return record;
  ADD_FAILURE() << "no " << probe << " " << metric << " of " << bytes << " B";
  return {};
}

inline bool has_probe(const RunData& run, const std::string& probe) {
  for (const Record& record : run.records)
    if (record.probe.str() == probe) return true;
  return false;
}

inline std::string listing_text(const RunData& run) {
  std::string text;
  for (const std::string& line : listing(run)) text += line + "\n";
  return text;
}

}  // namespace assay::import
