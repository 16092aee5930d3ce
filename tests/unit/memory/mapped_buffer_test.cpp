#include "probes/memory/mapped_buffer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace assay::memory {
namespace {

const char* const smaps =
    "7f0000000000-7f0000400000 rw-p 00000000 00:00 0 \n"
    "Size:               4096 kB\n"
    "Rss:                4096 kB\n"
    "AnonHugePages:      3072 kB\n"
    "7f0000800000-7f0000a00000 rw-p 00000000 00:00 0 \n"
    "Rss:                   0 kB\n"
    "AnonHugePages:         0 kB\n";

TEST(MappedBuffer, SmapsGivesTheFractionInHugePages) {
  EXPECT_EQ(huge_page_fraction(smaps, 0x7f0000000000, 0x7f0000400000), 0.75);
  EXPECT_EQ(huge_page_fraction(smaps, 0x7f0000800000, 0x7f0000900000), std::nullopt);
  EXPECT_EQ(huge_page_fraction("", 0, 1), std::nullopt);
}

TEST(MappedBuffer, IsAlignedAndUsableToItsEnd) {
  const MappedBuffer buffer(3_MiB, Pages::huge);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % to_size(huge_page_size), 0u);
  std::memset(buffer.data(), 1, to_size(buffer.size()));
  EXPECT_EQ(std::to_integer<int>(buffer.data()[to_size(buffer.size()) - 1]), 1);
}

TEST(MappedBuffer, SmallPagesAreNeverHuge) {
  const MappedBuffer buffer(4_MiB, Pages::small);
  std::memset(buffer.data(), 1, to_size(buffer.size()));
  EXPECT_EQ(buffer.huge_page_fraction().value_or(0), 0);
}

}  // namespace
}  // namespace assay::memory
