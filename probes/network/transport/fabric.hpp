#pragma once
/// @file
/// The libfabric transport: reliable datagrams (FI_EP_RDM) with tagged messages, one endpoint per
/// rank.
///
/// Small messages are injected (fi_tinject: no completion). All peers are connected before the
/// endpoint is handed out, in a fixed order, because simultaneous connects race in libfabric 1.17.
/// Every wait has a deadline and asks the Liveness, because most providers never report a dead
/// peer. Source of the calls' semantics: libfabric 1.17 man pages fi_endpoint(3), fi_tagged(3),
/// fi_cq(3), fi_mr(3). Not used: RMA, counters, multiple receives, device memory.

#include <memory>
#include <string>
#include <vector>

#include "probes/network/transport/control_block.hpp"
#include "probes/network/transport/endpoint.hpp"
#include "probes/network/transport/fabric_path.hpp"
#include "probes/network/transport/waiting.hpp"

namespace assay::network {

/// What fi_getinfo offers for our needs. Initialises libfabric in this process, which reads its
/// FI_* settings then: not to be called in a process that will fork ranks (providers.hpp asks in a
/// child).
[[nodiscard]] std::vector<FabricPath> fabric_paths();

/// What this libfabric calls TCP with native reliable datagrams: "net" in 1.17 and before, "tcp"
/// since 1.18.
[[nodiscard]] std::string_view native_tcp();

/// An endpoint that must be told to the others that this rank is about to leave.
class FabricEndpoint : public Endpoint {
 public:
  /// Collective: returns when every rank is here and all that was sent has left. Then it may be
  /// destroyed.
  virtual void finish() = 0;
  /// "net 117.0 on lo (127.0.0.1/32), inject 128 B": for provenance.
  [[nodiscard]] virtual std::string description() const = 0;
};

struct FabricOptions {
  std::string provider;    ///< Empty: the best for the places of the ranks.
  Seconds timeout = 20_s;  ///< Of set-up and of each wait.
  /// Ranks share cores: give the core away instead of spinning through the time slice.
  bool yield = false;
  Waiting waiting = Waiting::block;
};

/// Collective over the ranks of `places`. `bootstrap` and `liveness` outlive the endpoint.
/// Throws UsageError for an unknown provider, RunError when libfabric fails.
[[nodiscard]] std::shared_ptr<FabricEndpoint> open_fabric(int rank, std::vector<Place> places,
                                                          const FabricOptions& options,
                                                          Bootstrap& bootstrap, Liveness& liveness);

/// The same ranks over another provider, e.g. to measure tcp beside shm. Collective over `over`,
/// which outlives the result. Destroying it is collective too.
[[nodiscard]] std::unique_ptr<Communicator> open_fabric(Communicator& over,
                                                        const FabricOptions& options);

}  // namespace assay::network
