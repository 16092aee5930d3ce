#include <algorithm>
#include <cassert>
#include <cstring>

#include "probes/core/errors.hpp"
#include "probes/network/transport/endpoint.hpp"

namespace assay::network {

namespace {

constexpr Tag number_tag = reserved_tags + 0x400;

/// Some ranks of an endpoint, in an order of their own.
class Group final : public Communicator {
 public:
  Group(std::shared_ptr<Endpoint> endpoint, std::vector<int> ranks, std::uint16_t number)
      : endpoint_(std::move(endpoint)), ranks_(std::move(ranks)), number_(number) {
    const auto mine = std::find(ranks_.begin(), ranks_.end(), endpoint_->rank());
    assert(mine != ranks_.end() && "only members make a group");
    rank_ = static_cast<int>(mine - ranks_.begin());
  }

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(ranks_.size()); }
  const Place& place(int rank) const override {
    return endpoint_->places()[static_cast<std::size_t>(absolute(rank))];
  }
  const std::string& provider() const override { return endpoint_->provider(); }

  Request send(int to, Tag tag, std::span<const std::byte> bytes) override {
    if (to != rank_) endpoint_->sent.count(bytes.size());
    return endpoint_->send(absolute(to), wire_tag(number_, tag), bytes);
  }
  Request receive(int from, Tag tag, std::span<std::byte> bytes) override {
    return endpoint_->receive(absolute(from), wire_tag(number_, tag), bytes);
  }
  bool test(Request& request) override { return endpoint_->test(request); }
  void wait(Request& request) override { endpoint_->wait(request); }
  void progress() override { endpoint_->progress(); }
  Traffic sent() const override { return endpoint_->sent; }
  void set_timeout(Seconds timeout) override { endpoint_->set_timeout(timeout); }
  Seconds timeout() const override { return endpoint_->timeout(); }

  std::unique_ptr<SharedRegion> shared_region(std::size_t bytes) override {
    return endpoint_->shared_region(host_group(), bytes);
  }

  std::unique_ptr<Communicator> subset(const std::vector<int>& ranks) override {
    std::vector<int> members;
    for (const int rank : ranks) members.push_back(absolute(rank));
    const std::uint16_t number = agree_on_number(ranks);
    return std::make_unique<Group>(endpoint_, std::move(members), number);
  }

 private:
  int absolute(int rank) const {
    assert(rank >= 0 && rank < size());
    return ranks_[static_cast<std::size_t>(rank)];
  }

  Communicator& host_group() {
    if (host_group_) return *host_group_;
    std::vector<int> same_host;
    for (int other = 0; other < size(); ++other)
      if (place(other).node == place(rank_).node) same_host.push_back(other);
    host_group_ = subset(same_host);
    return *host_group_;
  }

  /// The highest "next free number" of the members, by way of the first one. Two groups that share
  /// a pair of ranks thereby always differ.
  std::uint16_t agree_on_number(const std::vector<int>& members) {
    std::uint16_t number = endpoint_->next_group;
    const auto in = std::as_writable_bytes(std::span(&number, 1));
    const auto out = std::as_bytes(std::span(&number, 1));
    const int first = members.front();
    if (rank_ != first) {
      send_now(first, number_tag, out);
      receive_now(first, number_tag, in);
    } else {
      std::uint16_t theirs = 0;
      for (std::size_t i = 1; i < members.size(); ++i) {
        receive_now(members[i], number_tag, std::as_writable_bytes(std::span(&theirs, 1)));
        number = std::max(number, theirs);
      }
      for (std::size_t i = 1; i < members.size(); ++i) send_now(members[i], number_tag, out);
    }
    if (number == UINT16_MAX) throw RunError("more than 65534 subsets of one communicator");
    endpoint_->next_group = static_cast<std::uint16_t>(number + 1);
    return number;
  }

  std::shared_ptr<Endpoint> endpoint_;
  std::vector<int> ranks_;
  std::uint16_t number_;
  int rank_ = 0;
  std::unique_ptr<Communicator> host_group_;
};

}  // namespace

std::unique_ptr<Communicator> make_communicator(std::shared_ptr<Endpoint> endpoint) {
  std::vector<int> ranks(endpoint->places().size());
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] = static_cast<int>(i);
  return std::make_unique<Group>(std::move(endpoint), std::move(ranks), 0);
}

}  // namespace assay::network
