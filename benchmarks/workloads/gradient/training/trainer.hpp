#pragma once
/// @file
/// One rank's part of a training: model, schedule, compressor and outer method, put together.
///
/// A step is the gradient of this rank's rows at the present weights and plain gradient descent. A
/// round is what lies between two times that the ranks agree: one step, or the H steps of a local
/// method.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/workloads/gradient/compressors/compressor.hpp"
#include "benchmarks/workloads/gradient/schedules/schedule.hpp"
#include "benchmarks/workloads/gradient/training/disturbance.hpp"
#include "benchmarks/workloads/gradient/training/outer_method.hpp"

namespace assay::workloads {

struct TrainingOptions {
  const GradientModelKind* model = nullptr;
  const ScheduleKind* schedule = nullptr;
  const CompressorKind* compressor = nullptr;
  const OuterMethodKind* outer = nullptr;
  std::string algorithm = "ring";  ///< Of the all-reduce.
  ModelOptions model_options;
  BucketOptions buckets;
  CompressorOptions compression;
  int period = 1;                     ///< Steps of a round, for local methods.
  std::vector<double> shard_weights;  ///< Empty: equal shards.
  Disturbance disturbance;
};

/// Of this rank, of one round.
struct RoundTimes {
  Seconds compute{0}, encode{0}, send{0}, wait{0};
};

/// Of this rank, of one round: the same in every round and every run.
struct RoundWork {
  std::optional<double> flops;  ///< As the model counts them; nothing where it does not.
  network::Traffic sent;
  friend bool operator==(const RoundWork&, const RoundWork&) = default;
};

class Trainer {
 public:
  /// Collective. `communicator` is not used by others while a method of the trainer runs.
  Trainer(network::Communicator& communicator, const TrainingOptions& options);
  ~Trainer();

  /// First weights, no memory of errors or momentum.
  void reset();
  /// Collective: one round.
  RoundTimes round();
  /// Of the last round.
  [[nodiscard]] const RoundWork& work() const { return work_; }
  [[nodiscard]] int steps_per_round() const;
  /// Sum of this rank's rows' losses before the last step; add over ranks, divide by rows().
  [[nodiscard]] double last_loss() const { return loss_; }
  [[nodiscard]] std::size_t rows() const { return options_.model_options.rows; }
  [[nodiscard]] std::size_t own_rows() const { return shard_.count; }
  [[nodiscard]] network::ElementType type() const { return model_->type(); }
  [[nodiscard]] const std::vector<Bucket>& buckets() const { return buckets_; }
  [[nodiscard]] std::span<const std::byte> weights() const { return weights_; }

  // --- parts of a round, to be timed alone ---
  /// The compute of a round and nothing else, its descents included; when each bucket was ready,
  /// from the start of its step.
  std::vector<Seconds> compute_only();
  /// The same with the cores that the schedule keeps for communication.
  void compute_on_all_cores();
  /// The communication of a round and nothing else.
  void communicate_only();
  /// The same, with `work` called wherever it leaves the compute's core free.
  void communicate_beside(const std::function<void()>& work);
  /// Error of one reduction of the present gradient without memory: |result - sum| over |sum|, and
  /// over the sum of the ranks' norms. Collective.
  struct ReductionError {
    double of_sum = 0, of_parts = 0;
    /// Of unequal shards, what averaging the ranks' mean gradients would err by: it gives every
    /// rank the same say, whatever its rows. |mean of means - mean over all rows| over the latter;
    /// a rank without rows has a mean of 0. Nothing where the shards are equal.
    std::optional<double> of_naive_average;
  };
  [[nodiscard]] ReductionError reduction_error();

  // --- for outer methods ---
  /// The gradient summed over all rows and ranks, overlapped as the schedule says.
  void gradient_of_all();
  /// The gradient summed over this rank's rows.
  void gradient_of_own();
  /// weights -= learning rate * gradient / rows
  void descend(std::size_t rows);
  /// Sum over the ranks of a vector like the weights, through the compressor, bucket by bucket.
  void reduce(std::span<std::byte> vector);
  [[nodiscard]] std::span<std::byte> mutable_weights() { return weights_; }
  [[nodiscard]] IdleHookCommunicator& communicator() { return hooked_communicator_; }

 private:
  void compute(const ComputeHooks& hooks);
  void make_compressor();
  /// @param own sums over this rank's rows @param sums over all rows
  double naive_average_error(std::span<const double> own, std::span<const double> sums);

  TrainingOptions options_;
  IdleHookCommunicator hooked_communicator_;
  Shard shard_;
  std::unique_ptr<GradientModel> model_;
  std::unique_ptr<collectives::AllReduce> all_reduce_;
  std::unique_ptr<Exchange> exchange_;
  std::vector<Bucket> buckets_;
  std::unique_ptr<Compressor> compressor_;
  std::unique_ptr<OuterMethod> outer_;
  Disturber disturber_;
  collectives::Scratch weights_memory_, gradient_memory_, unused_memory_;
  std::span<std::byte> weights_, gradient_;
  std::span<std::byte> unused_weights_;  ///< To time a descent that changes nothing.
  std::span<std::byte> reduced_;         ///< What the buckets are cut from at present.
  double loss_ = 0;
  RoundTimes times_;
  RoundWork work_;
  std::unique_ptr<Schedule> schedule_;  ///< Last: it ends before what it reduces.
};

}  // namespace assay::workloads
