#pragma once
/// @file
/// A foreign file as text: decoded once, before any format looks at it.
///
/// Undone here, in this order: gzip and zstd (told by their first bytes), UTF-16 and byte order
/// marks, carriage returns, colour codes, and what launchers write before each line
/// ("[1,0]<stdout>:", "0: ", "[0] ", time stamps of containers). What was undone is said in
/// `notes`. Lines keep the number they have in the (uncompressed) file.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/errors.hpp"

namespace assay::import {

struct Line {
  std::size_t number = 0;  ///< From 1.
  std::string text;        ///< Without decoration, line end and blanks at its end.
};

/// More than any log; a file that unpacks to more is refused.
inline constexpr std::size_t longest_document = std::size_t{64} << 20;

struct Document {
  std::string file;  ///< As messages name it.
  std::vector<Line> lines;
  bool ends_with_newline = true;
  /// Set where the file is JSON, whole or one value in each line; the latter as an array.
  std::shared_ptr<const nlohmann::json> json;
  bool json_lines = false;
  std::vector<std::string> notes;  ///< What was undone, and what was passed over.

  /// "FILE:LINE: column COLUMN: SEEN; expected EXPECTED". `line` 0: the file as a whole.
  [[noreturn]] void refuse(std::size_t line, const std::string& column, const std::string& seen,
                           const std::string& expected) const {
    throw InputError(file, line, column, seen, expected);
  }
};

/// Throws InputError for a file that cannot be read, is too large, damaged, or no text.
[[nodiscard]] Document read_document(const std::filesystem::path& path);
/// The same of bytes at hand. @param file names them in messages.
[[nodiscard]] Document decode(std::string bytes, const std::string& file);

/// Unpacks gzip and zstd, told by their first bytes; other bytes as they are, and an empty name.
/// Throws InputError for damaged ones, and for a packing that this build cannot read.
struct Unpacked {
  std::string bytes, packing;
};
[[nodiscard]] Unpacked unpack(std::string bytes, const std::string& file);

/// Takes launchers' decoration off the lines, and empties lines that are not the program's output
/// at all ("[1,0]<stderr>:"). Gives what it took, in words; empty for nothing.
[[nodiscard]] std::string take_off_launcher_prefixes(std::vector<Line>& lines);

/// The words of a line, between blanks.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view line);
[[nodiscard]] std::string lower(std::string_view text);

}  // namespace assay::import
