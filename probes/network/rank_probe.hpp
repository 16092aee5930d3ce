#pragma once
/// @file
/// A probe or workload that needs several ranks: network.*, collective.*, workload.*.
/// All ranks call `run`; rank 0's rows are kept, the others' sinks drop what they are given.

#include <functional>
#include <string>

#include "probes/core/profile.hpp"
#include "probes/core/record_sink.hpp"
#include "probes/core/registry.hpp"
#include "probes/core/round.hpp"
#include "probes/network/transport/communicator.hpp"
#include "probes/network/transport/waiting.hpp"

namespace assay::network {

/// An option's value by name, empty when it was not given.
using SettingLookup = std::function<std::string(const std::string& key)>;

struct RankContext {
  Communicator& communicator;
  Profile profile;
  /// On rank 0 it leads to the run directory, elsewhere nowhere.
  RecordSink& sink;
  std::function<void(double fraction, const std::string& step)> progress;
  /// Options of the command by name ("bytes", "algorithm", ...), empty when not given. Equal on all
  /// ranks.
  SettingLookup setting;
  /// Which replicate this is; stands in the launch column.
  int launch = 1;
  /// The user named the provider: nothing else is to be measured.
  bool provider_is_forced = false;
  /// More ranks than cores: rows are to be marked untrusted.
  bool oversubscribed = false;
  /// Which round of the run this is, and which points it asks for. Equal on all ranks.
  Round round = {};

  /// A row that names probe, host of rank 0, nodes, ranks, provider and launch, and is marked when
  /// oversubscribed (by the sink).
  [[nodiscard]] Record row(std::string_view probe, std::string_view metric,
                           std::string_view unit) const;
};

struct RankProbe {
  Description about;  ///< kind = "probe", "collective" or "workload"
  int ranks_min = 2;
  int ranks_max = 0;  ///< 0: any number
  std::function<Seconds(int ranks, Profile)> expected_time;
  std::function<void(RankContext&)> run;
  /// Throws UsageError for settings that it would refuse: asked before any probe of the plan runs,
  /// so that a wrong name does not cost a finished measurement. May be empty.
  std::function<void(const SettingLookup& setting, Profile profile)> check_settings = {};
  /// Instead of expected_time, where the settings decide. May be empty.
  std::function<Seconds(int ranks, Profile, const SettingLookup& setting)> expected_for = {};
  /// Its ranks sleep where others compute, so more ranks than cores do not distort it.
  bool sleeps = false;
  Waiting waiting = Waiting::block;
  /// Only when it is named: `assay run`, and `assay suite` without names, leave it out.
  bool on_request = false;
  /// The points that every round measures; all when empty. The others are measured in the first
  /// round, and again where time is left and their interval is wide.
  std::function<bool(const Record& row)> is_headline = {};
};

}  // namespace assay::network
