/// @file
/// network.settings: which provider settings make messages between ranks of this host faster, and
/// by how much.
///
/// Each setting is tried against the default in interleaved pairs of fresh launches (a provider
/// reads its settings only once per process); the ratio is taken within each pair, so that a drift
/// of the machine cancels. One process per host runs it. Not measured: settings that matter only
/// between hosts.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/statistics.hpp"
#include "probes/host/probe.hpp"
#include "probes/network/launch/launch.hpp"
#include "probes/network/message_patterns.hpp"
#include "probes/network/providers.hpp"

namespace assay::network {

namespace {

constexpr std::string_view settings_name = "network.settings";
constexpr std::size_t sizes[] = {1024, std::size_t{64} << 10, std::size_t{1} << 20};

struct Setting {
  const char* provider;
  const char* name;
  const char* value;
  [[nodiscard]] std::string text() const { return fmt::format("{}={}", name, value); }
};

/// Those known to matter, from the providers' manual pages and their users' reports.
constexpr Setting settings[] = {
    {"shm", "FI_SHM_DISABLE_CMA", "1"},
    {"shm", "FI_SHM_SAR_THRESHOLD", "1048576"},
    {"tcp;ofi_rxm", "FI_OFI_RXM_BUFFER_SIZE", "65536"},
    {"tcp;ofi_rxm", "FI_OFI_RXM_SAR_LIMIT", "1048576"},
    {"tcp;ofi_rxm", "FI_OFI_RXM_USE_SRX", "1"},
};

/// Median one-way time by size, of one launch; empty when a payload was wrong.
std::map<std::size_t, double> launch(Job& job, const std::string& provider,
                                     std::vector<std::pair<std::string, std::string>> environment) {
  Job::Options options;
  options.provider = provider;
  options.environment = std::move(environment);
  RecordList rows;
  job.run(2, options, rows, [](Communicator& c, RecordSink& sink, const auto&) {
    MessageBuffers buffers(sizes[std::size(sizes) - 1], false);
    for (const std::size_t size : sizes) {
      const Visit visit{.pattern = Pattern::ping_pong,
                        .size = size,
                        .iterations = size > 100'000 ? 60 : 200,
                        .warmup = 20,
                        .seed = size};
      const VisitResult result = run_visit(c, 1 - c.rank(), c.rank() == 0, visit, buffers);
      Record row;
      row.bytes = static_cast<std::int64_t>(size);
      if (c.rank() == 0 && result.is_correct) sink.put(with_samples(row, result.times));
    }
  });
  std::map<std::size_t, double> medians;
  for (const Record& row : rows.records) medians[static_cast<std::size_t>(row.bytes)] = row.median;
  return medians;
}

bool is_here(const std::string& provider) {
  return std::any_of(host_paths().begin(), host_paths().end(),
                     [&](const FabricPath& path) { return path.provider == provider; });
}

void try_setting(NodeContext& context, Job& job, const Setting& setting, int pairs) {
  const auto key = [&](std::string_view metric, std::string_view unit, std::size_t size) {
    Record row = context.row(settings_name, metric, unit);
    row.provider = setting.provider;
    row.operation = setting.text();
    row.ranks = 2;
    row.bytes = static_cast<std::int64_t>(size);
    return row;
  };
  if (!is_here(setting.provider)) {
    context.sink.put(
        without_value(key("speedup", unit::one, sizes[0]), unsupported("no such provider here")));
    return;
  }
  std::map<std::size_t, std::vector<double>> ratios, with_setting;
  for (int pair = 0; pair < pairs; ++pair) {
    throw_if_interrupted();
    auto plain = launch(job, setting.provider, {});
    auto set = launch(job, setting.provider, {{setting.name, setting.value}});
    for (const std::size_t size : sizes) {
      if (!plain.contains(size) || !set.contains(size)) continue;
      ratios[size].push_back(plain[size] / set[size]);
      with_setting[size].push_back(set[size]);
    }
  }
  for (const std::size_t size : sizes) {
    if (ratios[size].empty()) {
      context.sink.put(
          without_value(key("speedup", unit::one, size),
                        incorrect("the payload that arrived is not the one that was sent")));
      continue;
    }
    context.sink.put(with_samples(key("speedup", unit::one, size), ratios[size]));
    context.sink.put(with_samples(key("time", unit::seconds, size), with_setting[size]));
  }
}

int pairs_of(Profile profile) {
  return by_profile(profile, 0, 7, 15);
}

void run_settings(NodeContext& context) {
  if (context.profile == Profile::quick) {
    context.sink.put(without_value(context.row(settings_name, "speedup", unit::one),
                                   skipped("not part of the quick profile")));
    return;
  }
  const auto job = make_local_job(2);
  double done = 0;
  for (const Setting& setting : settings) {
    if (context.progress)
      context.progress(done++ / static_cast<double>(std::size(settings)), setting.text());
    try_setting(context, *job, setting, pairs_of(context.profile));
  }
}

const bool settings_registered = Registry<NodeProbe>::add(
    {.about = {.kind = "probe",
               .name = std::string(settings_name),
               .summary =
                   "Provider settings that make messages inside a host faster, and by how much.",
               .metrics = {{"speedup", "1",
                            "Default time over the time with the setting, per pair of launches.",
                            Better::higher},
                           {"time", "s",
                            "One way, with the setting; a sample is the median of a launch.",
                            Better::lower}},
               .verification = "every payload is compared byte by byte"},
     .expected_time =
         [](const Machine&, Profile profile) {
           return Seconds(0.8) * (pairs_of(profile) * static_cast<double>(std::size(settings))) +
                  0.01_s;
         },
     .run = run_settings,
     // Its replicates are the pairs of launches it makes itself.
     .is_headline = [](const Record&) { return false; }});

}  // namespace

}  // namespace assay::network
