#include "probes/network/transport/fabric_info.hpp"

#include <fmt/format.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_errno.h>

#include <algorithm>
#include <fstream>

#include "probes/core/errors.hpp"

namespace assay::network {

namespace {

std::string text_or_empty(const char* text) {
  return text ? text : "";
}

double device_speed(const std::string& device) {
  double megabits = 0;
  std::ifstream(fmt::format("/sys/class/net/{}/speed", device)) >> megabits;
  return std::max(megabits, 0.0);
}

}  // namespace

void require_success(int result, const char* call, const std::string& provider) {
  if (result != 0)
    throw RunError(fmt::format("libfabric {}: {} failed: {}", provider, call,
                               fabric_library().strerror(-result)));
}

FabricInfo offered_info() {
  const FabricInfo hints(fabric_library().dupinfo(nullptr));  // What fi_allocinfo() does.
  if (!hints) throw RunError("libfabric: no memory");
  hints->caps = FI_TAGGED | FI_DIRECTED_RECV;
  hints->mode = FI_CONTEXT | FI_CONTEXT2;
  hints->ep_attr->type = FI_EP_RDM;
  hints->domain_attr->mr_mode = FI_MR_LOCAL | FI_MR_VIRT_ADDR | FI_MR_ALLOCATED | FI_MR_PROV_KEY;
  hints->domain_attr->threading = FI_THREAD_DOMAIN;
  hints->domain_attr->control_progress = FI_PROGRESS_MANUAL;
  hints->domain_attr->data_progress = FI_PROGRESS_MANUAL;
  hints->domain_attr->resource_mgmt = FI_RM_ENABLED;
  hints->tx_attr->msg_order = FI_ORDER_SAS;
  hints->rx_attr->msg_order = FI_ORDER_SAS;
  fi_info* found = nullptr;
  const auto version = FI_VERSION(FI_MAJOR_VERSION, FI_MINOR_VERSION);
  const int result = fabric_library().getinfo(version, nullptr, nullptr, 0, hints.get(), &found);
  if (result == -FI_ENODATA) return nullptr;
  require_success(result, "fi_getinfo", "");
  return FabricInfo(found);
}

bool wakes_up(std::string_view provider) {
  return provider == native_tcp() || provider.substr(0, 3) == "tcp";
}

FabricPath path_of(const fi_info& info) {
  FabricPath path;
  path.provider = text_or_empty(info.fabric_attr->prov_name);
  path.fabric = text_or_empty(info.fabric_attr->name);
  path.domain = text_or_empty(info.domain_attr->name);
  const auto version = info.fabric_attr->prov_version;
  path.version = fmt::format("{}.{}", FI_MAJOR(version), FI_MINOR(version));
  path.inject_size = info.tx_attr->inject_size;
  path.megabits_per_second = device_speed(path.domain);
  return path;
}

std::vector<FabricPath> fabric_paths() {
  std::vector<FabricPath> paths;
  const FabricInfo offered = offered_info();
  for (const fi_info* info = offered.get(); info; info = info->next)
    paths.push_back(path_of(*info));
  return paths;
}

std::string_view native_tcp() {
  return fabric_library().version() < FI_VERSION(1, 18) ? "net" : "tcp";
}

}  // namespace assay::network
