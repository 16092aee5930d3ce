#include "probes/core/units.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <type_traits>

#include "probes/core/errors.hpp"

namespace assay {
namespace {

// What must not compile: adding quantities of different dimension, and a bare number as a quantity.
template <class A, class B>
constexpr bool can_add = requires(A a, B b) {
  a + b;
};
template <class A, class B>
constexpr bool can_compare = requires(A a, B b) {
  a < b;
};
static_assert(can_add<Seconds, Seconds>);
static_assert(!can_add<Seconds, Bytes>);
static_assert(!can_add<Seconds, double>);
static_assert(!can_compare<Seconds, Bytes>);
static_assert(!std::is_convertible_v<double, Seconds>);
static_assert(!std::is_convertible_v<Seconds, double>);

// Dimensions follow the arithmetic.
static_assert(std::is_same_v<decltype(Bytes() / Seconds()), BytesPerSecond>);
static_assert(std::is_same_v<decltype(Flops() / Bytes()), FlopsPerByte>);
static_assert(std::is_same_v<decltype(FlopsPerByte() * BytesPerSecond()), FlopsPerSecond>);
static_assert(std::is_same_v<decltype(Seconds() / Seconds()), double>);
static_assert(std::is_same_v<decltype(1.0 / BytesPerSecond()), SecondsPerByte>);
static_assert((3_s - 1_s).value() == 2);
static_assert((1_GiB).value() == 1024.0 * 1024 * 1024);

TEST(Units, ParsesTimesAndSizesWithTheirUnit) {
  EXPECT_DOUBLE_EQ(parse_seconds("30s", "--timeout").value(), 30);
  EXPECT_DOUBLE_EQ(parse_seconds("1.5ms", "--timeout").value(), 1.5e-3);
  EXPECT_DOUBLE_EQ(parse_seconds("2h", "--timeout").value(), 7200);
  EXPECT_DOUBLE_EQ(parse_seconds("10 min", "--timeout").value(), 600);
  EXPECT_DOUBLE_EQ(parse_bytes("4MiB", "--bytes").value(), 4194304);
  EXPECT_DOUBLE_EQ(parse_bytes("4MB", "--bytes").value(), 4000000);
  EXPECT_DOUBLE_EQ(parse_bytes_per_second("1Gbit/s", "--rate").value(), 125e6);
}

TEST(Units, ABareNumberIsAnErrorThatSaysSo) {
  try {
    (void)parse_seconds("30", "--timeout");
    FAIL() << "a bare number was taken for a time";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("--timeout: '30' has no unit"), std::string::npos)
        << error.what();
  }
  for (const char* wrong : {"", "s", "-1s", "30 parsecs", "nan s", "infs", "1e999s", "1,5s"})
    EXPECT_THROW((void)parse_seconds(wrong, "--timeout"), UsageError) << wrong;
  for (const char* wrong : {"4096", "0.5B", "4mib", "-1KiB", "1e30GiB"})
    EXPECT_THROW((void)parse_bytes(wrong, "--bytes"), UsageError) << wrong;
}

TEST(Units, FormatsWithTheNearestPrefix) {
  EXPECT_EQ(format(Seconds(1.5e-3)), "1.5 ms");
  EXPECT_EQ(format(Seconds(0)), "0 s");
  EXPECT_EQ(format(Seconds(7200)), "7200 s");
  EXPECT_EQ(format(FlopsPerSecond(115.3e9)), "115.3 GFLOP/s");
  EXPECT_EQ(format(BytesPerSecond(999999)), "1 MB/s");
  EXPECT_EQ(format_quantity(0.97, unit::one), "0.97");
  EXPECT_EQ(format_quantity(NAN, unit::seconds), "n/a");
  EXPECT_EQ(format_bytes(65536_B), "64 KiB");
  EXPECT_EQ(format_bytes(1000_B), "1000 B");
  EXPECT_EQ(format_bytes(0_B), "0 B");
  EXPECT_EQ(format_bytes(Bytes(1e6)), "976.6 KiB");
}

TEST(Units, KnowsTheUnitNamesOfResultFiles) {
  for (const char* name :
       {"s", "B", "B/s", "FLOP", "FLOP/s", "Hz", "1", "s/B", "FLOP/B", "EUR", "USD"})
    EXPECT_TRUE(unit::is_known(name)) << name;
  for (const char* name : {"", "ms", "GB/s", "eur", "EURO", "E1R"})
    EXPECT_FALSE(unit::is_known(name)) << name;
}

}  // namespace
}  // namespace assay
