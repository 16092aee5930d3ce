#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/workloads/gradient/models/linear_regression.hpp"
#include "probes/core/errors.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/network/transport/threads.hpp"

namespace assay::workloads {
namespace {

constexpr std::size_t row_count = 100'000, features = 50;

std::vector<double> some_weights() {
  std::vector<double> weights(features);
  for (std::size_t j = 0; j < features; ++j) weights[j] = std::sin(static_cast<double>(j));
  return weights;
}

const std::vector<double>& one_rank_gradient() {
  static const std::vector<double> gradient = [] {
    std::vector<double> sum(features);
    RegressionData({0, row_count}, features).gradient_sum(some_weights(), sum);
    for (double& value : sum) value /= row_count;
    return sum;
  }();
  return gradient;
}

/// Largest difference relative to the largest component.
double relative_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0, scale = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::abs(a[i] - b[i]));
    scale = std::max(scale, std::abs(b[i]));
  }
  return difference / scale;
}

void expect_one_rank_gradient(const std::vector<Shard>& shards, const std::string& algorithm) {
  make_blas_single_threaded();
  network::run_as_threads(
      static_cast<int>(shards.size()), [&](network::Communicator& communicator) {
        RegressionData data(shards[static_cast<std::size_t>(communicator.rank())], features);
        std::vector<double> gradient(features);
        data.gradient_sum(some_weights(), gradient);
        const auto all_reduce = collectives::find_all_reduce(algorithm).prepare(communicator);
        const auto bytes = std::as_writable_bytes(std::span(gradient));
        all_reduce->run({.in = bytes, .out = bytes, .type = network::ElementType::f64});
        for (double& value : gradient) value /= row_count;
        EXPECT_LE(relative_difference(gradient, one_rank_gradient()), 1e-12)
            << algorithm << " on " << shards.size();
      });
}

TEST(Gradient, OfKRanksEqualsThatOfOneWithEqualShards) {
  for (int ranks = 1; ranks <= 8; ++ranks)
    for (const char* algorithm : {"ring", "recursive_doubling"})
      expect_one_rank_gradient(equal_shards(row_count, ranks), algorithm);
}

TEST(Gradient, OfKRanksEqualsThatOfOneWithVeryUnequalShards) {
  for (int ranks = 2; ranks <= 8; ++ranks) {
    std::vector<double> weights(static_cast<std::size_t>(ranks),
                                1e-4);  // 10 rows against almost all
    weights.back() = 1;
    weights.front() = 0;  // and none at all
    expect_one_rank_gradient(weighted_shards(row_count, weights), "ring");
  }
}

TEST(Gradient, MeanOfShardMeansIsWrongForUnequalShards) {
  const std::vector<double> weights = {0.9, 0.06, 0.03, 0.01};
  const auto mean_of_means = [&](const std::vector<Shard>& shards) {
    std::vector<double> mean(features), sum(features);
    for (const Shard& shard : shards) {
      RegressionData(shard, features).gradient_sum(some_weights(), sum);
      for (std::size_t j = 0; j < features; ++j)
        mean[j] += sum[j] / static_cast<double>(shard.count) / static_cast<double>(shards.size());
    }
    return mean;
  };
  EXPECT_GT(
      relative_difference(mean_of_means(weighted_shards(row_count, weights)), one_rank_gradient()),
      1e-3);
  EXPECT_LE(relative_difference(mean_of_means(equal_shards(row_count, 4)), one_rank_gradient()),
            1e-12);
}

TEST(Gradient, MatchesTheDefinition) {
  // Central difference of the loss 1/(2N) sum (x.w - y)^2 is not available from outside, but its
  // gradient is linear in w: g(w1) - g(w2) must equal the gradient of the pure quadratic part.
  const std::size_t n = 500, d = 7;
  RegressionData data({17, n}, d);
  std::vector<double> zero(d, 0.0), unit_vector(d, 0.0), at_zero(d), at_unit(d), twice(d, 0.0),
      at_twice(d);
  unit_vector[3] = 1;
  twice[3] = 2;
  data.gradient_sum(zero, at_zero);
  data.gradient_sum(unit_vector, at_unit);
  data.gradient_sum(twice, at_twice);
  for (std::size_t j = 0; j < d; ++j)
    EXPECT_NEAR(at_twice[j] - at_unit[j], at_unit[j] - at_zero[j], 1e-9);
  // The diagonal of X^T X: n values uniform in [-1, 1) have a mean square of a third.
  EXPECT_NEAR((at_unit[3] - at_zero[3]) / static_cast<double>(n), 1 / 3., 0.05);
}

