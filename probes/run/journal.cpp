#include "probes/run/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr const char* csv_file = "a CSV file of a run directory";
constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();

/// A part of a file as it is now.
struct Part {
  Checksum checksum;
  std::uint64_t bytes = 0;
  std::size_t lines = 0;
};

Part read_part(const OpenFile& file, const std::string& path, std::uint64_t begin,
               std::uint64_t end) {
  Part part;
  std::string block(1 << 20, '\0');
  while (begin + part.bytes < end) {
    const std::uint64_t room = std::min<std::uint64_t>(block.size(), end - begin - part.bytes);
    const std::size_t got = read_at(file.descriptor, path, begin + part.bytes, block.data(), room);
    const std::string_view bytes(block.data(), got);
    part.checksum.add(bytes);
    part.lines += static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    part.bytes += got;
    if (got < room) break;
  }
  return part;
}

FileMark mark_in(const json& step, const char* name, const fs::path& file) {
  const auto fail = [&] {
    return InputError(file.string(), 0, "", fmt::format("the journal has no mark of {}", name),
                      "the run.json that assay wrote");
  };
  const auto mark = step.find(name);
  if (mark == step.end() || !mark->is_object()) throw fail();
  const auto bytes = mark->find("bytes"), checksum = mark->find("checksum");
  if (bytes == mark->end() || !bytes->is_number_unsigned() || checksum == mark->end() ||
      !checksum->is_string())
    throw fail();
  return {bytes->get<std::uint64_t>(), checksum->get<std::string>()};
}

/// Empty for a journal of schema 1, which has no checksums.
std::vector<JournalStep> steps_in(const json& steps, const fs::path& file) {
  if (!steps.is_array())
    throw InputError(file.string(), 0, "", "its journal is damaged",
                     "the run.json that assay wrote");
  std::vector<JournalStep> journal;
  for (const json& step : steps) {
    if (step.is_string()) return {};
    const auto name = step.is_object() ? step.find("step") : step.end();
    const auto session = step.is_object() ? step.find("session") : step.end();
    if (!step.is_object() || name == step.end() || !name->is_string() || session == step.end() ||
        !session->is_number_unsigned())
      throw InputError(file.string(), 0, "", "a step of its journal is damaged",
                       "the run.json that assay wrote");
    journal.push_back({name->get<std::string>(), session->get<std::int64_t>(),
                       mark_in(step, "measurements", file), mark_in(step, "samples", file)});
  }
  return journal;
}

std::string name_of(const JournalStep& step) {
  return step.step.empty() ? fmt::format("the end of session {}", step.session)
                           : fmt::format("step '{}' of session {}", step.step, step.session);
}

/// Of one file; `mark` picks its mark of a step.
void compare(const fs::path& path, const std::vector<JournalStep>& journal, bool is_ended,
             FileMark JournalStep::*mark, std::vector<std::string>& found) {
  const std::string name = path.filename().string();
  std::error_code error;
  if (!fs::exists(path, error)) {
    found.push_back(fmt::format("{}: is not there any more", name));
    return;
  }
  const OpenFile file = open_regular_file(path, csv_file);
  std::uint64_t begin = 0;
  std::size_t line = 0;
  for (const JournalStep& step : journal) {
    const FileMark& expected = step.*mark;
    if (expected.bytes < begin) {
      found.push_back(fmt::format("{}: the journal's steps are out of order", name));
      return;
    }
    const Part part = read_part(file, path.string(), begin, expected.bytes);
    if (part.bytes < expected.bytes - begin) {
      found.push_back(fmt::format(
          "{}: is cut off in line {}, in what {} wrote: {} of {} bytes are there", name,
          line + part.lines + 1, name_of(step), begin + part.bytes, (journal.back().*mark).bytes));
      return;
    }
    if (part.checksum.text() != expected.checksum)
      found.push_back(
          fmt::format("{}: lines {} to {}, which {} wrote, were changed later: {} "
                      "instead of {}",
                      name, line + 1, line + part.lines, name_of(step), part.checksum.text(),
                      expected.checksum));
    line += part.lines;
    begin = expected.bytes;
  }
  if (is_ended && file.size > begin)
    found.push_back(
        fmt::format("{}: what stands behind line {} was added after the run", name, line));
}

}  // namespace

std::string Checksum::text() const {
  return fmt::format("fnv1a:{:016x}", state_);
}

json to_json(const JournalStep& step) {
  const auto mark = [](const FileMark& m) {
    return json{{"bytes", m.bytes}, {"checksum", m.checksum}};
  };
  return {{"step", step.step},
          {"session", step.session},
          {"measurements", mark(step.measurements)},
          {"samples", mark(step.samples)}};
}

std::vector<JournalStep> read_journal(const json& run, const fs::path& file) {
  const auto found = run.find("journal");
  if (found == run.end()) return {};
  if (!found->is_object() || !found->contains("steps"))
    throw InputError(file.string(), 0, "", "its journal is damaged",
                     "the run.json that assay wrote");
  std::vector<JournalStep> journal = steps_in((*found)["steps"], file);
  if (!found->contains("replacing")) return journal;
  // Whoever replaced the rows was killed: before the file took the other's place, or after it.
  std::vector<JournalStep> next = steps_in((*found)["replacing"], file);
  const fs::path folder = file.parent_path();
  std::error_code error;
  const bool is_replaced =
      !next.empty() &&
      fs::file_size(folder / "measurements.csv", error) == next.back().measurements.bytes &&
      journal_differences(folder, next, false).empty();
  return is_replaced ? next : journal;
}

std::vector<std::string> journal_differences(const fs::path& directory,
                                             const std::vector<JournalStep>& journal,
                                             bool is_ended) {
  std::vector<std::string> found;
  if (journal.empty()) return found;
  compare(directory / "measurements.csv", journal, is_ended, &JournalStep::measurements, found);
  compare(directory / "samples.csv", journal, is_ended, &JournalStep::samples, found);
  constexpr std::size_t most = 5;
  if (found.size() > most) {
    const std::size_t more = found.size() - most;
    found.resize(most);
    found.push_back(fmt::format("{} more parts of the files were changed later", more));
  }
  return found;
}

Checksum checksum_from(const fs::path& file, std::uint64_t begin) {
  return read_part(open_regular_file(file, csv_file), file.string(), begin, to_the_end).checksum;
}

}  // namespace assay
