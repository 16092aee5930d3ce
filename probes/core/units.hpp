#pragma once
/// @file
/// Strong types for the quantities Assay measures, their unit names in result files, and their text
/// forms.
///
/// A quantity is a double in SI base units with its dimension in the type, so that `Seconds +
/// Bytes` does not compile and `Bytes / Seconds` is a `BytesPerSecond`. Prefixes exist only in
/// text: GB is 10^9 bytes and GiB is 2^30 bytes, never mixed. Not covered: money, whose unit (an
/// ISO 4217 code) is known only at run time.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace assay {

/// A value with the dimension s^Second · B^Byte · FLOP^Flop. Cycles and counts are dimensionless.
template <int Second, int Byte, int Flop>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : value_(value) {}

  /// In the SI base unit.
  [[nodiscard]] constexpr double value() const { return value_; }

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator-() const { return Quantity(-value_); }
  constexpr Quantity& operator+=(Quantity other) { return value_ += other.value_, *this; }
  constexpr Quantity& operator-=(Quantity other) { return value_ -= other.value_, *this; }
  constexpr Quantity& operator*=(double factor) { return value_ *= factor, *this; }
  constexpr Quantity& operator/=(double divisor) { return value_ /= divisor, *this; }

  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(a.value_ + b.value_);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(a.value_ - b.value_);
  }
  friend constexpr Quantity operator*(Quantity a, double factor) {
    return Quantity(a.value_ * factor);
  }
  friend constexpr Quantity operator*(double factor, Quantity a) {
    return Quantity(a.value_ * factor);
  }
  friend constexpr Quantity operator/(Quantity a, double divisor) {
    return Quantity(a.value_ / divisor);
  }

 private:
  double value_ = 0;
};

namespace detail {
template <int S, int B, int F>
struct Product {
  using type = Quantity<S, B, F>;
  static constexpr type of(double value) { return type(value); }
};
template <>
struct Product<0, 0, 0> {
  static constexpr double of(double value) { return value; }
};
}  // namespace detail

template <int S1, int B1, int F1, int S2, int B2, int F2>
constexpr auto operator*(Quantity<S1, B1, F1> a, Quantity<S2, B2, F2> b) {
  return detail::Product<S1 + S2, B1 + B2, F1 + F2>::of(a.value() * b.value());
}
template <int S1, int B1, int F1, int S2, int B2, int F2>
constexpr auto operator/(Quantity<S1, B1, F1> a, Quantity<S2, B2, F2> b) {
  return detail::Product<S1 - S2, B1 - B2, F1 - F2>::of(a.value() / b.value());
}
template <int S, int B, int F>
constexpr auto operator/(double a, Quantity<S, B, F> b) {
  return detail::Product<-S, -B, -F>::of(a / b.value());
}

using Seconds = Quantity<1, 0, 0>;
using Bytes = Quantity<0, 1, 0>;
using Flops = Quantity<0, 0, 1>;  ///< A count of operations; the rate is FlopsPerSecond.
using Hertz = Quantity<-1, 0, 0>;
using BytesPerSecond = Quantity<-1, 1, 0>;
using FlopsPerSecond = Quantity<-1, 0, 1>;
using SecondsPerByte = Quantity<1, -1, 0>;
using FlopsPerByte = Quantity<0, -1, 1>;  ///< Arithmetic intensity.

/// @pre bytes is a whole, non-negative number below 2^53.
[[nodiscard]] constexpr std::size_t to_size(Bytes bytes) {
  return static_cast<std::size_t>(bytes.value());
}
[[nodiscard]] constexpr Bytes bytes_of(std::size_t count) {
  return Bytes(static_cast<double>(count));
}

inline namespace literals {
constexpr Seconds operator""_s(long double v) {
  return Seconds(static_cast<double>(v));
}
constexpr Seconds operator""_s(unsigned long long v) {
  return Seconds(static_cast<double>(v));
}
constexpr Seconds operator""_ms(long double v) {
  return Seconds(static_cast<double>(v) * 1e-3);
}
constexpr Seconds operator""_ms(unsigned long long v) {
  return Seconds(static_cast<double>(v) * 1e-3);
}
constexpr Seconds operator""_us(long double v) {
  return Seconds(static_cast<double>(v) * 1e-6);
}
constexpr Seconds operator""_us(unsigned long long v) {
  return Seconds(static_cast<double>(v) * 1e-6);
}
constexpr Bytes operator""_B(unsigned long long v) {
  return Bytes(static_cast<double>(v));
}
constexpr Bytes operator""_KiB(unsigned long long v) {
  return Bytes(static_cast<double>(v) * 1024);
}
constexpr Bytes operator""_MiB(unsigned long long v) {
  return Bytes(static_cast<double>(v) * 1048576);
}
constexpr Bytes operator""_GiB(unsigned long long v) {
  return Bytes(static_cast<double>(v) * 1073741824);
}
}  // namespace literals

/// Unit names as they stand in the unit column of result files: SI base units, or a currency code.
namespace unit {
inline constexpr std::string_view seconds = "s";
inline constexpr std::string_view bytes = "B";
inline constexpr std::string_view bytes_per_second = "B/s";
inline constexpr std::string_view flops = "FLOP";
inline constexpr std::string_view flops_per_second = "FLOP/s";
inline constexpr std::string_view hertz = "Hz";
inline constexpr std::string_view one = "1";  ///< Ratios, counts, and anything per cycle.
inline constexpr std::string_view seconds_per_byte = "s/B";
inline constexpr std::string_view flops_per_byte = "FLOP/B";

/// True for the names above and for three capital letters (a currency code).
[[nodiscard]] bool is_known(std::string_view name);
}  // namespace unit

/// "30s", "1.5ms", "200us", "10min", "2h". A bare number, a negative one and an unknown unit throw
/// UsageError, whose message names `what` (the option) and an example.
[[nodiscard]] Seconds parse_seconds(std::string_view text, std::string_view what);
/// "64KiB", "1MB", "8B"; GB is 10^9, GiB is 2^30. Throws UsageError as above, also for fractions of
/// a byte.
[[nodiscard]] Bytes parse_bytes(std::string_view text, std::string_view what);
/// "1Gbit/s", "100Mbit/s", "12.5GB/s": a data rate. Throws UsageError as above.
[[nodiscard]] BytesPerSecond parse_bytes_per_second(std::string_view text, std::string_view what);

/// Text for people: a decimal prefix and four significant digits, e.g. 1.234 GFLOP/s, 56.7 us.
/// Values that are not finite print as "n/a". `unit_name` is one of `unit::`; "1" prints without a
/// unit.
[[nodiscard]] std::string format_quantity(double value, std::string_view unit_name);
/// Sizes that are powers of two, as people name them: "64 KiB", "1 MiB", "1000 B".
[[nodiscard]] std::string format_bytes(Bytes bytes);
[[nodiscard]] inline std::string format(Seconds v) {
  return format_quantity(v.value(), unit::seconds);
}
[[nodiscard]] inline std::string format(BytesPerSecond v) {
  return format_quantity(v.value(), unit::bytes_per_second);
}
[[nodiscard]] inline std::string format(FlopsPerSecond v) {
  return format_quantity(v.value(), unit::flops_per_second);
}
[[nodiscard]] inline std::string format(Hertz v) {
  return format_quantity(v.value(), unit::hertz);
}

}  // namespace assay
