#pragma once
/// @file
/// How the supervisors of different hosts tell each other at once that a rank failed: a datagram to
/// each. One that is lost costs the run the rest of its timeout, no more.

#include <optional>
#include <string>

#include "probes/network/launch/mailbox.hpp"
#include "probes/network/launch/row_pipe.hpp"

namespace assay::network {

class NoticeBox {
 public:
  [[nodiscard]] std::string address() const { return mailbox_.address(); }
  /// To another box, about the launch of this number. Never blocks, never throws.
  void send(const std::string& address, int launch, const Failure& failure) const;
  /// What has arrived about this launch, if anything. Never blocks.
  [[nodiscard]] std::optional<Failure> receive(int launch) const;

 private:
  Mailbox mailbox_;
};

}  // namespace assay::network
