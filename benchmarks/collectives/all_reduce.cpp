#include "benchmarks/collectives/all_reduce.hpp"

#include <sys/mman.h>

#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "probes/core/errors.hpp"

namespace assay::collectives {
namespace {

class FunctionAllReduce final : public AllReduce {
 public:
  FunctionAllReduce(network::Communicator& communicator, AllReduceFunction function)
      : communicator_(communicator), function_(function) {}
  void run(const AllReduceCall& call) override {
    assert(call.in.size() == call.out.size() && call.in.size() % call.element() == 0);
    if (communicator_.size() == 1 || call.in.empty()) return copy_input(call);
    function_(communicator_, call, scratch_);
  }

 private:
  network::Communicator& communicator_;
  AllReduceFunction function_;
  Scratch scratch_;
};

}  // namespace

const AllReduceAlgorithm& find_all_reduce(const std::string& name) {
  if (const auto* found = Registry<AllReduceAlgorithm>::find(name)) return *found;
  std::string known;
  for (const AllReduceAlgorithm* algorithm : Registry<AllReduceAlgorithm>::all())
    known += (known.empty() ? "" : ", ") + algorithm->about.name;
  throw UsageError("unknown all-reduce algorithm '" + name + "'; expected one of " + known);
}

CollectiveShape shape_of(network::Communicator& communicator, Bytes bytes) {
  int nodes = 1;
  for (int rank = 0; rank < communicator.size(); ++rank) {
    bool first_of_node = true;
    for (int earlier = 0; earlier < rank && first_of_node; ++earlier)
      first_of_node = communicator.place(earlier).node != communicator.place(rank).node;
    if (rank > 0 && first_of_node) ++nodes;
  }
  return {.ranks = communicator.size(), .bytes = bytes, .nodes = nodes};
}

void Scratch::Free::operator()(std::byte* memory) const {
  std::free(memory);
}

std::span<std::byte> Scratch::get(std::size_t bytes) {
  constexpr std::size_t huge_page = std::size_t{2} << 20;
  if (bytes > size_) {
    const std::size_t alignment = bytes >= huge_page ? huge_page : 4096;
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    memory_.reset();
    memory_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, rounded)));
    if (!memory_) throw std::bad_alloc();
    if (alignment == huge_page) madvise(memory_.get(), rounded, MADV_HUGEPAGE);
    std::memset(memory_.get(), 0, rounded);
    size_ = rounded;
  }
  return {memory_.get(), bytes};
}

std::function<std::unique_ptr<AllReduce>(network::Communicator&)> prepare_with(
    AllReduceFunction function) {
  return [function](network::Communicator& communicator) {
    return std::make_unique<FunctionAllReduce>(communicator, function);
  };
}

std::string always_supported(network::Communicator&) {
  return {};
}

Part part(std::size_t size, std::size_t element, std::size_t parts, std::size_t index) {
  const std::size_t count = size / element;
  const std::size_t small = count / parts, larger = count % parts;
  const std::size_t begin = index * small + std::min(index, larger);
  return {begin * element, (small + (index < larger ? 1 : 0)) * element};
}

Part part_of(Part outer, std::size_t element, std::size_t parts, std::size_t index) {
  const Part inner = part(outer.size, element, parts, index);
  return {outer.begin + inner.begin, inner.size};
}

void copy_input(const AllReduceCall& call) {
  if (!call.in_place() && !call.in.empty())
    std::memcpy(call.out.data(), call.in.data(), call.in.size());
}

void combine_two(const AllReduceCall& call, std::span<std::byte> out,
                 std::span<const std::byte> first, std::span<const std::byte> second) {
  assert(first.size() == out.size() && second.size() == out.size());
  const std::byte* const sources[] = {first.data(), second.data()};
  network::combine(call.operation, call.type, out, sources);
}

}  // namespace assay::collectives
