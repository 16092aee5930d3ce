#include "probes/network/launch/host_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <memory>
#include <sstream>

#include "probes/core/errors.hpp"
#include "probes/core/host_name.hpp"
#include "probes/network/launch/placement.hpp"

namespace assay::network {

namespace {

/// More than this many do not fit what process managers carry (PMI-1: 1024 bytes).
constexpr std::size_t most_addresses = 16;

/// The address's bytes in network order; empty when the text is none.
std::string bytes_of(const std::string& text) {
  std::array<char, sizeof(in6_addr)> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), sizeof(in_addr)};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), bytes.size()};
  return {};
}

bool is_in_network_of(const InterfaceAddress& a, const InterfaceAddress& b) {
  const std::string x = bytes_of(a.address), y = bytes_of(b.address);
  if (x.empty() || x.size() != y.size() || a.prefix != b.prefix) return false;
  for (int bit = 0; bit < a.prefix; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    if (at >= x.size()) return false;
    if ((((x[at] ^ y[at]) >> (7 - bit % 8)) & 1) != 0) return false;
  }
  return true;
}

int prefix_length(const sockaddr* mask) {
  int bits = 0;
  if (mask == nullptr) return 0;
  if (mask->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, mask, sizeof v4);
    bits = std::popcount(v4.sin_addr.s_addr);
  } else {
    sockaddr_in6 v6{};
    std::memcpy(&v6, mask, sizeof v6);
    for (const unsigned char byte : v6.sin6_addr.s6_addr) bits += std::popcount(byte);
  }
  return bits;
}

std::string digits_of(const sockaddr* address, socklen_t length) {
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(address, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return "";
  return text.data();
}

std::string network_stack() {
  std::array<char, 64> link{};
  const ssize_t count = readlink("/proc/self/ns/net", link.data(), link.size() - 1);
  std::string space;
  for (const char c :
       std::string_view(link.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))))
    if (c >= '0' && c <= '9') space += c;
  return machine_identity() + "-" + space;
}

}  // namespace

HostAddresses own_addresses() {
  HostAddresses own{network_stack(), {}};
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return own;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  for (const int family : {AF_INET, AF_INET6})
    for (const ifaddrs* device = list; device; device = device->ifa_next) {
      if (!device->ifa_addr || device->ifa_addr->sa_family != family) continue;
      if ((device->ifa_flags & IFF_UP) == 0 || own.addresses.size() >= most_addresses) continue;
      const socklen_t length = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
      const std::string address = digits_of(device->ifa_addr, length);
      if (address.empty() || address.find('%') != std::string::npos) continue;  // Link-local.
      own.addresses.push_back(
          {address, prefix_length(device->ifa_netmask), (device->ifa_flags & IFF_LOOPBACK) != 0});
    }
  return own;
}

std::string encode(const HostAddresses& host) {
  std::string text = host.stack;
  for (const InterfaceAddress& one : host.addresses)
    text += fmt::format(",{}/{}{}", one.address, one.prefix, one.is_loopback ? "l" : "");
  return text;
}

HostAddresses decode_addresses(std::string_view text) {
  HostAddresses host;
  std::istringstream in{std::string(text)};
  std::getline(in, host.stack, ',');
  for (std::string part; std::getline(in, part, ',');) {
    const std::size_t slash = part.find('/');
    if (slash == std::string::npos) continue;
    InterfaceAddress one{part.substr(0, slash), 0, part.ends_with('l')};
    const auto [end, error] =
        std::from_chars(part.data() + slash + 1, part.data() + part.size(), one.prefix);
    if (error == std::errc() && !bytes_of(one.address).empty()) host.addresses.push_back(one);
  }
  return host;
}

std::optional<std::string> choose_listen_address(const std::vector<HostAddresses>& hosts) {
  const HostAddresses& first = hosts.front();
  std::vector<const HostAddresses*> others;
  for (const HostAddresses& host : hosts)
    if (host.stack != first.stack) others.push_back(&host);
  if (others.empty()) return "127.0.0.1";
  const auto all_have = [&](const auto& accepts) {
    return std::ranges::all_of(others, [&](const HostAddresses* host) {
      return std::ranges::any_of(host->addresses, accepts);
    });
  };
  const auto is_elsewhere = [&](const InterfaceAddress& mine) {
    return std::ranges::any_of(others, [&](const HostAddresses* host) {
      return std::ranges::any_of(host->addresses, [&](const InterfaceAddress& theirs) {
        return theirs.address == mine.address;
      });
    });
  };
  std::optional<std::string> second_best;
  for (const InterfaceAddress& mine : first.addresses) {
    if (mine.is_loopback || is_elsewhere(mine)) continue;
    if (all_have([&](const InterfaceAddress& theirs) { return is_in_network_of(mine, theirs); }))
      return mine.address;
    if (!second_best) second_best = mine.address;
  }
  return second_best;
}

std::string full_host_name() {
  const std::string name = host_name();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_CANONNAME;
  addrinfo* list = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) return name;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  return list->ai_canonname ? list->ai_canonname : name;
}

HostPort parse_host_port(std::string_view text, std::string_view where) {
  const std::size_t colon = text.rfind(':');
  HostPort at;
  if (colon != std::string_view::npos) {
    at.host = text.substr(0, colon);
    if (at.host.size() > 2 && at.host.front() == '[' && at.host.back() == ']')
      at.host = at.host.substr(1, at.host.size() - 2);
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), at.port);
    if (error != std::errc() || end != port.data() + port.size()) at.port = 0;
  }
  if (at.host.empty() || at.port == 0)
    throw UsageError(fmt::format("{}: '{}'; expected HOST:PORT, such as n1:7077", where, text));
  return at;
}

std::string to_text(const HostPort& at) {
  return at.host.find(':') == std::string::npos ? fmt::format("{}:{}", at.host, at.port)
                                                : fmt::format("[{}]:{}", at.host, at.port);
}

std::string SocketAddress::host() const {
  return digits_of(get(), length);
}

std::uint16_t SocketAddress::port() const {
  // At the same place for both families.
  sockaddr_in v4{};
  std::memcpy(&v4, &storage, sizeof v4);
  return ntohs(v4.sin_port);
}

std::vector<SocketAddress> resolve(const HostPort& at) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(at.host.c_str(), std::to_string(at.port).c_str(), &hints, &list) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  std::vector<SocketAddress> found;
  for (const addrinfo* entry = list; entry; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    found.push_back(address);
  }
  return found;
}

std::optional<SocketAddress> local_one(const std::vector<SocketAddress>& addresses) {
  const HostAddresses own = own_addresses();
  for (const SocketAddress& address : addresses) {
    const std::string host = address.host();
    const bool is_own =
        host.starts_with("127.") ||
        std::ranges::any_of(own.addresses, [&](const auto& one) { return one.address == host; });
    if (is_own) return address;
  }
  return std::nullopt;
}

}  // namespace assay::network
