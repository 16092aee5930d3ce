#include "probes/network/transport/communicator.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace assay::network {

namespace {

constexpr Tag barrier_tag = reserved_tags + 0x100;  // + round
constexpr Tag gather_tag = reserved_tags + 0x200;
constexpr Tag share_size_tag = reserved_tags + 0x300;
constexpr Tag share_tag = reserved_tags + 0x301;

}  // namespace

void Communicator::wait_all(std::span<Request> requests) {
  for (Request& request : requests) wait(request);
}

void Communicator::send_now(int to, Tag tag, std::span<const std::byte> bytes) {
  Request request = send(to, tag, bytes);
  wait(request);
}

void Communicator::receive_now(int from, Tag tag, std::span<std::byte> bytes) {
  Request request = receive(from, tag, bytes);
  wait(request);
}

void Communicator::exchange(int to, std::span<const std::byte> out, int from,
                            std::span<std::byte> in, Tag tag) {
  Request incoming = receive(from, tag, in);
  Request outgoing = send(to, tag, out);
  wait(incoming);
  wait(outgoing);
}

void Communicator::barrier() {
  std::byte out{}, in{};
  Tag tag = barrier_tag;
  for (int distance = 1; distance < size(); distance *= 2, ++tag) {
    const int to = (rank() + distance) % size();
    const int from = (rank() - distance + size()) % size();
    exchange(to, {&out, 1}, from, {&in, 1}, tag);
  }
}

std::vector<std::vector<std::byte>> Communicator::gather_all(std::span<const std::byte> mine) {
  const auto ranks = static_cast<std::size_t>(size());
  std::vector<std::vector<std::byte>> all(ranks, std::vector<std::byte>(mine.size()));
  std::copy(mine.begin(), mine.end(), all[static_cast<std::size_t>(rank())].begin());
  // A ring: one neighbour each way, so no rank is flooded by the others.
  const int right = (rank() + 1) % size();
  const int left = (rank() - 1 + size()) % size();
  for (int step = 0; step + 1 < size(); ++step) {
    const auto out = static_cast<std::size_t>((rank() - step + size()) % size());
    const auto in = static_cast<std::size_t>((rank() - step - 1 + size()) % size());
    exchange(right, all[out], left, all[in], gather_tag);
  }
  return all;
}

std::vector<double> Communicator::gather_all(double mine) {
  std::vector<double> values;
  for (const auto& bytes : gather_all(std::as_bytes(std::span(&mine, 1)))) {
    double value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    values.push_back(value);
  }
  return values;
}

Traffic Communicator::sum_over_ranks(const Traffic& mine) {
  Traffic sum;
  for (const auto& bytes : gather_all(std::as_bytes(std::span(&mine, 1)))) {
    Traffic theirs;
    std::memcpy(&theirs, bytes.data(), sizeof theirs);
    sum.messages += theirs.messages;
    sum.bytes += theirs.bytes;
  }
  return sum;
}

void Communicator::share(std::vector<std::byte>& bytes, int root) {
  assert(root >= 0 && root < size());
  // Binomial tree over ranks counted from the root.
  const int virtual_rank = (rank() - root + size()) % size();
  int lowest_bit = 1;
  while (lowest_bit < size() && (virtual_rank & lowest_bit) == 0) lowest_bit *= 2;
  if (virtual_rank != 0) {
    const int parent = (virtual_rank - lowest_bit + root) % size();
    std::uint64_t count = 0;
    receive_now(parent, share_size_tag, std::as_writable_bytes(std::span(&count, 1)));
    bytes.resize(count);
    receive_now(parent, share_tag, bytes);
  }
  const std::uint64_t count = bytes.size();
  for (int bit = lowest_bit / 2; bit > 0; bit /= 2) {
    if (virtual_rank + bit >= size()) continue;
    const int child = (virtual_rank + bit + root) % size();
    send_now(child, share_size_tag, std::as_bytes(std::span(&count, 1)));
    send_now(child, share_tag, bytes);
  }
}

}  // namespace assay::network
