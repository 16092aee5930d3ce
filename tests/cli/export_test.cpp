/// What the program exports, held against the tools that read it, where those are installed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "probes/run/run_directory.hpp"
#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ExportTest : public testing::Test {
 protected:
  void SetUp() override {
    RunWriter writer(folder_ / "run", false);
    writer.set("command", "probe");
    writer.set("hosts", {{{"host", "n1"}, {"cpu_model", "Xeon"}, {"cores", 4}}});
    writer.put_check({"steal", "n1", ValidityCheck::Verdict::passed, "0 %", ""});
    for (const char* launch : {"1", "2"}) {
      Record row{.probe = "memory.bandwidth", .metric = "rate", .unit = "B/s", .host = "n1"};
      row.operation = "triad";
      row.bytes = 4096 * (*launch - '0');
      row.threads = 1;
      row.launch = launch;
      writer.put(with_samples(row, {1e9, 2e9, 3e9}));
    }
    Record count{.probe = "network.pairs", .metric = "finding_count", .unit = "1"};
    writer.put(with_samples(count, {3}));
    writer.add_to_journal("memory.bandwidth");
    writer.finish("complete");
  }
  Ended shell(const std::string& script) {
    return run_command({"bash", "-c", std::string("assay=") + ASSAY_PROGRAM + "; " + script},
                       folder_.path());
  }
  TemporaryFolder folder_;
};

TEST_F(ExportTest, PromtoolAcceptsTheTextFile) {
  if (!is_installed("promtool")) GTEST_SKIP() << "promtool (prometheus) is not installed";
  const Ended ended = shell("$assay export run --as openmetrics | promtool check metrics");
  EXPECT_EQ(ended.exit_status, 0) << ended.output << ended.errors;
  EXPECT_EQ(ended.errors, "");
}

TEST_F(ExportTest, TheRunAndItsRowsKeepToTheSchemas) {
  if (shell("python3 -c 'import jsonschema'").exit_status != 0)
    GTEST_SKIP() << "python3-jsonschema is not installed";
  std::ofstream(folder_ / "check.py") << R"(
import csv, json, jsonschema, subprocess, sys
def schema(name):
    return json.loads(subprocess.check_output([sys.argv[1], "export", "--schema", name]))
jsonschema.validate(json.load(open("run/run.json")), schema("run.json"))
for name in ("measurements.csv", "samples.csv", "models.csv"):
    s = schema(name)
    jsonschema.Draft202012Validator.check_schema(s)
    rows = 0
    for row in csv.DictReader(open("run/" + name)):
        for column, text in row.items():
            kind = s["properties"][column].get("type", [])
            row[column] = None if text == "" and kind else float(text) if "number" in kind else int(text) if "integer" in kind else text
        jsonschema.validate(row, s)
        rows += 1
    print(name, rows)
broken = json.load(open("run/run.json")); broken["state"] = "done"
try:
    jsonschema.validate(broken, schema("run.json")); print("accepted")
except jsonschema.ValidationError: print("refused")
)";
  const Ended ended = shell("python3 check.py $assay");
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_EQ(ended.output, "measurements.csv 3\nsamples.csv 7\nmodels.csv 0\nrefused\n");
}

/// https://bencher.dev/bmf.json in our words, and what the action takes of an entry
/// (benchmark-action/github-action-benchmark, src/extract.ts: name, value, unit; range, extra).
TEST_F(ExportTest, WhatTrackersPublishAsTheirFormatIsKept) {
  if (shell("python3 -c 'import jsonschema'").exit_status != 0)
    GTEST_SKIP() << "python3-jsonschema is not installed";
  std::ofstream(folder_ / "check.py") << R"(
import json, jsonschema, subprocess, sys
number, text = {"type": "number"}, {"type": "string"}
metric = {"type": "object", "required": ["value"],
          "properties": {"value": number, "lower_value": number, "upper_value": number}}
bencher = {"type": "object", "patternProperties": {".+": {"type": "object", "patternProperties": {".+": metric}}}}
action = {"type": "array", "items": {"type": "object", "required": ["name", "unit", "value"],
          "additionalProperties": False,
          "properties": {"name": text, "unit": text, "value": number, "range": text, "extra": text}}}
for name, schema in (("bencher", bencher), ("github-action-bigger", action)):
    jsonschema.Draft7Validator.check_schema(schema)
    found = json.loads(subprocess.check_output([sys.argv[1], "export", "run", "--as", name]))
    jsonschema.validate(found, schema)
    print(name, len(found))
)";
  const Ended ended = shell("python3 check.py $assay");
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_EQ(ended.output, "bencher 3\ngithub-action-bigger 2\n");
}

