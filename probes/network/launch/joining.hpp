#pragma once
/// @file
/// How the connections of a rendezvous come to be: rank 0 welcomes, the others join.
///
/// hello (rank 0: a nonce), join (nonce, rank, size, code over all of it), welcome (code over the
/// same) or refusal (a reason), then sealed frames: signs of life until all are there, then begin,
/// or the end with its reason.

#include <memory>
#include <vector>

#include "probes/network/launch/rendezvous.hpp"
#include "probes/network/launch/sealed_link.hpp"

namespace assay::network {

namespace frame_type {
constexpr char hello = 'H', join = 'J', welcome = 'W', refusal = 'R', life = 'l', begin = 'B',
               end = 'E', bring = 'c', all = 'm', failure = 'F', gone = 'G', goodbye = 'b';
}  // namespace frame_type

/// Connections by rank; none to rank 0 itself.
[[nodiscard]] std::vector<std::unique_ptr<SealedLink>> welcome_all(const Rendezvous::Plan& plan,
                                                                   Listener listener);
/// The connection to rank 0.
[[nodiscard]] std::unique_ptr<SealedLink> join_first(const Rendezvous::Plan& plan);

/// "rank 3" or "ranks 3, 5 and 7": at most eight of them, then how many more.
[[nodiscard]] std::string name_ranks(const std::vector<int>& ranks);

}  // namespace assay::network
