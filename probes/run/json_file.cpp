#include "probes/run/json_file.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"

namespace assay {
namespace {

/// Offset of the bracket that opens one level too many; npos when there is none.
std::size_t too_deep_at(std::string_view text) {
  int level = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++level > most_json_levels) return i;
    } else if (c == ']' || c == '}') {
      --level;
    }
  }
  return std::string_view::npos;
}

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& file,
                          const std::string& expected) {
  if (const std::size_t at = too_deep_at(text); at != std::string_view::npos)
    throw InputError(
        file, 0, "",
        fmt::format("is nested more than {} levels deep (byte {})", most_json_levels, at),
        expected);
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& fault) {
    throw InputError(file, 0, "", fmt::format("is not JSON (byte {})", fault.byte), expected);
  } catch (const nlohmann::json::out_of_range&) {
    throw InputError(file, 0, "", "holds a number that is too large", expected);
  }
}

nlohmann::json read_json_file(const std::filesystem::path& file, const std::string& expected) {
  return parse_json(read_text_file(file, expected), file.string(), expected);
}

std::optional<nlohmann::json> read_json_file_if_there(const std::filesystem::path& file,
                                                      const std::string& expected) {
  const std::optional<std::string> text = read_text_file_if_there(file, expected);
  if (!text) return std::nullopt;
  return parse_json(*text, file.string(), expected);
}

}  // namespace assay
