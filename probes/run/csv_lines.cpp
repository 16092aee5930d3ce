#include "probes/run/csv_lines.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"

namespace assay::csv {

namespace {

InputError became_shorter(const LineFile& file) {
  return {file.path, 0, "", "became shorter while it was read", "a file that nobody cuts off"};
}

/// Behind the first line end at or after `from`; `limit` when there is none before it.
std::uint64_t next_line(const LineFile& file, std::uint64_t from, std::uint64_t limit) {
  std::array<char, 4096> block{};
  while (from < limit) {
    const std::size_t got = read_at(file.descriptor, file.path, from, block.data(),
                                    std::min<std::uint64_t>(block.size(), limit - from));
    if (got == 0) throw became_shorter(file);
    if (const void* found = std::memchr(block.data(), '\n', got))
      return from + static_cast<std::uint64_t>(static_cast<const char*>(found) - block.data()) + 1;
    from += got;
  }
  return limit;
}

/// Behind the last line end before `size`; 0 when there is none.
std::uint64_t last_line_end(const LineFile& file, std::uint64_t size) {
  std::array<char, 4096> block{};
  while (size > 0) {
    const std::uint64_t begin = size > block.size() ? size - block.size() : 0;
    const std::size_t got = read_at(file.descriptor, file.path, begin, block.data(), size - begin);
    if (got < size - begin) throw became_shorter(file);
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
  OpenFile opened = open_regular_file(path, "a CSV file of a run directory");
  const std::uint64_t size = opened.size;
  LineFile file{.path = path.string(), .descriptor = std::move(opened.descriptor)};
  file.end = last_line_end(file, size);
  file.tail.resize(
      static_cast<std::size_t>(std::min<std::uint64_t>(size - file.end, longest_tail)));
  if (read_at(file.descriptor, file.path, file.end, file.tail.data(), file.tail.size()) !=
      file.tail.size())
    throw became_shorter(file);
  file.header_end = next_line(file, 0, file.end);
  return file;
}

std::vector<LineRange> ranges_of(const LineFile& file) {
  constexpr std::uint64_t bytes_per_range = 4 << 20;
  std::vector<LineRange> ranges;
  for (std::uint64_t begin = file.header_end; begin < file.end;) {
    const std::uint64_t end =
        next_line(file, std::min(begin + bytes_per_range, file.end - 1), file.end);
    ranges.push_back({begin, end});
    begin = end;
  }
  return ranges;
}

}  // namespace assay::csv
