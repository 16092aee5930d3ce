#include "probes/memory/stream_measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>

#include "probes/core/interrupt.hpp"

namespace assay::memory {
namespace {

// Arrays start at different multiples of a line: loads of one that equal a store of another in
// their low 12 address bits would wait for it (4 KiB aliasing).
constexpr std::size_t stagger_bytes = 5 * 64;
// A power of two, so that b + q c is exact in every order of rounding.
constexpr double scalar = 0.25;
constexpr double update_step = 1;
constexpr double poison = -1;

// What element k of b, of c, and of a that is only read holds: small whole numbers, so that sums
// are exact.
double initial_a(std::size_t k) {
  return static_cast<double>(1 + (k & 7));
}
double initial_b(std::size_t k) {
  return static_cast<double>(1 + (k & 7));
}
double initial_c(std::size_t k) {
  return static_cast<double>(4 * (1 + (k & 3)));
}

struct Slice {
  StreamArrays arrays;
  std::size_t passes_done = 0;
  std::uint64_t checksum = 0;  // of one pass of the read kernel
};

struct ThreadSet {
  std::vector<Slice> slices;
  std::size_t next = 0;
};

std::vector<Slice> slices_of(const MappedBuffer& buffer, Bytes used, StreamOperation operation,
                             Bytes slice_size) {
  const auto arrays = static_cast<std::size_t>(array_count(operation));
  const std::size_t stagger = (arrays - 1) * stagger_bytes;
  const std::size_t granule = stream_granule * sizeof(double);
  const std::size_t array_bytes =
      std::max((to_size(used) - stagger) / arrays / granule * granule, granule);
  assert(array_bytes * arrays + stagger <= to_size(buffer.size()));
  const auto array = [&](std::size_t index) {
    return reinterpret_cast<double*>(buffer.data() + index * (array_bytes + stagger_bytes));
  };
  const std::size_t elements = array_bytes / sizeof(double);
  const std::size_t wanted =
      std::max(to_size(slice_size) / arrays / granule * granule, granule) / sizeof(double);
  // All slices are of one size, so that every sample does the same work.
  const std::size_t count = std::max<std::size_t>(1, elements / wanted);
  const std::size_t each = std::min(elements, elements / count / stream_granule * stream_granule);
  std::vector<Slice> slices;
  for (std::size_t i = 0; i < count; ++i) {
    Slice slice;
    slice.arrays = {array(0) + i * each, arrays > 1 ? array(1) + i * each : nullptr,
                    arrays > 2 ? array(2) + i * each : nullptr, each};
    slices.push_back(slice);
  }
  return slices;
}

/// Gigabytes take seconds where the host backs small pages one by one: an interrupt ends it.
void fill(const StreamArrays& arrays, StreamOperation operation) {
  constexpr std::size_t block = std::size_t{1} << 20;
  const bool reads_a = operation == StreamOperation::read || operation == StreamOperation::update;
  for (std::size_t begin = 0; begin < arrays.elements && !interrupted(); begin += block) {
    const std::size_t end = std::min(begin + block, arrays.elements);
    for (std::size_t k = begin; k < end; ++k) {
      arrays.a[k] = reads_a ? initial_a(k) : poison;
      if (arrays.b != nullptr) const_cast<double*>(arrays.b)[k] = initial_b(k);
      if (arrays.c != nullptr) const_cast<double*>(arrays.c)[k] = initial_c(k);
    }
  }
}

double expected_element(StreamOperation operation, std::size_t k, std::size_t passes) {
  switch (operation) {
    case StreamOperation::read:
      return initial_a(k);
    case StreamOperation::write:
      return passes > 0 ? scalar : poison;
    case StreamOperation::copy:
      return passes > 0 ? initial_b(k) : poison;
    case StreamOperation::triad:
      return passes > 0 ? initial_b(k) + scalar * initial_c(k) : poison;
    case StreamOperation::update:
      return initial_a(k) + update_step * static_cast<double>(passes);
  }
  return poison;
}

std::size_t wrong_elements(const Slice& slice, StreamOperation operation) {
  std::size_t wrong = 0;
  if (operation == StreamOperation::read)
    wrong += read_checksum(slice.arrays.a, slice.arrays.elements) != slice.checksum ? 1 : 0;
  for (std::size_t k = 0; k < slice.arrays.elements; ++k)
    wrong += slice.arrays.a[k] != expected_element(operation, k, slice.passes_done) ? 1 : 0;
  return wrong;
}

class Measurement {
 public:
  Measurement(PinnedPool& pool, const std::vector<std::vector<const MappedBuffer*>>& sets,
              Bytes used, StreamKernel kernel, const StreamOptions& options)
      : pool_(pool), kernel_(kernel), options_(options), threads_(sets.size()) {
    assert(static_cast<int>(sets.size()) == pool.size());
    for (std::size_t thread = 0; thread < sets.size(); ++thread) {
      assert(!sets[thread].empty());
      for (const MappedBuffer* buffer : sets[thread])
        for (const Slice& slice : slices_of(*buffer, used, kernel.operation, options.slice))
          threads_[thread].slices.push_back(slice);
    }
    pool_.run([&](int thread) {
      for (Slice& slice : of(thread).slices) {
        fill(slice.arrays, kernel_.operation);
        if (interrupted()) return;
        if (kernel_.operation == StreamOperation::read)
          slice.checksum = expected_checksum(slice.arrays.a, slice.arrays.elements);
      }
    });
    throw_if_interrupted();
  }

  Outcome<StreamResult> measure() {
    choose_passes();
    StreamResult result;
    cpu_ = wall_ = Seconds();
    result.samples = sample(options_.sampling, [&] { return once(options_.disturb).value(); });
    result.samples.cpu_wall_ratio = wall_ > Seconds() ? cpu_ / wall_ : 1;
    result.working_set = working_set();
    if (const std::string fault = verify(); !fault.empty()) return incorrect(fault);
    return result;
  }

