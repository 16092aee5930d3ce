#include "probes/cost/collective_cost.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace assay {
namespace {

/// Largest power of two <= ranks, as its logarithm.
int floor_log2(int ranks) {
  return std::bit_width(static_cast<unsigned>(ranks)) - 1;
}
int ceil_log2(int ranks) {
  return std::bit_width(static_cast<unsigned>(ranks - 1));
}

/// How many segments a block of that size is cut into.
double segment_count(Bytes block, Bytes segment) {
  if (segment.value() <= 0 || block <= segment) return 1;
  return std::ceil(block / segment);
}

/// One message of `block`, cut into segments, each reduced while the next arrives: only the last
/// segment's reduction stays visible.
CostStep segmented_step(double repeats, Bytes block, Bytes segment, int distance,
                        Pattern pattern = Pattern::shift) {
  const double segments = segment_count(block, segment);
  const Bytes one = block / segments;
  return {.repeats = repeats,
          .message = block,
          .reduction = one,
          .hidden = block - one,
          .startups = segments,
          .distance = distance,
          .pattern = pattern};
}

Seconds message_time(const CostStep& step, const StepCosts& costs, Bytes size) {
  if (step.pattern == Pattern::swap && costs.swap) return costs.swap(size, step.distance);
  if (step.pattern == Pattern::one_way && costs.one_way) return costs.one_way(size, step.distance);
  return costs.message(size, step.distance);
}

Seconds steps_time(const CostStep& step, const StepCosts& costs) {
  Seconds reducing{0};
  if (step.reduction.value() > 0) reducing += costs.reduction(step.reduction);
  if (step.hidden.value() > 0) reducing += (1 - costs.overlap) * costs.reduction(step.hidden);
  if (step.startups <= 0) return step.repeats * reducing;

  const Bytes piece = step.message / step.startups;
  const Seconds message = message_time(step, costs, piece);
  const Seconds bytes_only = std::max(message - message_time(step, costs, Bytes(0)), Seconds(0));
  const auto& overhead = step.pattern == Pattern::one_way && costs.server_overhead
                             ? costs.server_overhead
                             : costs.overhead;
  const Seconds on_wire = piece * costs.wire.value_or(SecondsPerByte(0));
  const Seconds further = std::max(bytes_only, on_wire) + overhead.value_or(Seconds(0));
  // Cutting a message into segments saves nothing where long messages are slower per byte: as many
  // segments are in flight as it takes to keep the wire busy, and all of them leave the caches.
  const Seconds one_by_one =
      std::max(step.startups * message, message_time(step, costs, step.message));
  const double sharers = costs.is_loaded ? 1 : step.sharers;
  const Seconds round = one_by_one + step.startups * ((step.flows - 1) * further +
                                                      step.flows * (sharers - 1) * bytes_only);
  if (step.in_flight && overhead && step.repeats > 1)
    return round + (step.repeats - 1) * further + step.repeats * reducing;
  return step.repeats * (round + reducing);
}

}  // namespace

StepCosts linear_step_costs(Seconds alpha, SecondsPerByte beta, SecondsPerByte gamma) {
  return {.message = [=](Bytes size, int) { return alpha + size * beta; },
          .reduction = [=](Bytes size) { return size * gamma; }};
}

double CollectiveCost::startups() const {
  double sum = 0;
  for (const CostStep& step : steps) sum += step.repeats * step.startups;
  return sum;
}
Bytes CollectiveCost::moved() const {
  Bytes sum{0};
  for (const CostStep& step : steps)
    if (step.startups > 0) sum += step.repeats * step.flows * step.sharers * step.message;
  return sum;
}
Bytes CollectiveCost::reduced() const {
  Bytes sum{0};
  for (const CostStep& step : steps) sum += step.repeats * step.reduction;
  return sum;
}

Seconds predict(const CollectiveCost& cost, const StepCosts& outer, const StepCosts* inner) {
  Seconds time{0};
  for (const CostStep& step : cost.steps)
    time += steps_time(step, step.lane == Lane::inner && inner != nullptr ? *inner : outer);
  return time;
}

CollectiveCost ring_cost(const CollectiveShape& shape) {
  const double p = shape.ranks;
  if (shape.ranks < 2) return {};
  const Bytes block = shape.bytes / p;
  CostStep gather{
      .repeats = p - 1, .message = block, .startups = segment_count(block, shape.segment)};
  return {{segmented_step(p - 1, block, shape.segment, 1), gather}};
}

