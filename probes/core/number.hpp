#pragma once
/// @file
/// Numbers in text, read whole or not at all: no locale, no hexadecimal, nothing that is not
/// finite, and nothing left over.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace assay {

/// "12", "-1.5", "+9.0e-03", ".5", "5.": a decimal point, an exponent or none. Nothing for all
/// else: "1,5", "1.234,5", "nan", "inf", "0x1p3", "1e999", "1.5s", "".
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// Digits only, at most 18 of them. Nothing for all else.
[[nodiscard]] std::optional<std::int64_t> parse_whole_number(std::string_view text);

/// Whether a number goes on beyond [begin, end) of `text`: "9.0" of "9.0e-03", "1" of "1,234.5",
/// "62" of "1,62", "5" of "-5". What an expression cut out of such a place is another number.
[[nodiscard]] bool number_goes_on(std::string_view text, std::size_t begin, std::size_t end);

}  // namespace assay
