#include "benchmarks/collectives/collective.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "benchmarks/collectives/sizes.hpp"
#include "benchmarks/collectives/step_costs.hpp"
#include "benchmarks/collectives/timing.hpp"
#include "benchmarks/collectives/verification.hpp"
#include "probes/core/statistics.hpp"
#include "probes/host/topology.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/network/transport/traffic.hpp"

namespace assay::collectives {
namespace {

using network::ElementType;
using network::RankContext;

Seconds time_per_size(Profile profile) {
  return profile == Profile::quick ? 15_ms : 200_ms;
}

/// A call with its memory.
class Buffers {
 public:
  Buffers(network::Communicator& communicator, const Collective& collective, std::size_t count,
          ElementType type)
      : call_{.bytes = count * network::size_of(type), .type = type} {
    const CollectiveSizes sizes = collective.sizes(communicator, call_);
    call_.in = in_.get(std::max<std::size_t>(sizes.in, 1)).first(sizes.in);
    call_.out = out_.get(std::max<std::size_t>(sizes.out, 1)).first(sizes.out);
  }
  void fill(int rank, int iteration) {
    fill_exact(in_.get(call_.in.size()), call_.type, call_.operation, rank, iteration);
    std::fill(call_.out.begin(), call_.out.end(), std::byte{0xa5});
  }
  [[nodiscard]] const CollectiveCall& call() const { return call_; }
  [[nodiscard]] std::string check(network::Communicator& communicator, const Collective& collective,
                                  int iteration) const {
    std::vector<std::byte> expected(call_.out.size());
    collective.expected(communicator, call_, iteration, expected);
    const auto wrong = std::mismatch(expected.begin(), expected.end(), call_.out.begin());
    if (wrong.first == expected.end()) return {};
    return fmt::format("byte {} of {} is wrong", wrong.first - expected.begin(), expected.size());
  }

 private:
  Scratch in_, out_;
  CollectiveCall call_;
};

class CollectiveSweep {
 public:
  CollectiveSweep(RankContext& context, const Collective& collective)
      : context_(context), communicator_(context.communicator), collective_(collective) {}

  void run() {
    // What does not fit is said first; then everything else is timed.
    const Bytes cap = discover_machine().memory_cap;
    std::vector<Bytes> sizes;
    for (const Bytes size : sizes_from(context_.setting("bytes"), context_.profile)) {
      if (!context_.round.wants(row("time", unit::seconds, size))) continue;
      const Bytes needed = 6 * size * ranks_of_host();
      std::string complaint;
      if (needed > cap)
        complaint =
            fmt::format("needs {}, this host has {}", format_bytes(needed), format_bytes(cap));
      complaint = agree(communicator_, complaint);
      if (complaint.empty()) {
        sizes.push_back(size);
      } else {
        context_.sink.put(without_value(row("time", unit::seconds, size), skipped(complaint)));
      }
    }
    if (sizes.empty()) return;
    const Bytes largest = *std::max_element(sizes.begin(), sizes.end());
    if (communicator_.size() > 1)
      costs_ = measure_step_costs(communicator_,
                                  {.largest = std::min(largest, 16_MiB),
                                   .budget = std::max(context_.round.share(300_ms), 80_ms)});
    double done = 0;
    for (const Bytes size : sizes) {
      context_.progress(0.1 + 0.9 * done++ / static_cast<double>(sizes.size()),
                        fmt::format("{} {}", collective_.about.name, format_bytes(size)));
      measure(size);
    }
  }

 private:
  int ranks_of_host() const {
    int ranks = 0;
    for (int rank = 0; rank < communicator_.size(); ++rank)
      ranks += communicator_.place(rank).node == communicator_.place(communicator_.rank()).node;
    return ranks;
  }

  Record row(std::string_view metric, std::string_view unit, Bytes size) const {
    Record record = context_.row("collective." + collective_.about.name, metric, unit);
    record.bytes = static_cast<std::int64_t>(size.value());
    record.dtype = "f32";
    record.operation = collective_.reduces ? "sum" : "";
    record.algorithm = collective_.about.name;
    record.topology = collective_.topology;
    return record;
  }

