#pragma once
/// @file
/// trace.json in Chrome's trace format (a JSON object with traceEvents), for chrome://tracing and
/// ui.perfetto.dev. Source: "Trace Event Format", Google, 2016: complete events ("X") with ts and
/// dur in microseconds, and metadata ("M") that names processes and threads.
///
/// A process is a rank. Its lanes are its threads and one for communication. Times are
/// CLOCK_MONOTONIC of rank 0's host.

#include <filesystem>
#include <string>
#include <vector>

#include "probes/run/region.hpp"

namespace assay {

/// Whose spans they are.
struct TraceRank {
  int rank = 0;
  std::string host;
  std::int64_t clock_offset_ns = 0;  ///< Added to the spans' times.
};

/// The events of one rank, as JSON values with commas between them. Of more than
/// `most_of_a_name` spans with one name those that ended last; an event "left out" says how many
/// spans were not taken.
[[nodiscard]] std::string trace_events(const TraceRank& rank, std::vector<Span> spans,
                                       std::size_t most_of_a_name);

/// Adds events (as above) to `file`, which is whole JSON again afterwards, whatever happens to the
/// run later. Throws RunError when it cannot be written.
void append_trace(const std::filesystem::path& file, const std::string& events);

}  // namespace assay
