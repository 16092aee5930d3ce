/// What launchers write before each line of a program.

#include <fmt/format.h>

#include <algorithm>

#include "reports/import/document.hpp"

namespace assay::import {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
std::size_t digits_from(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && is_digit(text[at + count])) ++count;
  return count;
}

/// Open MPI's --tag-output and --timestamp-output: "[1,0]<stdout>:", "[job@1,0]<stdout>: ", "Mon
/// Nov 30 13:54:44 2026<stdout>:". The mark itself is unmistakable.
bool take_stream_mark(Line& line) {
  constexpr std::size_t longest = 100;
  for (const auto& [mark, is_output] :
       {std::pair("<stdout>:", true), {"<stderr>:", false}, {"<stddiag>:", false}}) {
    const std::size_t at = line.text.find(mark);
    if (at == std::string::npos || at > longest) continue;
    if (is_output)
      line.text.erase(0, at + std::string_view(mark).size());
    else
      line.text.clear();
    return true;
  }
  return false;
}

/// Length of a prefix that a launcher writes before every line; 0 where there is none.
using Prefix = std::size_t (*)(std::string_view);

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_name(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
}
bool has_blank_or_ends(std::string_view text, std::size_t at) {
  return at == text.size() || text[at] == ' ';
}
/// Whether the text at that place has the shape, in which d is a digit and a a letter.
bool has_shape(std::string_view text, std::size_t at, std::string_view shape) {
  if (text.size() < at + shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = text[at + i];
    if (shape[i] == 'd' ? !is_digit(c) : shape[i] == 'a' ? !is_letter(c) : c != shape[i])
      return false;
  }
  return true;
}

/// srun --label: "0: ", "12:", numbers right-aligned.
std::size_t srun_label(std::string_view text) {
  const std::size_t start = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t digits = digits_from(text, start);
  const std::size_t colon = start + digits;
  if (digits == 0 || digits > 7 || colon >= text.size() || text[colon] != ':') return 0;
  if (colon + 1 < text.size() && text[colon + 1] != ' ') return 0;
  return colon + 1;
}
/// Hydra's -prepend-rank: "[0] ".
std::size_t hydra_rank(std::string_view text) {
  if (text.empty() || text[0] != '[') return 0;
  const std::size_t digits = digits_from(text, 1);
  const bool closed = digits > 0 && 1 + digits < text.size() && text[1 + digits] == ']';
  return closed && (2 + digits == text.size() || text[2 + digits] == ' ') ? 2 + digits : 0;
}
/// kubectl logs --prefix: "[pod/NAME/CONTAINER] ".
std::size_t pod_name(std::string_view text) {
  if (!text.starts_with("[pod/")) return 0;
  const std::size_t end = text.find(']');
  return end == std::string_view::npos ? 0 : end + 1;
}
/// The end of what may follow the seconds of a time: ".123", ",123", "Z", "+01:00".
std::size_t end_of_time(std::string_view text, std::size_t at) {
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
    const std::size_t digits = digits_from(text, at + 1);
    if (digits > 0) at += 1 + digits;
  }
  if (has_shape(text, at, "Z")) return at + 1;
  for (const char* zone : {"+dd:dd", "-dd:dd", "+dddd", "-dddd"})
    if (has_shape(text, at, zone)) return at + std::string_view(zone).size();
  return at;
}
/// kubectl logs --timestamps, docker logs -t, continuous integration, ts: "2025-01-31T12:00:00.12Z ",
/// "[2025-01-31 12:00:00] ".
std::size_t time_stamp(std::string_view text) {
  const std::size_t start = text.starts_with('[') ? 1 : 0;
  const bool is_date = has_shape(text, start, "dddd-dd-ddTdd:dd:dd") ||
                       has_shape(text, start, "dddd-dd-dd dd:dd:dd");
  if (!is_date) return 0;
  std::size_t end = end_of_time(text, start + 19);
  if (start == 1 && (end == text.size() || text[end++] != ']')) return 0;
  return has_blank_or_ends(text, end) ? end : 0;
}
/// ts of moreutils and journalctl: "Nov 30 13:54:44 ", "Nov 30 13:54:44 host program[123]: ".
std::size_t syslog_stamp(std::string_view text) {
  if (!has_shape(text, 0, "aaa dd dd:dd:dd") && !has_shape(text, 0, "aaa  d dd:dd:dd")) return 0;
  const std::size_t end = end_of_time(text, 15);
  if (!has_blank_or_ends(text, end)) return 0;
  std::size_t at = end + 1;
  const auto name = [&] {
    const std::size_t first = at;
    while (at < text.size() && is_name(text[at])) ++at;
    return at > first;
  };
  if (!name() || at == text.size() || text[at] != ' ') return end;
  ++at;
  if (!name()) return end;
  if (at < text.size() && text[at] == '[') {
    const std::size_t digits = digits_from(text, at + 1);
    if (digits == 0 || !has_shape(text, at + 1 + digits, "]")) return end;
    at += digits + 2;
  }
  return at < text.size() && text[at] == ':' && has_blank_or_ends(text, at + 1) ? at + 1 : end;
}
/// pdsh and clush: "node1: "; docker compose: "worker-1  | "; torchrun: "[default0]:", "[rank0]: ".
std::size_t name_of_origin(std::string_view text) {
  const bool bracket = text.starts_with('[');
  std::size_t at = bracket ? 1 : 0;
  const std::size_t first = at;
  bool has_letter = false;
  while (at < text.size() && is_name(text[at])) has_letter |= is_letter(text[at++]);
  if (at == first || !has_letter) return 0;
  if (bracket) return has_shape(text, at, "]:") ? at + 2 : 0;
  if (at < text.size() && text[at] == ':') return has_blank_or_ends(text, at + 1) ? at + 1 : 0;
  const std::size_t bar = text.find_first_not_of(' ', at);
  const bool is_column = bar != std::string_view::npos && bar > at && text[bar] == '|';
  return is_column && has_blank_or_ends(text, bar + 1) ? bar + 1 : 0;
}