  void measure(Bytes size) {
    const std::size_t count = std::max<std::size_t>(to_size(size) / 4, 1);
    std::string complaint = verify(communicator_, collective_, count, ElementType::f32, scratch_);
    Buffers buffers(communicator_, collective_, count, ElementType::f32);
    buffers.fill(communicator_.rank(), 3);
    CallTimes times;
    network::Traffic sent;
    if (complaint.empty()) {
      const network::Traffic before = communicator_.sent();
      collective_.run(communicator_, buffers.call(), scratch_);
      sent = communicator_.sent() - before;
      times = time_calls(communicator_,
                         {.budget = context_.round.share(time_per_size(context_.profile))},
                         [&] { collective_.run(communicator_, buffers.call(), scratch_); });
      complaint = agree(communicator_, buffers.check(communicator_, collective_, 3));
    }
    if (!complaint.empty()) {
      context_.sink.put(without_value(row("time", unit::seconds, size), incorrect(complaint)));
      return;
    }
    const Record time = with_samples(row("time", unit::seconds, size), times.global);
    context_.sink.put(time);
    if (communicator_.size() < 2) return;
    const Seconds predicted = costs_.predict(collective_.cost(shape_of(communicator_, size)), size);
    context_.sink.put(
        with_samples(row("predicted_time", unit::seconds, size), {predicted.value()}));
    context_.sink.put(with_samples(row("measured_to_predicted", unit::one, size),
                                   {time.median / predicted.value()}));
    network::put_traffic(context_.sink, row("", unit::one, size),
                         communicator_.sum_over_ranks(sent));
  }

  RankContext& context_;
  network::Communicator& communicator_;
  const Collective& collective_;
  LaneCosts costs_;
  Scratch scratch_;
};

}  // namespace

std::string verify(network::Communicator& communicator, const Collective& collective,
                   std::size_t count, ElementType type, Scratch& scratch) {
  Buffers buffers(communicator, collective, count, type);
  std::string complaint;
  for (const int iteration : {0, 1}) {
    buffers.fill(communicator.rank(), iteration);
    if (communicator.size() > 1 || !buffers.call().out.empty())
      collective.run(communicator, buffers.call(), scratch);
    if (complaint.empty()) complaint = buffers.check(communicator, collective, iteration);
  }
  return agree(communicator, complaint);
}

bool add_collective(Collective collective) {
  const std::string name = collective.about.name;
  network::RankProbe probe{
      .about = {.kind = "collective",
                .name = "collective." + name,
                .summary = collective.about.summary,
                .metrics = {{"time", "s", "From the agreed start to the last rank's end, per call.",
                             Better::lower},
                            {"predicted_time", "s",
                             "From the step costs measured in the same launch.", Better::neither},
                            {"measured_to_predicted", "1",
                             "Median time over predicted time; above 1.3 is a finding.",
                             Better::neither},
                            network::messages_metric("all ranks in one call"),
                            network::bytes_sent_metric("all ranks in one call")},
                .verification = collective.about.verification,
                .settings = {{"bytes", "Sizes, e.g. 8B,16KiB,4MiB", "the profile's"}}},
      .ranks_min = 1,
      .expected_time =
          [](int, Profile profile) {
            return 0.5_s + 2.5 * time_per_size(profile) *
                               static_cast<double>(sizes_from("", profile).size());
          },
      .run =
          [name](RankContext& context) {
            CollectiveSweep(context, *Registry<Collective>::find(name)).run();
          },
      .check_settings =
          [](const network::SettingLookup& setting, Profile profile) {
            static_cast<void>(sizes_from(setting("bytes"), profile));
          }};
  return Registry<Collective>::add(std::move(collective)) &&
         Registry<network::RankProbe>::add(std::move(probe));
}

}  // namespace assay::collectives
