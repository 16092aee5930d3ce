#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <pugixml.hpp>
#include <sstream>

#include "reports/render/sections/sections.hpp"
#include "tests/golden/report/made_page.hpp"
#include "tests/paths.hpp"

namespace assay {
namespace {

using made_up::between;
using made_up::content;
using made_up::Made;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Report, AStandardRunHasAllSectionsAndChartsWithinTheBudget) {
  Made made;
  made_up::write_run(made.directory);
  std::ofstream(made.folder / "prices.csv")
      << "# "
         "fictional\nname,price_per_hour,currency,as_of,relative_speed,memory_gib,max_nodes,"
         "network_gbps,coordination_floor_per_hour\n"
         "large,4.2,EUR,2025-11-01,1,256,64,100,0.35\nsmall,1.3,EUR,2025-11-01,0.3,64,,25,0.2\n";
  made.options.prices = {made.folder / "prices.csv"};
  const std::string html = made.html();
  EXPECT_LE(html.size(), 400'000U);
  for (const char* id :
       {"decision", "checks", "machine", "roofline", "memory", "network", "collectives", "scaling",
        "efficiency", "training", "contest", "cost", "what-if", "ledger", "gate", "method"})
    EXPECT_THAT(html, HasSubstr(fmt::format("<section id=\"{}\"", id)));
  pugi::xml_document document;
  document.load_buffer(html.data(), html.size(), pugi::parse_full);
  const auto count = [&](const char* path) { return document.select_nodes(path).size(); };
  EXPECT_EQ(count("//section"), 16U);
  EXPECT_GE(count("//figure/svg"), 18U);
  EXPECT_EQ(count("//figure[not(.//svg)]"), 0U);
  EXPECT_EQ(count("//figure[not(figcaption/p[@class='reading' and string-length(.) > 10])]"), 0U)
      << "a chart without its sentence";
  EXPECT_GE(count("//figure/details//table"), 10U);
  EXPECT_THAT(html, HasSubstr("EUR"));
  EXPECT_THAT(html, HasSubstr("measurements.csv#row="));
}

TEST(Report, AProbeWithoutASectionHasItsTableAndItsChart) {
  Made made;
  {
    made_up::Writer run(made.directory, {});
    for (const std::int64_t size : {1024, 4096, 16384}) {
      Record point = made_up::point("toy.probe", "rate", "B/s");
      point.bytes = size, point.operation = "copy";
      run.put(with_samples(point, {1e9 + static_cast<double>(size) * 1e5}));
    }
    Record missing = made_up::point("toy.probe", "time", "s");
    missing.status = Status::unsupported, missing.reason = "no such device";
    run.put(missing);
    run.writer().finish("complete");
  }
  const std::string html = made.html();
  const std::string section = between(html, "<section id=\"other\"", "</section>");
  const std::string figure = between(section, "toy.probe: rate", "</figure>");
  EXPECT_THAT(figure, HasSubstr("3 points, from 1.10 GB/s to 2.64 GB/s."));
  EXPECT_THAT(figure, HasSubstr("<svg"));
  EXPECT_THAT(figure, AllOf(HasSubstr("<table"), HasSubstr("16 KiB"), HasSubstr("copy")));
  EXPECT_THAT(section, HasSubstr("no such device"));
}

TEST(Report, OnlyWhatNoSectionNamesStandsAmongTheOthers) {
  for (const char* shown : {"memory.bandwidth", "workload.mine", "collective.mine", "region"})
    EXPECT_TRUE(render::has_section(shown)) << shown;
  for (const char* other : {"memory.toy", "toy.probe", "memory", "workload", ""})
    EXPECT_FALSE(render::has_section(other)) << other;
  const auto& sections = render::all_sections();
  EXPECT_EQ(sections.size(), 18U);
  EXPECT_TRUE(std::is_sorted(sections.begin(), sections.end(),
                             [](const auto& a, const auto& b) { return a.place < b.place; }));
}

TEST(Report, OtherLibrariesStandBesideOursInAFigureOfTheirOwn) {
  Made made;
  {
    made_up::Writer run(made.directory, {});
    made_up::put_network(run, {});
    Record chosen = made_up::point("collective.allreduce", "time", "s");
    chosen.bytes = 8, chosen.algorithm = "auto", chosen.provider = "tcp;ofi_rxm", chosen.ranks = 4,
    chosen.nodes = 4, chosen.dtype = "f32", chosen.operation = "sum";
    run.put(chosen, 41e-6);
    made_up::put_baselines(run);
    run.writer().finish("complete");
  }
  const std::string html = made.html();
  const std::string figure =
      between(html, "allreduce beside other libraries: network", "</figure>");
  EXPECT_THAT(figure, HasSubstr("openmpi over tcp"));
  EXPECT_THAT(figure, Not(HasSubstr("auto over")));
  EXPECT_THAT(figure, HasSubstr("and is the faster at 4 of 6 sizes"));
  EXPECT_THAT(between(html, "allreduce over tcp;ofi_rxm, 4 ranks on 4 nodes: time", "</figure>"),
              Not(HasSubstr("openmpi")));
  EXPECT_THAT(html, Not(HasSubstr("allreduce over tcp, 4 ranks")));
}

TEST(Report, TheCrossoverOfNodeTypesIsAnInterval) {
  Made made;
  made_up::write_run(made.directory);
  const auto reading_with_price = [&](double price) {
    std::ofstream(made.folder / "prices.csv")
        << "name,price_per_hour,currency,as_of,relative_speed,memory_gib,max_nodes,network_gbps,"
           "coordination_floor_per_hour\none,2,EUR,2025-11-01,1,,,,\nfast,"
        << price << ",EUR,2025-11-01,3,,1,,\n";
    made.options.prices = {made.folder / "prices.csv"};
    return between(made.html(), "Many one or one fast", "</figure>");
  };
  // One node costs 2 per unit of work, fast 7.2/3 = 2.4; N nodes cost 2 (1 + 0.0196 (N - 1)) or so:
  // 1.2 is passed near N = 11.
  EXPECT_THAT(reading_with_price(7.2), HasSubstr("Scale-out costs less than one fast up to "));
  EXPECT_THAT(reading_with_price(3), HasSubstr("One fast costs less than any number of one"));
  EXPECT_THAT(reading_with_price(60),
              HasSubstr("Up to 32 x one, as far as the measurements carry"));
}

TEST(Report, EfficiencyFactorsAreDrawnWhereAWorkloadStatesThem) {
  Made made;
  made_up::write_run(made.directory);
  // Of 14.8 ms on 8 ranks the slowest computes 12.5 ms; launches scatter.
  EXPECT_THAT(
      between(made.html(), "efficiency factors", "</figure>"),
      AllOf(HasSubstr("Lowest: communication, 8"), HasSubstr("load balance at 8 ranks: 94.0 %")));
}

TEST(Report, TrainingsShowOverlapBreakEvenLossAndTheStraggler) {
  Made made;
  {
    made_up::Writer run(made.directory, {});
    made_up::put_node(run, {});
    Record key = made_up::point("workload.gradient", "step_time", "s");
    key.ranks = 4, key.operation = "perceptron polled top_k", key.provider = "net",
    key.algorithm = "ring", key.scaling = "strong", key.launch = "1";
    const auto put = [&](const char* metric, const char* unit_name, double value) {
      key.metric = metric, key.unit = unit_name;
      run.put(key, value, 1e-9);
    };
    const std::pair<const char*, double> parts[] = {
        {"step_time", 0.012},    {"round_time", 0.012},        {"compute_time", 0.011},
        {"exposed_time", 0.001}, {"pure_compute_time", 0.010}, {"pure_communication_time", 0.006},
        {"hideable_time", 0.005}};
    for (const auto& [metric, seconds] : parts) put(metric, "s", seconds);
    put("overlap_fraction", "1", 0.667);
    put("hidden_share", "1", 0.8);
    put("compute_slowdown", "1", 1.1);
    put("break_even_bandwidth", "B/s", 4e8);
    put("wire_bandwidth", "B/s", 1e8);
    key.host = "trial-1 rank 2";
    put("straggler_excess", "1", 0.25);
    key.host = "trial-1", key.metric = "loss", key.unit = "1";
    run.writer().put(with_samples(key, {3.0, 2.0, 1.5}));
    run.writer().finish("complete");
  }
  const std::string html = made.html();
  EXPECT_THAT(html, HasSubstr("80.0 % of what the core had free for it, 66.7 % of the shorter"));
  EXPECT_THAT(html, HasSubstr("pays below 400 MB/s: pays with the 100 MB/s here"));
  EXPECT_THAT(html, HasSubstr("trial-1 rank 2 computes 25.0 % longer than the others"));
  EXPECT_THAT(between(html, "loss over time", "</figure>"), HasSubstr("1.5"));
}

TEST(Report, CommunicationThatIsTheCoresOwnWorkHasACeilingOfOverlap) {
  const auto page_with_hideable = [](double hideable, double noise) {
    Made made;
    made_up::Writer run(made.directory, {});
    made_up::put_node(run, {});
    Record key = made_up::point("workload.gradient", "step_time", "s");
    key.ranks = 4, key.operation = "perceptron polled", key.provider = "shm",
    key.algorithm = "ring", key.scaling = "strong", key.launch = "1";
    const auto put = [&](const char* metric, double value) {
      key.metric = metric;
      run.put(key, value, 1e-9);
    };
    put("step_time", 0.0123);
    put("pure_compute_time", 0.010);
    put("hideable_time", hideable);
    key.metric = "pure_communication_time";
    run.writer().put(with_samples(key, {0.0024 - noise, 0.0024, 0.0024 + noise}));
    run.writer().finish("complete");
    return made.html();
  };
  const std::string statement = "of the shorter part can be hidden on the cores that compute";
  EXPECT_THAT(page_with_hideable(0.0003, 0), HasSubstr("at most 12.5 % " + statement));
  EXPECT_THAT(page_with_hideable(0.0020, 0), Not(HasSubstr(statement)));
  EXPECT_THAT(page_with_hideable(0.0003, 0.001), Not(HasSubstr(statement)));
}

TEST(Report, WhatHidesMostIsNotPraisedWhereAnotherStepIsShorter) {
  const auto page_with_step = [](double kept_step) {
    Made made;
    made_up::Writer run(made.directory, {});
    made_up::put_node(run, {});
    Record key = made_up::point("workload.gradient", "step_time", "s");
    key.ranks = 4, key.provider = "net", key.algorithm = "ring", key.launch = "1";
    const auto put = [&](const char* metric, const char* unit_name, double value) {
      key.metric = metric, key.unit = unit_name;
      run.put(key, value, 1e-9);
    };
    const auto put_training = [&](const char* name, double step, double share) {
      key.operation = name;
      put("step_time", "s", step);
      put("pure_compute_time", "s", 0.010);
      put("pure_communication_time", "s", 0.004);
      put("hideable_time", "s", share * 0.004);
      put("overlap_fraction", "1", share);
      put("hidden_share", "1", share);
      put("compute_slowdown", "1", 1.9);
    };
    put_training("perceptron polled", 0.012, 0.1);
    put_training("perceptron progress_core", kept_step, 0.9);
    put_training("perceptron local_sgd 8", 0.006, 0.1);  // Differs by more than its schedule.
    key.dtype = "bf16";                                  // Sends something else.
    put_training("perceptron bf16", 0.005, 0.1);
    run.writer().finish("complete");
    return made.html();
  };
  const std::string price = "Its step takes 20.0 ms all the same, that of polled, 4 ranks 12.0 ms.";
  EXPECT_THAT(page_with_step(0.020), HasSubstr(price));
  EXPECT_THAT(page_with_step(0.011), Not(HasSubstr("all the same")));
  // The ceiling is that of the cores that compute: kept ones hide more.
  EXPECT_THAT(page_with_step(0.020), HasSubstr("at most 10.0 % of the shorter part"));
}

TEST(Report, ARoofBelowItsPointsIsNoRoof) {
  Made made;
  {
    made_up::Writer run(made.directory, {});
    made_up::put_node(run, {});
    Record key = made_up::point("roofline.check", "rate", "FLOP/s");
    key.dtype = "f64", key.level = "DRAM", key.operation = "ai=16", key.threads = 8,
    key.bytes = 1 << 28;
    run.put(key, 1e15);
    key.metric = "intensity", key.unit = "FLOP/B";
    run.put(key, 16);
    run.writer().finish("complete");
  }
  EXPECT_THAT(made.html(), HasSubstr("lie above their roof"));
}

TEST(Report, RowLinksNameTheLineOfTheFile) {
  Made made;
  made_up::write_run(made.directory);
  const std::string html = made.html();
  const std::size_t row =
      std::stoul(between(html, "Latency of one load", "</figure>")
                     .substr(between(html, "Latency of one load", "</figure>").find("#row=") + 5));
  std::istringstream lines(content(made.directory / "measurements.csv"));
  std::string line;
  for (std::size_t i = 0; i < row; ++i) std::getline(lines, line);
  EXPECT_THAT(line, HasSubstr("memory.latency"));
}

/// The page as a browser shows it; see tests/page/check_page.js for what is looked at.
TEST(Report, LooksRightInABrowser) {
  Made made;
  made_up::write_run(made.directory);
  (void)made.html();
  const std::string command =
      fmt::format("node '{}/tests/page/check_page.js' '{}' > '{}' 2>&1", ASSAY_SOURCE_DIR,
                  (made.directory / "report.html").string(), (made.folder / "log").string());
  const int status = std::system(command.c_str());
  const std::string log = content(made.folder / "log");
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == 77 || code == 127) GTEST_SKIP() << (log.empty() ? "node is not installed" : log);
  EXPECT_EQ(code, 0) << log;
}

}  // namespace
}  // namespace assay
