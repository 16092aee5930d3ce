#include "probes/core/record.hpp"

#include <gtest/gtest.h>

#include "probes/core/interned_string.hpp"

namespace assay {
namespace {

TEST(InternedString, EqualTextIsOneObject) {
  const InternedString a("ring"), b(std::string("ring")), c("tree"), empty;
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  EXPECT_LT(a, c);
  EXPECT_TRUE(empty.empty());
  EXPECT_EQ(empty, InternedString(""));
  EXPECT_EQ(&a.str(), &b.str());
  EXPECT_EQ(sizeof(InternedString), sizeof(void*)) << "a row of a million must stay small";
}

TEST(Record, ARowWithoutValueCarriesNoNumber) {
  Record row = with_samples({}, {1, 2, 3}, 0.9);
  row = without_value(row, incorrect("sum is off by 3"));
  for (const Column& column : measurement_columns())
    if (column.kind == Column::Kind::number) {
      EXPECT_FALSE(is_present(row.*column.number)) << column.name;
    }
  EXPECT_EQ(row.samples, absent_count);
  EXPECT_TRUE(row.values.empty());
}

TEST(Record, UntrustedKeepsNumbersAndJoinsReasons) {
  Record row = marked_untrusted(with_samples({}, {1, 2, 3}), "steal");
  row = marked_untrusted(row, "oversubscribed");
  EXPECT_EQ(row.status, Status::untrusted);
  EXPECT_EQ(row.reason, "steal; oversubscribed");
  EXPECT_EQ(row.median, 2);
  const Record worse = marked_untrusted(without_value({}, unsupported("no")), "steal");
  EXPECT_EQ(worse.status, Status::unsupported) << "a row without a value cannot become untrusted";
}

TEST(Record, EveryColumnHasADescription) {
  for (const Column& column : measurement_columns())
    EXPECT_GE(column.description.size(), 5u) << column.name;
}

}  // namespace
}  // namespace assay
