#include "probes/core/number.hpp"

#include <gtest/gtest.h>

#include <string>

namespace assay {
namespace {

TEST(Number, IsReadWholeOrNotAtAll) {
  EXPECT_EQ(parse_number("12"), 12.0);
  EXPECT_EQ(parse_number("-1.5"), -1.5);
  EXPECT_EQ(parse_number("+9.0e-03"), 9.0e-3);
  EXPECT_EQ(parse_number(".5"), 0.5);
  EXPECT_EQ(parse_number("5."), 5.0);
  for (const char* text :
       {"", "-", "+", ".", "1,5", "1.234,5", "1,234.5", "nan", "inf", "-inf", "0x10", "1e999",
        "1.5s", "1 5", "--1", "+-1", "1e", "infinity", "\xD9\xA1"})
    EXPECT_FALSE(parse_number(text)) << text;
  EXPECT_FALSE(parse_number(std::string(100, '1')));
  EXPECT_EQ(parse_whole_number("1048576"), 1048576);
  for (const char* text : {"", "-1", "1.0", "1e3", "1,024", "9999999999999999999"})
    EXPECT_FALSE(parse_whole_number(text)) << text;
}

/// Marks the number within a text by brackets.
bool goes_on(std::string text) {
  const std::size_t begin = text.find('[');
  text.erase(begin, 1);
  const std::size_t end = text.find(']');
  text.erase(end, 1);
  return number_goes_on(text, begin, end);
}

TEST(Number, GoesOnBeyondWhatWasCutOut) {
  for (const char* text :
       {"t [9.0]e-03", "t [9.0]E+03", "t [9]e3", "ms: [1],234.5", "ms: 1,[234.5]", "t [1],62",
        "t 1,[62]", "t [1.234],50", "t [1].5", "t 1.[5]", "t [12]34", "t 12[34]", "t -[5]",
        "t=-[5]", "t 9.0e-[03]", "t 9.0e[3]", "t [1]'234", "t [1]_000", "t [0]x1f"})
    EXPECT_TRUE(goes_on(text)) << text;
  for (const char* text :
       {"t [9.0e-03]", "t [1.5]s", "t [1.5] s", "took [5].", "took [5], then", "[0.5],0.6",
        "0.5,[0.6]", "range 1-[5]", "step_[7]", "(x)-[5]", "t [-5]", "[1.5]e", "[3] 4"})
    EXPECT_FALSE(goes_on(text)) << text;
}

}  // namespace
}  // namespace assay