CollectiveCost recursive_doubling_cost(const CollectiveShape& shape) {
  CollectiveCost cost;
  if (shape.ranks < 2) return cost;
  const int l = floor_log2(shape.ranks);
  const bool folded = (1 << l) != shape.ranks;
  if (folded)
    cost.steps.push_back(
        {.message = shape.bytes, .reduction = shape.bytes, .pattern = Pattern::one_way});
  for (int i = 0; i < l; ++i)
    cost.steps.push_back({.message = shape.bytes,
                          .reduction = shape.bytes,
                          .distance = 1 << i,
                          .pattern = Pattern::swap});
  if (folded) cost.steps.push_back({.message = shape.bytes, .pattern = Pattern::one_way});
  return cost;
}

CollectiveCost rabenseifner_cost(const CollectiveShape& shape) {
  CollectiveCost cost;
  if (shape.ranks < 2) return cost;
  const int l = floor_log2(shape.ranks);
  const bool folded = (1 << l) != shape.ranks;
  if (folded)
    cost.steps.push_back(segmented_step(1, shape.bytes, shape.segment, 1, Pattern::one_way));
  // The longest message goes to the nearest partner.
  Bytes block = shape.bytes;
  for (int i = 0; i < l; ++i) {
    block = block / 2;
    cost.steps.push_back(segmented_step(1, block, shape.segment, 1 << i, Pattern::swap));
  }
  for (int i = l; i-- > 0; block = block * 2)
    cost.steps.push_back({.message = block,
                          .startups = segment_count(block, shape.segment),
                          .distance = 1 << i,
                          .pattern = Pattern::swap});
  if (folded) cost.steps.push_back({.message = shape.bytes, .pattern = Pattern::one_way});
  return cost;
}

CollectiveCost binomial_tree_cost(const CollectiveShape& shape) {
  CollectiveCost cost;
  if (shape.ranks < 2) return cost;
  for (int i = 0; i < ceil_log2(shape.ranks); ++i) {
    cost.steps.push_back({.message = shape.bytes,
                          .reduction = shape.bytes,
                          .distance = 1 << i,
                          .pattern = Pattern::one_way});
    cost.steps.push_back({.message = shape.bytes, .distance = 1 << i, .pattern = Pattern::one_way});
  }
  return cost;
}

CollectiveCost double_binary_tree_cost(const CollectiveShape& shape) {
  if (shape.ranks < 2) return {};
  const Bytes half = shape.bytes / 2;
  const double k = segment_count(half, shape.segment);
  // While the pipeline fills and drains, a message goes one way; in between, the blocks are the
  // segments of one long message.
  const auto steps = [&](double count, Pattern pattern) {
    return CostStep{.message = count * (half / k),
                    .hidden = count * (half / k / 2),
                    .startups = count,
                    .pattern = pattern};
  };
  return {{steps(4.0 * ceil_log2(shape.ranks), Pattern::one_way), steps(4 * k, Pattern::shift)}};
}

CollectiveCost star_cost(const CollectiveShape& shape) {
  const double others = shape.ranks - 1;
  if (shape.ranks < 2) return {};
  return {{{.repeats = others,
            .message = shape.bytes,
            .reduction = shape.bytes,
            .pattern = Pattern::one_way,
            .in_flight = true},
           {.repeats = others,
            .message = shape.bytes,
            .pattern = Pattern::one_way,
            .in_flight = true}}};
}

CollectiveCost sharded_server_cost(const CollectiveShape& shape) {
  if (shape.ranks < 2) return {};
  const double servers = std::clamp(shape.servers, 1, shape.ranks);
  const Bytes shard = shape.bytes / servers;
  const double others = shape.ranks - 1;
  if (others >= servers)  // the servers' ports are the bottleneck
    return {
        {{.repeats = others,
          .message = shard,
          .reduction = shard,
          .pattern = Pattern::one_way,
          .in_flight = true},
         {.repeats = others, .message = shard, .pattern = Pattern::one_way, .in_flight = true}}};
  return {{{.repeats = servers, .message = shard, .pattern = Pattern::one_way, .in_flight = true},
           {.repeats = servers, .message = shard, .pattern = Pattern::one_way, .in_flight = true}}};
}

CollectiveCost direct_cost(const CollectiveShape& shape) {
  const double p = shape.ranks;
  if (shape.ranks < 2) return {};
  const Bytes block = shape.bytes / p;
  return {{{.repeats = p - 1,
            .message = block,
            .reduction = block,
            .pattern = Pattern::swap,
            .in_flight = true},
           {.repeats = p - 1, .message = block, .pattern = Pattern::swap, .in_flight = true}}};
}

CollectiveCost one_shot_cost(const CollectiveShape& shape) {
  const double others = shape.ranks - 1;
  if (shape.ranks < 2) return {};
  return {{{.message = shape.bytes,
            .reduction = others * shape.bytes,
            .flows = others,
            .pattern = Pattern::swap}}};
}