/// The code of docs/pandas-and-r.md: the block of `language`.
std::string documented(const std::string& language) {
  const std::string page = read_text(fs::path(ASSAY_SOURCE_DIR) / "docs/pandas-and-r.md");
  const std::string fence = "```" + language + "\n";
  const std::size_t begin = page.find(fence);
  if (begin == std::string::npos) return "";
  const std::size_t first = begin + fence.size();
  return page.substr(first, page.find("```", first) - first);
}

TEST_F(ExportTest, TheDocumentedTableIsMade) {
  fs::rename(folder_ / "run", folder_ / "trial-a");
  fs::copy(folder_ / "trial-a", folder_ / "trial-b");
  const std::string script = documented("sh");
  ASSERT_TRUE(script.starts_with("assay export"));
  const Ended ended = shell("$" + script);
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_EQ(count_rows(folder_ / "runs.csv"), 6u);
  std::ofstream(folder_ / "code.py") << documented("python");
  std::ofstream(folder_ / "code.r") << documented("r");
  const bool has_pandas = shell("python3 -c 'import pandas'").exit_status == 0;
  if (has_pandas) {
    EXPECT_THAT(shell("python3 code.py").output,
                testing::AnyOf(HasSubstr("2000000000.0"), HasSubstr("2.000000e+09")));
  }
  if (is_installed("Rscript")) {
    EXPECT_THAT(shell("Rscript code.r").output, HasSubstr("2e+09"));
  }
  if (!has_pandas && !is_installed("Rscript")) GTEST_SKIP() << "neither pandas nor R is installed";
}

TEST_F(ExportTest, EveryChartIsAnSvgOfItsOwn) {
  const Ended ended = shell("$assay report run --output page.html --charts charts --format json");
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("\"page\": \"page.html\""));
  int charts = 0;
  for (const auto& file : fs::directory_iterator(folder_ / "charts")) {
    const std::string svg = read_text(file.path());
    EXPECT_TRUE(svg.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg "))
        << file.path();
    EXPECT_TRUE(svg.ends_with("</svg>\n")) << file.path();
    EXPECT_THAT(svg, HasSubstr("xmlns=\"http://www.w3.org/2000/svg\""));
    ++charts;
  }
  EXPECT_GE(charts, 1);
}

TEST_F(ExportTest, ListsAreJson) {
  const Ended one = shell("$assay list memory.bandwidth --format json");
  EXPECT_EQ(one.exit_status, 0) << one.errors;
  EXPECT_THAT(one.output, HasSubstr("\"name\": \"memory.bandwidth\""));
  EXPECT_THAT(one.output, HasSubstr("\"better\": \"higher\""));
  EXPECT_EQ(shell("$assay list nothing --format json").exit_status, 4);
  EXPECT_THAT(shell("$assay list formats --format json").output, HasSubstr("\"name\": \"osu\""));
  EXPECT_THAT(shell("$assay list formats").output, HasSubstr("OSU micro-benchmarks 2 to 7"));
  EXPECT_EQ(shell("$assay list --format yaml").exit_status, 4);
}

TEST_F(ExportTest, WhatCannotBeExportedIsRefusedInALine) {
  EXPECT_THAT(shell("$assay export run --as excel").errors,
              HasSubstr("--as: 'excel'; expected one of: bencher, csv, "));
  EXPECT_THAT(shell("$assay export run run --as bencher").errors,
              HasSubstr("--as bencher: 2 runs; expected one"));
  EXPECT_THAT(shell("$assay export run").errors, HasSubstr("expected either --as FORMAT"));
  EXPECT_THAT(shell("$assay export run --as csv --output run/measurements.csv").errors,
              HasSubstr("which this command reads"));
  for (const char* wrong : {"export run --as excel", "export --as csv", "export --schema page",
                            "export run --as csv --output run/run.json"})
    EXPECT_EQ(shell(std::string("$assay ") + wrong).exit_status, 4) << wrong;
}

}  // namespace
}  // namespace assay::test