TEST(Shards, CoverAllRowsOnce) {
  for (const std::size_t n : {0, 1, 7, 100'000})
    for (int ranks = 1; ranks <= 9; ++ranks) {
      std::size_t next = 0;
      for (const Shard& shard : equal_shards(n, ranks)) {
        EXPECT_EQ(shard.first, next);
        EXPECT_LE(shard.count, n / static_cast<std::size_t>(ranks) + 1);
        next += shard.count;
      }
      EXPECT_EQ(next, n);
    }
}

TEST(GradientProbe, GivesVerifiedRowsForStrongAndWeakScaling) {
  const auto* probe = Registry<network::RankProbe>::find("workload.gradient");
  ASSERT_NE(probe, nullptr);
  for (const std::string scaling : {"strong", "weak"}) {
    RecordList kept;
    network::run_as_threads(2, [&](network::Communicator& communicator) {
      RecordList dropped;
      network::RankContext context{.communicator = communicator,
                                   .profile = Profile::quick,
                                   .sink = communicator.rank() == 0 ? kept : dropped,
                                   .progress = [](double, const std::string&) {},
                                   .setting = [&](const std::string& key) -> std::string {
                                     if (key == "rows") return "4000";
                                     if (key == "scaling") return scaling;
                                     return {};
                                   }};
      probe->run(context);
    });
    // Four of the step, three counts, the three slowest parts beside compute, four parts of each
    // of two ranks.
    ASSERT_EQ(kept.records.size(), 4u + 3u + 3u + 2u * 4u);
    const auto value_of = [&](const char* metric) {
      for (const Record& row : kept.records)
        if (row.metric == metric) {
          EXPECT_TRUE(registry::find_metric(row.probe, metric)->exact);
          return row.median;
        }
      return -1.0;
    };
    // Two products with a matrix of all rows and columns; a swap of 50 numbers by recursive
    // doubling.
    const double all_rows = scaling == "weak" ? 2 * 4000 : 4000;
    EXPECT_EQ(value_of("flops"), 4 * all_rows * features);
    EXPECT_EQ(value_of("messages"), 2);
    EXPECT_EQ(value_of("bytes_sent"), 2 * features * sizeof(double));
    for (const Record& row : kept.records) {
      EXPECT_TRUE(carries_numbers(row.status)) << row.reason.str();
      EXPECT_EQ(row.scaling.str(), scaling);
      EXPECT_GE(row.median, 0);
    }
    EXPECT_EQ(kept.records.front().metric.str(), "step_time");
    EXPECT_GT(kept.records.front().median, 0);
  }
}

TEST(GradientProbe, RefusesNonsense) {
  const auto* probe = Registry<network::RankProbe>::find("workload.gradient");
  ASSERT_NE(probe, nullptr);
  for (const auto& [bad_key, bad_value] :
       std::vector<std::pair<std::string, std::string>>{{"rows", "0"},
                                                        {"rows", "-3"},
                                                        {"features", "many"},
                                                        {"scaling", "sideways"},
                                                        {"algorithm", "token_bus"}}) {
    const auto run = [&, key = bad_key, value = bad_value] {
      network::run_as_threads(1, [&](network::Communicator& communicator) {
        RecordList rows_;
        network::RankContext context{
            .communicator = communicator,
            .profile = Profile::quick,
            .sink = rows_,
            .progress = [](double, const std::string&) {},
            .setting =
                [&](const std::string& asked) { return asked == key ? value : std::string(); }};
        probe->run(context);
      });
    };
    EXPECT_THROW(run(), UsageError) << bad_key;
  }
}

}  // namespace
}  // namespace assay::workloads
