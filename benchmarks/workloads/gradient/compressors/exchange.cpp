#include "benchmarks/workloads/gradient/compressors/exchange.hpp"

#include <algorithm>
#include <cassert>

namespace assay::workloads {
namespace {

constexpr network::Tag gather_tag = 0x0d00, all_to_all_tag = 0x0d01;

class RealExchange final : public Exchange {
 public:
  RealExchange(network::Communicator& communicator, collectives::AllReduce& all_reduce)
      : communicator_(communicator), all_reduce_(all_reduce) {}
  int rank() const override { return communicator_.rank(); }
  int size() const override { return communicator_.size(); }

  void all_reduce(std::span<std::byte> bytes, network::ElementType type) override {
    all_reduce_.run({.in = bytes, .out = bytes, .type = type});
  }
  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override {
    trade(gather_tag, all, mine.size(), [&](int) { return mine; });
  }
  void all_to_all(std::span<const std::byte> out, std::span<std::byte> in) override {
    const std::size_t part = in.size() / static_cast<std::size_t>(size());
    trade(all_to_all_tag, in, part,
          [&](int to) { return out.subspan(static_cast<std::size_t>(to) * part, part); });
  }

 private:
  /// With everybody at once: one start-up, whatever the number of ranks.
  template <class Outgoing>
  void trade(network::Tag tag, std::span<std::byte> in, std::size_t part,
             const Outgoing& outgoing) {
    assert(in.size() == part * static_cast<std::size_t>(size()));
    std::vector<network::Request> requests;
    const auto slot = [&](int from) {
      return in.subspan(static_cast<std::size_t>(from) * part, part);
    };
    for (int turn = 1; turn < size(); ++turn) {
      const int from = (rank() - turn + size()) % size();
      requests.push_back(communicator_.receive(from, tag, slot(from)));
    }
    for (int turn = 1; turn < size(); ++turn) {
      const int to = (rank() + turn) % size();
      requests.push_back(communicator_.send(to, tag, outgoing(to)));
    }
    std::ranges::copy(outgoing(rank()), slot(rank()).begin());
    communicator_.wait_all(requests);
  }

  network::Communicator& communicator_;
  collectives::AllReduce& all_reduce_;
};

}  // namespace

std::unique_ptr<Exchange> make_exchange(network::Communicator& communicator,
                                        collectives::AllReduce& all_reduce) {
  return std::make_unique<RealExchange>(communicator, all_reduce);
}

void DryExchange::all_reduce(std::span<std::byte> bytes, network::ElementType) {
  planned.push_back({PlannedCollective::Kind::all_reduce, bytes_of(bytes.size())});
}

void DryExchange::all_gather(std::span<const std::byte> mine, std::span<std::byte> all) {
  planned.push_back({PlannedCollective::Kind::all_gather, bytes_of(all.size())});
  for (std::size_t at = 0; at < all.size(); at += mine.size())
    std::ranges::copy(mine, all.begin() + static_cast<std::ptrdiff_t>(at));
}

void DryExchange::all_to_all(std::span<const std::byte> out, std::span<std::byte> in) {
  planned.push_back({PlannedCollective::Kind::all_to_all, bytes_of(in.size())});
  const std::size_t part = in.size() / static_cast<std::size_t>(size_);
  const auto mine = out.subspan(static_cast<std::size_t>(rank_) * part, part);
  for (std::size_t at = 0; at < in.size(); at += part)
    std::ranges::copy(mine, in.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace assay::workloads
