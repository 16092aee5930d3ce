#pragma once
/// @file
/// Memory straight from the kernel, aligned to 2 MiB, whose pages come from the thread that touches
/// them.
///
/// Not measured here: where the pages lie. `huge_page_fraction` says whether the size asked for
/// came.

#include <cstddef>
#include <optional>
#include <string>

#include "probes/core/units.hpp"

namespace assay::memory {

enum class Pages {
  huge,   ///< Transparent huge pages asked for with MADV_HUGEPAGE.
  small,  ///< Forbidden with MADV_NOHUGEPAGE: base pages only.
};

inline constexpr Bytes huge_page_size = 2_MiB;

class MappedBuffer {
 public:
  /// Reserves address space; no page exists before it is touched. Throws RunError when the kernel
  /// refuses.
  MappedBuffer(Bytes size, Pages pages);
  ~MappedBuffer();
  MappedBuffer(MappedBuffer&& other) noexcept;
  MappedBuffer& operator=(MappedBuffer&&) = delete;
  MappedBuffer(const MappedBuffer&) = delete;
  MappedBuffer& operator=(const MappedBuffer&) = delete;

  [[nodiscard]] std::byte* data() const { return aligned_; }
  [[nodiscard]] double* doubles() const { return reinterpret_cast<double*>(aligned_); }
  [[nodiscard]] Bytes size() const { return size_; }

  /// Of the touched pages, the fraction of bytes in huge pages, from /proc/self/smaps; nothing when
  /// it cannot be read or nothing is touched.
  [[nodiscard]] std::optional<double> huge_page_fraction() const;

 private:
  void* mapping_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::byte* aligned_ = nullptr;
  Bytes size_;
};

/// The parsing of smaps, pure: AnonHugePages / Rss summed over the mappings that overlap [begin,
/// end).
[[nodiscard]] std::optional<double> huge_page_fraction(const std::string& smaps, std::size_t begin,
                                                       std::size_t end);

}  // namespace assay::memory
