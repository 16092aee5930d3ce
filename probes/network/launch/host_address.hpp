#pragma once
/// @file
/// Network addresses: those of this host, and the one on which a job's traffic goes.

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::network {

struct InterfaceAddress {
  std::string address;  ///< "10.0.0.4" or "fd00::4".
  int prefix = 0;       ///< Bits of it that name the network.
  bool is_loopback = false;
};

/// What the others must know of a host to choose where it listens.
struct HostAddresses {
  std::string stack;  ///< Of one network stack: the kernel and its network namespace.
  std::vector<InterfaceAddress> addresses;
};

/// Of the devices that are up, without link-local ones; in the kernel's order, IPv4 first.
[[nodiscard]] HostAddresses own_addresses();

/// One word. `decode` takes what `encode` gave, and leaves out what is damaged.
[[nodiscard]] std::string encode(const HostAddresses& host);
[[nodiscard]] HostAddresses decode_addresses(std::string_view text);

/// Where the first host is to listen for all of them: the loopback when all are one network stack;
/// else the first of its addresses in a network that all share, else the first that is nobody
/// else's (bridges of containers have the same everywhere). Nothing when it has none.
[[nodiscard]] std::optional<std::string> choose_listen_address(
    const std::vector<HostAddresses>& hosts);

/// This host's name with its domain, where the name service knows one.
[[nodiscard]] std::string full_host_name();

/// "HOST:PORT" or "[ADDRESS]:PORT". Throws UsageError, naming `where` it stands.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] HostPort parse_host_port(std::string_view text, std::string_view where);
[[nodiscard]] std::string to_text(const HostPort& at);

/// A socket's address.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] std::string host() const;  ///< As digits.
  [[nodiscard]] std::uint16_t port() const;
};

/// What the name resolves to now; empty when it does not. The resolver has deadlines of its own.
[[nodiscard]] std::vector<SocketAddress> resolve(const HostPort& at);
/// The first that is an address of this host.
[[nodiscard]] std::optional<SocketAddress> local_one(const std::vector<SocketAddress>& addresses);

}  // namespace assay::network
