#include "probes/network/transport/reduction.hpp"

#include <bit>
#include <cassert>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "probes/network/transport/reduction.cpp"
#include <hwy/foreach_target.h>  // compiles the rest of this file once per instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace assay::network::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

struct Sum {
  template <class V>
  V operator()(V a, V b) const {
    return hn::Add(a, b);
  }
};
struct Max {
  template <class V>
  V operator()(V a, V b) const {
    return hn::Max(a, b);
  }
};
struct Min {
  template <class V>
  V operator()(V a, V b) const {
    return hn::Min(a, b);
  }
};
struct Prod {
  template <class V>
  V operator()(V a, V b) const {
    return hn::Mul(a, b);
  }
};

/// How elements stand in memory and in a register, for types whose register form is their memory
/// form.
template <class T>
struct Plain {
  using Element = T;
  using D = hn::ScalableTag<T>;
  static hn::Vec<D> load(const T* from) { return hn::LoadU(D(), from); }
  static void store(hn::Vec<D> v, T* to) { hn::StoreU(v, D(), to); }
};

/// bf16 in memory, f32 in registers.
struct Widened {
  using Element = BFloat16;
  using D = hn::ScalableTag<float>;
  using U32 = hn::RebindToUnsigned<D>;
  using I32 = hn::RebindToSigned<D>;
  using U16 = hn::Rebind<BFloat16, D>;
  static hn::Vec<D> load(const BFloat16* from) {
    return hn::BitCast(D(), hn::ShiftLeft<16>(hn::PromoteTo(U32(), hn::LoadU(U16(), from))));
  }
  static hn::Vec<U16> narrowed(hn::Vec<D> v) {
    const auto bits = hn::BitCast(U32(), v);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(U32(), 1));
    const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(U32(), 0x7fff)));
    const auto quiet =
        hn::Or(bits, hn::Set(U32(), 0x0040'0000));  // rounding could turn a NaN into a number
    const auto nan = hn::RebindMask(U32(), hn::IsNaN(v));
    const auto kept = hn::ShiftRight<16>(hn::IfThenElse(nan, quiet, rounded));
    return hn::DemoteTo(U16(), hn::BitCast(I32(), kept));
  }
  static void store(hn::Vec<D> v, BFloat16* to) { hn::StoreU(narrowed(v), U16(), to); }
};

/// `Count` sources, known at compile time, or `dynamic_count` of them where it is 0.
template <class Form, class Op, int Count>
void combine_tiles(typename Form::Element* out, const typename Form::Element* const* sources,
                   std::size_t dynamic_count, std::size_t n) {
  using T = typename Form::Element;
  const std::size_t lanes = hn::Lanes(typename Form::D());
  const std::size_t count = Count > 0 ? static_cast<std::size_t>(Count) : dynamic_count;
  const Op op;
  std::size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    auto a = Form::load(sources[0] + i);
    auto b = Form::load(sources[0] + i + lanes);
    auto c = Form::load(sources[0] + i + 2 * lanes);
    auto d = Form::load(sources[0] + i + 3 * lanes);
    for (std::size_t s = 1; s < count; ++s) {
      a = op(a, Form::load(sources[s] + i));
      b = op(b, Form::load(sources[s] + i + lanes));
      c = op(c, Form::load(sources[s] + i + 2 * lanes));
      d = op(d, Form::load(sources[s] + i + 3 * lanes));
    }
    Form::store(a, out + i);
    Form::store(b, out + i + lanes);
    Form::store(c, out + i + 2 * lanes);
    Form::store(d, out + i + 3 * lanes);
  }
  for (; i + lanes <= n; i += lanes) {
    auto a = Form::load(sources[0] + i);
    for (std::size_t s = 1; s < count; ++s) a = op(a, Form::load(sources[s] + i));
    Form::store(a, out + i);
  }
  if (i == n) return;
  // The tail goes through the same instructions in a padded copy, so that every element rounds
  // alike.
  alignas(64) T tail[HWY_MAX_BYTES / sizeof(T)] = {};
  alignas(64) T next[HWY_MAX_BYTES / sizeof(T)] = {};
  const std::size_t bytes = (n - i) * sizeof(T);
  std::memcpy(tail, sources[0] + i, bytes);
  auto a = Form::load(tail);
  for (std::size_t s = 1; s < count; ++s) {
    std::memcpy(next, sources[s] + i, bytes);
    a = op(a, Form::load(next));
  }
  Form::store(a, tail);
  std::memcpy(out + i, tail, bytes);
}

