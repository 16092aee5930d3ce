#pragma once
/// @file
/// Elementwise combination of vectors: the arithmetic of a reduction, and what gamma is the cost
/// of.
///
/// out[i] = op(... op(op(a0[i], a1[i]), a2[i]) ...): always in the order of the sources, so that
/// the same sources give the same bits. Vectorised for the CPU it runs on (Highway). Vectors need
/// no alignment. bf16 is widened to f32, combined, and rounded once to nearest even. i32 sums and
/// products wrap. Not defined: which payload a NaN keeps, and the result of max and min of a NaN.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace assay::network {

enum class ElementType { f32, f64, i32, bf16 };
enum class Operation { sum, max, min, prod };

inline constexpr ElementType element_types[] = {ElementType::f32, ElementType::f64,
                                                ElementType::i32, ElementType::bf16};
inline constexpr Operation operations[] = {Operation::sum, Operation::max, Operation::min,
                                           Operation::prod};

[[nodiscard]] constexpr std::size_t size_of(ElementType type) {
  switch (type) {
    case ElementType::f64:
      return 8;
    case ElementType::bf16:
      return 2;
    default:
      return 4;
  }
}
/// As it stands in the dtype and operation columns.
[[nodiscard]] std::string_view to_string(ElementType type);
[[nodiscard]] std::string_view to_string(Operation operation);
[[nodiscard]] std::optional<ElementType> parse_element_type(std::string_view name);
[[nodiscard]] std::optional<Operation> parse_operation(std::string_view name);

/// A bfloat16 as its bits: the upper half of an f32.
using BFloat16 = std::uint16_t;
[[nodiscard]] BFloat16 to_bfloat16(float value);  ///< To nearest even.
[[nodiscard]] float to_float(BFloat16 value);

/// out = op over all `sources`, in their order. Each source has the size of `out`, which may be one
/// of them.
/// @pre at least one source; sizes are whole elements
void combine(Operation operation, ElementType type, std::span<std::byte> out,
             std::span<const std::byte* const> sources);

/// into = op(into, from).
void combine_into(Operation operation, ElementType type, std::span<std::byte> into,
                  std::span<const std::byte> from);

}  // namespace assay::network
