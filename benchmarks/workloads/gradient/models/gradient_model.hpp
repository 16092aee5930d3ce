#pragma once
/// @file
/// A gradient model: parameters, a loss over the rows of a data set, and the gradient of that loss.
///
/// A model is one .cpp that registers a GradientModelKind. Its parameters are laid out in the order
/// in which their gradients become final (the last layer first), so that everything up to an offset
/// can be sent while the rest is still computed. It sums over its rows and never divides: the
/// caller adds the sums of the ranks and divides by the number of rows once, which is a regrouping
/// of the one-rank sum however the rows are shared. Not modelled: input pipelines, optimiser state.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "benchmarks/workloads/gradient/models/linear_regression.hpp"
#include "probes/core/registry.hpp"
#include "probes/core/units.hpp"
#include "probes/network/transport/reduction.hpp"

namespace assay::workloads {

/// A matrix of parameters; a vector has one column.
struct Tensor {
  std::size_t rows = 0;
  std::size_t columns = 1;
  [[nodiscard]] std::size_t size() const { return rows * columns; }
};

/// What the user may choose; each model uses what concerns it.
struct ModelOptions {
  std::size_t rows = 0;       ///< Of the whole data set.
  std::size_t features = 50;  ///< Of the regressions.
  std::vector<std::size_t> widths = {256, 512, 512, 512, 512, 512, 512, 16};  ///< Perceptron.
  double shrink = 64;     ///< Replay: parameters are divided by it.
  Seconds compute{0.04};  ///< Replay: of all rows on one rank.
};

/// What a model tells while it computes.
struct ComputeHooks {
  /// The gradient's elements before `end` are final. Ascending, and in the end all of them.
  std::function<void(std::size_t end)> ready = [](std::size_t) {};
  /// Between two slices of work, each well below a millisecond.
  std::function<void()> pause = [] {};
};

class GradientModel {
 public:
  virtual ~GradientModel() = default;
  /// f32 or f64.
  [[nodiscard]] virtual network::ElementType type() const = 0;
  /// In the order of the parameters.
  [[nodiscard]] virtual std::vector<Tensor> tensors() const = 0;
  /// The first weights, the same on all ranks.
  virtual void initialise(std::span<std::byte> weights) const = 0;
  /// Sum of the rows' gradients; gives the sum of their losses.
  virtual double gradient_sum(std::span<const std::byte> weights, std::span<std::byte> gradient,
                              const ComputeHooks& hooks) = 0;
  /// Of the matrix and vector products of the last gradient_sum, counted as each was called:
  /// 2 m n k. Nothing where the work is a time and not a number of operations.
  [[nodiscard]] virtual std::optional<double> flops() const = 0;
};

struct GradientModelKind {
  Description about;         ///< kind = "gradient model"
  std::size_t rows = 0;      ///< When the user names none.
  double learning_rate = 0;  ///< Plain gradient descent with it lowers the loss.
  /// The part of the model that owns these rows.
  std::function<std::unique_ptr<GradientModel>(const ModelOptions&, Shard)> make;
};

/// Throws UsageError that lists the known names.
[[nodiscard]] const GradientModelKind& find_gradient_model(const std::string& name);

/// "expected one of a, b, c" for what was not found in a registry.
template <class Kind>
[[nodiscard]] std::string known_names() {
  std::string names;
  for (const Kind* kind : Registry<Kind>::all())
    names += (names.empty() ? "" : ", ") + kind->about.name;
  return names;
}

}  // namespace assay::workloads
