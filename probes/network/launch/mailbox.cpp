#include "probes/network/launch/mailbox.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <sstream>
#include <vector>

namespace assay::network {

namespace {

/// Of this host's devices; the loopback's last, for supervisors of one host without a network.
std::vector<std::string> own_addresses() {
  std::vector<std::string> addresses, loopback;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  for (const ifaddrs* device = list; device; device = device->ifa_next) {
    if (!device->ifa_addr || device->ifa_addr->sa_family != AF_INET) continue;
    if ((device->ifa_flags & IFF_UP) == 0) continue;
    sockaddr_in address{};
    std::memcpy(&address, device->ifa_addr, sizeof address);
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    ((device->ifa_flags & IFF_LOOPBACK) ? loopback : addresses).emplace_back(text.data());
  }
  addresses.insert(addresses.end(), loopback.begin(), loopback.end());
  return addresses;
}

}  // namespace

Mailbox::Mailbox() {
  socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) return;  // Then deadlines must do.
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t length = sizeof address;
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
      getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0)
    port_ = ntohs(address.sin_port);
  std::random_device random;
  secret_ = (static_cast<std::uint64_t>(random()) << 32) | random();
}

Mailbox::~Mailbox() {
  if (socket_ >= 0) close(socket_);
}

std::string Mailbox::address() const {
  if (port_ == 0) return "";
  std::string text = fmt::format("{},{}", secret_, port_);
  for (const std::string& address : own_addresses()) text += "," + address;
  return text;
}

void Mailbox::send(const std::string& address, std::string_view bytes) const {
  std::istringstream in(address);
  std::uint64_t secret = 0;
  std::uint16_t port = 0;
  char comma = 0;
  if (socket_ < 0 || !(in >> secret >> comma >> port >> comma)) return;
  std::string datagram(reinterpret_cast<const char*>(&secret), sizeof secret);
  datagram += bytes.substr(0, longest);
  for (std::string host; std::getline(in, host, ',');) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &to.sin_addr) != 1) continue;
    static_cast<void>(sendto(socket_, datagram.data(), datagram.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&to), sizeof to));
  }
}

std::optional<std::string> Mailbox::receive() const {
  std::array<char, sizeof secret_ + longest> datagram{};
  while (true) {
    const ssize_t count = recv(socket_, datagram.data(), datagram.size(), 0);
    if (count < 0) return std::nullopt;
    const std::string_view all(datagram.data(), static_cast<std::size_t>(count));
    if (all.size() < sizeof secret_ || std::memcmp(all.data(), &secret_, sizeof secret_) != 0)
      continue;
    return std::string(all.substr(sizeof secret_));
  }
}

}  // namespace assay::network
