#include "probes/network/launch/introduction.hpp"

#include <fmt/format.h>
#include <time.h>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/host_name.hpp"
#include "probes/core/interrupt.hpp"

namespace assay::network {

namespace {

Listener listen_for(const std::vector<HostAddresses>& hosts) {
  const auto address = choose_listen_address(hosts);
  if (!address)
    throw RunError(
        fmt::format("host {} has no network address at which the other hosts could "
                    "reach it",
                    host_name()));
  const std::vector<SocketAddress> found = resolve({*address, 0});
  if (found.empty()) throw RunError(fmt::format("{} is no address here", *address));
  return Listener(found.front());
}

/// The name service of a container system may know a name only some seconds after its start.
Listener listen_at(const HostPort& at, Seconds patience) {
  for (const Deadline deadline(std::min(patience, 30_s));;) {
    const std::vector<SocketAddress> found = resolve(at);
    if (const auto own = local_one(found)) return Listener(*own);
    throw_if_interrupted();
    if (deadline.passed() || !found.empty())
      throw UsageError(fmt::format(
          "rank 0 runs on {}, which {}; expected the address of rank 0's own host", host_name(),
          found.empty() ? fmt::format("knows no address of {}", at.host)
                        : fmt::format("does not have the address of {} ({})", at.host,
                                      found.front().host())));
    const timespec nap{0, 200'000'000};
    nanosleep(&nap, nullptr);
  }
}

}  // namespace

std::unique_ptr<Rendezvous> introduce(ProcessManager& manager, Seconds patience, const Tell& tell) {
  Rendezvous::Plan plan{manager.rank(), manager.size(), JobKey::random(), {}, patience, tell};
  std::optional<Listener> listener;
  if (plan.size > 1) {
    std::vector<HostAddresses> hosts;
    for (const std::string& text : manager.share(encode(own_addresses()), patience))
      hosts.push_back(decode_addresses(text));
    std::string mine = "-";
    if (plan.rank == 0) {
      listener.emplace(listen_for(hosts));
      mine = to_text(listener->address()) + "," + plan.key.text();
    }
    const std::string first = manager.share(mine, patience).front();
    const std::size_t comma = first.find(',');
    if (comma == std::string::npos) throw RunError("rank 0 gave no address to meet at");
    plan.at = parse_host_port(first.substr(0, comma), "the address of rank 0");
    plan.key = JobKey::from_text(first.substr(comma + 1), "the key of rank 0");
  }
  manager.introduced();
  return Rendezvous::open(std::move(plan), std::move(listener));
}

std::unique_ptr<Rendezvous> meet_at(const HostPort& at, int rank, int size, JobKey key,
                                    Seconds patience, const Tell& tell) {
  std::optional<Listener> listener;
  if (rank == 0 && size > 1) listener.emplace(listen_at(at, patience));
  return Rendezvous::open({rank, size, std::move(key), at, patience, tell}, std::move(listener));
}

}  // namespace assay::network
