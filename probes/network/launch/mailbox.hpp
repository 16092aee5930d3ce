#pragma once
/// @file
/// Datagrams (UDP) between the processes of one job on different hosts.
///
/// For what PMIx does not bring there: of its events Open MPI 4.1.4 hangs on one that is to leave
/// the host, Slurm 22.05 forwards none. Not reliable: what a firewall swallows is not heard.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay::network {

class Mailbox {
 public:
  Mailbox();
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Where and under which secret datagrams reach this box, one word for send(). Empty: nowhere.
  [[nodiscard]] std::string address() const;
  /// To another box, by each of its host's addresses: it may come more than once. At most `longest`
  /// bytes, the rest is cut. Never blocks, never throws. From any thread.
  void send(const std::string& address, std::string_view bytes) const;
  /// The next one that came with our secret, if any. Never blocks.
  [[nodiscard]] std::optional<std::string> receive() const;

  static constexpr std::size_t longest = 1384;  ///< In one packet of any Ethernet.

 private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::uint64_t secret_ = 0;  ///< Whoever does not know it is not heard.
};

}  // namespace assay::network
