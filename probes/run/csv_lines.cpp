#include "probes/run/csv_lines.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "probes/core/errors.hpp"

namespace assay::csv {

std::size_t read_at(const FileDescriptor& file, std::uint64_t offset, char* buffer,
                    std::uint64_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got =
        ::pread(file.get(), buffer + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

namespace {

/// Behind the first line end at or after `from`; `limit` when there is none before it.
std::uint64_t next_line(const FileDescriptor& file, std::uint64_t from, std::uint64_t limit) {
  std::array<char, 4096> block{};
  while (from < limit) {
    const std::size_t got =
        read_at(file, from, block.data(), std::min<std::uint64_t>(block.size(), limit - from));
    if (got == 0) break;
    if (const void* found = std::memchr(block.data(), '\n', got))
      return from + static_cast<std::uint64_t>(static_cast<const char*>(found) - block.data()) + 1;
    from += got;
  }
  return limit;
}

/// Behind the last line end before `size`; 0 when there is none.
std::uint64_t last_line_end(const FileDescriptor& file, std::uint64_t size) {
  std::array<char, 4096> block{};
  while (size > 0) {
    const std::uint64_t begin = size > block.size() ? size - block.size() : 0;
    const std::size_t got = read_at(file, begin, block.data(), size - begin);
    if (const void* found = memrchr(block.data(), '\n', got))
      return begin + static_cast<std::uint64_t>(static_cast<const char*>(found) - block.data()) + 1;
    size = begin;
  }
  return 0;
}

/// More of a cut-off line is not needed to say where it ends.
constexpr std::uint64_t longest_tail = 4096;

}  // namespace

LineFile open_lines(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size =
      std::filesystem::is_regular_file(path, error) ? std::filesystem::file_size(path, error) : 0;
  LineFile file{.path = path.string(), .descriptor = open_for_reading(path)};
  if (error || !file.descriptor.is_open())
    throw InputError(path.string(), 0, "", "cannot be read", "a CSV file of a run directory");
  file.end = last_line_end(file.descriptor, size);
  file.tail.resize(
      static_cast<std::size_t>(std::min<std::uint64_t>(size - file.end, longest_tail)));
  if (read_at(file.descriptor, file.end, file.tail.data(), file.tail.size()) != file.tail.size())
    file.tail = "?";
  file.header_end = next_line(file.descriptor, 0, file.end);
  return file;
}

std::vector<LineRange> ranges_of(const LineFile& file) {
  constexpr std::uint64_t bytes_per_range = 4 << 20;
  std::vector<LineRange> ranges;
  for (std::uint64_t begin = file.header_end; begin < file.end;) {
    const std::uint64_t end =
        next_line(file.descriptor, std::min(begin + bytes_per_range, file.end - 1), file.end);
    ranges.push_back({begin, end});
    begin = end;
  }
  return ranges;
}

}  // namespace assay::csv
