#pragma once
/// @file
/// How the supervisors of different hosts tell each other at once that a rank failed: a UDP
/// datagram to each.
///
/// Beside PMIx, because its events do not get there: Open MPI 4.1.4 hangs on one that is to leave
/// the host, Slurm 22.05 forwards none. Not reliable: a notice that a firewall swallows costs the
/// run the rest of its timeout, no more.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probes/network/row_pipe.hpp"

namespace assay::network {

class NoticeBox {
 public:
  NoticeBox();
  ~NoticeBox();
  NoticeBox(const NoticeBox&) = delete;
  NoticeBox& operator=(const NoticeBox&) = delete;

  /// Where and under which secret notices reach this box, one word for send(). Empty: nowhere.
  [[nodiscard]] std::string address() const;
  /// To another box, about the launch of this number. Never blocks, never throws.
  void send(const std::string& address, int launch, const Failure& failure) const;
  /// What has arrived about this launch, if anything. Never blocks.
  [[nodiscard]] std::optional<Failure> receive(int launch) const;

 private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::uint64_t secret_ = 0;  ///< Whoever does not know it is not heard.
};

}  // namespace assay::network
