#pragma once
/// @file
/// What a compressor may do with the other ranks, and where its time goes. There are two: one that
/// communicates, and one that copies and notes what would have been sent, from which the cost of a
/// bucket is predicted before anything is measured.

#include <functional>
#include <memory>
#include <vector>

#include "benchmarks/collectives/all_reduce.hpp"
#include "probes/core/clock.hpp"
#include "probes/run/region.hpp"

namespace assay::workloads {

class Exchange {
 public:
  virtual ~Exchange() = default;
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  /// Sum over the ranks, in place.
  virtual void all_reduce(std::span<std::byte> bytes, network::ElementType type) = 0;
  /// Rank r's `mine` to part r of `all`. @pre all.size() == size() * mine.size()
  virtual void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) = 0;
  /// Part r of `out` to rank r, which puts it in part of this rank. @pre equal sizes, size() parts
  virtual void all_to_all(std::span<const std::byte> out, std::span<std::byte> in) = 0;

  /// Runs what is neither message nor reduction: its time is the encode time.
  void encode(const std::function<void()>& work) {
    const Phase phase("encode", Track::communication);
    const Seconds start = now();
    work();
    encode_time += now() - start;
  }
  Seconds encode_time{0};
};

/// Over `communicator`; `all_reduce` was prepared for it. Both outlive the exchange.
[[nodiscard]] std::unique_ptr<Exchange> make_exchange(network::Communicator& communicator,
                                                      collectives::AllReduce& all_reduce);

/// A collective that was not made.
struct PlannedCollective {
  enum class Kind { all_reduce, all_gather, all_to_all } kind;
  Bytes bytes{0};  ///< Of the whole vector: all_reduce's, all parts of the others.
};
/// Every other rank is taken to hold what this one holds.
class DryExchange final : public Exchange {
 public:
  DryExchange(int rank, int size) : rank_(rank), size_(size) {}
  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return size_; }
  void all_reduce(std::span<std::byte> bytes, network::ElementType type) override;
  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override;
  void all_to_all(std::span<const std::byte> out, std::span<std::byte> in) override;

  std::vector<PlannedCollective> planned;

 private:
  int rank_, size_;
};

}  // namespace assay::workloads
