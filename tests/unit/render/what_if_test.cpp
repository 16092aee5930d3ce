#include "reports/render/what_if.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "tests/paths.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::render {
namespace {

WhatIfModel made_up_model() {
  WhatIfModel model{.currency = "EUR", .floor_per_hour = 0.35, .steps_per_result = 12};
  std::mt19937_64 random(11);
  std::lognormal_distribution<double> noise(0, 0.05);
  for (const double nodes : {1.0, 2.0, 4.0, 8.0, 16.0, 32.0}) {
    WhatIfNodes at{.nodes = nodes,
                   .label = nodes <= 8    ? "measured"
                            : nodes <= 16 ? "projected"
                                          : "range",
                   .communication_share = 0.03 * nodes / 4};
    for (int i = 0; i < 500; ++i)
      at.times.push_back(six_digits((0.01 + 0.2 / nodes) * noise(random)));
    model.nodes.push_back(std::move(at));
  }
  return model;
}

TEST(WhatIf, HandWorkedCase) {
  WhatIfModel model{.currency = "EUR", .floor_per_hour = 1, .steps_per_result = 100};
  model.nodes.push_back(
      {.nodes = 1, .label = "measured", .communication_share = 0, .times = {2, 2, 2}});
  model.nodes.push_back(
      {.nodes = 4, .label = "measured", .communication_share = 0.5, .times = {1, 1, 1}});
  WhatIfSettings settings{.price_per_hour = 9, .results = 36};
  std::vector<WhatIfRow> rows = evaluate(model, settings);
  EXPECT_DOUBLE_EQ(rows[0].time.value, 7200);  // 36 results of 100 steps of 2 s
  EXPECT_DOUBLE_EQ(rows[0].cost.value, 0.5);   // 200 s of 9 per hour
  EXPECT_DOUBLE_EQ(rows[1].time.value, 3600);
  EXPECT_DOUBLE_EQ(rows[1].cost.value, (4 * 9 + 1) * 100.0 / 3600);
  settings.oversubscription = 3;  // Half of the step takes three times as long.
  EXPECT_DOUBLE_EQ(evaluate(model, settings)[1].time.value, 7200);
  settings.overlap = 1;  // All of it is hidden.
  EXPECT_DOUBLE_EQ(evaluate(model, settings)[1].time.value, 1800);
}

TEST(WhatIf, ADeadlineMovesTheAnswerAndMayLeaveNone) {
  const WhatIfModel model = made_up_model();
  WhatIfSettings settings{.price_per_hour = 4, .results = 1000};
  settings.deadline = 1e9;
  EXPECT_EQ(best_row(evaluate(model, settings), settings), 0U)
      << "time to spare: one node is cheapest";
  settings.deadline = 600;
  const auto faster = best_row(evaluate(model, settings), settings);
  ASSERT_TRUE(faster);
  EXPECT_GT(*faster, 0U);
  settings.deadline = 1;
  EXPECT_FALSE(best_row(evaluate(model, settings), settings));
}

TEST(WhatIf, NeverRecommendsWhatHasNoPoint) {
  WhatIfModel model = made_up_model();
  for (WhatIfNodes& at : model.nodes)
    if (at.nodes == 32)
      for (double& time : at.times) time = 1e-6;
  const WhatIfSettings settings{.price_per_hour = 4};
  EXPECT_NE(best_row(evaluate(model, settings), settings), 5U);
}

TEST(WhatIf, RefusesWhereFailuresLeaveNoTime) {
  WhatIfSettings settings{
      .price_per_hour = 4, .node_mtbf = 3600.0, .checkpoint_time = 60, .restart_time = 120};
  const std::vector<WhatIfRow> rows = evaluate(made_up_model(), settings);
  EXPECT_TRUE(rows[0].feasible);
  EXPECT_FALSE(rows[5].feasible) << "a checkpoint of 60 s, a failure every 112 s";
  EXPECT_EQ(rows[5].probability, 0);
}

/// The page's script computes the same to 1e-12.
TEST(WhatIf, ScriptEqualsCpp) {
  if (std::system("node --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "node is not installed";
  const WhatIfModel model = made_up_model();
  nlohmann::json cases = nlohmann::json::array();
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int i = 0; i < 40; ++i) {
    WhatIfSettings settings{.price_per_hour = 10 * unit(random),
                            .results = 1 + 1000 * unit(random)};
    if (i % 2 == 0) settings.deadline = 4000 * unit(random);
    if (i % 3 == 0) settings.node_mtbf = 1e5 * unit(random);
    settings.checkpoint_time = 100 * unit(random);
    settings.restart_time = 300 * unit(random);
    settings.overlap = i % 4 == 0 ? 0 : unit(random);
    settings.oversubscription = i % 5 == 0 ? 1 : 1 + 7 * unit(random);
    const std::vector<WhatIfRow> rows = evaluate(model, settings);
    nlohmann::json list = nlohmann::json::array();
    const auto estimate = [](const Estimate<double>& e) {
      return nlohmann::json{{"value", e.value}, {"low", e.low}, {"high", e.high}};
    };
    for (const WhatIfRow& row : rows)
      list.push_back({{"feasible", row.feasible},
                      {"probability", row.probability},
                      {"time", estimate(row.time)},
                      {"cost", estimate(row.cost)}});
    const auto best = best_row(rows, settings);
    cases.push_back({{"settings", to_json(settings)},
                     {"rows", list},
                     {"best", best ? nlohmann::json(*best) : nlohmann::json(nullptr)}});
  }
  const test::TemporaryFolder folder;
  const auto file = folder / "cases.json";
  std::ofstream(file) << nlohmann::json{{"model", to_json(model)}, {"cases", cases}};
  const std::string source = ASSAY_SOURCE_DIR;
  const std::string command = "node " + source + "/tests/page/check_what_if.js " + source +
                              "/reports/render/page.js " + file.string();
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace assay::render
