#pragma once
/// @file
/// A file descriptor that closes itself: files, pipe ends, pidfds. None is inherited by a program
/// that this one starts.

#include <unistd.h>

#include <filesystem>
#include <utility>

namespace assay {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  /// Takes it over; a negative one is none.
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() { close(); }
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  [[nodiscard]] int get() const { return descriptor_; }
  /// Gives it away: nothing closes it any more.
  [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  void close() {
    if (is_open()) ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_ = -1;
};

/// Not open where the file cannot be read; errno says why.
[[nodiscard]] FileDescriptor open_for_reading(const std::filesystem::path& path);

struct Pipe {
  FileDescriptor reader, writer;
};
/// Throws RunError where the system has no more of them.
[[nodiscard]] Pipe make_pipe();

}  // namespace assay
