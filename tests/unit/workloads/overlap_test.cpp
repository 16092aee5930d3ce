#include "benchmarks/workloads/gradient/schedules/overlap.hpp"

#include <gtest/gtest.h>

namespace assay::workloads {
namespace {

TEST(Overlap, WorkedByHand) {
  // 10 ms of compute, 4 ms of communication, 11 ms together: 3 of 4 ms were hidden.
  const Overlap overlap = judge_overlap({.step = {0.011, 0.011, 0.011},
                                         .compute_in_step = {0.0105},
                                         .compute_alone = {0.010, 0.010, 0.010},
                                         .communication_alone = {0.004},
                                         .communication_beside_pieces = {0.005},
                                         .pieces = 0.004});
  ASSERT_EQ(overlap.fraction.size(), 3u);
  EXPECT_NEAR(overlap.fraction[0], 0.75, 1e-12);
  // 4 ms of pieces made it 1 ms longer: 3 ms of the core were free.
  EXPECT_NEAR(overlap.hideable, 0.003, 1e-12);
  EXPECT_NEAR(overlap.hidden_share[0], 1, 1e-9);
  EXPECT_NEAR(overlap.compute_slowdown, 1.05, 1e-12);
  EXPECT_EQ(overlap.fraction_doubt, "");
  EXPECT_EQ(overlap.slowdown_doubt, "");
}

TEST(Overlap, KeptCoresCountInTheSlowDownAndNotInTheFraction) {
  // Half of the cores are kept: compute takes 20 ms for 10, pieces of 2 ms occupy theirs for 4.
  const Overlap overlap = judge_overlap({.step = {0.0215},
                                         .compute_in_step = {0.021},
                                         .compute_alone = {0.020},
                                         .communication_alone = {0.004},
                                         .communication_beside_pieces = {0.005},
                                         .pieces = 0.002,
                                         .compute_on_all_cores = {0.010}});
  EXPECT_NEAR(overlap.fraction[0], 2.5 / 4, 1e-12);
  EXPECT_NEAR(overlap.hideable, 0.003, 1e-12);
  EXPECT_NEAR(overlap.compute_slowdown, 2.1, 1e-12);
}

TEST(Overlap, IsBetweenNothingAndAll) {
  const auto of_step = [](double step) {
    return judge_overlap({.step = {step},
                          .compute_in_step = {0.010},
                          .compute_alone = {0.010},
                          .communication_alone = {0.004},
                          .communication_beside_pieces = {0.005},
                          .pieces = 0.004})
        .fraction[0];
  };
  EXPECT_EQ(of_step(0.0145), 0);
  EXPECT_EQ(of_step(0.0098), 1);
}

TEST(Overlap, FiguresThatContradictAreDoubted) {
  const auto doubt = [](const std::vector<double>& step) {
    return judge_overlap({.step = step,
                          .compute_in_step = {0.010},
                          .compute_alone = {0.010},
                          .communication_alone = {0.004},
                          .communication_beside_pieces = {0.005},
                          .pieces = 0.004})
        .fraction_doubt;
  };
  EXPECT_NE(doubt({0.008}).find("shorter than its longer part"), std::string::npos);
  EXPECT_NE(doubt({0.016}).find("longer than its parts"), std::string::npos);
  EXPECT_NE(doubt({0.0105, 0.012, 0.0145}).find("the noise"), std::string::npos);
  const Overlap faster = judge_overlap({.step = {0.011},
                                        .compute_in_step = {0.008},
                                        .compute_alone = {0.010},
                                        .communication_alone = {0.004},
                                        .communication_beside_pieces = {0.005},
                                        .pieces = 0.004});
  EXPECT_NE(faster.slowdown_doubt, "");
}

}  // namespace
}  // namespace assay::workloads
