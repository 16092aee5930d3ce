#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>

#include "tests/golden/report/made_page.hpp"

namespace assay {
namespace {

using made_up::between;
using made_up::content;
using made_up::Made;
using testing::HasSubstr;

TEST(Report, EveryStatusIsShownWithItsReason) {
  Made made;
  {
    made_up::Writer run(made.directory, {});
    const Record key = made_up::point("memory.bandwidth", "rate", "B/s");
    run.put(without_value(key, unsupported("reason one")));
    run.put(without_value(key, skipped("reason two")));
    run.put(without_value(key, timed_out("reason three")));
    run.put(without_value(key, incorrect("reason four")));
    Record measured = with_samples(key, {1e9, 1.1e9, 1.2e9});
    run.put(marked_untrusted(measured, "reason five"));
    run.writer().finish("complete");
  }
  const std::string html = made.html();
  for (const char* text : {"reason one", "reason two", "reason three", "reason four", "reason five",
                           "unsupported", "skipped", "timed_out", "incorrect", "untrusted"})
    EXPECT_THAT(html, HasSubstr(text));
}

TEST(Report, OneRowAndNoRowAreReports) {
  for (const int rows : {0, 1}) {
    Made made;
    {
      RunWriter run(made.directory, false);
      if (rows == 1)
        run.put(with_samples(made_up::point("memory.bandwidth", "rate", "B/s"), {1e9}));
      run.finish("complete");
    }
    EXPECT_THAT(made.html(), HasSubstr("Method, commands and words"));
  }
}

TEST(Report, ARunWithoutNetworkSaysSo) {
  Made made;
  made_up::write_run(made.directory, {.network = false, .workload = false});
  const std::string html = made.html();
  EXPECT_THAT(html, HasSubstr("The run holds no message times"));
  EXPECT_THAT(html, HasSubstr("it holds no workload to decide on"));
}

TEST(Report, TenThousandRanksAreDrawnAsBlocks) {
  Made made;
  {
    made_up::Writer run(made.directory, {.samples = 2});
    for (int i = 0; i < 10'000; ++i) {
      Record key = made_up::point("network.pairs", "time", "s");
      key.host = fmt::format("n{}>n{}", i, (i + 1) % 1500);
      key.bytes = 8, key.ranks = 10'000, key.nodes = 10'000, key.operation = "shift",
      key.provider = "tcp";
      if (i < 1500) run.put(key, 1e-5);
    }
    for (int ranks = 1; ranks <= 10'000; ranks *= 10)
      for (int launch = 0; launch < 3; ++launch) {
        Record key = made_up::point("workload.gradient", "step_time", "s");
        key.ranks = key.nodes = ranks, key.scaling = "strong", key.launch = std::to_string(launch);
        run.put(key, (0.001 + 1.0 / ranks) * run.launch_noise());
      }
    run.writer().finish("complete");
  }
  const std::string html = made.html();
  EXPECT_THAT(html, HasSubstr("drawn as medians of blocks"));
  EXPECT_LE(html.size(), 400'000U);
}

/// As a standard profile does: many paths, four patterns, 100 sizes.
TEST(Report, ALongPageShortensItsTablesAndTheFilesKeepEveryRow) {
  Made made;
  made_up::write_run(made.directory);
  {
    made_up::Writer run(made.directory, {.samples = 3}, true);
    for (const char* provider : {"net", "shm", "efa", "verbs", "cxi", "psm3", "opx"})
      for (const char* operation : {"ping_pong", "exchange", "stream", "loaded_exchange"})
        for (int size = 0; size < 100; ++size) {
          Record key = made_up::point("network.alpha_beta", "time", "s");
          key.provider = provider, key.operation = operation, key.ranks = 2;
          key.bytes = static_cast<std::int64_t>(std::pow(2.0, 3 + size * 0.2));
          run.put(key, 2e-6 + static_cast<double>(key.bytes) / 5e9, 0.3);
        }
    for (int ranks = 2; ranks < 32; ++ranks)
      for (int size = 3; size < 25; ++size) {
        Record key = made_up::point("collective.allreduce", "time", "s");
        key.algorithm = key.topology = "ring", key.provider = "efa", key.ranks = ranks,
        key.operation = "sum";
        key.bytes = std::int64_t{1} << size;
        run.put(key, 5e-6 + static_cast<double>(key.bytes) / 3e9);
      }
    run.writer().finish("complete");
  }
  made.options.tables = made.folder / "tables";
  const std::string html = made.html();
  EXPECT_LE(html.size(), 400'000U);
  EXPECT_TRUE(std::regex_search(html, std::regex("The first (16|12|8|5|3) of 400 rows")))
      << html.size() << " bytes; " << between(html, "The first ", ";");
  const std::string table = content(made.folder / "tables" / "efa-time-of-a-message.csv");
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 401);
}

TEST(Report, SamplesAreThinnedAndThePageSaysSo) {
  Made made;
  made_up::write_run(made.directory, {.samples = 400});
  EXPECT_THAT(made.html(), HasSubstr("Thinned: "));
}

}  // namespace
}  // namespace assay
