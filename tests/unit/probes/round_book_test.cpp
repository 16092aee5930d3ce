#include "probes/round_book.hpp"

#include "probes/core/round.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

Record point(const std::string& level, std::int64_t bytes) {
  Record key;
  key.probe = "memory.bandwidth";
  key.metric = "rate";
  key.unit = unit::bytes_per_second;
  key.level = level;
  key.bytes = bytes;
  return key;
}

void put(RoundBook& book, const Record& key, const std::vector<double>& medians) {
  for (std::size_t i = 0; i < medians.size(); ++i)
    book.put(
        with_samples(key, std::vector<double>{0.99 * medians[i], medians[i], 1.01 * medians[i]}),
        static_cast<int>(i) + 1, 0);
}

TEST(RoundBook, ARowIsTheMedianOfItsRoundsWithTheirSpread) {
  RoundBook book;
  put(book, point("L1", 64), {100, 110, 121});
  const std::vector<Record> rows = book.rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].median, 110);
  EXPECT_EQ(rows[0].rounds, 3);
  EXPECT_EQ(rows[0].samples, 9);
  EXPECT_NEAR(rows[0].between_spread, std::log(1.1), 1e-12);
  EXPECT_NEAR(std::log(rows[0].ci_high / 110), 4.302653 * std::log(1.1) / std::sqrt(3.0), 1e-6);
  EXPECT_DOUBLE_EQ(rows[0].min, 99);
  EXPECT_DOUBLE_EQ(rows[0].max, 1.01 * 121);
}

TEST(RoundBook, APointOfOneRoundBorrowsFromItsFamilyAndSaysSo) {
  RoundBook book;
  for (std::int64_t bytes : {64, 128, 256}) put(book, point("L1", bytes), {100, 105, 110, 103});
  put(book, point("L1", 512), {100});
  const std::vector<Record> rows = book.rows();
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[3].rounds, 1);
  EXPECT_NEAR(rows[3].between_spread, rows[0].between_spread, 1e-12);
  EXPECT_GT(rows[3].ci_high, 100 * std::exp(3 * rows[0].between_spread));
}

TEST(RoundBook, APointWithoutAFamilyBorrowsFromItsProbe) {
  RoundBook book;
  for (std::int64_t bytes : {64, 128, 256}) put(book, point("L1", bytes), {100, 105, 110, 103});
  put(book, point("DRAM", 1 << 30), {10});
  const std::vector<Record> rows = book.rows();
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[3].rounds, 1);
  EXPECT_NEAR(rows[3].between_spread, rows[0].between_spread, 1e-12);
  // 4.303: Student's t of two degrees of freedom.
  EXPECT_GT(rows[3].ci_high, 10 * std::exp(4.3 * rows[0].between_spread));
}

TEST(RoundBook, OnlySpeedsAndTimesBorrowFromTheirProbeAndNoneFromAnother) {
  RoundBook book;
  for (std::int64_t bytes : {64, 128, 256}) put(book, point("L1", bytes), {100, 105, 110, 103});
  Record ratio = point("L1", 64);
  ratio.metric = "fraction";
  ratio.unit = unit::one;
  put(book, ratio, {0.5});
  Record wire = point("", 64);
  wire.probe = "network.pairs";
  put(book, wire, {10});
  const std::vector<Record> rows = book.rows();
  for (const std::size_t i : {3u, 4u}) {
    EXPECT_FALSE(is_present(rows[i].between_spread)) << "an interval within the round";
    EXPECT_DOUBLE_EQ(rows[i].ci_high, 1.01 * rows[i].median);
  }
}

TEST(RoundBook, TwoRoundsLeanOnTheOtherPointsOfTwoRounds) {
  RoundBook book;
  for (std::int64_t bytes : {64, 128, 256, 1024, 2048}) put(book, point("L1", bytes), {100, 104});
  put(book, point("L1", 512), {100, 150});
  const std::vector<Record> rows = book.rows();
  const double own = std::log(1.5) / std::sqrt(2), others = std::log(1.04) / std::sqrt(2);
  ASSERT_EQ(rows[5].rounds, 2);
  // Moderated with three degrees of freedom of the family, whose spread is that of most points.
  const double moderated = std::sqrt((3 * others * others + own * own) / 4);
  EXPECT_NEAR(std::log(rows[5].ci_high / std::sqrt(100 * 150.0)),
              2.776445 * moderated / std::sqrt(2), 1e-5);
}