/// As mails and issues quote: "> ".
std::size_t quote_mark(std::string_view text) {
  return text.starts_with('>') && has_blank_or_ends(text, 1) ? 1 : 0;
}

/// Lines of the launcher itself, which it does not decorate, and of a pasted log's frame.
bool is_launchers_own(std::string_view text) {
  for (const char* start :
       {"srun:", "slurmstepd:", "salloc:", "sbatch:", "mpirun:", "mpiexec:", "prterun:", "mpirun ",
        "mpiexec ", "prterun ", "[mpiexec@", "[proxy:", "```"})
    if (text.starts_with(start)) {
      // "mpirun noticed that ..." and "mpirun has exited ..." are sentences; a command is not.
      const bool sentence = start[std::string_view(start).size() - 1] != ' ' ||
                            text.find(" noticed ") != std::string_view::npos ||
                            text.find(" has exited") != std::string_view::npos ||
                            text.find(" detected ") != std::string_view::npos ||
                            text.find(" was unable ") != std::string_view::npos;
      return sentence;
    }
  return false;
}

bool on_every_line(const std::vector<Line>& lines, Prefix prefix, bool same) {
  std::size_t with = 0;
  std::string_view first;
  for (const Line& line : lines) {
    if (line.text.empty() || is_launchers_own(line.text)) continue;
    const std::size_t length = prefix(line.text);
    if (length == 0) return false;
    const std::string_view here = std::string_view(line.text).substr(0, length);
    if (same && with > 0 && here != first) return false;
    first = here;
    ++with;
  }
  return with >= 2;
}

/// With the prefix goes the blank that parts it from the text.
void take_off(Line& line, Prefix prefix) {
  if (line.text.empty() || is_launchers_own(line.text)) return;
  std::size_t length = prefix(line.text);
  if (length < line.text.size() && line.text[length] == ' ') ++length;
  line.text.erase(0, length);
}

/// Blanks before every line: formats may say that their keywords begin one.
void take_off_indent(std::vector<Line>& lines) {
  std::size_t indent = std::string::npos;
  for (const Line& line : lines)
    if (!line.text.empty()) indent = std::min(indent, line.text.find_first_not_of(" \t"));
  if (indent == 0 || indent == std::string::npos) return;
  for (Line& line : lines) line.text.erase(0, indent);
}

std::size_t drop_launchers_own(std::vector<Line>& lines) {
  std::size_t dropped = 0;
  for (Line& line : lines)
    if (is_launchers_own(line.text)) {
      line.text.clear();
      ++dropped;
    }
  return dropped;
}

}  // namespace

std::string take_off_launcher_prefixes(std::vector<Line>& lines) {
  std::vector<std::string> taken;
  bool marked = false;
  for (Line& line : lines)
    if (take_stream_mark(line)) marked = true;
  if (marked) taken.emplace_back("<stdout>:");
  struct Kind {
    Prefix prefix;
    bool
        same;  ///< On all lines: a name, which could be the word of a table, were it not always one.
    const char* name;
  };
  const Kind kinds[] = {{quote_mark, false, "quotation marks \"> \""},
                        {time_stamp, false, "time stamps"},
                        {syslog_stamp, false, "time stamps"},
                        {pod_name, false, "pod names"},
                        {srun_label, false, "rank labels \"0: \""},
                        {hydra_rank, false, "rank labels \"[0] \""},
                        {name_of_origin, true, "the name of their origin"}};
  for (const auto& [prefix, same, name] : kinds) {
    // A column of time stamps, as a log of results has it, is followed by a separator.
    if (!on_every_line(lines, prefix, same)) continue;
    for (Line& line : lines) take_off(line, prefix);
    taken.emplace_back(name);
  }
  for (Line& line : lines)
    if (const std::size_t last = line.text.find_last_not_of(" \t"); last == std::string::npos)
      line.text.clear();
  const std::size_t dropped = drop_launchers_own(lines);
  take_off_indent(lines);
  std::string said;
  for (const std::string& each : taken) said += (said.empty() ? "" : ", ") + each;
  if (!said.empty()) said = fmt::format("before the lines and taken off: {}", said);
  if (dropped > 0)
    said += fmt::format("{}{} line{} of the launcher passed over", said.empty() ? "" : "; ",
                        dropped, dropped == 1 ? "" : "s");
  return said;
}

}  // namespace assay::import
