#pragma once
/// @file
/// A node probe: what one machine can do. One process per host runs it, on cores it has for itself.

#include <functional>
#include <memory>
#include <string>

#include "probes/core/profile.hpp"
#include "probes/core/record_sink.hpp"
#include "probes/core/registry.hpp"
#include "probes/core/round.hpp"
#include "probes/host/topology.hpp"

namespace assay {

/// What a node probe gets. Everything it measures leaves through `sink`.
struct NodeContext {
  const Machine& machine;
  Profile profile;
  RecordSink& sink;
  /// Fraction of this probe that is done, and what it does now; for the progress bar.
  std::function<void(double fraction, const std::string& step)> progress;
  /// `--set key=value` of the user, e.g. "compute.peak_flops.time_cap"; empty when not set.
  std::function<std::string(const std::string& key)> setting;
  /// Which round of the run this is, and which points it asks for.
  Round round = {};
  /// What the probe found in an earlier round of this run and keeps; empty in the first.
  std::shared_ptr<void>* kept = nullptr;

  /// A row that already names the probe, this host, nodes = 1.
  [[nodiscard]] Record row(std::string_view probe, std::string_view metric,
                           std::string_view unit) const;
};

struct NodeProbe {
  Description about;  ///< kind = "probe"
  /// Expected wall time, for `--dry-run` and the ETA.
  std::function<Seconds(const Machine&, Profile)> expected_time;
  /// Puts its rows into context.sink. Throws only for broken runs; what this machine cannot do is a
  /// row.
  std::function<void(NodeContext&)> run;
  /// The points that every round measures; all when empty. The others are measured in the first
  /// round, and again where time is left and their interval is wide.
  std::function<bool(const Record& row)> is_headline = {};
};

}  // namespace assay
