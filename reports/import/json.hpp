#pragma once
/// @file
/// JSON of other tools: what is read from it is there, of the right kind and finite, or refused by
/// its path ("/benchmarks/3/real_time").

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "reports/import/document.hpp"

namespace assay::import {

/// Parses the document where it is JSON: as a whole, behind a few lines of chatter, or one value in
/// each line. NaN and Infinity, which JSON has not but programs write, become null. Throws
/// InputError with the line for what begins like JSON and is none, or was cut off.
void find_json(Document& document);

/// For tests. @param file names it in messages.
[[nodiscard]] nlohmann::json parse_json(std::string_view text, const std::string& file);

/// A member of an object; null where there is none.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, const char* key);
[[nodiscard]] bool has_list(const nlohmann::json& object, const char* key);
[[nodiscard]] std::string text_at(const nlohmann::json& object, const char* key,
                                  const std::string& otherwise = "");
/// Also of a number in quotes, where it is one as a whole. Nothing for null, absence and others.
[[nodiscard]] std::optional<double> number_of(const nlohmann::json& value);
/// Throws InputError where it is missing, no number or not finite. @param where as in "/jobs/0".
[[nodiscard]] double number_at(const Document& document, const nlohmann::json& object,
                               const char* key, const std::string& where,
                               const std::string& expected);
/// A value as a message shows it, shortened.
[[nodiscard]] std::string shown(const nlohmann::json& value);

}  // namespace assay::import
