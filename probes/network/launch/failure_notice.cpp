#include "probes/network/launch/failure_notice.hpp"

#include <algorithm>
#include <cstring>

#include "probes/core/errors.hpp"

namespace assay::network {

void NoticeBox::send(const std::string& address, int launch, const Failure& failure) const {
  Failure brief = failure;
  brief.message.resize(std::min<std::size_t>(brief.message.size(), 1000));
  std::string notice(reinterpret_cast<const char*>(&launch), sizeof launch);
  mailbox_.send(address, notice + encode(brief));
}

std::optional<Failure> NoticeBox::receive(int launch) const {
  while (const auto notice = mailbox_.receive()) {
    int its_launch = 0;
    if (notice->size() < sizeof its_launch) continue;
    std::memcpy(&its_launch, notice->data(), sizeof its_launch);
    if (its_launch != launch) continue;
    try {
      return decode_failure(std::string_view(*notice).substr(sizeof its_launch));
    } catch (const RunError&) {  // Cut short on its way: as if it were lost.
    }
  }
  return std::nullopt;
}

}  // namespace assay::network
