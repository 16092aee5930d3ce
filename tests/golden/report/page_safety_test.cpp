#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <list>

#include "probes/core/errors.hpp"
#include "probes/run/run_directory.hpp"
#include "probes/run/trace_file.hpp"
#include "reports/redact.hpp"
#include "tests/golden/report/made_page.hpp"
#include "tests/paths.hpp"

namespace assay {
namespace {

using made_up::between;
using made_up::content;
using made_up::expect_sound;
using made_up::Made;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

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

/// Thirty kinds of secrets, each with a word of its own that stands nowhere else.
TEST(Report, RedactKeepsNothingOfPlantedSecrets) {
  Made made;
  std::vector<std::string> planted;
  const auto secret = [&](const std::string& kind) {
    planted.push_back(fmt::format("zq{}zq", planted.size()));
    return kind + planted.back();
  };
  std::list<std::string> names;  // of spans, which keep no text of their own
  const auto keep = [&](const std::string& name) { return names.emplace_back(name).c_str(); };
  made_up::write_run(made.directory, {.host = secret("Host")});
  {
    RunWriter run(made.directory, true);
    const std::string host = secret("NODE-");
    nlohmann::json machine = made_up::host_json(host);
    machine["environment"] = {{"FI_" + secret("NAME_"), "1"}, {"OMP_X", secret("value ")}};
    machine[secret("own member ")] = 1;
    machine["user"] = secret("user ");
    machine["kernel"] = secret("Linux 6.1-custom-");
    machine["cgroup"] = {{"path", secret("/user.slice/")}};
    machine["address"] = secret("fe80::");
    machine["governor"] = secret("--option=");
    run.set("hosts", nlohmann::json::array({machine}));
    run.set("cluster", secret("cluster "));
    run.set("command", secret("suite exec -- ./train --project "));
    run.set("launcher", secret("srun --account="));
    run.set("profile", secret("profile of "));
    run.set("options", {{"name", secret("trial for ")},
                        {"output", secret("./results/")},
                        {"command", secret("./train --user ")},
                        {"hosts", secret("node[1-4].")},
                        {secret("an option "), 1}});
    run.set("notes", secret("free text "));
    run.put_check(
        {"steal", host, ValidityCheck::Verdict::failed, secret("process python "), secret("ask ")});
    run.put_check(
        {secret("check of "), secret("Other-"), ValidityCheck::Verdict::warning, "x", "y"});
    Record row = made_up::point("workload.exec", "time", "s");
    row.host = host;
    row.operation = secret("./train.sh ");
    run.put(with_samples(row, {1, 2, 3}));
    row.operation = "";
    row.host = secret("HoSt.") + ">" + secret("peer.");
    row.provider = secret("tcp://");
    row.algorithm = secret("../algo ");
    run.put(with_samples(row, {1, 2, 3}));
    row = made_up::point("collective.allreduce", "time", "s");
    row.launch = secret("launch of user@");
    run.put(without_value(row, skipped(secret("exit 1: stderr said "))));
    row = made_up::point("workload.gradient", "loss", "1");
    row.operation = secret("model of ");
    run.put(with_samples(row, {3, 2, 1}));
    row = made_up::point("workload.exec", "step_time", "s");
    for (const char* kind : {"", "/home/", "user@"}) {
      row.launch = secret(kind);
      row.provider = secret("/dev/infiniband/");
      row.level = secret("ada@");
      run.put(with_samples(row, {1, 2, 3}));
    }
    append_trace(made.directory / "trace.json",
                 trace_events({0, secret("HOST_"), 0},
                              {{.name = keep(secret("solve for ")), .end_ns = 5},
                               {.name = keep(secret("phase of ")), .end_ns = 9, .is_phase = true}},
                              10));
    run.finish("partial", secret("the peer said "));
  }
  ASSERT_GE(planted.size(), 30U);
  made.options.redact = true;
  made.options.output = made.folder / "out/page.html";
  made.options.tables = made.folder / "out/tables";
  made.options.charts = made.folder / "out/charts";
  made.options.markdown = made.folder / "out/page.md";
  made.options.trace = made.folder / "out/trace.json";
  std::string all = made.html();
  EXPECT_THAT(content(made.folder / "out/trace.json"), HasSubstr("region 1"));
  for (const auto& file : fs::recursive_directory_iterator(made.folder / "out"))
    if (file.is_regular_file()) all += content(file.path());
  for (const std::string& word : planted)
    EXPECT_EQ(all.find(word), std::string::npos)
        << word << " near "
        << all.substr(all.find(word) - std::min<std::size_t>(60, all.find(word)), 90);
}

TEST(Report, TheFieldsThatRedactKeepsStandInTheDocumentation) {
  const std::string page = content(fs::path(ASSAY_SOURCE_DIR) / "docs/redaction.md");
  for (const std::string_view field : harmless_host_fields())
    EXPECT_THAT(page, HasSubstr(fmt::format("`{}`", field)));
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
            key.scaling = probe[0] == 'w' ? InternedString("strong") : InternedString(name);
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

}  // namespace
}  // namespace assay
