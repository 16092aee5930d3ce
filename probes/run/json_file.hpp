#pragma once
/// @file
/// A JSON file that somebody else may have made. Its nesting is bounded before it is parsed: what
/// walks, copies or prints the document later does so recursively, and a file of brackets alone
/// would end the program for lack of stack.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

/// Deeper than anything that is written by us or by the tools whose files are read.
inline constexpr int most_json_levels = 64;

/// `file` and `expected` are for the message of the InputError that a text throws that is not JSON,
/// is nested more deeply, or holds a number that no double can hold.
[[nodiscard]] nlohmann::json parse_json(std::string_view text, const std::string& file,
                                        const std::string& expected);
[[nodiscard]] nlohmann::json read_json_file(const std::filesystem::path& file,
                                            const std::string& expected);
/// None only when there is no such file.
[[nodiscard]] std::optional<nlohmann::json> read_json_file_if_there(
    const std::filesystem::path& file, const std::string& expected);

}  // namespace assay