bool hierarchy_uses_ring(Bytes slice) {
  return slice >= 64_KiB;
}

CollectiveCost hierarchical_cost(const CollectiveShape& shape) {
  assert(shape.nodes >= 1 && shape.nodes <= std::max(shape.ranks, 1));
  const double n = shape.nodes;
  const double q = std::ceil(shape.ranks / n);
  CollectiveCost cost;
  if (q > 1) {
    const Bytes block = shape.bytes / q;
    cost.steps.push_back(
        {.repeats = q - 1, .message = block, .reduction = block, .lane = Lane::inner});
    cost.steps.push_back({.repeats = q - 1, .message = block, .lane = Lane::inner});
  }
  if (n > 1) {
    CollectiveShape outer = shape;
    outer.ranks = shape.nodes;
    outer.bytes = shape.bytes / q;
    const CollectiveCost between =
        hierarchy_uses_ring(outer.bytes) ? ring_cost(outer) : recursive_doubling_cost(outer);
    for (CostStep step : between.steps) {
      step.sharers = q;
      step.distance *= static_cast<int>(q);
      cost.steps.push_back(step);
    }
  }
  return cost;
}

CollectiveCost shared_memory_cost(const CollectiveShape& shape) {
  const double p = shape.ranks;
  if (shape.ranks < 2) return {};
  if (shape.bytes <= 4_KiB)
    return {{{.message = shape.bytes,
              .reduction = (p - 1) * shape.bytes,
              .flows = p - 1,
              .lane = Lane::inner}}};
  const Bytes others = ((p - 1) / p) * shape.bytes;
  // A step stages and fetches; here m is staged, and twice `others` is fetched.
  return {{{.repeats = 2,
            .message = (shape.bytes + 2 * others) / 4,
            .startups = segment_count(shape.bytes, 64_KiB),
            .lane = Lane::inner}}};
}

CollectiveCost reduce_scatter_cost(const CollectiveShape& shape) {
  const double p = shape.ranks;
  if (shape.ranks < 2) return {};
  return {{{.repeats = p - 1, .message = shape.bytes / p, .reduction = shape.bytes / p}}};
}

CollectiveCost allgather_cost(const CollectiveShape& shape) {
  const double p = shape.ranks;
  if (shape.ranks < 2) return {};
  return {{{.repeats = p - 1, .message = shape.bytes / p}}};
}

bool broadcast_scatters(const CollectiveShape& shape) {
  return shape.ranks > 2 && shape.bytes >= 64_KiB;
}

CollectiveCost broadcast_cost(const CollectiveShape& shape) {
  CollectiveCost cost;
  if (shape.ranks < 2) return cost;
  const double p = shape.ranks;
  const bool scatters = broadcast_scatters(shape);
  for (int i = ceil_log2(shape.ranks); i-- > 0;) {
    // What the widest subtree that is left holds.
    const double width = std::min<double>(1 << i, p - (1 << i));
    cost.steps.push_back({.message = scatters ? shape.bytes * (width / p) : shape.bytes,
                          .distance = 1 << i,
                          .pattern = Pattern::one_way});
  }
  if (scatters) cost.steps.push_back({.repeats = p - 1, .message = shape.bytes / p});
  return cost;
}

CollectiveCost alltoall_cost(const CollectiveShape& shape) {
  return allgather_cost(shape);
}

CollectiveCost all_reduce_lower_bound(const CollectiveShape& shape) {
  const double p = shape.ranks;
  if (shape.ranks < 2) return {};
  const double steps = ceil_log2(shape.ranks);
  const Bytes share = ((p - 1) / p) * shape.bytes;
  return {{{.message = 2 * share, .reduction = share, .startups = steps}}};
}

