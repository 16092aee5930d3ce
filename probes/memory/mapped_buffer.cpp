#include "probes/memory/mapped_buffer.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "probes/core/errors.hpp"

namespace assay::memory {

MappedBuffer::MappedBuffer(Bytes size, Pages pages) : size_(size) {
  // Whole huge pages, or the last part of a buffer could never be one.
  const std::size_t page = to_size(huge_page_size);
  mapped_bytes_ = (to_size(size) + page - 1) / page * page + page;
  mapping_ = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping_ == MAP_FAILED)
    throw RunError(fmt::format("cannot map {}: {}", format_bytes(size), std::strerror(errno)));
  const auto address = reinterpret_cast<std::uintptr_t>(mapping_);
  const auto align = static_cast<std::uintptr_t>(to_size(huge_page_size));
  aligned_ = reinterpret_cast<std::byte*>((address + align - 1) / align * align);
  // Advice only: a kernel without transparent huge pages refuses it, which huge_page_fraction
  // shows.
  madvise(mapping_, mapped_bytes_, pages == Pages::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

MappedBuffer::~MappedBuffer() {
  if (mapping_ != nullptr) munmap(mapping_, mapped_bytes_);
}

MappedBuffer::MappedBuffer(MappedBuffer&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      mapped_bytes_(other.mapped_bytes_),
      aligned_(other.aligned_),
      size_(other.size_) {}

std::optional<double> MappedBuffer::huge_page_fraction() const {
  std::ifstream file("/proc/self/smaps");
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  const auto begin = reinterpret_cast<std::uintptr_t>(aligned_);
  return memory::huge_page_fraction(text.str(), begin, begin + to_size(size_));
}

std::optional<double> huge_page_fraction(const std::string& smaps, std::size_t begin,
                                         std::size_t end) {
  std::istringstream lines(smaps);
  double resident = 0, huge = 0;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    unsigned long low = 0, high = 0, kilobytes = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &low, &high) == 2)
      inside = low < end && high > begin;
    else if (inside && std::sscanf(line.c_str(), "Rss: %lu kB", &kilobytes) == 1)
      resident += static_cast<double>(kilobytes);
    else if (inside && std::sscanf(line.c_str(), "AnonHugePages: %lu kB", &kilobytes) == 1)
      huge += static_cast<double>(kilobytes);
  }
  if (resident == 0) return std::nullopt;
  return huge / resident;
}

}  // namespace assay::memory
