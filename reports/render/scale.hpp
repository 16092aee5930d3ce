#pragma once
/// @file
/// Maps values to positions on the page, and chooses where ticks stand. Pure.

#include <string>
#include <vector>

namespace assay::render {

enum class ScaleKind {
  linear,
  log10,  ///< Ticks at powers of ten; at 1, 2, 5 where there are few of them.
  log2,   ///< For ranks and sizes in bytes: ticks at powers of two.
};

/// From the domain [low, high] to positions [from, to]; `from` may be the larger (y runs
/// downwards).
class Scale {
 public:
  /// @pre low < high; both positive for the logarithmic kinds
  Scale(ScaleKind kind, double low, double high, double from, double to);

  /// Values outside of the domain map outside of [from, to].
  [[nodiscard]] double operator()(double value) const;
  [[nodiscard]] bool contains(double value) const;
  /// Ascending, inside the domain, at most about `most`.
  [[nodiscard]] std::vector<double> ticks(int most) const;
  [[nodiscard]] ScaleKind kind() const { return kind_; }
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }
  [[nodiscard]] double from() const { return from_; }
  [[nodiscard]] double to() const { return to_; }

 private:
  [[nodiscard]] double transformed(double value) const;

  ScaleKind kind_;
  double low_, high_, from_, to_;
};

struct Domain {
  double low;
  double high;
};
/// A domain that holds all finite (for logarithmic kinds: positive) values with a little air. A
/// linear one starts at zero when the data come near it, and a single value gets room on both
/// sides. With no usable value at all it is [0, 1] or [1, 10].
[[nodiscard]] Domain domain_of(const std::vector<double>& values, ScaleKind kind);

}  // namespace assay::render
