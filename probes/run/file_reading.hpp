#pragma once
/// @file
/// Reading a file that somebody else may have made: an error is told from the end of the file, what
/// is no regular file is refused before it can block or never end, and so is what is larger than
/// any honest file of its kind.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "probes/core/file_descriptor.hpp"

namespace assay {

/// The most that is read of files whose size follows from what people write: options, price lists,
/// job descriptions.
inline constexpr std::uint64_t most_bytes_of_settings = 16ULL << 20;
/// Of run.json and of other tools' logs: 100,000 hosts, a million lines.
inline constexpr std::uint64_t most_bytes_of_log = 1ULL << 30;

/// A regular file, open, and its size. `expected` ends the message: "a price list". Throws
/// InputError when there is none, it cannot be opened, or it is a directory, FIFO, socket or
/// device.
struct OpenFile {
  FileDescriptor descriptor;
  std::uint64_t size = 0;
};
[[nodiscard]] OpenFile open_regular_file(const std::filesystem::path& path,
                                         const std::string& expected);

/// The whole file. Throws InputError as open_regular_file(), and when reading fails or the file is
/// larger than `most_bytes`.
[[nodiscard]] std::string read_text_file(const std::filesystem::path& path,
                                         const std::string& expected,
                                         std::uint64_t most_bytes = most_bytes_of_log);

/// None only when there is no such file: a file that is there and cannot be read is an error.
[[nodiscard]] std::optional<std::string> read_text_file_if_there(
    const std::filesystem::path& path, const std::string& expected,
    std::uint64_t most_bytes = most_bytes_of_log);

/// Up to `size` bytes from `offset`; fewer only at the end of the file. Throws InputError, with
/// `path` in it, when the file cannot be read.
std::size_t read_at(const FileDescriptor& file, const std::string& path, std::uint64_t offset,
                    char* buffer, std::uint64_t size);

}  // namespace assay
