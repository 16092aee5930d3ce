#include "reports/gate/decide/change_points.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "probes/core/errors.hpp"
#include "reports/gate/decide/history.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::gate {
namespace {

std::vector<double> noisy(int count, double level, double noise, std::mt19937_64& engine) {
  std::normal_distribution<double> normal(level, noise);
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(normal(engine));
  return values;
}

TEST(BestSplit, HandWorkedCase) {
  // 0 0 0 | 1 1 1: all distance lies across; 2 * 1 * 9/6 = 3.
  const Split split = best_split(std::vector{0.0, 0.0, 0.0, 1.0, 1.0, 1.0}, 3);
  EXPECT_EQ(split.index, 3u);
  EXPECT_DOUBLE_EQ(split.statistic, 3);
  EXPECT_EQ(best_split(std::vector{0.0, 0.0, 1.0, 1.0, 1.0}, 3).index, 0u) << "too short";
}

TEST(FindChanges, FindsTwoSteps) {
  std::mt19937_64 engine(1);
  std::vector<double> series = noisy(20, 0, 0.01, engine);
  for (const double value : noisy(20, 0.05, 0.01, engine)) series.push_back(value);
  for (const double value : noisy(20, 0.02, 0.01, engine)) series.push_back(value);
  const auto changes = find_changes(series);
  ASSERT_GE(changes.size(), 2u);
  EXPECT_NEAR(static_cast<double>(changes[0].index), 20, 1);
  EXPECT_NEAR(static_cast<double>(changes[1].index), 40, 2);
  EXPECT_LE(changes[0].p_value, 0.05);
  EXPECT_NEAR(changes[0].after - changes[0].before, 0.05, 0.01);
}

TEST(FindChanges, ASingleSpikeIsNoChange) {
  std::mt19937_64 engine(2);
  std::vector<double> series = noisy(40, 0, 0.01, engine);
  series[20] = 0.5;
  for (const FoundChange& change : find_changes(series)) EXPECT_GT(change.p_value, 0.05);
}

TEST(FindChanges, NothingInShortOrConstantSeries) {
  EXPECT_TRUE(find_changes(std::vector{1.0, 2.0, 3.0}).empty());
  EXPECT_TRUE(find_changes(std::vector<double>(30, 1.0)).empty());
  EXPECT_TRUE(find_changes(std::vector<double>{}).empty());
}

int false_alarms(double correlation, int series_count) {
  std::mt19937_64 engine(3);
  std::normal_distribution<double> normal;
  ChangePointOptions change_options;
  change_options.permutations = 99;
  int alarms = 0;
  for (int s = 0; s < series_count; ++s) {
    std::vector<double> series;
    double state = normal(engine);
    for (int i = 0; i < 50; ++i) {
      state = correlation * state + std::sqrt(1 - correlation * correlation) * normal(engine);
      series.push_back(state);
    }
    for (const FoundChange& change : find_changes(series, change_options))
      if (change.p_value <= 0.05) {
        ++alarms;
        break;
      }
  }
  return alarms;
}

TEST(FindChanges, AStationarySeriesAlarmsAsOftenAsItSays) {
  // 5 % of 200 series; the chance of more than 22 is below 1e-4.
  EXPECT_LE(false_alarms(0, 200), 22);
}

TEST(FindChanges, CorrelatedNeighboursAreNotManyChanges) {
  // Permuted one by one, AR(1) with 0.3 alarms in far more than a tenth of all series.
  EXPECT_LE(false_alarms(0.3, 200), 38);
}

TEST(BlockLength, GrowsWithCorrelation) {
  std::mt19937_64 engine(4);
  EXPECT_EQ(block_length(std::vector<double>(10, 0.0)), 1u);
  std::vector<double> walk;
  double state = 0;
  for (const double step : noisy(200, 0, 1, engine)) walk.push_back(state = 0.8 * state + step);
  EXPECT_GE(block_length(walk), 5u);
}

class HistoryTest : public testing::Test {
 protected:
  std::string write(const char* name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  test::TemporaryFolder temporary_;
  std::filesystem::path folder_ = temporary_.path();
};

TEST_F(HistoryTest, ReadsACsvAndMarksTheStep) {
  std::mt19937_64 engine(6);
  std::normal_distribution<double> noise(0, 0.005);
  std::string text = "time,label,metric,unit,better,value\n";
  for (int i = 0; i < 30; ++i)
    for (const char* metric : {"steady", "stepped"}) {
      const double level = i >= 15 && std::string(metric) == "stepped" ? 1.05 : 1;
      text += std::to_string(1768003200 + 86400 * i) + ",c" + std::to_string(i) + "," + metric +
              ",s,lower," + std::to_string(level * std::exp(noise(engine))) + "\n";
    }
  std::vector<std::string> warnings;
  auto series = read_history(write("h.csv", text), warnings);
  mark_changes(series);
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[1].metric, "stepped");
  ASSERT_EQ(series[1].changes.size(), 1u);
  EXPECT_EQ(series[1].changes[0].index, 15u);
  EXPECT_TRUE(series[1].changes[0].accepted);
  EXPECT_NEAR(series[1].changes[0].after / series[1].changes[0].before, 1.05, 0.01);
  for (const auto& change : series[0].changes) EXPECT_FALSE(change.accepted);
}

TEST(MarkChanges, FindsTheOneMetricThatChangedAmongHundreds) {
  // 999 permutations would leave it at q = 0.001 * 300.
  std::mt19937_64 engine(11);
  std::normal_distribution<double> normal(0, 0.01);
  std::vector<HistorySeries> all(300);
  for (std::size_t s = 0; s < all.size(); ++s) {
    all[s].metric = "m" + std::to_string(s);
    for (int i = 0; i < 40; ++i)
      all[s].points.push_back({"", "", std::exp(normal(engine) + (s == 7 && i >= 20 ? 0.1 : 0.0))});
  }
  HistoryOptions options;
  options.search.permutations = 199;
  mark_changes(all, options);
  for (std::size_t s = 0; s < all.size(); ++s)
    for (const HistorySeries::ChangePoint& change : all[s].changes)
      EXPECT_EQ(change.accepted, s == 7) << s << ", q = " << change.q_value;
  ASSERT_FALSE(all[7].changes.empty());
  EXPECT_EQ(all[7].changes[0].index, 20u);
}

/// Offsets that move the text of a time before or after its neighbours.
TEST_F(HistoryTest, OrdersByTheInstantNotByTheText) {
  std::vector<std::string> warnings;
  const auto series = read_history(
      write("o.csv",
            "time,label,metric,unit,better,value\n2026-03-01T01:00:00+00:00,second,m,s,lower,2\n"
            "2026-02-28T19:00:00-08:00,third,m,s,lower,3\n2026-03-01T09:00:00+09:00,first,m,s,"
            "lower,1\n"),
      warnings);
  ASSERT_EQ(series.size(), 1U);
  EXPECT_EQ(series[0].points[0].label, "first");
  EXPECT_EQ(series[0].points[1].label, "second");
  EXPECT_EQ(series[0].points[2].label, "third");
}

TEST_F(HistoryTest, RefusesWhatItCannotRead) {
  std::vector<std::string> warnings;
  EXPECT_THROW((void)read_history(write("t.csv",
                                        "time,label,metric,unit,better,value\n"
                                        "2026-02-30,c,m,s,lower,1\n"),
                                  warnings),
               InputError);
  EXPECT_THROW((void)read_history(write("a.csv", "a,b\n1,2\n"), warnings), InputError);
  EXPECT_THROW((void)read_history(
                   write("b.csv", "time,label,metric,unit,better,value\n1,c,m,s,up,3\n"), warnings),
               InputError);
  EXPECT_THROW(
      (void)read_history(write("c.csv", "time,label,metric,unit,better,value\n1,c,m,s,lower,x\n"),
                         warnings),
      InputError);
  EXPECT_THROW((void)read_history((folder_ / "none").string(), warnings), InputError);
  std::filesystem::create_directories(folder_ / "empty");
  EXPECT_THROW((void)read_history((folder_ / "empty").string(), warnings), InputError);
}

}  // namespace
}  // namespace assay::gate
