#pragma once
/// @file
/// All-reduce: every rank ends up with op over all ranks' vectors, elementwise. What an algorithm
/// is.
///
/// An algorithm is one .cpp that registers an AllReduceAlgorithm. It works for any rank count and
/// any element count including 0, in place or not, and gives bitwise equal results on all ranks and
/// from run to run: each element is reduced by one owner and then copied, or in the order of the
/// ranks by everybody. Its steps and bytes per rank are its `cost`
/// (probes/cost/collective_cost.hpp).

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "probes/core/registry.hpp"
#include "probes/cost/collective_cost.hpp"
#include "probes/network/transport/communicator.hpp"
#include "probes/network/transport/reduction.hpp"

namespace assay::collectives {

/// One call, as one rank makes it. All ranks pass equal sizes, type and operation.
struct AllReduceCall {
  std::span<const std::byte> in;  ///< This rank's vector: whole elements of `type`.
  std::span<std::byte>
      out;  ///< Where the result goes; as long as `in`, and the same memory or disjoint.
  network::ElementType type = network::ElementType::f32;
  network::Operation operation = network::Operation::sum;

  [[nodiscard]] std::size_t element() const { return network::size_of(type); }
  [[nodiscard]] std::size_t count() const { return in.size() / element(); }
  [[nodiscard]] bool in_place() const { return in.data() == out.data(); }
};

/// An algorithm made ready for one communicator: it keeps its scratch memory, and whatever groups
/// and shared memory it needs, between calls. Lives no longer than the communicator.
class AllReduce {
 public:
  virtual ~AllReduce() = default;
  /// Collective. Returns when this rank's `out` is complete and `in` may be changed.
  virtual void run(const AllReduceCall& call) = 0;
  /// Which algorithm the last call used; differs from its own name only for `auto`.
  [[nodiscard]] virtual std::string used() const { return {}; }
};

struct AllReduceAlgorithm {
  Description about;     ///< kind = "algorithm"
  std::string topology;  ///< Family, as it stands in the topology column.
  std::function<CollectiveCost(const CollectiveShape&)> cost;
  /// Why it cannot run over these ranks; empty when it can.
  std::function<std::string(network::Communicator&)> unsupported_reason;
  /// Collective: all ranks prepare the same algorithms in the same order.
  std::function<std::unique_ptr<AllReduce>(network::Communicator&)> prepare;
  /// Scratch memory of the neediest rank; besides it a call holds `in` and `out`.
  std::function<Bytes(const CollectiveShape&)> scratch;
  bool shares_memory = false;  ///< Ranks of one host do not use the fabric between them.
  bool chooses = false;        ///< Runs one of the other algorithms.
};

/// Throws UsageError that lists the known names.
[[nodiscard]] const AllReduceAlgorithm& find_all_reduce(const std::string& name);
/// As a cost wants it: ranks, nodes, the algorithm's own segments.
[[nodiscard]] CollectiveShape shape_of(network::Communicator& communicator, Bytes bytes);

/// Memory that grows and is never given back before its owner: page faults stay out of the timed
/// region.
class Scratch {
 public:
  /// Aligned to a page. The content of an earlier call is lost when it grows.
  [[nodiscard]] std::span<std::byte> get(std::size_t bytes);

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte[], Free> memory_;
  std::size_t size_ = 0;
};

/// An algorithm that is a function of the call and some scratch memory.
using AllReduceFunction = void (*)(network::Communicator&, const AllReduceCall&, Scratch&);
[[nodiscard]] std::function<std::unique_ptr<AllReduce>(network::Communicator&)> prepare_with(
    AllReduceFunction function);
/// For algorithms that run anywhere.
[[nodiscard]] std::string always_supported(network::Communicator& communicator);

/// Part `index` of `parts` nearly equal parts of `size` bytes: whole elements, sizes differ by at
/// most one element, and parts may be empty.
struct Part {
  std::size_t begin = 0;
  std::size_t size = 0;
};
[[nodiscard]] Part part(std::size_t size, std::size_t element, std::size_t parts,
                        std::size_t index);
[[nodiscard]] inline std::span<const std::byte> cut(std::span<const std::byte> bytes, Part p) {
  return bytes.subspan(p.begin, p.size);
}
[[nodiscard]] inline std::span<std::byte> cut(std::span<std::byte> bytes, Part p) {
  return bytes.subspan(p.begin, p.size);
}
/// Part `inner` of `parts` of part `outer`.
[[nodiscard]] Part part_of(Part outer, std::size_t element, std::size_t parts, std::size_t index);

/// out = in, unless they are the same memory.
void copy_input(const AllReduceCall& call);
/// out = op(first, second), in that order.
void combine_two(const AllReduceCall& call, std::span<std::byte> out,
                 std::span<const std::byte> first, std::span<const std::byte> second);

}  // namespace assay::collectives
