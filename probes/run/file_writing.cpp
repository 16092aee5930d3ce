#include "probes/run/file_writing.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "probes/core/interrupt.hpp"
#include "probes/run/file_reading.hpp"

namespace assay {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

/// How long a FIFO or a device may take no byte.
constexpr std::chrono::seconds patience{5};

FileError cannot_write(const std::string& path, const std::string& why) {
  return FileError(fmt::format("cannot write {}: {}", path, why));
}
FileError cannot_write(const std::string& path, int fault) {
  return cannot_write(path, std::strerror(fault));
}

/// The name that is written to, and what stands there now.
struct Target {
  fs::path path;
  std::optional<struct stat> status;  ///< None: nothing stands there yet.
};

std::optional<struct stat> status_of(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw cannot_write(path.string(), errno);
}

/// Throws FileError for what can never be written.
Target resolve(const fs::path& given, Links links) {
  constexpr int most_links = 40;
  fs::path path = given;
  if (!path.has_filename()) throw cannot_write(given.string(), "it is a directory");
  for (int followed = 0;; ++followed) {
    // What a process has open is no name that could be replaced.
    struct stat behind {};
    std::optional<struct stat> status = status_of(path);
    if (status && S_ISLNK(status->st_mode)) {
      if (links == Links::refuse)
        throw cannot_write(given.string(),
                           "it is a symbolic link, which somebody else may have laid there");
      if (::stat(path.c_str(), &behind) == 0 && !S_ISREG(behind.st_mode))
        status = behind;
      else if (followed == most_links)
        throw cannot_write(given.string(), "its symbolic links go round in a circle");
      else {
        std::error_code error;
        const fs::path next = fs::read_symlink(path, error);
        if (error) throw cannot_write(given.string(), error.message());
        path = next.is_absolute() ? next : path.parent_path() / next;
        continue;
      }
    }
    if (status && S_ISDIR(status->st_mode)) throw cannot_write(given.string(), "it is a directory");
    if (status && S_ISSOCK(status->st_mode)) throw cannot_write(given.string(), "it is a socket");
    if (status && S_ISBLK(status->st_mode))
      throw cannot_write(given.string(), "it is a block device: its data would be lost");
    return {path, status};
  }
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Standard output or error, when the target is what they are connected to: written to through a
/// description of its own, the two would overwrite each other.
int standard_stream(const struct stat& target) {
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat status {};
    if (::fstat(stream, &status) == 0 && is_same(status, target)) return stream;
  }
  return -1;
}

/// Waits until a device or a FIFO takes bytes.
void wait_until_writable(int file, const std::string& path, Clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd waiting{.fd = file, .events = POLLOUT, .revents = 0};
  const int ready = left <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(std::min(left, 100L)));
  if (ready < 0 && errno != EINTR) throw cannot_write(path, errno);
  if (interrupted()) throw cannot_write(path, "interrupted");
  if (ready == 0 && Clock::now() >= deadline)
    throw cannot_write(path, fmt::format("nobody read from it for {} s", patience.count()));
}

void write_patiently(int file, const std::string& path, std::string_view text) {
  Clock::time_point deadline = Clock::now() + patience;
  while (!text.empty()) {
    const ssize_t done = ::write(file, text.data(), text.size());
    if (done > 0) {
      text.remove_prefix(static_cast<std::size_t>(done));
      deadline = Clock::now() + patience;
      continue;
    }
    if (done < 0 && errno != EINTR && errno != EAGAIN) throw cannot_write(path, errno);
    if (done == 0 || errno == EAGAIN) wait_until_writable(file, path, deadline);
  }
}

/// A FIFO without a reader refuses to be opened so.
FileDescriptor open_special(const std::string& path) {
  const Clock::time_point deadline = Clock::now() + patience;
  while (true) {
    const int file = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file >= 0) return FileDescriptor(file);
    if (errno != ENXIO && errno != EINTR) throw cannot_write(path, errno);
    if (interrupted()) throw cannot_write(path, "interrupted");
    if (Clock::now() >= deadline)
      throw cannot_write(path, fmt::format("nobody opened it to read for {} s", patience.count()));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void write_into(const std::string& path, std::string_view text) {
  FileDescriptor file = open_special(path);
  write_patiently(file.get(), path, text);
  close_checked(std::move(file), path);
}

std::string random_name(const std::string& name) {
  std::random_device source;
  // The whole name must fit the 255 bytes of a name.
  return fmt::format(".{}.{:08x}{:08x}", name.substr(0, 200), source(), source());
}

/// A file under a name that did not exist; it is removed again unless it took its place.
class FileBeside {
 public:
  FileBeside(const fs::path& target, mode_t mode)
      : target_(target.string()), name_(target.filename().string()) {
    const fs::path parent = target.parent_path();
    const fs::path folder = parent.empty() ? fs::path(".") : parent;
    folder_ = FileDescriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_.is_open()) throw cannot_write(target_, errno);
    for (int tries = 0; tries < 100 && !file_.is_open(); ++tries) {
      temporary_ = random_name(name_);
      file_ = FileDescriptor(::openat(folder_.get(), temporary_.c_str(),
                                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
      if (!file_.is_open() && errno != EEXIST && errno != EINTR) break;
    }
    if (!file_.is_open()) throw cannot_write(target_, std::exchange(errno, 0));
    is_there_ = true;
  }
  ~FileBeside() {
    if (is_there_) ::unlinkat(folder_.get(), temporary_.c_str(), 0);
  }
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;

  void take_mode_of(const struct stat& old) {
    // As far as the system lets us: the owner of the old file may be another.
    if (::fchmod(file_.get(), old.st_mode & 07777) != 0) errno = 0;
  }
  void write(std::string_view text) {
    write_all(file_, target_, text);
    sync(file_.get());
    close_checked(std::move(file_), target_);
  }
  void take_place() {
    if (::renameat(folder_.get(), temporary_.c_str(), folder_.get(), name_.c_str()) != 0)
      throw cannot_write(target_, errno);
    is_there_ = false;
    sync(folder_.get());
  }

 private:
  /// Not every file system can: then it has nothing to bring to a disk either.
  void sync(int file) const {
    while (::fsync(file) != 0) {
      if (errno == EINTR) continue;
      if (errno == EINVAL || errno == ENOTSUP || errno == EROFS) return;
      throw cannot_write(target_, errno);
    }
  }

  std::string target_, name_, temporary_;
  FileDescriptor folder_, file_;
  bool is_there_ = false;
};

void write_resolved(const Target& target, std::string_view text, Readers readers) {
  const std::string path = target.path.string();
  if (target.status) {
    const int stream = standard_stream(*target.status);
    if (stream >= 0) {
      if (std::fflush(stream == STDOUT_FILENO ? stdout : stderr) != 0)
        throw cannot_write(path, errno);
      write_patiently(stream, path, text);
      return;
    }
    if (!S_ISREG(target.status->st_mode)) {
      write_into(path, text);
      return;
    }
  }
  FileBeside beside(target.path, readers == Readers::owner_only ? 0600 : 0666);
  if (target.status) beside.take_mode_of(*target.status);
  beside.write(text);
  beside.take_place();
}

void make_folder_of(const fs::path& file) {
  std::error_code error;
  const fs::path folder = file.parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) throw cannot_write(file.string(), error.message());
}

}  // namespace

