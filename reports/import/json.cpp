#include "reports/import/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probes/core/number.hpp"

namespace assay::import {

namespace {

using nlohmann::json;

const char* const expected_json = "the whole JSON that a benchmark program wrote";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Bare NaN, inf and their kin, of C's printf and Python's json, as null: an absent number.
std::string without_not_finite(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\' && i + 1 < text.size()) {
      out += c;
      out += text[++i];
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (!quoted && (i == 0 || !is_word(text[i - 1]))) {
      std::size_t start = i;
      if (c == '-' || c == '+') ++start;
      std::size_t end = start;
      while (end < text.size() && is_word(text[end])) ++end;
      const std::string word = lower(text.substr(start, std::min<std::size_t>(end - start, 9)));
      if (word == "nan" || word == "inf" || word == "infinity") {
        out += "null";
        i = end - 1;
        continue;
      }
    }
    out += c;
  }
  return out;
}

json parse_at(std::string_view text, const std::string& file, std::size_t first_line) {
  const std::string clean = without_not_finite(text);
  try {
    return json::parse(clean);
  } catch (const json::parse_error& fault) {
    const std::size_t at = std::min(fault.byte, clean.size());
    const auto line = first_line + static_cast<std::size_t>(std::count(
                                       clean.begin(), clean.begin() + static_cast<long>(at), '\n'));
    const bool cut = fault.byte >= clean.size();
    throw InputError(file, line, "",
                     cut ? "is JSON that was cut off"
                         : fmt::format("is not JSON (byte {} of {})", fault.byte, clean.size()),
                     expected_json);
  } catch (const json::exception&) {
    throw InputError(file, first_line, "", "is JSON with a number that is too large",
                     expected_json);
  }
}

std::string joined(const std::vector<Line>& lines, std::size_t from, std::size_t to) {
  std::string text;
  for (std::size_t i = from; i < to; ++i) {
    text += lines[i].text;
    text += '\n';
  }
  return text;
}

bool is_json_lines(const std::vector<Line>& lines, std::size_t first) {
  std::size_t values = 0;
  for (std::size_t i = first; i < lines.size(); ++i) {
    const std::string& text = lines[i].text;
    if (text.empty()) continue;
    if (text.front() != '{' || text.back() != '}') return false;
    ++values;
  }
  return values >= 2;
}

}  // namespace

json parse_json(std::string_view text, const std::string& file) {
  return parse_at(text, file, 1);
}

void find_json(Document& document) {
  const std::vector<Line>& lines = document.lines;
  std::size_t first = 0;
  // Programs write a line or two of their own before it.
  constexpr std::size_t most_chatter = 40;
  const auto begins = [](const std::string& text) {
    const std::size_t at = text.find_first_not_of(" \t");
    if (at == std::string::npos) return false;
    if (text[at] == '{') return true;
    // "[" also begins what launchers say: "[node:123] message".
    const std::size_t next = text.find_first_not_of(" \t", at + 1);
    return text[at] == '[' && (next == std::string::npos || text[next] == '{' || text[next] == '[');
  };
  std::size_t chatter = 0;
  for (; first < lines.size() && !begins(lines[first].text); ++first)
    if (!lines[first].text.empty() && ++chatter > most_chatter) return;
  if (first == lines.size()) return;
  // A log whose own lines have begun by then is no JSON with chatter before it.
  for (std::size_t i = 0; i < first; ++i)
    if (!lines[i].text.empty() && lines[i].text.front() == '#') return;
  if (is_json_lines(lines, first)) {
    json all = json::array();
    for (std::size_t i = first; i < lines.size(); ++i)
      if (!lines[i].text.empty())
        all.push_back(parse_at(lines[i].text, document.file, lines[i].number));
    document.json = std::make_shared<const json>(std::move(all));
    document.json_lines = true;
    return;
  }
  std::size_t last = lines.size();
  while (last > first + 1 && (lines[last - 1].text.empty() || (lines[last - 1].text.back() != '}' &&
                                                               lines[last - 1].text.back() != ']')))
    --last;
  // Without any closing bracket it was cut off: its end then is the file's.
  if (last == first + 1 && lines[first].text.find_first_of("}]") == std::string::npos)
    last = lines.size();
  document.json = std::make_shared<const json>(
      parse_at(joined(lines, first, last), document.file, lines[first].number));
  if (chatter > 0)
    document.notes.push_back(fmt::format("{} lines before the JSON passed over", chatter));
}

const json& member(const json& object, const char* key) {
  static const json none;
  if (!object.is_object()) return none;
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}

bool has_list(const json& object, const char* key) {
  return member(object, key).is_array();
}

std::string text_at(const json& object, const char* key, const std::string& otherwise) {
  const json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : otherwise;
}

std::optional<double> number_of(const json& value) {
  if (value.is_number()) {
    const auto number = value.get<double>();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
  }
  if (value.is_string()) return parse_number(value.get_ref<const std::string&>());
  return std::nullopt;
}

double number_at(const Document& document, const json& object, const char* key,
                 const std::string& where, const std::string& expected) {
  const json& value = member(object, key);
  if (const std::optional<double> number = number_of(value)) return *number;
  document.refuse(0, where + "/" + key, value.is_null() ? "is missing" : "is " + shown(value),
                  expected);
}

std::string shown(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

}  // namespace assay::import
