#pragma once
/// @file
/// Writing files so that nothing is lost: the one place of the program that makes or replaces one.
///
/// A regular file is written whole, beside its target and under a random name that did not exist,
/// brought to the disk (fsync of the file and of its folder), and takes the target's place in one
/// step: a reader, a full disk or a power loss leaves the old file or the new one, never half of
/// either. What is no regular file (a device, a FIFO, the program's own standard output) is written
/// into, with a deadline, and stays what it is.

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/file_descriptor.hpp"

namespace assay {

/// A file that cannot be written, or must not be. Exit 4, unless a run turns it into its own end.
class FileError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What to do where a name turns out to be a symbolic link.
enum class Links {
  follow,  ///< The user gave the name: what the link points to is meant, and the link stays.
  refuse,  ///< The name is the program's own: a link there was laid by somebody else.
};

/// Who may read a new file; an existing one keeps its mode.
enum class Readers { as_umask, owner_only };

/// Replaces or makes the file. Throws FileError; then the target is as it was.
void write_text_file(const std::filesystem::path& target, std::string_view text,
                     Links links = Links::refuse, Readers readers = Readers::as_umask);

/// The outputs of one command: all are checked before the first is written.
class OutputFiles {
 public:
  void add(std::filesystem::path target, std::string text, Links links);
  /// Throws FileError, with nothing written, when two outputs are one file, or one is a file of
  /// `inputs` (whatever its name: hard and symbolic links too), a directory, or a link that is not
  /// to be followed. Folders of the outputs are made.
  void write(const std::vector<std::filesystem::path>& inputs) const;

 private:
  struct Output {
    std::filesystem::path target;
    std::string text;
    Links links;
  };
  std::vector<Output> outputs_;
};

/// Whether `path` is what standard output is connected to: /dev/stdout, or the file it goes to.
[[nodiscard]] bool is_standard_output(const std::filesystem::path& path);

/// A file that grows at its end. Every write goes to the system at once.
class AppendedFile {
 public:
  AppendedFile() = default;
  /// Makes it, or opens it to go on behind its end. A link, or what is no regular file, is refused.
  /// Throws FileError.
  AppendedFile(const std::filesystem::path& path, Readers readers);
  /// All of it or, after a FileError, nothing: a part that came onto the disk is cut off again.
  void write(std::string_view text);
  /// Cuts off what stands behind `size` bytes.
  void cut(std::uint64_t size);
  [[nodiscard]] bool ends_with(std::string_view text) const;
  /// Brings it to the disk.
  void sync();
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  std::string path_;
  FileDescriptor descriptor_;
  std::uint64_t size_ = 0;
};

/// Writes everything; throws FileError that names `path`.
void write_all(const FileDescriptor& file, const std::string& path, std::string_view text);
/// Throws FileError that names `path`: a disk may say only now that it is full.
void close_checked(FileDescriptor file, const std::string& path);

}  // namespace assay
