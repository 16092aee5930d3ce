#pragma once
/// @file
/// The numbers of runs for other tools: one file per format that registers itself.
///
/// A series is what a tool that watches numbers over time calls a benchmark: all launches of one
/// point, as their median. Its name holds every key that tells it from others but host, launch and
/// session, so that it is the same in the next run. Rows without a number are no series.

#include <cstdint>
#include <string>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/registry.hpp"
#include "probes/run/run_directory.hpp"

namespace assay::exports {

struct ExportedRun {
  std::string id;  ///< Name of the directory or log.
  RunData run;
};

struct Exporter {
  Description about;           ///< kind = "export".
  bool takes_several = false;  ///< Runs in one file.
  std::string (*text)(const std::vector<ExportedRun>&);
};

struct Series {
  std::string name;       ///< "memory.bandwidth rate triad threads=4 bytes=67108864 dtype=f64".
  Record key;             ///< Of its first row; several hosts leave the host empty.
  double value = absent;  ///< Median over launches.
  double low = absent;    ///< Its 95 % interval, where there is one.
  double high = absent;
  std::size_t rows = 0;
  bool trusted = true;  ///< False where a row of it is untrusted.
  Better better = Better::neither;
};

/// In the order of their first rows.
[[nodiscard]] std::vector<Series> series_of(const RunData& run);

/// A member of run.json as text; empty where it is missing or no text.
[[nodiscard]] std::string text_in(const RunData& run, const char* pointer);

/// Bytes that are no UTF-8 become U+FFFD, as the formats demand.
[[nodiscard]] std::string valid_utf8(const std::string& text);

}  // namespace assay::exports
