#pragma once
/// @file
/// SHA-256 (FIPS 180-4) and HMAC (RFC 2104) with it: how processes of one job prove to each other
/// that they know its key, without sending it.

#include <string>
#include <string_view>

namespace assay {

/// 32 bytes.
[[nodiscard]] std::string sha256(std::string_view bytes);
/// 32 bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);
/// Takes the same time wherever they differ.
[[nodiscard]] bool is_same_secret(std::string_view a, std::string_view b);
/// From the kernel's generator. Throws RunError when there is none.
[[nodiscard]] std::string random_bytes(std::size_t count);
[[nodiscard]] std::string to_hex(std::string_view bytes);

}  // namespace assay
