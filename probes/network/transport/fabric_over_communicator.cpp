/// @file
/// A second transport beside one that stands: its set-up goes by messages over the first.

#include <algorithm>
#include <cstring>
#include <exception>
#include <functional>
#include <span>

#include "probes/network/transport/fabric.hpp"

namespace assay::network {

namespace {

/// Set-up of a second transport by messages over the first.
class OverCommunicator final : public Bootstrap, public Liveness {
 public:
  explicit OverCommunicator(Communicator& over) : over_(over) {}

  std::vector<std::vector<std::byte>> gather(std::span<const std::byte> mine) override {
    struct Block {
      std::uint64_t length = 0;
      std::byte bytes[ControlBlock::blob_limit] = {};
    };
    Block block;
    block.length = mine.size();
    std::copy(mine.begin(), mine.end(), block.bytes);
    std::vector<std::vector<std::byte>> all;
    for (const auto& bytes : over_.gather_all(std::as_bytes(std::span(&block, 1)))) {
      std::memcpy(&block, bytes.data(), sizeof block);
      all.emplace_back(block.bytes, block.bytes + block.length);
    }
    return all;
  }
  void meet(const std::function<void()>& idle) override {
    const auto finish = [&](Request& request) {
      while (!over_.test(request)) idle();
    };
    std::byte out{}, in{};
    for (int distance = 1; distance < over_.size(); distance *= 2) {
      const Tag tag = reserved_tags + 0x500 + static_cast<Tag>(distance);
      Request incoming =
          over_.receive((over_.rank() - distance + over_.size()) % over_.size(), tag, {&in, 1});
      Request outgoing = over_.send((over_.rank() + distance) % over_.size(), tag, {&out, 1});
      finish(incoming);
      finish(outgoing);
    }
  }
  void check() override { over_.progress(); }
  void waits_for(int) override {}

 private:
  Communicator& over_;
};

}  // namespace

std::unique_ptr<Communicator> open_fabric(Communicator& over, const FabricOptions& options) {
  std::vector<Place> places;
  for (int rank = 0; rank < over.size(); ++rank) places.push_back(over.place(rank));
  const auto link = std::make_shared<OverCommunicator>(over);
  // The endpoint and what it was made with live and end together.
  struct Bundle {
    std::shared_ptr<OverCommunicator> link;
    std::shared_ptr<FabricEndpoint> endpoint;
    Bundle() = default;
    Bundle(const Bundle&) = delete;
    Bundle& operator=(const Bundle&) = delete;
    ~Bundle() {
      if (!endpoint || std::uncaught_exceptions() > 0) return;
      try {
        endpoint->finish();
      } catch (...) {  // A peer is lost: the next call on `over` says so.
      }
    }
  };
  const auto bundle = std::make_shared<Bundle>();
  bundle->link = link;
  bundle->endpoint = open_fabric(over.rank(), std::move(places), options, *link, *link);
  return make_communicator(std::shared_ptr<Endpoint>(bundle, bundle->endpoint.get()));
}

}  // namespace assay::network
