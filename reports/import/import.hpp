#pragma once
/// @file
/// Measurements made elsewhere, as a run: the same fits and the same cost for a user who has only a
/// log.
///
///   run directory        as it is
///   ranks,time CSV       one line per launch, time in s; more columns: nodes, scaling (strong,
///   weak) OSU micro-benchmarks text output: latency -> network.alpha_beta, *_bw -> its rate,
///   collectives -> collective.* nccl-tests           text output: collective.*, ranks from its
///   rank list; wrong results -> incorrect Google Benchmark     JSON: step_time; ranks from
///   "ranks:8" in the name, else from threads
///
/// What a log does not say (host, provider, ranks of an OSU collective) stays empty; the run says
/// what it is made of.

#include <filesystem>
#include <string>
#include <vector>

#include "probes/run/run_directory.hpp"

namespace assay::import {

/// Reads any of the above. Throws InputError that names file, line and what was expected.
[[nodiscard]] RunData read_any(const std::filesystem::path& path);
/// Several of them as one run, e.g. one log per rank count. @pre not empty
[[nodiscard]] RunData read_all(const std::vector<std::filesystem::path>& paths);

[[nodiscard]] std::vector<Record> read_times_csv(const std::filesystem::path& file);
[[nodiscard]] std::vector<Record> read_osu(const std::filesystem::path& file);
[[nodiscard]] std::vector<Record> read_nccl_tests(const std::filesystem::path& file);
[[nodiscard]] std::vector<Record> read_google_benchmark(const std::filesystem::path& file);

}  // namespace assay::import