namespace {

std::vector<CollectiveCostModel>& registered_costs() {
  static std::vector<CollectiveCostModel> models;
  return models;
}

/// Long enough that alpha is small against the segment, short enough that it stays in the L2 cache
/// between arriving and being reduced.
constexpr Bytes pipeline_grain = 128_KiB;

Bytes usual_segment(const CollectiveShape&) {
  return pipeline_grain;
}
/// 256 KiB between 4 ranks over loopback: 109 us in messages of 64 KiB, 166 us in those of 128 KiB,
/// which wait for room in the sockets' buffers; of 4 MiB the longer ones are faster.
Bytes rabenseifner_segment(const CollectiveShape& shape) {
  return shape.bytes <= 1_MiB ? 64_KiB : pipeline_grain;
}
Bytes tree_segment(const CollectiveShape& shape) {
  return std::min(pipeline_grain, std::max(shape.bytes / 16, 4_KiB));
}

const bool costs_registered = [] {
  register_all_reduce_cost({.algorithm = "binomial_tree",
                            .topology = "tree",
                            .cost = binomial_tree_cost,
                            .formula = "ceil(lg p)(2 alpha + 2 m beta + m gamma)"});
  register_all_reduce_cost({.algorithm = "direct",
                            .topology = "direct",
                            .cost = direct_cost,
                            .formula = "2(p-1) alpha + 2((p-1)/p) m beta + ((p-1)/p) m gamma"});
  register_all_reduce_cost({.algorithm = "double_binary_tree",
                            .topology = "tree",
                            .cost = double_binary_tree_cost,
                            .formula = "(4L+4k)(alpha + m beta/(2k)), L = ceil(lg p)",
                            .segment = tree_segment});
  register_all_reduce_cost(
      {.algorithm = "hierarchical",
       .topology = "hierarchical",
       .cost = hierarchical_cost,
       .formula = "2(q-1) a_i + 2((q-1)/q) m b_i + ((q-1)/q) m gamma + T_ring(n, m/q; a_e, q b_e)",
       .segment = usual_segment});
  register_all_reduce_cost({.algorithm = "one_shot",
                            .topology = "direct",
                            .cost = one_shot_cost,
                            .formula = "alpha + (p-1) m beta + (p-1) m gamma"});
  register_all_reduce_cost({.algorithm = "rabenseifner",
                            .topology = "hypercube",
                            .cost = rabenseifner_cost,
                            .formula = "2l alpha + 2((p-1)/p) m beta + ((p-1)/p) m gamma; + 2 "
                                       "alpha + 2 m beta + m gamma where p "
                                       "is folded",
                            .segment = rabenseifner_segment});
  register_all_reduce_cost(
      {.algorithm = "recursive_doubling",
       .topology = "hypercube",
       .cost = recursive_doubling_cost,
       .formula = "l(alpha + m beta + m gamma); + 2 alpha + 2 m beta + m gamma where p is folded"});
  register_all_reduce_cost({.algorithm = "ring",
                            .topology = "ring",
                            .cost = ring_cost,
                            .formula = "(p-1)(2k alpha + 2(m/p) beta + s gamma), k = ceil(m/(p s))",
                            .segment = usual_segment});
  register_all_reduce_cost(
      {.algorithm = "sharded_server",
       .topology = "star",
       .cost = sharded_server_cost,
       .formula = "max{2(p-1) alpha + 2(p-1)(m/S) beta + (p-1)(m/S) gamma, 2S alpha + 2m beta}"});
  register_all_reduce_cost({.algorithm = "star",
                            .topology = "star",
                            .cost = star_cost,
                            .formula = "2(p-1) alpha + 2(p-1) m beta + (p-1) m gamma"});
  return true;
}();

}  // namespace

bool register_all_reduce_cost(CollectiveCostModel model) {
  std::vector<CollectiveCostModel>& models = registered_costs();
  const auto after = std::find_if(
      models.begin(), models.end(),
      [&](const CollectiveCostModel& other) { return other.algorithm >= model.algorithm; });
  assert((after == models.end() || after->algorithm != model.algorithm) && "registered twice");
  models.insert(after, model);
  return true;
}

const std::vector<CollectiveCostModel>& all_reduce_cost_models() {
  return registered_costs();
}

const CollectiveCostModel* find_all_reduce_cost(std::string_view algorithm) {
  for (const CollectiveCostModel& model : all_reduce_cost_models())
    if (model.algorithm == algorithm) return &model;
  return nullptr;
}

Bytes pipeline_segment(std::string_view algorithm, const CollectiveShape& shape) {
  const CollectiveCostModel* model = find_all_reduce_cost(algorithm);
  return model != nullptr && model->segment != nullptr ? model->segment(shape) : 0_B;
}

CollectiveCost all_reduce_cost(std::string_view algorithm, CollectiveShape shape) {
  const CollectiveCostModel* model = find_all_reduce_cost(algorithm);
  assert(model != nullptr);
  shape.segment = pipeline_segment(algorithm, shape);
  return model->cost(shape);
}

BytesPerSecond all_reduce_bus_bandwidth(int ranks, Bytes bytes, Seconds time) {
  if (ranks < 2) return BytesPerSecond(std::numeric_limits<double>::quiet_NaN());
  return bytes / time * (2.0 * (ranks - 1) / ranks);
}

double straggler_probability(double tail, int ranks) {
  return 1 - std::pow(1 - tail, ranks);
}

}  // namespace assay