 private:
  ThreadSet& of(int thread) { return threads_[static_cast<std::size_t>(thread)]; }

  // Doubles the passes until a region lasts long enough; the last few calls also warm up.
  void choose_passes() {
    const bool fits_one_slice =
        std::ranges::all_of(threads_, [](const ThreadSet& set) { return set.slices.size() == 1; });
    if (!fits_one_slice) return;
    for (; passes_ < (std::size_t{1} << 30) && !interrupted(); passes_ *= 2) {
      // The thread that nothing delayed: what the work itself takes.
      const PinnedPool::Region region = timed({});
      const Seconds wall = *std::ranges::min_element(region.thread_wall);
      if (wall >= options_.sample_time) return;
      if (wall > 0.2 * options_.sample_time) {
        passes_ = static_cast<std::size_t>(
            std::ceil(static_cast<double>(passes_) * (options_.sample_time / wall)));
        return;
      }
    }
  }

  PinnedPool::Region timed(const std::function<void(int)>& disturb) {
    const double q = kernel_.operation == StreamOperation::update ? update_step : scalar;
    PinnedPool::Region region = pool_.run([&](int thread) {
      ThreadSet& set = of(thread);
      run_stream_kernel(kernel_, set.slices[set.next].arrays, q, passes_);
      if (disturb) disturb(thread);
    });
    for (ThreadSet& set : threads_) {
      Slice& slice = set.slices[set.next];
      slice.passes_done += passes_;
      set.next = (set.next + 1) % set.slices.size();
    }
    return region;
  }

  BytesPerSecond once(const std::function<void(int)>& disturb) {
    double elements = 0;
    for (const ThreadSet& set : threads_)
      elements += static_cast<double>(set.slices[set.next].arrays.elements);
    const PinnedPool::Region region = timed(disturb);
    for (Seconds t : region.thread_cpu) cpu_ += t;
    for (Seconds t : region.thread_wall) wall_ += t;
    return elements * static_cast<double>(passes_) * stream_bytes(kernel_) / region.wall;
  }

  [[nodiscard]] Bytes working_set() const {
    Bytes total;
    for (const ThreadSet& set : threads_)
      for (const Slice& slice : set.slices)
        total += bytes_of(slice.arrays.elements * sizeof(double)) *
                 static_cast<double>(array_count(kernel_.operation));
    return total;
  }

  std::string verify() {
    std::vector<std::size_t> wrong(threads_.size(), 0);
    pool_.run([&](int thread) {
      for (const Slice& slice : of(thread).slices)
        wrong[static_cast<std::size_t>(thread)] += wrong_elements(slice, kernel_.operation);
    });
    for (std::size_t thread = 0; thread < threads_.size(); ++thread)
      if (wrong[thread] > 0)
        return fmt::format("{}: {} elements of thread {} are not what the kernel computes",
                           name_of(kernel_), wrong[thread], thread);
    return {};
  }

  PinnedPool& pool_;
  StreamKernel kernel_;
  const StreamOptions& options_;
  std::vector<ThreadSet> threads_;
  std::size_t passes_ = 1;
  Seconds cpu_, wall_;
};

}  // namespace

TouchedBuffers::TouchedBuffers(PinnedPool& owners, Bytes each, Pages pages) {
  // Room for the stagger between arrays of a small set.
  const Bytes size = each + 8_KiB;
  for (int i = 0; i < owners.size(); ++i) buffers_.emplace_back(size, pages);
  owners.run([&](int thread) {
    const MappedBuffer& mine = buffers_[static_cast<std::size_t>(thread)];
    std::memset(mine.data(), 0, to_size(mine.size()));
  });
}

std::optional<double> TouchedBuffers::huge_page_fraction() const {
  double sum = 0;
  for (const MappedBuffer& buffer : buffers_) {
    const auto fraction = buffer.huge_page_fraction();
    if (!fraction) return std::nullopt;
    sum += *fraction;
  }
  return sum / static_cast<double>(buffers_.size());
}

Outcome<StreamResult> measure_stream(PinnedPool& pool,
                                     const std::vector<std::vector<const MappedBuffer*>>& sets,
                                     Bytes set_per_buffer, StreamKernel kernel,
                                     const StreamOptions& options) {
  return Measurement(pool, sets, set_per_buffer, kernel, options).measure();
}

namespace {

int numa_node_of(const Machine& machine, int pu) {
  for (const NumaNode& node : machine.numa_nodes)
    if (std::ranges::find(node.pus, pu) != node.pus.end()) return node.os_index;
  return -1;
}

}  // namespace

std::vector<std::vector<const MappedBuffer*>> deal_buffers(const TouchedBuffers& buffers,
                                                           const std::vector<int>& owners,
                                                           const std::vector<int>& pus,
                                                           const Machine& machine) {
  assert(owners.size() == buffers.buffers().size());
  std::vector<std::vector<const MappedBuffer*>> dealt(pus.size());
  std::map<int, std::vector<std::size_t>> threads_of_node;
  for (std::size_t thread = 0; thread < pus.size(); ++thread)
    threads_of_node[numa_node_of(machine, pus[thread])].push_back(thread);
  std::map<int, std::size_t> turn;
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const int node = numa_node_of(machine, owners[i]);
    const auto threads = threads_of_node.find(node);
    if (threads == threads_of_node.end()) continue;
    dealt[threads->second[turn[node]++ % threads->second.size()]].push_back(&buffers.buffers()[i]);
  }
  return dealt;
}

}  // namespace assay::memory