template <class Form, class Op>
void combine_op(void* out, const void* const* sources, std::size_t count, std::size_t n) {
  using T = typename Form::Element;
  T* to = static_cast<T*>(out);
  const T* const* from = reinterpret_cast<const T* const*>(sources);
  if (count == 2) return combine_tiles<Form, Op, 2>(to, from, count, n);
  if (count == 4) return combine_tiles<Form, Op, 4>(to, from, count, n);
  combine_tiles<Form, Op, 0>(to, from, count, n);
}

template <class Form>
void combine_form(Operation operation, void* out, const void* const* sources, std::size_t count,
                  std::size_t n) {
  switch (operation) {
    case Operation::sum:
      return combine_op<Form, Sum>(out, sources, count, n);
    case Operation::max:
      return combine_op<Form, Max>(out, sources, count, n);
    case Operation::min:
      return combine_op<Form, Min>(out, sources, count, n);
    case Operation::prod:
      return combine_op<Form, Prod>(out, sources, count, n);
  }
}

void combine_any(Operation operation, ElementType type, void* out, const void* const* sources,
                 std::size_t count, std::size_t n) {
  switch (type) {
    case ElementType::f32:
      return combine_form<Plain<float>>(operation, out, sources, count, n);
    case ElementType::f64:
      return combine_form<Plain<double>>(operation, out, sources, count, n);
    case ElementType::i32:
      return combine_form<Plain<std::int32_t>>(operation, out, sources, count, n);
    case ElementType::bf16:
      return combine_form<Widened>(operation, out, sources, count, n);
  }
}

}  // namespace assay::network::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::network {
HWY_EXPORT(combine_any);

namespace {
constexpr std::string_view type_names[] = {"f32", "f64", "i32", "bf16"};
constexpr std::string_view operation_names[] = {"sum", "max", "min", "prod"};

void combine_any(Operation operation, ElementType type, std::span<std::byte> out,
                 std::span<const std::byte* const> sources) {
  assert(!sources.empty() && out.size() % size_of(type) == 0);
  if (out.empty()) return;
  HWY_DYNAMIC_DISPATCH(combine_any)
  (operation, type, out.data(), reinterpret_cast<const void* const*>(sources.data()),
   sources.size(), out.size() / size_of(type));
}
}  // namespace

std::string_view to_string(ElementType type) {
  return type_names[static_cast<int>(type)];
}
std::string_view to_string(Operation operation) {
  return operation_names[static_cast<int>(operation)];
}
std::optional<ElementType> parse_element_type(std::string_view name) {
  for (const ElementType type : element_types)
    if (to_string(type) == name) return type;
  return std::nullopt;
}
std::optional<Operation> parse_operation(std::string_view name) {
  for (const Operation operation : operations)
    if (to_string(operation) == name) return operation;
  return std::nullopt;
}

BFloat16 to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return static_cast<BFloat16>((bits | 0x0040'0000) >> 16);
  return static_cast<BFloat16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
float to_float(BFloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

void combine(Operation operation, ElementType type, std::span<std::byte> out,
             std::span<const std::byte* const> sources) {
  combine_any(operation, type, out, sources);
}

void combine_into(Operation operation, ElementType type, std::span<std::byte> into,
                  std::span<const std::byte> from) {
  assert(into.size() == from.size());
  const std::byte* const sources[] = {into.data(), from.data()};
  combine_any(operation, type, into, sources);
}

}  // namespace assay::network
#endif
