/// @file
/// likwid-bench: "Test: load_avx", then MFlops/s, MByte/s and the working set, one line each.

#include <fmt/format.h>

#include <algorithm>

#include "probes/core/units.hpp"
#include "reports/import/table.hpp"

namespace assay::import::likwid_bench {

namespace {

Imported read(const Document& document) {
  Imported imported;
  std::string test;
  std::int64_t bytes = absent_count, threads = absent_count, launch = 0;
  double volume = absent, seconds = absent;
  Stated stated, next;
  for (const Line& line : document.lines) {
    if (const auto name = value_behind(line.text, "Test")) {
      test = *name;
      bytes = threads = absent_count;
      volume = seconds = absent;
      ++launch;
      imported.state_of_new(stated);
      stated = std::move(next);
      next.clear();
    }
    if (const std::size_t at = line.text.find("likwid-bench "); at != std::string::npos)
      state(next, "command", line.text.substr(at));
    if (const auto size = value_behind(line.text, "Size (Byte)"))
      bytes = bytes_in(document, line.number, "Size (Byte)", *size);
    if (const auto words = words_of(line.text);
        words.size() == 3 && words[0] == "Using" && words[2].starts_with("thread"))
      threads = count_in(document, line.number, "threads", words[1]);
    if (const auto moved = value_behind(line.text, "Data volume (Byte)"))
      volume = number_in(document, line.number, "Data volume (Byte)", *moved);
    if (const auto time = value_behind(line.text, "Time"); time && !words_of(*time).empty())
      seconds = number_in(document, line.number, "Time", words_of(*time).front());
    const bool is_peak = test.starts_with("peakflops");
    Record key{.metric = "rate",
               .threads = threads,
               .bytes = bytes,
               .dtype = test.find("_sp") != std::string::npos ? "f32" : "f64",
               .operation = test,
               .launch = std::to_string(launch)};
    const auto flops = value_behind(line.text, "MFlops/s");
    const auto rate = value_behind(line.text, "MByte/s");
    if (!flops && !rate) continue;
    if (test.empty()) document.refuse(line.number, "", "a rate before any test", "Test: NAME");
    // Of peakflops the bandwidth, and of a stream its few operations, are no roofs.
    if (flops && is_peak) {
      key.probe = "compute.peak_flops";
      key.unit = unit::flops_per_second;
      imported.records.push_back(
          with_value(key, rate_in(document, line.number, "MFlops/s", *flops, 1e6)));
    }
    if (rate && !is_peak) {
      constexpr std::int64_t beyond_caches = std::int64_t{1} << 30;
      key.probe = "memory.bandwidth";
      key.unit = unit::bytes_per_second;
      if (bytes >= beyond_caches) key.level = "DRAM";
      const double bandwidth = rate_in(document, line.number, "MByte/s", *rate, 1e6);
      require_agreement(document, line.number, "MByte/s", bandwidth, volume / seconds,
                        "data volume over time");
      imported.records.push_back(with_value(key, bandwidth));
      if (bytes < beyond_caches)
        imported.notes.push_back(fmt::format(
            "line {}: the log does not say which level holds {}: no roof", line.number,
            is_present(bytes) ? format_bytes(Bytes(static_cast<double>(bytes))) : "its data"));
    }
  }
  imported.state_of_new(stated);
  if (imported.records.empty())
    document.refuse(0, "", "no rate",
                    "Test: NAME and lines MFlops/s: and MByte/s: of likwid-bench");
  return imported;
}

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(), [](const Line& line) {
    return value_behind(line.text, "MByte/s").has_value() || line.text == "LIKWID MICRO BENCHMARK";
  });
}

const bool registered = Registry<Format>::add(
    {.about = format_description("likwid-bench", "likwid-bench 4 and 5, any number of tests",
                                 "Lines by their keys; a level is named only beyond 1 GiB."),
     .recognises = recognises,
     .read = read});

}  // namespace

}  // namespace assay::import::likwid_bench