void write_text_file(const fs::path& target, std::string_view text, Links links, Readers readers) {
  write_resolved(resolve(target, links), text, readers);
}

void OutputFiles::add(fs::path target, std::string text, Links links) {
  outputs_.push_back({std::move(target), std::move(text), links});
}

void OutputFiles::write(const std::vector<fs::path>& inputs) const {
  std::vector<std::pair<fs::path, struct stat>> known;
  for (const fs::path& input : inputs) {
    struct stat status {};
    if (::stat(input.c_str(), &status) == 0) known.emplace_back(input, status);
  }
  std::vector<Target> targets;
  for (const Output& output : outputs_) {
    Target target = resolve(output.target, output.links);
    if (target.status && S_ISREG(target.status->st_mode))
      for (const auto& [input, status] : known)
        if (is_same(status, *target.status))
          throw cannot_write(output.target.string(),
                             fmt::format("it is {}, which this command reads", input.string()));
    const fs::path plain = fs::absolute(target.path).lexically_normal();
    for (const Target& other : targets)
      if (fs::absolute(other.path).lexically_normal() == plain)
        throw cannot_write(output.target.string(), "two outputs of this command would go there");
    targets.push_back(std::move(target));
  }
  for (const Target& target : targets) make_folder_of(target.path);
  for (std::size_t i = 0; i < outputs_.size(); ++i)
    write_resolved(targets[i], outputs_[i].text, Readers::as_umask);
}

bool is_standard_output(const fs::path& path) {
  struct stat stream {
  }, target{};
  return ::fstat(STDOUT_FILENO, &stream) == 0 && ::stat(path.c_str(), &target) == 0 &&
         is_same(stream, target);
}

void write_all(const FileDescriptor& file, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(file.get(), text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) throw cannot_write(path, done == 0 ? EIO : errno);
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

void close_checked(FileDescriptor file, const std::string& path) {
  // After EINTR the descriptor is closed all the same on Linux.
  if (::close(file.release()) != 0 && errno != EINTR) throw cannot_write(path, errno);
}

AppendedFile::AppendedFile(const fs::path& path, Readers readers) : path_(path.string()) {
  int file = -1;
  do
    file = ::open(path.c_str(),
                  O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                  readers == Readers::owner_only ? 0600 : 0666);
  while (file < 0 && errno == EINTR);
  if (file < 0 && errno == ELOOP)
    throw cannot_write(path_, "it is a symbolic link, which somebody else may have laid there");
  if (file < 0) throw cannot_write(path_, errno);
  descriptor_ = FileDescriptor(file);
  struct stat status {};
  if (::fstat(file, &status) != 0) throw cannot_write(path_, errno);
  if (!S_ISREG(status.st_mode)) throw cannot_write(path_, "it is no regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

void AppendedFile::write(std::string_view text) {
  try {
    write_all(descriptor_, path_, text);
  } catch (const FileError&) {
    // A part of a line would swallow the next one. When even this fails, the reader drops it.
    if (::ftruncate(descriptor_.get(), static_cast<off_t>(size_)) != 0) errno = 0;
    throw;
  }
  size_ += text.size();
}

bool AppendedFile::ends_with(std::string_view text) const {
  if (size_ < text.size()) return false;
  std::string end(text.size(), '\0');
  return read_at(descriptor_, path_, size_ - end.size(), end.data(), end.size()) == end.size() &&
         end == text;
}

void AppendedFile::cut(std::uint64_t size) {
  while (::ftruncate(descriptor_.get(), static_cast<off_t>(size)) != 0)
    if (errno != EINTR) throw cannot_write(path_, errno);
  size_ = size;
}

void AppendedFile::sync() {
  while (::fsync(descriptor_.get()) != 0) {
    if (errno == EINTR) continue;
    if (errno == EINVAL || errno == ENOTSUP) return;
    throw cannot_write(path_, errno);
  }
}

}  // namespace assay
