#include "reports/report.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <pugixml.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "probes/core/csv.hpp"
#include "probes/core/errors.hpp"
#include "tests/golden/report/made_up_run.hpp"
#include "tests/paths.hpp"

namespace assay {
namespace {

using made_up::Folder;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Visits every element.
template <class Visit>
void walk(pugi::xml_node node, const Visit& visit) {
  if (node.type() == pugi::node_element) visit(node);
  for (pugi::xml_node child : node.children()) walk(child, visit);
}

/// What holds for every page, whatever the run.
void expect_sound(const std::string& html) {
  pugi::xml_document document;
  const auto parsed =
      document.load_buffer(html.data(), html.size(), pugi::parse_full | pugi::parse_ws_pcdata);
  ASSERT_TRUE(parsed) << parsed.description()
                      << " near: " << html.substr(static_cast<std::size_t>(parsed.offset), 200);
  std::set<std::string> ids;
  std::vector<std::string> wanted;
  int scripts = 0;
  walk(document, [&](pugi::xml_node node) {
    const std::string name = node.name();
    if (name == "script") ++scripts;
    EXPECT_NE(name, "iframe");
    for (pugi::xml_attribute attribute : node.attributes()) {
      const std::string key = attribute.name(), value = attribute.value();
      EXPECT_FALSE(key.starts_with("on")) << name << " " << key;
      EXPECT_NE(key, "style") << name;
      if (key == "id") {
        EXPECT_TRUE(ids.insert(value).second) << "two elements with id " << value;
      }
      if (key == "href" || key == "src") {
        EXPECT_EQ(value.find("//"), std::string::npos) << value;
        EXPECT_EQ(value.find(':'), std::string::npos) << value;
        if (value.starts_with("#")) wanted.push_back(value.substr(1));
      }
      if (key == "aria-labelledby") {
        std::istringstream list(value);
        for (std::string id; list >> id;) wanted.push_back(id);
      }
    }
    if (name == "svg" && std::string(node.parent().name()) == "figure") {
      EXPECT_TRUE(node.child("title") && node.child("desc"))
          << "a chart without title or description";
      EXPECT_STREQ(node.attribute("role").value(), "img");
    }
  });
  EXPECT_EQ(scripts, 1);
  for (const std::string& id : wanted) EXPECT_TRUE(ids.count(id)) << "nothing has the id " << id;
  for (const char* outside : {"https://", "@import", "javascript:"})
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  for (std::size_t at = html.find("url("); at != std::string::npos; at = html.find("url(", at + 1))
    EXPECT_EQ(html[at + 4], '#') << html.substr(at, 80);
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, Not(HasSubstr("NaN")));
  EXPECT_THAT(html, Not(HasSubstr("\"inf")));
}

struct Made {
  Folder folder;
  fs::path directory = folder / "run";
  ReportOptions options{};
  std::string html() {
    const std::string text = content(write_report({directory}, options).page);
    expect_sound(text);
    return text;
  }
};

std::string base64_of_hex(const std::string& hex) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bits, out;
  for (const char c : hex)
    for (int bit = 3; bit >= 0; --bit)
      bits += ((std::stoi(std::string(1, c), nullptr, 16) >> bit) & 1) != 0 ? '1' : '0';
  for (std::size_t i = 0; i < bits.size(); i += 6)
    out += alphabet[std::stoul((bits.substr(i, 6) + "00000").substr(0, 6), nullptr, 2)];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

std::string sha256_base64(const std::string& text, const fs::path& scratch) {
  std::ofstream(scratch, std::ios::binary) << text;
  const fs::path sum = scratch.string() + ".sum";
  EXPECT_EQ(
      std::system(fmt::format("sha256sum '{}' > '{}'", scratch.string(), sum.string()).c_str()), 0);
  return base64_of_hex(content(sum).substr(0, 64));
}

std::string between(const std::string& text, const std::string& open, const std::string& close) {
  const std::size_t from = text.find(open) + open.size();
  return text.substr(from, text.find(close, from) - from);
}

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

TEST(Report, OtherLibrariesStandBesideOursInAFigureOfTheirOwn) {
  Made made;
  {
    made_up::Writer run(made.directory, {});
    made_up::put_network(run, {});
    Record chosen = made_up::point("collective.allreduce", "time", "s");
    chosen.bytes = 8, chosen.algorithm = "auto", chosen.provider = "tcp;ofi_rxm", chosen.ranks = 4,
    chosen.nodes = 4, chosen.dtype = "f32", chosen.operation = "sum";
    run.put(chosen, 41e-6);
    made_up::put_opponents(run);
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
    put("step_time", "s", 0.012);
    put("round_time", "s", 0.012);
    put("compute_time", "s", 0.011);
    put("exposed_time", "s", 0.001);
    put("pure_compute_time", "s", 0.010);
    put("pure_communication_time", "s", 0.006);
    put("hideable_time", "s", 0.005);
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
    put("pure_communication_time", 0.0024);
    put("hideable_time", hideable);
    Record overlap = with_samples(key, {0.04 - noise, 0.04, 0.04 + noise});
    overlap.metric = "overlap_fraction", overlap.unit = "1";
    run.writer().put(noise > 0 ? marked_untrusted(overlap, "the noise") : overlap);
    run.writer().finish("complete");
    return made.html();
  };
  const std::string statement = "of the shorter part can be hidden";
  EXPECT_THAT(page_with_hideable(0.0003, 0), HasSubstr("at most 12.5 % " + statement));
  EXPECT_THAT(page_with_hideable(0.0020, 0), Not(HasSubstr(statement)));
  EXPECT_THAT(page_with_hideable(0.0003, 0.03), Not(HasSubstr(statement)));
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

TEST(Report, TheContentPolicyAllowsExactlyTheStyleAndScriptOfThePage) {
  Made made;
  made_up::write_run(made.directory);
  const std::string html = made.html();
  const std::string style = between(html, "<style>", "</style>"),
                    script = between(html, "<script>", "</script>");
  EXPECT_GT(style.size(), 1000U);
  EXPECT_GT(script.size(), 1000U);
  EXPECT_LE(script.size(), 30'000U);
  EXPECT_THAT(html,
              HasSubstr("style-src 'sha256-" + sha256_base64(style, made.folder / "style") + "'"));
  EXPECT_THAT(
      html, HasSubstr("script-src 'sha256-" + sha256_base64(script, made.folder / "script") + "'"));
}

TEST(Report, CspSafePutsStyleAndScriptBesideThePage) {
  Made made;
  made_up::write_run(made.directory);
  made.options.csp_safe = true;
  made.options.output = made.folder / "out/page.html";
  const std::string html = made.html();
  EXPECT_THAT(html, Not(HasSubstr("<style")));
  EXPECT_THAT(html, HasSubstr("<script src=\"report.js\""));
  EXPECT_THAT(html, HasSubstr("style-src 'self'"));
  EXPECT_GT(fs::file_size(made.folder / "out/report.css"), 1000U);
  EXPECT_GT(fs::file_size(made.folder / "out/report.js"), 1000U);
  EXPECT_THAT(html, HasSubstr("../run/measurements.csv#row="));
}

TEST(Report, RedactTakesOutHostsUsersAddressesPathsAndPrices) {
  Made made;
  made_up::write_run(made.directory, {.host = "secretbox7"});
  std::ofstream(made.folder / "prices.csv")
      << "name,price_per_hour,currency,as_of,relative_speed,memory_gib,max_nodes,network_gbps,"
         "coordination_floor_per_hour\nlarge,4.2,XTS,2025-11-01,1,,,,\n";
  made.options.prices = {made.folder / "prices.csv"};
  made.options.redact = true;
  made.options.output = made.folder / "out/page.html";
  made.options.tables = made.folder / "out/tables";
  made.options.markdown = made.folder / "out/page.md";
  std::string all = made.html() + content(made.folder / "out/page.md");
  for (const auto& table : fs::directory_iterator(made.folder / "out/tables"))
    all += content(table.path());
  for (const char* secret :
       {"secretbox7", "192.168.7.42", "/home/ada", "XTS", "measurements.csv#row"})
    EXPECT_THAT(all, Not(HasSubstr(secret)));
  EXPECT_EQ(all.find("ada"), std::string::npos);
  EXPECT_THAT(all, HasSubstr("node-1"));
}

/// Names that try to end a context: markup, script, CDATA, formulas, reading order, bytes that are
/// no text.
const std::vector<std::string>& hostile_names() {
  static const std::vector<std::string> names{"</script><script>alert(1)</script>",
                                              "\"><img src=x onerror=alert(1)>",
                                              "]]><x>",
                                              "--><!--",
                                              "' onload='x",
                                              "=cmd()|'/C calc'!A0",
                                              "\xE2\x80\xAEgnp.exe",
                                              "&lt;b&gt;&amp;#39;",
                                              "{{7*7}}${7*7}",
                                              "a\xFF\xFEz",
                                              std::string(5000, 'w'),
                                              "https://evil.example/x.js",
                                              "</svg></template>",
                                              "\\u003c/script>"};
  return names;
}

TEST(Report, HostileNamesStayText) {
  for (const std::string& name : hostile_names()) {
    SCOPED_TRACE(name.substr(0, 60));
    Made made;
    {
      made_up::Writer run(made.directory, {.host = name});
      run.writer().put_check({name, name, ValidityCheck::Verdict::failed, name, name});
      run.writer().set("options", {{"profile", name}, {"name", name}});
      for (const char* probe : {"memory.bandwidth", "network.alpha_beta", "collective.allreduce",
                                "workload.gradient", "network.pairs"})
        for (int ranks = 1; ranks <= 4; ranks *= 2)
          for (int launch = 1; launch <= 3; ++launch) {
            Record key = made_up::point(probe,
                                        probe[0] == 'm'   ? "rate"
                                        : probe[0] == 'w' ? "step_time"
                                                          : "time",
                                        probe[0] == 'm' ? "B/s" : "s");
            key.ranks = std::max(2, ranks), key.nodes = 1, key.threads = 1,
            key.bytes = 1 << (10 + ranks), key.launch = std::to_string(launch);
            if (probe[0] == 'w') key.ranks = ranks;
            key.operation = name, key.provider = name, key.algorithm = name, key.topology = name,
            key.level = name, key.isa = name, key.dtype = name;
            key.scaling = probe[0] == 'w' ? Text("strong") : Text(name);
            key.host = name + ">" + name;
            run.put(key, probe[0] == 'm' ? 1e10 : 1e-3 / ranks);
            run.put(without_value(key, unsupported(name)));
          }
      run.writer().finish("complete", name);
    }
    made.options.tables = made.folder / "tables";
    made.options.markdown = made.folder / "page.md";
    std::string html;
    try {
      html = content(write_report({made.directory}, made.options).page);
    } catch (const InputError& refused) {
      EXPECT_GT(std::string(refused.what()).size(), 20U);
      continue;
    }
    if (name.find("https") == std::string::npos) expect_sound(html);
    EXPECT_THAT(html, Not(HasSubstr("<img")));
    EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(html, Not(HasSubstr("\xE2\x80\xAE")));
    for (const auto& table : fs::directory_iterator(made.folder / "tables"))
      for (const std::string& text = content(table.path());
           const char* formula : {"\n=cmd", ",=cmd", "\"=cmd"})
        EXPECT_THAT(text, Not(HasSubstr(formula))) << table.path();
    EXPECT_THAT(content(made.folder / "page.md"), Not(HasSubstr("<img")));
  }
}

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

TEST(Report, SeveralRunsAreComparedWithAProbability) {
  Made made;
  made_up::write_run(made.directory, {.host = "slow"});
  made_up::write_run(made.folder / "other", {.host = "fast", .speed = 1.6});
  const std::string html = content(
      write_report({made.directory, made.folder / "other"}, {.output = made.folder / "both.html"})
          .page);
  expect_sound(html);
  EXPECT_THAT(html, HasSubstr("fast is cheaper per result, with a probability of "));
  EXPECT_THAT(html, HasSubstr("slow: Validity checks"));
}

/// That it is the cheapest of three is less likely than that it is cheaper than either.
TEST(Report, TheCheapestOfThreeHasToBeatBothAtOnce) {
  Made made;
  std::vector<fs::path> runs;
  for (const char* name : {"a", "b", "c"}) {
    runs.push_back(made.folder / name);
    made_up::write_run(runs.back(), {.host = name});
  }
  const auto probability = [&](const std::vector<fs::path>& directories) {
    const std::string html =
        content(write_report(directories, {.output = made.folder / "page.html"}).page);
    return std::stod(between(html, "per result, with a probability of ", " %"));
  };
  // Equal runs: half of two, a third of three.
  EXPECT_NEAR(probability({runs[0], runs[1]}), 50, 1);
  EXPECT_NEAR(probability(runs), 33.3, 1);
}

TEST(Report, AGateWithoutVerdictSaysWhatDiffers) {
  Made made;
  made_up::write_run(made.directory);
  std::ofstream(made.directory / "gate.json")
      << R"({"headline": "no verdict: the environment differs", "exit_code": 3, "base": "q1",
             "head": "q4", "metrics": [], "warnings": ["q1: 19 rows are marked untrusted"],
             "fingerprint": [{"key": "kernel", "base": "6.1", "head": "6.9", "hard": true,
                              "allowed": false}],
             "canaries": [{"name": "triad", "base": 5e10, "head": 3e10, "limit": 0.05,
                           "passed": false}, {"name": "peak", "passed": true}]})";
  const std::string gate = between(made.html(), "<section id=\"gate\"", "</section>");
  for (const char* said : {"no verdict: the environment differs", "q1 against q4", "kernel",
                           "no verdict across it", "may move by 5.00 %", "19 rows are marked"})
    EXPECT_THAT(gate, HasSubstr(said));
  EXPECT_THAT(gate, Not(HasSubstr("peak")));
  EXPECT_THAT(gate, Not(HasSubstr("Verdicts, worst first")));
}

TEST(Report, AGatesExactCountIsShownInFull) {
  Made made;
  made_up::write_run(made.directory);
  std::ofstream(made.directory / "gate.json")
      << R"({"headline": "regressed: 1 of 1 metric", "exit_code": 1, "metrics": [
             {"name": "bytes_sent", "unit": "B", "kind": "exact", "verdict": "regressed",
              "base": 1048576, "head": 1048577, "change": 9.5e-7,
              "reason": "exact counter changed"}]})";
  const std::string gate = between(made.html(), "<section id=\"gate\"", "</section>");
  for (const char* said : {">1,048,576<", ">1,048,577<", ">+1<"})
    EXPECT_THAT(gate, HasSubstr(said));
}

