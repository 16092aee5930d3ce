#include "benchmarks/workloads/gradient/training/training_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "benchmarks/collectives/verification.hpp"
#include "benchmarks/workloads/gradient/models/typed_vector.hpp"

namespace assay::workloads {
namespace {

/// The weights that one rank with all rows comes to.
std::vector<std::byte> train_alone(const TrainingOptions& options, std::size_t bytes, int steps) {
  const auto model = options.model->make(options.model_options, {0, options.model_options.rows});
  // Words, for the alignment of the elements.
  std::vector<double> weight_words(bytes / sizeof(double) + 1), gradient_words(weight_words.size());
  const auto weights = std::as_writable_bytes(std::span(weight_words)).first(bytes);
  const auto gradient = std::as_writable_bytes(std::span(gradient_words)).first(bytes);
  model->initialise(weights);
  for (int step = 0; step < steps; ++step) {
    static_cast<void>(model->gradient_sum(weights, gradient, {}));
    add_scaled(model->type(), weights,
               -options.model->learning_rate / static_cast<double>(options.model_options.rows),
               gradient);
  }
  return {weights.begin(), weights.end()};
}

bool is_exact(const TrainingOptions& options) {
  return options.outer->is_exact && options.compressor->dtype.empty();
}

std::string check_against_one_rank(network::Communicator& communicator, Trainer& trainer,
                                   const TrainingOptions& options) {
  std::string complaint;
  constexpr int steps = 2;
  trainer.reset();
  for (int step = 0; step < steps; ++step) static_cast<void>(trainer.round());
  if (communicator.rank() == 0) {
    const double bound = trainer.type() == network::ElementType::f64 ? 1e-12 : 2e-5;
    const double difference = relative_difference(
        trainer.type(), trainer.weights(), train_alone(options, trainer.weights().size(), steps));
    if (!(difference <= steps * bound))
      complaint = fmt::format("weights differ from one rank's by {:.2g} (relative)", difference);
  }
  return collectives::agree(communicator, complaint);
}

std::string check_same_bits(network::Communicator& communicator, const Trainer& trainer) {
  const std::uint64_t mine = collectives::hash(trainer.weights());
  for (const auto& other : communicator.gather_all(std::as_bytes(std::span(&mine, 1))))
    if (!std::ranges::equal(other, std::as_bytes(std::span(&mine, 1))))
      return "ranks hold different weights";
  return {};
}

}  // namespace

TrainingCheck check_training(network::Communicator& communicator, Trainer& trainer,
                             const TrainingOptions& options, int rounds) {
  TrainingCheck check;
  if (is_exact(options)) check.complaint = check_against_one_rank(communicator, trainer, options);
  trainer.reset();
  const Trainer::ReductionError error = trainer.reduction_error();
  check.error_norm = error.of_sum;
  check.naive_average_error = error.of_naive_average;
  const double bound = options.compressor->error_bound(communicator.size());
  if (check.complaint.empty() && !(error.of_parts <= bound))
    check.complaint = collectives::agree(
        communicator, fmt::format("a reduction is off by {:.2g} of its parts, allowed is {:.2g}",
                                  error.of_parts, bound));
  for (int round = 0; round < rounds; ++round) {
    static_cast<void>(trainer.round());
    const std::vector<double> sums = communicator.gather_all(trainer.last_loss());
    check.losses.push_back(std::accumulate(sums.begin(), sums.end(), 0.0) /
                           static_cast<double>(trainer.rows()));
  }
  if (check.complaint.empty() && options.outer->is_agreed)
    check.complaint = check_same_bits(communicator, trainer);
  check.complaint = collectives::agree(communicator, check.complaint);
  if (check.complaint.empty() && rounds > 1 && !(check.losses.back() < check.losses.front()))
    check.complaint = fmt::format("the loss does not fall: {:.6g} after {:.6g}",
                                  check.losses.back(), check.losses.front());
  trainer.reset();
  return check;
}

}  // namespace assay::workloads
