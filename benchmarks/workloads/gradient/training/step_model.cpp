#include "benchmarks/workloads/gradient/training/step_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "benchmarks/collectives/all_reduce.hpp"

namespace assay::workloads {
namespace {

Seconds largest(network::Communicator& communicator, Seconds mine) {
  const std::vector<double> all = communicator.gather_all(mine.value());
  return Seconds(*std::max_element(all.begin(), all.end()));
}

Seconds time_of(const PlannedCollective& planned, const StepForecast& step, const WireCosts& wire) {
  if (step.ranks == 1) return Seconds(0);
  if (planned.kind == PlannedCollective::Kind::all_reduce) {
    const StepCosts costs = linear_step_costs(wire.alpha, wire.beta, wire.gamma);
    return predict(collectives::find_all_reduce(step.algorithm)
                       .cost({.ranks = step.ranks, .bytes = planned.bytes, .nodes = step.ranks}),
                   costs);
  }
  // With everybody at once: one start-up, the others' parts through one port.
  const double others = static_cast<double>(step.ranks - 1) / step.ranks;
  return wire.alpha + others * planned.bytes * wire.beta;
}

}  // namespace

StepForecast forecast(network::Communicator& communicator, Trainer& trainer,
                      const TrainingOptions& options) {
  StepForecast step{.ranks = communicator.size(),
                    .algorithm = options.algorithm,
                    .steps_per_round = trainer.steps_per_round(),
                    .overlaps = options.schedule->overlaps && options.outer->is_exact,
                    .keeps_cores = options.schedule->keeps_cores,
                    .buckets = std::vector<BucketForecast>(trainer.buckets().size())};
  communicator.barrier();
  const Seconds start = now();
  const std::vector<Seconds> ready = trainer.compute_only();
  step.compute = largest(communicator, (now() - start) / step.steps_per_round);
  for (std::size_t b = 0; b < ready.size(); ++b)
    step.buckets[b].ready = largest(communicator, ready[b]);
  const auto compressor = options.compressor->make(options.compression, trainer.buckets().size());
  const std::size_t element = network::size_of(trainer.type());
  std::vector<std::byte> values;
  // The first pass faults the memory in; the second is the one that counts.
  for (int pass = 0; pass < 2; ++pass)
    for (std::size_t b = 0; b < trainer.buckets().size(); ++b) {
      const Bucket& bucket = trainer.buckets()[b];
      const auto own = trainer.weights().subspan(bucket.begin * element, bucket.count * element);
      values.assign(own.begin(), own.end());
      DryExchange dry(communicator.rank(), communicator.size());
      communicator.barrier();
      compressor->reduce(dry, bucket, values, trainer.type());
      step.buckets[b].encode = largest(communicator, dry.encode_time);
      step.buckets[b].planned = dry.planned;
    }
  return step;
}

Seconds predict_step(const StepForecast& step, const WireCosts& wire) {
  Seconds encode{0}, sending{0}, end{0};
  for (const BucketForecast& bucket : step.buckets) {
    encode += bucket.encode;
    Seconds time{0};
    for (const PlannedCollective& planned : bucket.planned) time += time_of(planned, step, wire);
    sending += time;
    end = std::max(bucket.ready + encode, end) + time;
  }
  if (step.steps_per_round > 1) return step.compute + (encode + sending) / step.steps_per_round;
  const Seconds serial = step.compute + encode + sending;
  if (!step.overlaps) return serial;
  const Seconds pipelined = std::max(end, step.compute + encode);
  const double overlap = step.keeps_cores ? 1 : wire.overlap;
  return overlap * pipelined + (1 - overlap) * serial;
}

std::optional<BytesPerSecond> break_even(const StepForecast& step, const StepForecast& baseline,
                                         const WireCosts& wire) {
  const auto pays = [&](double bandwidth) {
    WireCosts other = wire;
    other.beta = 1 / BytesPerSecond(bandwidth);
    return predict_step(step, other) < (1 - worth) * predict_step(baseline, other);
  };
  constexpr double lowest = 1e4, highest = 1e12, ratio = 1.1;
  if (pays(highest)) return BytesPerSecond(std::numeric_limits<double>::infinity());
  for (double high = highest; high > lowest; high /= ratio) {
    if (!pays(high / ratio)) continue;
    double low = high / ratio;
    for (int i = 0; i < 40; ++i) (pays(std::sqrt(low * high)) ? low : high) = std::sqrt(low * high);
    return BytesPerSecond(low);
  }
  return std::nullopt;
}

}  // namespace assay::workloads
