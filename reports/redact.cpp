#include "reports/redact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>
#include <unordered_map>

namespace assay {

namespace {

using nlohmann::json;

struct Pattern {
  std::regex expression;
  const char* replacement;
};

/// In order: what is more specific goes first.
const std::vector<Pattern>& patterns() {
  static const std::vector<Pattern> list = [] {
    const auto flags = std::regex::ECMAScript | std::regex::optimize;
    return std::vector<Pattern>{
        {std::regex(R"([A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+)", flags), "[address]"},
        {std::regex(R"(\b([0-9A-Fa-f]{2}:){5,19}[0-9A-Fa-f]{2}\b)", flags), "[address]"},
        {std::regex(R"(\b(\d{1,3}\.){3}\d{1,3}(/\d{1,2})?\b)", flags), "[address]"},
        {std::regex(
             R"(([0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{1,4}|([0-9A-Fa-f]{1,4}:){1,6}:([0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4})*)?|::([0-9A-Fa-f]{1,4}:){0,5}[0-9A-Fa-f]{1,4})",
             flags),
         "[address]"},
        {std::regex(R"((^|[\s"'=:,;(\[])(~|/)(?=[A-Za-z0-9._])[^\s"',;:)\]]*)", flags), "$1[path]"},
    };
  }();
  return list;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

/// Every occurrence that is not part of a longer word.
void replace_word(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    const std::size_t end = at + from.size();
    if ((at > 0 && is_word(text[at - 1])) || (end < text.size() && is_word(text[end]))) {
      ++at;
      continue;
    }
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

template <class Visit>
void for_each_member(const json& value, const std::string& key, const Visit& visit) {
  if (value.is_object())
    for (const auto& [name, member] : value.items()) for_each_member(member, name, visit);
  else if (value.is_array())
    for (const json& member : value) for_each_member(member, key, visit);
  else if (value.is_string())
    visit(key, value.get<std::string>());
}

bool names_host(const std::string& key) {
  return key == "host" || key == "hostname" || key == "nodename" || key == "cluster";
}
bool names_user(const std::string& key) {
  return key == "user" || key == "username" || key == "login" || key == "uid";
}

}  // namespace

void Redactor::learn(const std::string& name, const char* kind) {
  if (name.empty() || std::any_of(names_.begin(), names_.end(),
                                  [&](const auto& known) { return known.first == name; }))
    return;
  int& counter = kind[0] == 'n' ? hosts_ : users_;
  names_.emplace_back(name, fmt::format("{}-{}", kind, ++counter));
}

Redactor::Redactor(const std::vector<const RunData*>& runs) {
  for (const RunData* run : runs) {
    for_each_member(run->run, "", [&](const std::string& key, const std::string& value) {
      if (names_host(key)) learn(value, "node");
      if (names_user(key)) learn(value, "user");
    });
    for (const Record& record : run->records) {
      const std::string host = record.host.str();
      const std::size_t mark = host.find('>');
      learn(host.substr(0, mark), "node");
      if (mark != std::string::npos) learn(host.substr(mark + 1), "node");
    }
  }
  std::stable_sort(names_.begin(), names_.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

std::string Redactor::text(const std::string& original) const {
  std::string text = original;
  for (const auto& [name, alias] : names_) replace_word(text, name, alias);
  // What is longer than any path or message is not read, but left out.
  if (text.size() > 20000) return "[long text]";
  for (const Pattern& pattern : patterns())
    text = std::regex_replace(text, pattern.expression, pattern.replacement);
  return text;
}

void Redactor::redact(RunData& run) const {
  const std::function<void(json&)> walk = [&](json& value) {
    if (value.is_string())
      value = text(value.get<std::string>());
    else if (value.is_structured())
      for (json& member : value) walk(member);
  };
  walk(run.run);
  std::unordered_map<std::string, Text> known;
  const auto cell = [&](Text& original) {
    if (original.empty()) return;
    const auto [found, is_new] = known.try_emplace(original.str());
    if (is_new) found->second = Text(text(original.str()));
    original = found->second;
  };
  for (Record& record : run.records) {
    cell(record.host);
    cell(record.reason);
    cell(record.provider);
    cell(record.operation);
  }
  for (std::string& warning : run.warnings) warning = text(warning);
  for (ModelRow& row : run.models) row.note = text(row.note);
  run.directory = "run";
}

}  // namespace assay
