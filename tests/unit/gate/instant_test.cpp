/// Times of a history's points: the same instant however it is written, and nothing for what is
/// none.

#include "reports/gate/decide/instant.hpp"

#include <gtest/gtest.h>

namespace assay::gate {
namespace {

/// 2026-03-01T00:00:00Z is 20,513 days after 1970-01-01 (`date -u -d 2026-03-01 +%s`).
constexpr double first_of_march = 1772323200;

TEST(Instant, OneInstantHoweverItIsWritten) {
  for (const char* text :
       {"2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00Z", "2026-03-01 00:00:00", "2026-03-01",
        "2026-03-01T09:00:00+09:00", "2026-02-28T16:00:00-08:00", "2026-02-28T16:00-0800",
        "2026-03-01T05:30:00.000+05:30", "1772323200"})
    EXPECT_EQ(seconds_since_epoch(text), first_of_march) << text;
  EXPECT_EQ(seconds_since_epoch("2026-03-01T00:00:00.5Z"), first_of_march + 0.5);
}

TEST(Instant, WhatIsNoTimeIsNone) {
  for (const char* text :
       {"", "monday", "2026-02-30", "2026-13-01", "2025-99-99", "2026-03-01T25:00:00",
        "2026-03-01T00:60:00", "2026-03-01T00:00:00+15:00", "2026-03-01T00:00:00 CET", "nan",
        "1e999", "12 000"})
    EXPECT_EQ(seconds_since_epoch(text), std::nullopt) << text;
}

}  // namespace
}  // namespace assay::gate