TEST(Report, ADeadlineTurnsTheQuestion) {
  Made made;
  made_up::write_run(made.directory);
  made.options.steps = 100'000;  // 10,200 s on one rank, about 3,700 s on four
  made.options.deadline = Seconds(4000);
  EXPECT_THAT(made.html(), HasSubstr("The cheapest that meets the deadline"));
  made.options.deadline = Seconds(1);
  EXPECT_THAT(made.html(), HasSubstr("No configuration meets the deadline"));
}

TEST(Report, ALogOfAnotherToolIsAReport) {
  Made made;
  made.directory = made.folder / "times.csv";
  std::ofstream log(made.directory);
  log << "ranks,time\n";
  for (int ranks = 1; ranks <= 16; ranks *= 2)
    for (const double off : {0.99, 1.0, 1.02})
      log << ranks << ',' << off * (1 + 40.0 / ranks) << '\n';
  log.close();
  const std::string html = made.html();
  EXPECT_THAT(html, HasSubstr("Amdahl's serial fraction is"));
  EXPECT_TRUE(fs::exists(made.folder / "times-report.html"));
  EXPECT_THAT(html, Not(HasSubstr("measurements.csv#row")));
}

TEST(Report, TheLedgerScoresAnEarlierPrediction) {
  Made made;
  made_up::write_run(made.directory, {.start = "2025-11-20T10:00:00Z", .largest_ranks = 8});
  made_up::write_run(made.folder / "later", {.start = "2025-11-21T10:00:00Z", .largest_ranks = 16});
  const std::string html = content(
      write_report({made.folder / "later", made.directory}, {.output = made.folder / "both.html"})
          .page);
  expect_sound(html);
  EXPECT_THAT(html, HasSubstr("later measurements fell inside the interval"));
}

