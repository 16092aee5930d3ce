/// Every model, schedule, compressor and outer method, on 1 to 8 ranks, equal and very unequal
/// shards: check_training holds them to exactness or to their bound, equal bits, falling loss.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

#include "benchmarks/workloads/gradient/models/layer_shapes.hpp"
#include "benchmarks/workloads/gradient/training/step_model.hpp"
#include "benchmarks/workloads/gradient/training/training_check.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/network/transport/threads.hpp"

namespace assay::workloads {
namespace {

/// Small, and cut into several buckets.
TrainingOptions small_options(const std::string& model) {
  TrainingOptions options;
  options.model = &find_gradient_model(model);
  options.schedule = &find_schedule("no_overlap");
  options.compressor = &find_compressor("none");
  options.outer = &find_outer_method("every_step");
  options.model_options = {.rows = 96,
                           .features = 12,
                           .widths = {12, 40, 24, 4},
                           .shrink = 1e6,
                           .compute = Seconds(2e-4)};
  options.buckets = {.first = 256_B, .further = 2_KiB};
  options.compression = {.density = 0.2, .rank = 2};
  options.period = 3;
  return options;
}

/// Almost everything on the last rank, nothing on the first.
std::vector<double> very_unequal(int ranks) {
  std::vector<double> weights(static_cast<std::size_t>(ranks), 0.05);
  weights.front() = 0;
  weights.back() = 1;
  return weights;
}

void expect_trains(TrainingOptions options, int ranks, bool is_equal) {
  if (!is_equal) options.shard_weights = very_unequal(ranks);
  make_blas_single_threaded();
  network::run_as_threads(ranks, [&](network::Communicator& communicator) {
    Trainer trainer(communicator, options);
    const TrainingCheck check = check_training(communicator, trainer, options, 4);
    EXPECT_EQ(check.complaint, "")
        << options.model->about.name << " " << options.schedule->about.name << " "
        << options.compressor->about.name << " " << options.outer->about.name << " on " << ranks
        << (is_equal ? " equal" : " unequal");
    EXPECT_LT(check.losses.back(), check.losses.front());
  });
}

void expect_trains_everywhere(const TrainingOptions& options) {
  for (int ranks = 1; ranks <= 8; ++ranks) {
    expect_trains(options, ranks, true);
    if (ranks > 1) expect_trains(options, ranks, false);
  }
}

TEST(Training, EveryModelEqualsOneRank) {
  for (const GradientModelKind* model : Registry<GradientModelKind>::all())
    if (model->about.name.find("regression") != std::string::npos ||
        model->about.name == "perceptron")
      expect_trains_everywhere(small_options(model->about.name));
    else
      for (const int ranks : {1, 4}) expect_trains(small_options(model->about.name), ranks, true);
}

/// The gradient of a linear regression is linear in the rows: the means of the shards are told
/// apart by hand, from the gradients that one rank finds for each of them alone.
TEST(Training, TheNaiveAverageOfUnequalShardsErrsByWhatTheShardsDifferBy) {
  TrainingOptions options = small_options("linear_regression");
  const auto error_with = [&](std::vector<double> weights) {
    options.shard_weights = std::move(weights);
    std::optional<double> error;
    network::run_as_threads(3, [&](network::Communicator& communicator) {
      Trainer trainer(communicator, options);
      const Trainer::ReductionError found = trainer.reduction_error();
      EXPECT_LT(found.of_sum, 1e-12) << "the weighted sum is exact";
      if (communicator.rank() == 0) error = found.of_naive_average;
    });
    return error;
  };
  EXPECT_FALSE(error_with({})) << "equal shards";
  EXPECT_LT(error_with({1, 1, 1}).value(), 1e-12);
  // A third of the say for a hundredth of the rows; with an empty rank a third of the step is gone.
  const double unequal = error_with({1, 1, 94}).value();
  const double empty = error_with({0, 1, 1}).value();
  EXPECT_GT(unequal, 0.01);
  EXPECT_NEAR(empty, 1.0 / 3, 0.01);
}

TEST(Training, EveryScheduleEqualsOneRank) {
  for (const ScheduleKind* schedule : Registry<ScheduleKind>::all()) {
    TrainingOptions options = small_options("perceptron");
    options.schedule = schedule;
    expect_trains_everywhere(options);
  }
}

TEST(Training, EveryScheduleWorksWithEveryAlgorithm) {
  for (const char* algorithm : {"star", "binomial_tree", "recursive_doubling", "shared_memory"})
    for (const ScheduleKind* schedule : Registry<ScheduleKind>::all()) {
      TrainingOptions options = small_options("perceptron");
      options.schedule = schedule;
      options.algorithm = algorithm;
      expect_trains(options, 3, true);
    }
}

TEST(Training, EveryCompressorKeepsItsBoundAndConverges) {
  for (const CompressorKind* compressor : Registry<CompressorKind>::all()) {
    TrainingOptions options = small_options("perceptron");
    options.compressor = compressor;
    expect_trains_everywhere(options);
    options.schedule = &find_schedule("polled");
    expect_trains(options, 4, true);
    options.schedule = &find_schedule("progress_thread");
    options.model = &find_gradient_model("linear_regression");  // f64 to f32 and back
    expect_trains(options, 4, true);
  }
}

TEST(Training, EveryOuterMethodConverges) {
  for (const OuterMethodKind* outer : Registry<OuterMethodKind>::all()) {
    TrainingOptions options = small_options("perceptron");
    options.outer = outer;
    for (int ranks = 1; ranks <= 8; ++ranks) expect_trains(options, ranks, true);
    if (outer->is_agreed) expect_trains(options, 5, false);
    options.compressor = &find_compressor("int8");
    expect_trains(options, 3, true);
  }
}

TEST(Training, ItsPartsAloneChangeNothing) {
  network::run_as_threads(2, [](network::Communicator& communicator) {
    Trainer trainer(communicator, small_options("perceptron"));
    static_cast<void>(trainer.round());
    const std::vector<std::byte> before(trainer.weights().begin(), trainer.weights().end());
    static_cast<void>(trainer.compute_only());
    trainer.compute_on_all_cores();
    trainer.communicate_only();
    trainer.communicate_beside([] {});
    EXPECT_TRUE(std::ranges::equal(trainer.weights(), before));
  });
}

TEST(Training, AWrongSumIsFound) {
  // A compressor that forgets one rank: the check must not pass it.
  class Forgetful final : public Compressor {
    void reduce(Exchange& exchange, const Bucket&, std::span<std::byte> values,
                network::ElementType type) override {
      if (exchange.rank() == 1) std::fill(values.begin(), values.end(), std::byte{0});
      exchange.all_reduce(values, type);
    }
  };
  CompressorKind kind = find_compressor("none");
  kind.make = [](const CompressorOptions&, std::size_t) -> std::unique_ptr<Compressor> {
    return std::make_unique<Forgetful>();
  };
  TrainingOptions options = small_options("perceptron");
  options.compressor = &kind;
  network::run_as_threads(3, [&](network::Communicator& communicator) {
    Trainer trainer(communicator, options);
    EXPECT_NE(check_training(communicator, trainer, options, 2).complaint, "");
  });
}

TEST(Training, ALostRankEndsEverySchedule) {
  for (const ScheduleKind* schedule : Registry<ScheduleKind>::all()) {
    TrainingOptions options = small_options("perceptron");
    options.schedule = schedule;
    EXPECT_THROW(network::run_as_threads(3,
                                         [&](network::Communicator& communicator) {
                                           Trainer trainer(communicator, options);
                                           static_cast<void>(trainer.round());
                                           if (communicator.rank() == 1)
                                             throw std::runtime_error("made to fail");
                                           for (int i = 0; i < 3; ++i)
                                             static_cast<void>(trainer.round());
                                         }),
                 std::runtime_error)
        << schedule->about.name;
  }
}

TEST(Buckets, AreWholeTensorsInOrder) {
  const std::vector<Tensor> tensors = {{100, 1}, {10, 10}, {1, 1}, {500, 1}, {3, 1}};
  const auto buckets = make_buckets(tensors, {.first = 400_B, .further = 2000_B}, 4);
  ASSERT_EQ(buckets.size(), 3u);
  EXPECT_EQ(buckets[0].count, 100u);
  EXPECT_EQ(buckets[1].count, 601u);
  EXPECT_EQ(buckets[2].end(), 704u);
}

TEST(LayerShapes, HaveThePublishedTotals) {
  const auto total = [](const std::vector<LayerShape>& layers) {
    std::size_t sum = 0;
    for (const LayerShape& layer : layers) sum += layer.tensor.size();
    return sum;
  };
  EXPECT_EQ(total(resnet50_layers()), 25'557'032u);
  EXPECT_EQ(total(bert_large_layers()), 335'141'888u);
  EXPECT_EQ(total(gpt2_layers()), 124'439'808u);
  double multiply_adds = 0;
  for (const LayerShape& layer : resnet50_layers()) multiply_adds += layer.multiply_adds;
  EXPECT_NEAR(multiply_adds, 4.1e9, 0.05e9);
}

StepForecast one_bucket(Bytes bytes, Seconds encode) {
  return {.ranks = 4,
          .algorithm = "ring",
          .compute = 10_ms,
          .overlaps = true,
          .buckets = {{.ready = 8_ms,
                       .encode = encode,
                       .planned = {{PlannedCollective::Kind::all_to_all, bytes}}}}};
}

TEST(StepModel, WorkedByHand) {
  // 3/4 of 4 MB at 1 GB/s: 3 ms from 8 ms on, after 1 ms of encoding.
  const StepForecast step = one_bucket(Bytes(4e6), 1_ms);
  const WireCosts wire{.alpha = 0_s, .beta = SecondsPerByte(1e-9), .gamma = SecondsPerByte(0)};
  EXPECT_NEAR(predict_step(step, wire).value(), 0.012, 1e-9);
  WireCosts by_the_core = wire;
  by_the_core.overlap = 0;
  EXPECT_NEAR(predict_step(step, by_the_core).value(), 0.014, 1e-9);
  // Unless other cores than the compute's copy the bytes.
  StepForecast on_kept_cores = step;
  on_kept_cores.keeps_cores = true;
  EXPECT_NEAR(predict_step(on_kept_cores, by_the_core).value(), 0.012, 1e-9);
}

TEST(StepModel, BreakEvenIsWhereTheTimesCross) {
  // Its messages hidden, the one that encodes ends with its compute at 11 ms, which is 5 % less
  // than 11.58 ms; the other's 12 MB end later than that from 12 MB / (11.58 - 8 ms) down.
  const WireCosts wire{.beta = SecondsPerByte(1e-9), .gamma = SecondsPerByte(0)};
  const auto bandwidth =
      break_even(one_bucket(Bytes(4e6), 1_ms), one_bucket(Bytes(16e6), 0_s), wire);
  ASSERT_TRUE(bandwidth);
  EXPECT_NEAR(bandwidth->value(), 12e6 / (0.011 / 0.95 - 0.008), 4e3);
  EXPECT_FALSE(break_even(one_bucket(Bytes(16e6), 1_ms), one_bucket(Bytes(4e6), 0_s), wire));
}

TEST(Wire, IsMeasuredOverBothLanesOrRefused) {
  network::run_as_threads(3, [](network::Communicator& communicator) {
    EXPECT_EQ(
        measure_wire(*communicator.subset({communicator.rank()}), "ring", 1_ms).bandwidth.status(),
        Status::unsupported);
    for (const char* algorithm : {"ring", "shared_memory"}) {
      const WireCosts wire = measure_wire(communicator, algorithm, 20_ms);
      EXPECT_GT(wire.alpha, 0_s);
      EXPECT_GT(wire.gamma.value(), 0);
      EXPECT_EQ(wire.overlap, 0);  // one host
      if (!wire.bandwidth) {
        EXPECT_NE(wire.bandwidth.reason(), "");
        continue;
      }
      EXPECT_DOUBLE_EQ(1 / wire.beta.value(), wire.bandwidth->value.value());
      EXPECT_LE(wire.bandwidth->low, wire.bandwidth->value);
      EXPECT_GE(wire.bandwidth->high, wire.bandwidth->value);
    }
  });
}

TEST(Noise, ExpectedMaximumIsTheKnownOne) {
  EXPECT_NEAR(expected_maximum_of_normals(1), 0, 1e-6);
  EXPECT_NEAR(expected_maximum_of_normals(2), 1 / std::sqrt(std::acos(-1.0)), 1e-6);
  EXPECT_NEAR(expected_maximum_of_normals(4), 1.02938, 1e-4);
  for (const int n : {2, 8, 1000})
    EXPECT_LT(expected_maximum_of_normals(n), std::sqrt(2 * std::log(n)));
}

/// Rows of workload.gradient on three ranks as threads.
std::vector<Record> measure_gradient(const std::map<std::string, std::string>& settings) {
  const auto* probe = Registry<network::RankProbe>::find("workload.gradient");
  RecordList kept;
  network::run_as_threads(3, [&](network::Communicator& communicator) {
    RecordList dropped;
    network::RankContext context{.communicator = communicator,
                                 .profile = Profile::quick,
                                 .sink = communicator.rank() == 0 ? kept : dropped,
                                 .progress = [](double, const std::string&) {},
                                 .setting =
                                     [&](const std::string& key) {
                                       const auto found = settings.find(key);
                                       return found == settings.end() ? "" : found->second;
                                     }};
    probe->run(context);
  });
  return kept.records;
}

TEST(GradientProbe, SaysWhereNoCoreCanBeKept) {
  const std::vector<Record> rows =
      measure_gradient({{"model", "linear_regression"}, {"schedule", "progress_core"}});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].metric.str(), "step_time");
  EXPECT_EQ(rows[0].status, Status::unsupported);
  EXPECT_NE(rows[0].reason.str().find("no core of host0 can be kept"), std::string::npos);
}

TEST(GradientProbe, NamesTheSlowRankAndGivesTheBreakdown) {
  const std::vector<Record> rows = measure_gradient({{"model", "gpt2"},
                                                     {"replay-shrink", "100000"},
                                                     {"replay-compute", "3ms"},
                                                     {"slow-rank", "1:900%"},
                                                     {"schedule", "polled"},
                                                     {"compressor", "top_k"}});
  std::set<std::string> metrics;
  for (const Record& row : rows) {
    metrics.insert(row.metric.str());
    EXPECT_TRUE(registry::find_metric("workload.gradient", row.metric.str())) << row.metric.str();
    if (row.metric.str() == "straggler_excess") {
      EXPECT_TRUE(row.host.str().ends_with("rank 1")) << row.host.str();
      EXPECT_GT(row.median, 1);
    }
  }
  for (const char* metric : {"step_time", "encode_time", "rank_wait_time", "loss", "error_norm",
                             "break_even_bandwidth", "overlap_fraction", "straggler_excess"})
    EXPECT_EQ(metrics.count(metric), 1u) << metric;
}

}  // namespace
}  // namespace assay::workloads
