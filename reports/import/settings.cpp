#include "reports/import/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "reports/import/document.hpp"

namespace assay::import {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t#[$+");
  if (first == std::string_view::npos) return {};
  text.remove_prefix(first);
  // That of "[ window size: 64 ]", not of "4096[B]".
  const bool is_closed = text.find('[') != std::string_view::npos;
  return text.substr(0, text.find_last_not_of(is_closed ? " \t" : " \t]") + 1);
}

bool says_when_or_where(const std::string& key) {
  static constexpr std::string_view words[] = {
      "date", "time",   "began",   "finished", "started", "start",  "end",   "pid",     "qpn",
      "psn",  "gid",    "lid",     "address",  "testid",  "host",   "user",  "machine", "jobid",
      "log",  "cookie", "warning", "error",    "elapsed", "output", "inode", "inodes"};
  for (const std::string_view word : words_of(key))
    if (std::find(std::begin(words), std::end(words), word) != std::end(words)) return true;
  return key == "starttime" || key == "endtime" || key == "timestamp";
}

/// The pieces of a line between tabs, brackets and gaps of three blanks behind a value.
std::vector<std::string_view> pieces_of(std::string_view line) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  bool in_value = false;
  for (std::size_t at = 0; at <= line.size(); ++at) {
    const bool is_end = at == line.size();
    if (!is_end && (line[at] == ':' || line[at] == '=')) in_value = true;
    const bool is_gap = !is_end && in_value && line.compare(at, 3, "   ") == 0 &&
                        !trimmed(line.substr(begin, at - begin)).ends_with(':');
    const bool is_mark =
        !is_end && (line[at] == '[' || (line[at] == '\t' && in_value && line[at - 1] != ':'));
    if (!is_end && !is_gap && !is_mark) continue;
    // "4096[B]" is one value.
    if (!is_end && line[at] == '[' && at > 0 && line[at - 1] != ' ' && line[at - 1] != '\t')
      continue;
    if (at > begin) pieces.push_back(line.substr(begin, at - begin));
    begin = at;
    in_value = false;
  }
  return pieces;
}

std::string place_key(const Record& record) {
  return fmt::format("{}|{}|{}|{}|{}|{}", record.metric.str(), record.ranks, record.nodes,
                     record.threads, record.bytes, record.level.str());
}

std::string subject_key(const Record& record) {
  return fmt::format("{}|{}|{}|{}|{}|{}", record.probe.str(), record.operation.str(),
                     record.provider.str(), record.dtype.str(), record.algorithm.str(),
                     record.scaling.str());
}

/// The keys whose values differ between records of one place.
std::set<std::string> differing(const std::vector<std::size_t>& members,
                                const std::vector<Record>& records,
                                const std::vector<Stated>& stated) {
  std::map<std::string, std::size_t> first;
  std::set<std::string> keys;
  for (const std::size_t i : members) {
    const auto [found, is_new] = first.emplace(place_key(records[i]), i);
    if (is_new) continue;
    const Stated &one = stated[found->second], &other = stated[i];
    for (const Stated* side : {&one, &other})
      for (const auto& [key, value] : *side) {
        const auto here = one.find(key), there = other.find(key);
        if (here == one.end() || there == other.end() || here->second != there->second)
          keys.insert(key);
      }
  }
  return keys;
}

}  // namespace

void state(Stated& stated, std::string_view key, std::string_view value) {
  const std::string name = lower(trimmed(key));
  if (name.empty() || name.size() > 60 || says_when_or_where(name)) return;
  stated[name] = std::string(trimmed(value).substr(0, 200));
}

void state_line(Stated& stated, std::string_view line) {
  for (const std::string_view piece : pieces_of(line))
    if (const std::size_t at = piece.find_first_of(":="); at != std::string_view::npos)
      state(stated, piece.substr(0, at), piece.substr(at + 1));
}

void state_words(Stated& stated, std::string_view line) {
  const auto words = words_of(trimmed(line));
  if (words.size() < 3) return;
  state(stated, fmt::format("{} {}", words[0], words[1]), trimmed(line));
}

void tell_apart(std::vector<Record>& records, const std::vector<Stated>& stated) {
  std::map<std::string, std::vector<std::size_t>> subjects;
  for (std::size_t i = 0; i < std::min(records.size(), stated.size()); ++i)
    subjects[subject_key(records[i])].push_back(i);
  for (const auto& [subject, members] : subjects) {
    const std::set<std::string> keys = differing(members, records, stated);
    if (keys.empty()) continue;
    for (const std::size_t i : members) {
      std::string text;
      for (const std::string& key : keys)
        if (const auto found = stated[i].find(key); found != stated[i].end() && text.size() < 100)
          text +=
              fmt::format("{}{} {}", text.empty() ? "" : ", ", key, found->second.substr(0, 60));
      if (text.empty()) continue;
      Record& record = records[i];
      record.operation = record.operation.empty()
                             ? fmt::format("[{}]", text)
                             : fmt::format("{} [{}]", record.operation.str(), text);
    }
  }
}

}  // namespace assay::import
