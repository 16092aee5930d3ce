#include "probes/network/transport/reduction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace assay::network {
namespace {

template <class T>
T scalar(Operation operation, T a, T b) {
  switch (operation) {
    case Operation::sum:
      return a + b;
    case Operation::max:
      return std::max(a, b);
    case Operation::min:
      return std::min(a, b);
    case Operation::prod:
      return a * b;
  }
  return {};
}

/// Every length up to several vectors, every number of sources, sources off by one element.
template <class T>
void expect_scalar_results(ElementType type) {
  std::mt19937 random(7);
  for (const Operation operation : operations)
    for (const std::size_t count : {1, 2, 3, 4, 7})
      for (const std::size_t n : {0, 1, 3, 15, 16, 17, 63, 64, 65, 131, 1000}) {
        std::vector<std::vector<T>> sources(count, std::vector<T>(n + 1));
        std::vector<const std::byte*> pointers;
        for (auto& source : sources) {
          for (T& value : source) value = static_cast<T>(static_cast<int>(random() % 19) - 9);
          pointers.push_back(reinterpret_cast<const std::byte*>(source.data() + 1));
        }
        std::vector<T> out(n + 2, T(77));
        const auto bytes = std::as_writable_bytes(std::span(out)).subspan(sizeof(T), n * sizeof(T));
        combine(operation, type, bytes, pointers);
        for (std::size_t i = 0; i < n; ++i) {
          T expected = sources[0][i + 1];
          for (std::size_t s = 1; s < count; ++s)
            expected = scalar(operation, expected, sources[s][i + 1]);
          ASSERT_EQ(out[i + 1], expected) << to_string(operation) << " n=" << n << " i=" << i;
        }
        EXPECT_EQ(out[0], T(77));
        EXPECT_EQ(out[n + 1], T(77));
      }
}

TEST(Reduction, EqualsScalarArithmetic) {
  expect_scalar_results<float>(ElementType::f32);
  expect_scalar_results<double>(ElementType::f64);
  expect_scalar_results<std::int32_t>(ElementType::i32);
}

TEST(Reduction, Bfloat16RoundsToNearestEvenLikeItsScalarForm) {
  std::mt19937 random(3);
  std::vector<BFloat16> a(1001), b(1001);
  for (auto* values : {&a, &b})
    for (BFloat16& value : *values)
      value = to_bfloat16(static_cast<float>(random()) * 1e-6f - 2000.f);
  std::vector<BFloat16> out = a;
  combine_into(Operation::sum, ElementType::bf16, std::as_writable_bytes(std::span(out)),
               std::as_bytes(std::span(b)));
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_EQ(out[i], to_bfloat16(to_float(a[i]) + to_float(b[i]))) << i;
}

TEST(Reduction, Bfloat16TiesNansAndInfinities) {
  EXPECT_EQ(to_bfloat16(1.0f), 0x3f80);
  EXPECT_EQ(to_bfloat16(1.00390625f), 0x3f80);  // halfway between 0x3f80 and 0x3f81: to even
  EXPECT_EQ(to_bfloat16(1.01171875f), 0x3f82);  // halfway between 0x3f81 and 0x3f82
  EXPECT_TRUE(std::isnan(to_float(to_bfloat16(std::numeric_limits<float>::quiet_NaN()))));
  const std::vector<BFloat16> ones(40, 0x3f80);
  std::vector<BFloat16> values(40, 0x7fff);  // a NaN whose rounding would overflow into the sign
  combine_into(Operation::sum, ElementType::bf16, std::as_writable_bytes(std::span(values)),
               std::as_bytes(std::span(ones)));
  for (const BFloat16 value : values) EXPECT_TRUE(std::isnan(to_float(value)));
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(to_float(to_bfloat16(infinity)), infinity);
}

TEST(Reduction, IntegerSumsWrap) {
  std::vector<std::int32_t> a(37, std::numeric_limits<std::int32_t>::max()), b(37, 1);
  combine_into(Operation::sum, ElementType::i32, std::as_writable_bytes(std::span(a)),
               std::as_bytes(std::span(b)));
  for (const auto value : a) EXPECT_EQ(value, std::numeric_limits<std::int32_t>::min());
}

TEST(Reduction, CombinesInTheOrderOfTheSources) {
  // (1e16 + 1) + -1e16 = 0 but (1e16 + -1e16) + 1 = 1 in f64.
  const std::vector<double> big(9, 1e16), one(9, 1), minus(9, -1e16);
  const auto at = [](const std::vector<double>& v) {
    return reinterpret_cast<const std::byte*>(v.data());
  };
  std::vector<double> out(9);
  const std::byte* first[] = {at(big), at(one), at(minus)};
  combine(Operation::sum, ElementType::f64, std::as_writable_bytes(std::span(out)), first);
  EXPECT_EQ(out, std::vector<double>(9, 0));
  const std::byte* second[] = {at(big), at(minus), at(one)};
  combine(Operation::sum, ElementType::f64, std::as_writable_bytes(std::span(out)), second);
  EXPECT_EQ(out, std::vector<double>(9, 1));
}

TEST(Reduction, NamesReadBack) {
  for (const ElementType type : element_types) EXPECT_EQ(parse_element_type(to_string(type)), type);
  for (const Operation operation : operations)
    EXPECT_EQ(parse_operation(to_string(operation)), operation);
  EXPECT_FALSE(parse_element_type("f8"));
  EXPECT_FALSE(parse_operation("mean"));
}

}  // namespace
}  // namespace assay::network
