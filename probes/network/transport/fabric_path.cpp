#include "probes/network/transport/fabric_path.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <tuple>
#include <utility>

#include "probes/core/errors.hpp"

namespace assay::network {

namespace {

struct Family {
  std::string_view name;  ///< The whole provider name.
  int order;
  std::string_view reason;
};

/// Providers of real networks first, then TCP; ofi_rxd (datagrams) and sockets are last resorts.
constexpr std::array families = {
    Family{"verbs;ofi_rxm", 10, "RDMA over InfiniBand or RoCE"},
    Family{"efa", 11, "Amazon's elastic fabric adapter"},
    Family{"cxi", 12, "HPE Slingshot"},
    Family{"psm3", 13, "Intel Ethernet fabric"},
    Family{"psm2", 14, "Omni-Path"},
    Family{"opx", 15, "Omni-Path"},
    Family{"psm", 16, "True Scale"},
    Family{"net", 20, "native reliable datagrams over TCP, without the rxm layer"},
    Family{"tcp", 20, "native reliable datagrams over TCP, without the rxm layer"},
    Family{"tcp;ofi_rxm", 30, "TCP under the rxm layer"},
    Family{"net;ofi_rxm", 31, "TCP under the rxm layer"},
    Family{"shm", 40, "shared memory: only inside a host"},
    Family{"sockets", 50, "superseded by tcp"},
};
constexpr Family unknown_family{"", 60, "not in the order of preference"};

const Family& family_of(std::string_view provider) {
  const auto found = std::find_if(families.begin(), families.end(),
                                  [&](const Family& family) { return family.name == provider; });
  return found == families.end() ? unknown_family : *found;
}

int order_of(std::string_view provider, bool one_host) {
  if (provider == "shm") return one_host ? 0 : 1000;
  return family_of(provider).order;
}

bool has_ip_network(const FabricPath& path) {
  return path.fabric.find('/') != std::string::npos;
}

std::string names_of(const std::vector<FabricPath>& paths) {
  std::set<std::string> names;
  for (const FabricPath& path : paths) names.insert(path.provider);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

bool FabricPath::is_loopback() const {
  return domain == "lo" || fabric.starts_with("127.") || fabric.starts_with("::1");
}
bool FabricPath::is_link_local() const {
  return fabric.starts_with("fe80:");
}

bool provider_matches(std::string_view provider, std::string_view wanted) {
  return provider == wanted || provider.substr(0, provider.find(';')) == wanted;
}

std::vector<FabricPath> ranked_paths(std::vector<FabricPath> paths, bool one_host,
                                     std::string_view wanted) {
  std::erase_if(paths, [&](const FabricPath& path) {
    if (!wanted.empty() && !provider_matches(path.provider, wanted)) return true;
    if (path.is_link_local()) return true;
    return !one_host && (path.provider == "shm" || path.is_loopback());
  });
  // Inside a host the loopback, which no cable limits; IPv4 first, because libfabric lists it
  // first.
  const auto key = [&](const FabricPath& path) {
    const bool off_loopback = one_host && has_ip_network(path) && !path.is_loopback();
    const bool inexact = !wanted.empty() && path.provider != wanted;
    return std::tuple(inexact, order_of(path.provider, one_host), off_loopback,
                      -path.megabits_per_second);
  };
  std::stable_sort(paths.begin(), paths.end(),
                   [&](const FabricPath& a, const FabricPath& b) { return key(a) < key(b); });
  return paths;
}

std::string preference_reason(std::string_view provider, bool one_host) {
  if (provider == "shm" && one_host) return "shared memory inside the host";
  return std::string(family_of(provider).reason);
}

PathChoice choose_path(const std::vector<std::vector<FabricPath>>& of_ranks,
                       std::string_view wanted) {
  const auto everywhere = [&](const auto& accepts) {
    return std::all_of(of_ranks.begin(), of_ranks.end(), [&](const std::vector<FabricPath>& paths) {
      return std::any_of(paths.begin(), paths.end(), accepts);
    });
  };
  for (const FabricPath& path : of_ranks.front())
    if (everywhere([&](const FabricPath& other) {
          return other.provider == path.provider && other.fabric == path.fabric;
        }))
      return {path.provider, path.fabric};
  for (const FabricPath& path : of_ranks.front())
    if (everywhere([&](const FabricPath& other) { return other.provider == path.provider; }))
      return {path.provider, ""};
  if (!wanted.empty())
    throw UsageError(
        fmt::format("provider \"{}\" cannot connect these ranks; `assay list providers` shows "
                    "what there is",
                    wanted));
  const char* const filter = std::getenv("FI_PROVIDER");
  throw RunError(fmt::format(
      "no libfabric provider connects all ranks; rank 0 has: {}{}", names_of(of_ranks.front()),
      filter && *filter ? fmt::format("; FI_PROVIDER={} restricts libfabric", filter) : ""));
}

std::string encode_paths(const std::vector<FabricPath>& paths, std::size_t limit) {
  std::string text;
  for (const FabricPath& path : paths) {
    const std::string line = fmt::format("{}\t{}\n", path.provider, path.fabric);
    if (text.size() + line.size() > limit) break;
    text += line;
  }
  return text;
}

std::vector<FabricPath> decode_paths(std::string_view text) {
  std::vector<FabricPath> paths;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    FabricPath path;
    path.provider = line.substr(0, tab);
    path.fabric = line.substr(tab + 1);
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace assay::network
