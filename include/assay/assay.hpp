#pragma once
/// @file
/// Assay as a library: your workload in its study, your kernel under its roofline.
///
///   find_package(assay CONFIG REQUIRED)
///   target_link_libraries(mine PRIVATE assay::main)     # or assay::assay with a main of your own
///
/// - A workload: fill a network::RankProbe and add it, `Registry<network::RankProbe>::add(...)`, in
///   any source file of a program that links assay::main. That program is `assay` with your
///   workload in `list`, `suite` and `run`, in strong and weak scaling, fits and report.
/// - A kernel: mark it with Region. In a workload its rows come by themselves; in a program of your
///   own between the construction and write() of a RegionRun.
/// Only the standard library is needed to compile these headers.

// What a workload is, gets and gives.
#include "probes/core/errors.hpp"
#include "probes/core/outcome.hpp"
#include "probes/core/record.hpp"
#include "probes/core/registry.hpp"
#include "probes/core/units.hpp"
#include "probes/network/rank_probe.hpp"

// What only one host is measured by.
#include "probes/host/probe.hpp"

// Timing over ranks, and all-reduce.
#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/timing.hpp"

// Markers.
#include "probes/counters/region_counter.hpp"
#include "probes/host/region_run.hpp"
#include "probes/run/region.hpp"

// The program.
#include "probes/cli/program.hpp"
