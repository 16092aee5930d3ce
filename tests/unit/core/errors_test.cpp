#include "probes/core/errors.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(OneLine, EscapesWhatATerminalOrAPageCannotShow) {
  EXPECT_EQ(one_line("a\nb\tc\x7f"), "a\\nb\\x09c\\x7f");
  EXPECT_EQ(one_line("µs \xE2\x82\xAC \xF0\x9F\x98\x80"), "µs \xE2\x82\xAC \xF0\x9F\x98\x80");
}

TEST(OneLine, BytesThatAreNoUtf8BecomeEscapes) {
  EXPECT_EQ(one_line("\xff"
                     "a\xC2"),
            "\\xffa\\xc2");
  EXPECT_EQ(one_line("\xC0\xAF"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(one_line("\xED\xA0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(one_line("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond the last
}

}  // namespace
}  // namespace assay