TEST(RoundBook, RoundsThatCannotBeTrustedCountOnlyWhereAllAre) {
  RoundBook book;
  const Record key = point("L1", 64);
  book.put(with_samples(key, std::vector<double>{100}), 1, 0);
  book.put(marked_untrusted(with_samples(key, std::vector<double>{10}), "throttled"), 2, 0);
  book.put(with_samples(key, std::vector<double>{102}), 3, 0);
  const Record row = book.rows().at(0);
  EXPECT_EQ(row.status, Status::ok);
  EXPECT_EQ(row.rounds, 2);
  EXPECT_EQ(row.median, 101);

  RoundBook doubtful;
  doubtful.put(marked_untrusted(with_samples(key, std::vector<double>{10}), "throttled"), 1, 0);
  EXPECT_EQ(doubtful.rows().at(0).status, Status::untrusted);
  EXPECT_EQ(doubtful.rows().at(0).reason, "throttled");
}

TEST(RoundBook, OneIncorrectRoundMakesThePointIncorrect) {
  RoundBook book;
  const Record key = point("L1", 64);
  book.put(with_samples(key, std::vector<double>{100}), 1, 0);
  book.put(without_value(key, incorrect("3 elements differ")), 2, 0);
  book.put(with_samples(key, std::vector<double>{100}), 3, 0);
  const Record row = book.rows().at(0);
  EXPECT_EQ(row.status, Status::incorrect);
  EXPECT_EQ(row.reason, "3 elements differ");
  EXPECT_FALSE(is_present(row.median));
}

TEST(RoundBook, EarlierRunsWidenARowWhereTheyLieFurtherApart) {
  RoundBook book;
  const Record key = point("L1", 64);
  put(book, key, {100, 100.1, 100.2});
  const double alone = book.rows().at(0).ci_high;
  book.set_history({{key_text(key), {90, 110, 100}}});
  const Record row = book.rows().at(0);
  EXPECT_LT(alone, 101);
  // Runs 90, 110, 100, 100.1: spread of the logs with three degrees, t(0.975; 3) = 3.182446
  const std::vector<double> runs{90, 110, 100, 100.1};
  EXPECT_NEAR(
      std::log(row.ci_high / std::exp((std::log(100) + std::log(100.1) + std::log(100.2)) / 3)),
      3.182446 * relative_spread(runs), 1e-5);
}

TEST(RoundBook, RowsStandInTheOrderOfThePlan) {
  RoundBook book;
  book.put(with_samples(point("DRAM", 2), std::vector<double>{1}), 1, 7);
  book.put(with_samples(point("L1", 1), std::vector<double>{1}), 1, 3);
  book.put(with_samples(point("DRAM", 2), std::vector<double>{1}), 2, 7);
  const std::vector<Record> rows = book.rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].bytes, 1);
  EXPECT_EQ(rows[1].rounds, 2);
  EXPECT_EQ(book.rows_of(7).size(), 1u);
}

TEST(RoundBook, TwoRowsOfOneKeyInOneRoundAreTwoPoints) {
  RoundBook book;
  const Record key = point("L1", 64);
  for (int round : {1, 2, 3})
    for (double value : {5.0, 50.0})
      book.put(with_samples(key, std::vector<double>{value}), round, 0);
  const std::vector<Record> rows = book.rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].median, 5);
  EXPECT_EQ(rows[1].median, 50);
  EXPECT_EQ(rows[1].rounds, 3);
}

TEST(RoundBook, PointsOfStepsThatDidNotCompleteStandBehindAllOthers) {
  RoundBook book;
  const auto row = [](std::int64_t bytes) {
    return with_samples(point("L1", bytes), std::vector<double>{1.0});
  };
  book.put(row(64), 1, 0, false);
  book.put(row(128), 1, 1, true);
  book.put(row(256), 1, 0, true);
  book.put(row(256), 2, 0, false);  // measured in an earlier round
  const std::vector<Record> rows = book.rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(book.complete_rows(), 2u);
  EXPECT_EQ(rows[0].bytes, 256);
  EXPECT_EQ(rows[1].bytes, 128);
  EXPECT_EQ(rows[2].bytes, 64);
}

}  // namespace
}  // namespace assay
