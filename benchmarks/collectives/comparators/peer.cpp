#include "benchmarks/collectives/comparators/peer.hpp"

#include <fmt/format.h>

#include <memory>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/sizes.hpp"
#include "benchmarks/collectives/timing.hpp"
#include "benchmarks/collectives/verification.hpp"
#include "probes/core/errors.hpp"
#include "probes/host/topology.hpp"
#include "probes/run/run_directory.hpp"

namespace assay::comparators {

using network::ElementType;
using network::Operation;

PeerOptions parse_peer_options(int argc, char** argv) {
  if (argc != 6)
    throw UsageError(
        "expected DIRECTORY PROVIDER SIZES SECONDS LAUNCH, e.g. out net 8B,4MiB 0.2s 1");
  return {.directory = argv[1],
          .provider = argv[2],
          .sizes = collectives::sizes_from(argv[3], Profile::quick),
          .per_point = parse_seconds(argv[4], "SECONDS"),
          .launch = argv[5]};
}

int core_of(int local_rank) {
  const Machine machine = discover_machine();
  const auto& cores = machine.one_pu_per_core;
  return cores[static_cast<std::size_t>(local_rank) % cores.size()];
}

void pin_rank(int local_rank) {
  const int pu = core_of(local_rank);
  if (!pin_this_thread(pu)) throw RunError(fmt::format("cannot pin a rank to PU {}", pu));
}

void measure_peer(network::Communicator& communicator, const std::string& name,
                  const PeerOptions& options, const FloatAllReduce& all_reduce) {
  std::unique_ptr<RunWriter> writer;
  if (communicator.rank() == 0) writer = std::make_unique<RunWriter>(options.directory, true);
  collectives::Scratch in_memory, out_memory;
  for (const Bytes size : options.sizes) {
    const std::size_t count = std::max<std::size_t>(1, to_size(size) / sizeof(float));
    const std::span<std::byte> in = in_memory.get(count * sizeof(float)),
                               out = out_memory.get(count * sizeof(float));
    const std::span<const float> from(reinterpret_cast<const float*>(in.data()), count);
    const std::span<float> to(reinterpret_cast<float*>(out.data()), count);
    collectives::fill_exact(in, ElementType::f32, Operation::sum, communicator.rank(), 3);
    const collectives::CallTimes times = collectives::time_calls(
        communicator, {.budget = options.per_point}, [&] { all_reduce(from, to); });
    const std::string complaint = collectives::agree(
        communicator,
        collectives::check_exact(out, ElementType::f32, Operation::sum, communicator.size(), 3));
    if (!writer) continue;
    Record row;
    row.probe = "collective.allreduce";
    row.metric = "time";
    row.unit = unit::seconds;
    row.host = communicator.place(0).host;
    row.nodes = communicator.place(communicator.size() - 1).node + 1;
    row.ranks = communicator.size();
    row.bytes = static_cast<std::int64_t>(count * sizeof(float));
    row.dtype = "f32";
    row.operation = "sum";
    row.provider = options.provider;
    row.algorithm = name;
    row.launch = options.launch;
    writer->put(complaint.empty() ? with_samples(row, times.global)
                                  : without_value(row, incorrect(complaint)));
  }
  if (writer) writer->finish("complete");
}

}  // namespace assay::comparators
