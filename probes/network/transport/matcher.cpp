#include "probes/network/transport/matcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace assay::network {

void Matcher::deliver(int from, WireTag tag, std::vector<std::byte> bytes, OnMatched on_matched) {
  Message message{std::move(bytes), std::move(on_matched)};
  const auto waiting = posted_.find({from, tag});
  if (waiting == posted_.end()) {
    early_[{from, tag}].push_back(std::move(message));
    return;
  }
  PostedOperation* const receive = waiting->second.front();
  waiting->second.pop_front();
  if (waiting->second.empty()) posted_.erase(waiting);
  complete(*receive, std::move(message));
}

void Matcher::post(PostedOperation& operation) {
  assert(operation.is_receive && !operation.complete);
  const Key key{operation.peer, operation.tag};
  const auto arrived = early_.find(key);
  if (arrived == early_.end()) {
    posted_[key].push_back(&operation);
    return;
  }
  Message message = std::move(arrived->second.front());
  arrived->second.pop_front();
  if (arrived->second.empty()) early_.erase(arrived);
  complete(operation, std::move(message));
}

void Matcher::complete(PostedOperation& operation, Message message) {
  if (message.bytes.size() == operation.into.size()) {
    std::copy(message.bytes.begin(), message.bytes.end(), operation.into.begin());
  } else {
    operation.error = fmt::format("message of {} bytes from rank {}, where {} bytes were expected",
                                  message.bytes.size(), operation.peer, operation.into.size());
  }
  operation.complete = true;
  if (message.on_matched) message.on_matched();
}

}  // namespace assay::network
