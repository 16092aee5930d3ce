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
/// kubectl logs --timestamps, docker logs -t: "2025-01-31T12:00:00.123456789Z ".
std::size_t time_stamp(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < shape.size()) return 0;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != shape[i]) return 0;
  const std::size_t end = std::min(text.find(' '), text.size());
  for (std::size_t i = shape.size(); i < end; ++i)
    if (!is_digit(text[i]) && std::string_view(".Z+-:").find(text[i]) == std::string_view::npos)
      return 0;
  return end;
}

/// Lines of the launcher itself, which it does not decorate.
bool is_launchers_own(std::string_view text) {
  for (const char* start : {"srun:", "slurmstepd:", "mpirun", "mpiexec", "prterun", "[mpiexec@",
                            "[proxy:", "salloc:", "sbatch:"})
    if (text.starts_with(start)) return true;
  return false;
}

bool on_every_line(const std::vector<Line>& lines, Prefix prefix) {
  std::size_t with = 0;
  for (const Line& line : lines) {
    if (line.text.empty() || is_launchers_own(line.text)) continue;
    if (prefix(line.text) == 0) return false;
    ++with;
  }
  return with >= 2;
}

}  // namespace

std::string take_off_launcher_prefixes(std::vector<Line>& lines) {
  std::vector<std::string> taken;
  bool marked = false;
  for (Line& line : lines)
    if (take_stream_mark(line)) marked = true;
  if (marked) taken.emplace_back("<stdout>:");
  const std::pair<Prefix, const char*> prefixes[] = {{time_stamp, "time stamps"},
                                                     {pod_name, "pod names"},
                                                     {srun_label, "rank labels \"0: \""},
                                                     {hydra_rank, "rank labels \"[0] \""}};
  for (const auto& [prefix, name] : prefixes) {
    // A column of time stamps, as a log of results has it, is followed by a separator.
    if (!on_every_line(lines, prefix)) continue;
    for (Line& line : lines)
      if (!is_launchers_own(line.text)) line.text.erase(0, prefix(line.text));
    taken.emplace_back(name);
  }
  for (Line& line : lines)
    if (const std::size_t last = line.text.find_last_not_of(" \t"); last == std::string::npos)
      line.text.clear();
  if (taken.empty()) return "";
  std::string joined;
  for (const std::string& each : taken) joined += (joined.empty() ? "" : ", ") + each;
  return fmt::format("before the lines and taken off: {}", joined);
}

}  // namespace assay::import