TEST(Report, MarkdownAndTablesHoldTheSameNumbers) {
  Made made;
  made_up::write_run(made.directory);
  made.options.tables = made.folder / "tables";
  made.options.markdown = made.folder / "summary.md";
  (void)made.html();
  EXPECT_THAT(content(made.folder / "summary.md"), HasSubstr("node-s"));
  EXPECT_TRUE(fs::exists(made.folder / "tables/checks.csv"));
  EXPECT_GE(std::distance(fs::directory_iterator(made.folder / "tables"), {}), 15);
}

TEST(Report, TheAnswerStandsInPlainTextForTheTerminal) {
  Made made;
  made_up::write_run(made.directory);
  const std::string answer = write_report({made.directory}, made.options).answer;
  EXPECT_THAT(answer, HasSubstr("node-s"));
  EXPECT_THAT(answer, HasSubstr("What binds: "));
  EXPECT_THAT(answer, Not(HasSubstr("<")));
  EXPECT_LT(std::count(answer.begin(), answer.end(), '\n'), 6);
}

TEST(Report, ModelsCsvIsWrittenAndReadable) {
  Made made;
  made_up::write_run(made.directory);
  (void)made.html();
  EXPECT_GT(csv::read_models(made.directory / "models.csv").size(), 10U);
}

TEST(Report, BadInputIsAMessage) {
  Made made;
  EXPECT_THROW((void)write_report({made.folder / "nowhere"}), InputError);
  EXPECT_THROW((void)write_report({}), UsageError);
  made_up::write_run(made.directory);
  EXPECT_THROW((void)write_report({made.directory}, {.prices = {"a", "b"}}), UsageError);
  EXPECT_THROW(
      (void)write_report({made.directory}, {.output = made.directory / "run.json" / "page.html"}),
      UsageError);
  std::ofstream(made.directory / "gate.json") << "{\"schema\": 1,";
  EXPECT_THROW((void)write_report({made.directory}), InputError);
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
