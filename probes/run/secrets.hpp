#pragma once
/// @file
/// Values that look like secrets, masked before they reach a file: a run directory is handed on, a
/// password in a command line is not meant to be.
///
/// A value is taken for a secret when its name says so (password, token, secret, credential,
/// api_key, private_key, ... as an option, a variable or a member), or its form does (user and
/// password in a URL, a bearer token, the prefixes that common services give to their tokens).
/// What a name or form does not give away stays: masking is no licence to pass secrets as
/// arguments.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace assay {

inline constexpr std::string_view masked_text = "[masked]";

/// Of an option, a variable or a member.
[[nodiscard]] bool names_secret(std::string_view name);
/// A command line, a message or a value with its secrets replaced by masked_text.
[[nodiscard]] std::string mask_secrets(const std::string& text);
/// Every string of it; of a member whose name says that it is a secret the whole value.
[[nodiscard]] nlohmann::json mask_secrets(nlohmann::json value);

}  // namespace assay
