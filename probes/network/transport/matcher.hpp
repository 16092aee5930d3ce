#pragma once
/// @file
/// Matches messages that arrived with receives that were posted, in order per (sender, tag).
/// One thread only. Used by the threads transport, and by libfabric for messages to oneself.

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "probes/network/transport/endpoint.hpp"

namespace assay::network {

/// An operation in flight, as a Request's handle points to it.
struct PostedOperation {
  bool is_receive = false;
  bool complete = false;
  int peer = -1;
  WireTag tag = 0;
  std::span<std::byte> into;  ///< Of a receive.
  std::string error;          ///< Completed, but wrong: becomes a RunError in test or wait.
};

class Matcher {
 public:
  /// Called when the message was matched, from inside deliver() or post().
  using OnMatched = std::function<void()>;

  void deliver(int from, WireTag tag, std::vector<std::byte> bytes, OnMatched on_matched);
  /// @pre operation.is_receive; it stays where it is until complete.
  void post(PostedOperation& operation);

 private:
  struct Message {
    std::vector<std::byte> bytes;
    OnMatched on_matched;
  };
  using Key = std::pair<int, WireTag>;
  static void complete(PostedOperation& operation, Message message);

  std::map<Key, std::deque<Message>> early_;
  std::map<Key, std::deque<PostedOperation*>> posted_;
};

}  // namespace assay::network
