/// @file
/// gloo's all-reduce, timed by the same code as our own algorithms. Its ranks are forked by our
/// launcher and meet through a directory: assay_allreduce_gloo OUTPUT_DIRECTORY PROVIDER SIZES
/// SECONDS LAUNCH [RANKS]. gloo keeps a helper thread per rank, which competes for the rank's core;
/// that is how gloo runs.

#include <fmt/format.h>
#include <gloo/allreduce.h>
#include <gloo/math.h>
#include <gloo/rendezvous/context.h>
#include <gloo/rendezvous/file_store.h>
#include <gloo/transport/tcp/device.h>
#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "benchmarks/collectives/comparators/peer.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/network/launch/launch.hpp"

namespace assay::comparators {
namespace {

/// One context per job and one option object per size: what an application would keep.
class Gloo {
 public:
  Gloo(int rank, int size, const std::string& meeting_place)
      : context_(std::make_shared<gloo::rendezvous::Context>(rank, size)) {
    gloo::transport::tcp::attr attributes;
    attributes.hostname = "127.0.0.1";
    gloo::rendezvous::FileStore store(meeting_place);
    auto device = gloo::transport::tcp::CreateDevice(attributes);
    context_->connectFullMesh(store, device);
  }

  void run(std::span<const float> in, std::span<float> out) {
    auto& options = options_[in.size()];
    if (!options) {
      options = std::make_unique<gloo::AllreduceOptions>(context_);
      options->setInput(const_cast<float*>(in.data()), in.size());
      options->setOutput(out.data(), out.size());
      options->setReduceFunction([](void* result, const void* a, const void* b, std::size_t count) {
        gloo::sum<float>(result, a, b, count);
      });
    }
    gloo::allreduce(*options);
  }

 private:
  std::shared_ptr<gloo::rendezvous::Context> context_;
  std::map<std::size_t, std::unique_ptr<gloo::AllreduceOptions>> options_;
};

int run(int argc, char** argv) {
  int ranks = 0;
  if (argc == 7) ranks = std::atoi(argv[--argc]);
  const PeerOptions peer_options = parse_peer_options(argc, argv);
  std::string meeting_place =
      (std::filesystem::temp_directory_path() / "assay-gloo-XXXXXX").string();
  if (mkdtemp(meeting_place.data()) == nullptr) throw RunError("cannot make " + meeting_place);
  RecordList nothing;
  const auto job = network::Job::create(ranks);
  job->run(
      job->size(), {}, nothing, [&](network::Communicator& communicator, RecordSink&, const auto&) {
        Gloo gloo(communicator.rank(), communicator.size(), meeting_place);
        measure_peer(communicator, "gloo", peer_options,
                     [&](std::span<const float> in, std::span<float> out) { gloo.run(in, out); });
      });
  std::filesystem::remove_all(meeting_place);
  return 0;
}

}  // namespace
}  // namespace assay::comparators

int main(int argc, char** argv) {
  try {
    assay::install_interrupt_handlers();
    return assay::comparators::run(argc, argv);
  } catch (const std::exception& error) {
    std::fputs(fmt::format("gloo: {}\n", error.what()).c_str(), stderr);
    return 4;
  }
}
