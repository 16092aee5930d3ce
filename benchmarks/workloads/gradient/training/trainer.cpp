#include "benchmarks/workloads/gradient/training/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "benchmarks/workloads/gradient/models/typed_vector.hpp"
#include "probes/run/region.hpp"

namespace assay::workloads {
namespace {

Shard shard_of(const TrainingOptions& options, const network::Communicator& communicator) {
  const auto rank = static_cast<std::size_t>(communicator.rank());
  const std::size_t rows = options.model_options.rows;
  return options.shard_weights.empty() ? equal_shards(rows, communicator.size())[rank]
                                       : weighted_shards(rows, options.shard_weights)[rank];
}

/// Keeps where the communication's time goes out of what follows.
class Quiet {
 public:
  explicit Quiet(IdleHook& idle_hook) : idle_hook_(idle_hook) {
    idle_hook_.waited = Seconds(0);
    idle_hook_.count_from = Seconds(0);
  }
  [[nodiscard]] Seconds waited() const { return idle_hook_.waited; }

 private:
  IdleHook& idle_hook_;
};

}  // namespace

Trainer::Trainer(network::Communicator& communicator, const TrainingOptions& options)
    : options_(options),
      hooked_communicator_(communicator),
      shard_(shard_of(options, communicator)),
      model_(options.model->make(options.model_options, shard_)),
      all_reduce_(collectives::find_all_reduce(options.algorithm).prepare(hooked_communicator_)),
      exchange_(make_exchange(hooked_communicator_, *all_reduce_)),
      buckets_(make_buckets(model_->tensors(), options.buckets, network::size_of(model_->type()))),
      disturber_(options.disturbance, communicator.rank()) {
  const std::size_t bytes = buckets_.back().end() * network::size_of(model_->type());
  weights_ = weights_memory_.get(bytes);
  gradient_ = gradient_memory_.get(bytes);
  unused_weights_ = unused_memory_.get(bytes);
  std::ranges::fill(unused_weights_, std::byte{0});
  reduced_ = gradient_;
  schedule_ = options.schedule->make(hooked_communicator_, [this](std::size_t index) {
    const Phase phase("send", Track::communication);
    const Bucket& bucket = buckets_[index];
    const std::size_t element = network::size_of(model_->type());
    compressor_->reduce(*exchange_, bucket,
                        reduced_.subspan(bucket.begin * element, bucket.count * element),
                        model_->type());
  });
  reset();
}

Trainer::~Trainer() = default;

void Trainer::make_compressor() {
  compressor_ = options_.compressor->make(options_.compression, buckets_.size());
}

void Trainer::reset() {
  model_->initialise(weights_);
  make_compressor();
  outer_ = options_.outer->make(options_.period);
}

int Trainer::steps_per_round() const {
  return options_.outer->is_local ? options_.period : 1;
}

RoundTimes Trainer::round() {
  const Phase phase(options_.outer->is_local ? "round" : "step");
  times_ = {};
  work_ = {};
  const network::Traffic before = hooked_communicator_.sent();
  outer_->round(*this);
  work_.sent = hooked_communicator_.sent() - before;
  return times_;
}

/// Slows the model's compute where the plan says so, before anybody learns that a part is ready.
void Trainer::compute(const ComputeHooks& hooks) {
  Seconds last = now();
  ComputeHooks slowed = hooks;
  disturber_.add_noise();
  slowed.ready = [&](std::size_t end) {
    disturber_.stretch(now() - last);
    hooks.ready(end);
    last = now();
  };
  loss_ = model_->gradient_sum(weights_, gradient_, slowed);
  if (const std::optional<double> flops = model_->flops())
    work_.flops = work_.flops.value_or(0) + *flops;
}

void Trainer::gradient_of_all() {
  reduced_ = gradient_;
  exchange_->encode_time = Seconds(0);
  Seconds elsewhere{0};        // of this thread, spent on communication
  std::optional<Phase> slice;  // of compute, between two looks after the communication
  const auto outside = [&](const auto& call) {
    const Seconds start = now();
    if (options_.schedule->overlaps) slice.reset();
    call();
    if (options_.schedule->overlaps) slice.emplace("compute");
    elsewhere += now() - start;
  };
  std::size_t next = 0;
  schedule_->begin();
  slice.emplace("compute");
  const Seconds start = now();
  compute({.ready =
               [&](std::size_t end) {
                 for (; next < buckets_.size() && buckets_[next].end() <= end; ++next)
                   outside([&] { schedule_->ready(); });
               },
           .pause = [&] { outside([&] { schedule_->pause(); }); }});
  slice.reset();
  times_.compute += now() - start - elsewhere;
  const Phase phase("wait");
  const CommunicationTimes communication = schedule_->finish();
  times_.encode += exchange_->encode_time;
  times_.send += std::max(communication.busy - exchange_->encode_time, Seconds(0));
  times_.wait += communication.wait;
}

void Trainer::gradient_of_own() {
  const Phase phase("compute");
  const Seconds start = now();
  compute({});
  times_.compute += now() - start;
}

void Trainer::descend(std::size_t rows) {
  const Phase phase("compute");
  const Seconds start = now();
  add_scaled(model_->type(), weights_, -options_.model->learning_rate / static_cast<double>(rows),
             gradient_);
  times_.compute += now() - start;
}

void Trainer::reduce(std::span<std::byte> vector) {
  reduced_ = vector;
  exchange_->encode_time = Seconds(0);
  const Quiet quiet(hooked_communicator_.idle_hook());
  const Phase phase("send", Track::communication);
  const Seconds start = now();
  const std::size_t element = network::size_of(model_->type());
  for (const Bucket& bucket : buckets_)
    compressor_->reduce(*exchange_, bucket,
                        vector.subspan(bucket.begin * element, bucket.count * element),
                        model_->type());
  reduced_ = gradient_;
  times_.encode += exchange_->encode_time;
  times_.wait += quiet.waited();
  times_.send += std::max(now() - start - quiet.waited() - exchange_->encode_time, Seconds(0));
}

std::vector<Seconds> Trainer::compute_only() {
  std::vector<Seconds> ready;
  for (int step = 0; step < steps_per_round(); ++step) {
    ready.clear();
    const Seconds start = now();
    compute({.ready = [&](std::size_t end) {
      while (ready.size() < buckets_.size() && buckets_[ready.size()].end() <= end)
        ready.push_back(now() - start);
    }});
    // The descent is compute of the step too. Of other memory: the gradient is not the sum, and the
    // ranks' weights must stay equal.
    add_scaled(type(), unused_weights_,
               -options_.model->learning_rate / static_cast<double>(rows()), gradient_);
  }
  return ready;
}

void Trainer::compute_on_all_cores() {
  schedule_->lend_cores(true);
  static_cast<void>(compute_only());
  schedule_->lend_cores(false);
}

void Trainer::communicate_only() {
  communicate_beside(nullptr);
}

void Trainer::communicate_beside(const std::function<void()>& work) {
  schedule_->communicate_alone([this] { reduce(gradient_); }, work);
}

Trainer::ReductionError Trainer::reduction_error() {
  gradient_of_own();
  const std::vector<double> own = widened(type(), gradient_);
  std::vector<double> sums = own;
  exchange_->all_reduce(std::as_writable_bytes(std::span(sums)), network::ElementType::f64);
  make_compressor();
  reduce(gradient_);
  make_compressor();
  const std::vector<double> got = widened(type(), gradient_);
  const auto norm = [&](const auto& value) {
    double squares = 0;
    for (std::size_t i = 0; i < sums.size(); ++i) squares += value(i) * value(i);
    return std::sqrt(squares);
  };
  const double error = norm([&](std::size_t i) { return got[i] - sums[i]; });
  const double sum = norm([&](std::size_t i) { return sums[i]; });
  double parts = 0;
  for (const double of_rank :
       hooked_communicator_.gather_all(norm([&](std::size_t i) { return own[i]; })))
    parts += of_rank;
  ReductionError errors{.of_sum = sum > 0 ? error / sum : error,
                        .of_parts = parts > 0 ? error / parts : error,
                        .of_naive_average = {}};
  if (!options_.shard_weights.empty()) errors.of_naive_average = naive_average_error(own, sums);
  return errors;
}

double Trainer::naive_average_error(std::span<const double> own, std::span<const double> sums) {
  const double mine = shard_.count > 0 ? 1.0 / static_cast<double>(shard_.count) : 0.0;
  std::vector<double> average(own.begin(), own.end());
  for (double& value : average) value *= mine / hooked_communicator_.size();
  exchange_->all_reduce(std::as_writable_bytes(std::span(average)), network::ElementType::f64);
  double error = 0, exact = 0;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double mean = sums[i] / static_cast<double>(rows());
    error += (average[i] - mean) * (average[i] - mean);
    exact += mean * mean;
  }
  return exact > 0 ? std::sqrt(error / exact) : std::sqrt(error);
}

}  // namespace assay::workloads
