#include "probes/run/file_reading.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "probes/core/errors.hpp"

namespace assay {
namespace {

const char* kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return "is a directory";
    case S_IFIFO:
      return "is a FIFO";
    case S_IFSOCK:
      return "is a socket";
    default:
      return "is a device";
  }
}

InputError cannot_be_read(const std::string& path, int fault, const std::string& expected) {
  return {path, 0, "", fmt::format("cannot be read: {}", std::strerror(fault)), expected};
}

OpenFile checked(FileDescriptor descriptor, const std::string& path, const std::string& expected) {
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) throw cannot_be_read(path, errno, expected);
  if (!S_ISREG(status.st_mode)) throw InputError(path, 0, "", kind_of(status.st_mode), expected);
  return {std::move(descriptor), static_cast<std::uint64_t>(status.st_size)};
}

/// Does not block: a FIFO that nobody writes to opens at once, and is then refused.
FileDescriptor try_open(const std::filesystem::path& path) {
  int descriptor = -1;
  do descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  while (descriptor < 0 && errno == EINTR);
  return FileDescriptor(descriptor);
}

std::string read_whole(const OpenFile& file, const std::string& path, const std::string& expected,
                       std::uint64_t most_bytes) {
  const auto too_large = [&](std::uint64_t size) {
    return InputError(path, 0, "", fmt::format("has {} bytes", size),
                      fmt::format("{} of at most {} bytes", expected, most_bytes));
  };
  if (file.size > most_bytes) throw too_large(file.size);
  // Files of the kernel say that they have no bytes; and a file may grow while it is read.
  std::string text;
  for (std::size_t room = static_cast<std::size_t>(file.size) + 1;; room = 65536) {
    const std::size_t before = text.size();
    text.resize(before + room);
    const std::size_t got = read_at(file.descriptor, path, before, text.data() + before, room);
    text.resize(before + got);
    if (text.size() > most_bytes) throw too_large(text.size());
    if (got < room) return text;
  }
}

}  // namespace

OpenFile open_regular_file(const std::filesystem::path& path, const std::string& expected) {
  FileDescriptor descriptor = try_open(path);
  if (!descriptor.is_open()) throw cannot_be_read(path.string(), errno, expected);
  return checked(std::move(descriptor), path.string(), expected);
}

std::string read_text_file(const std::filesystem::path& path, const std::string& expected,
                           std::uint64_t most_bytes) {
  return read_whole(open_regular_file(path, expected), path.string(), expected, most_bytes);
}

std::optional<std::string> read_text_file_if_there(const std::filesystem::path& path,
                                                   const std::string& expected,
                                                   std::uint64_t most_bytes) {
  FileDescriptor descriptor = try_open(path);
  if (!descriptor.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw cannot_be_read(path.string(), errno, expected);
  }
  return read_whole(checked(std::move(descriptor), path.string(), expected), path.string(),
                    expected, most_bytes);
}

std::size_t read_at(const FileDescriptor& file, const std::string& path, std::uint64_t offset,
                    char* buffer, std::uint64_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got =
        ::pread(file.get(), buffer + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw cannot_be_read(path, errno, "a file that can be read to its end");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace assay
