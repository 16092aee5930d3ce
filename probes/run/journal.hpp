#pragma once
/// @file
/// The journal of a run directory: after every complete step, how long the files were and the
/// checksum of what the step wrote. It is what a killed run is resumed from, and what tells a file
/// that was damaged, cut off or swapped later from the one that was measured.
///
///   "journal": {"steps": [{"step": "memory.bandwidth", "session": 1,
///     "measurements": {"bytes": 4711, "checksum": "fnv1a:..."}, "samples": {...}}, ...]}
///
/// A checksum is over the bytes since the step before (for the first one: with the header line).
/// Who replaces rows (round_rows.hpp) says first what the steps will be, as "replacing": a kill
/// between the two files leaves a directory that is read as the one or the other.
/// It is FNV-1a (Fowler, Noll, Vo: draft-eastlake-fnv) with 64 bits: it finds every changed byte,
/// and it is no protection from somebody who means to deceive.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

class Checksum {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) {
      state_ ^= static_cast<unsigned char>(byte);
      state_ *= 0x100000001b3ULL;
    }
  }
  /// "fnv1a:" and 16 hexadecimal digits.
  [[nodiscard]] std::string text() const;

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

/// Where the part of one file ends that a step wrote.
struct FileMark {
  std::uint64_t bytes = 0;
  std::string checksum;
};
struct JournalStep {
  std::string step;  ///< Empty: what stands behind the last step, at the end of a session.
  std::int64_t session = 1;
  FileMark measurements, samples;
};

[[nodiscard]] nlohmann::json to_json(const JournalStep& step);
/// Of a run.json. Empty where there is no journal, and for one of schema 1, which had no checksums.
/// Throws InputError, with `file` in it, when it is none that assay wrote.
[[nodiscard]] std::vector<JournalStep> read_journal(const nlohmann::json& run,
                                                    const std::filesystem::path& file);

/// What of the directory's files is not as the journal says, each naming file, lines and step;
/// empty when all is. `is_ended`: nothing may stand behind the last step either.
[[nodiscard]] std::vector<std::string> journal_differences(const std::filesystem::path& directory,
                                                           const std::vector<JournalStep>& journal,
                                                           bool is_ended);

/// The bytes of `file` from `begin` to its end, into a checksum. Throws InputError.
[[nodiscard]] Checksum checksum_from(const std::filesystem::path& file, std::uint64_t begin);

}  // namespace assay
