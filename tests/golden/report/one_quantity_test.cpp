// One quantity, one value: the page, its tables, the Markdown, the terminal's text, models.csv and
// `assay plan buy` of six kinds of run, read back and held against each other.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>

#include "probes/run/csv.hpp"
#include "tests/golden/report/made_page.hpp"
#include "tests/paths.hpp"

namespace assay {
namespace {

using made_up::content;
using made_up::Made;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// By "KIND TYPE NODES" or "KIND N", every value that any output states.
using Values = std::map<std::string, std::vector<std::pair<std::string, double>>>;

using Line = std::map<std::string, std::string>;

/// RFC 4180, as far as our own files need it.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells{""};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      cells.emplace_back();
    else
      cells.back() += c;
  }
  return cells;
}

std::vector<Line> read_csv(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> names;
  std::vector<Line> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> cells = cells_of(line);
    if (names.empty()) {
      names = cells;
      continue;
    }
    Line& row = lines.emplace_back();
    // Of two columns "low [s]" and "low [EUR]" the unit makes the name unique.
    for (std::size_t i = 0; i < std::min(names.size(), cells.size()); ++i)
      row.emplace(names[i], cells[i]);
  }
  return lines;
}

void add(Values& values, const std::string& quantity, const std::string& where,
         const std::string& cell, double factor = 1) {
  if (!cell.empty()) values[quantity].emplace_back(where, factor * std::stod(cell));
}

struct Job {
  double steps = 3600;
  std::string deadline;
};

/// Everything that one run says, through every way out.
struct Outputs {
  WrittenReport report;
  std::string html, markdown, plan;
  int plan_code = -1;
  Values values;
};

const char* const price_list =
    "name,price_per_hour,currency,as_of,relative_speed,memory_gib,max_nodes,network_gbps,"
    "coordination_floor_per_hour\n"
    "small,2.00,EUR,2026-01-01,1,64,100000,10,0\n"
    "large,5.00,EUR,2026-01-01,2.2,128,100000,10,0.5\n";

void add_tables(const fs::path& folder, Values& values) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    for (const Line& row : read_csv(content(entry.path()))) {
      const auto cost = row.find("cost per result [EUR]");
      const auto type = row.find("node type");
      if (cost == row.end() || type == row.end()) continue;
      const std::string at = type->second + " " + row.at("nodes");
      add(values, "cost " + at, entry.path().filename(), cost->second);
      add(values, "cost low " + at, entry.path().filename(), row.at("low [EUR]"));
      add(values, "time " + at, entry.path().filename(), row.at("time [s]"));
    }
}

void add_models(const fs::path& file, Values& values) {
  for (const ModelRow& row : csv::read_models(file)) {
    if (row.model != "cost") continue;
    const std::string subject = row.subject.str(), parameter = row.parameter.str();
    const std::string type = subject.substr(subject.rfind(", ") + 2);
    const std::string nodes = made_up::between(parameter, "(", ")");
    if (is_present(row.value))
      values["cost " + type + " " + nodes].emplace_back("models.csv", row.value);
    if (is_present(row.ci_low))
      values["cost low " + type + " " + nodes].emplace_back("models.csv", row.ci_low);
  }
}

std::string run_plan(const std::string& arguments, const fs::path& out, int& code) {
  const std::string command = std::string(ASSAY_PROGRAM) + " plan buy " + arguments + " >" +
                              out.string() + " 2>" + out.string() + ".err";
  const int status = std::system(command.c_str());
  code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return content(out) + content(out.string() + ".err");
}

Outputs outputs_of(Made& made, const fs::path& run, const Job& job) {
  Outputs outputs;
  const fs::path prices = made.folder / "prices.csv";
  std::ofstream(prices) << price_list;
  made.options.prices = {prices};
  made.options.steps = job.steps;
  if (!job.deadline.empty()) made.options.deadline = parse_seconds(job.deadline, "deadline");
  made.options.markdown = made.folder / "summary.md";
  made.options.tables = made.folder / "tables";
  made.options.output = made.folder / "page.html";
  outputs.report = write_report({run}, made.options);
  outputs.html = content(outputs.report.page);
  outputs.markdown = content(*made.options.markdown);
  add_tables(*made.options.tables, outputs.values);
  if (fs::is_directory(run)) add_models(run / "models.csv", outputs.values);
  const std::string arguments =
      fmt::format("{} --prices {} --steps {}{}", run.string(), prices.string(), job.steps,
                  job.deadline.empty() ? "" : " --deadline " + job.deadline);
  for (const Line& row :
       read_csv(run_plan(arguments + " --format csv", made.folder / "plan", outputs.plan_code))) {
    if (row.count("cost_low") == 0 || row.at("nodes").empty()) continue;
    const std::string at = row.at("node_type") + " " + row.at("nodes");
    add(outputs.values, "cost " + at, "plan", row.at("cost"));
    add(outputs.values, "cost low " + at, "plan", row.at("cost_low"));
    add(outputs.values, "time " + at, "plan", row.at("time_h"), 3600);
  }
  outputs.plan = run_plan(arguments, made.folder / "plan", outputs.plan_code);
  return outputs;
}

/// @param ways how many outputs state a cost at least
void expect_one_value(const Outputs& outputs, std::size_t ways) {
  std::size_t most = 0;
  for (const auto& [quantity, stated] : outputs.values) {
    most = std::max(most, stated.size());
    for (const auto& [where, value] : stated)
      EXPECT_NEAR(value / stated.front().second, 1, 1e-6)
          << quantity << " in " << where << " and in " << stated.front().first;
  }
  EXPECT_GE(most, ways);
}

/// The sentence that could stand on an order is one sentence everywhere.
void expect_one_headline(const Outputs& outputs) {
  const std::string headline = made_up::between(outputs.plan, "buy ", "[");
  ASSERT_GT(headline.size(), 10U) << outputs.plan;
  const std::string said = headline.substr(0, headline.size() - 1);
  EXPECT_THAT(outputs.html, HasSubstr(said));
  EXPECT_THAT(outputs.markdown, HasSubstr(said));
  EXPECT_THAT(outputs.report.answer, HasSubstr(said));
}

void expect_consistent(const Outputs& outputs, std::size_t ways, ExitCode code) {
  expect_one_value(outputs, ways);
  expect_one_headline(outputs);
  EXPECT_EQ(outputs.plan_code, static_cast<int>(code)) << outputs.plan;
}

/// A workload alone, with what `change` does to the row of each launch.
void write_workload(const fs::path& directory, const char* scaling,
                    const std::function<void(Record&)>& change = {},
                    const std::string& state = "complete") {
  made_up::Shape shape;
  made_up::Writer run(directory, shape);
  for (int ranks = 1; ranks <= 8; ranks *= 2)
    for (int launch = 1; launch <= 5; ++launch) {
      Record key = made_up::point("workload.gradient", "step_time", "s");
      key.ranks = ranks, key.nodes = ranks, key.scaling = scaling, key.provider = "tcp;ofi_rxm",
      key.algorithm = "ring", key.topology = "ring", key.dtype = "f64", key.bytes = 400;
      key.launch = std::to_string(launch);
      const bool weak = scaling[0] == 'w';
      if (change) change(key);
      run.put(key, (0.02 + (weak ? 1 : 1.0 / ranks)) * run.launch_noise());
    }
  run.writer().finish(state, state == "complete" ? "" : "the time budget ran out");
}

TEST(OneQuantity, OfAStrongScalingRun) {
  Made made;
  write_workload(made.directory, "strong");
  expect_consistent(outputs_of(made, made.directory, {}), 3, ExitCode::done);
}

TEST(OneQuantity, OfAStrongScalingRunWithADeadline) {
  Made made;
  write_workload(made.directory, "strong");
  const Outputs outputs = outputs_of(made, made.directory, {.deadline = "2200s"});
  expect_consistent(outputs, 3, ExitCode::done);
}

TEST(OneQuantity, OfAWeakScalingRun) {
  Made made;
  write_workload(made.directory, "weak");
  expect_consistent(outputs_of(made, made.directory, {}), 3, ExitCode::done);
}

/// Four ranks on each host: what a node is has to be the same everywhere.
TEST(OneQuantity, OfARunOverSeveralHosts) {
  Made made;
  write_workload(made.directory, "strong", [](Record& key) { key.nodes = (key.ranks + 3) / 4; });
  const Outputs outputs = outputs_of(made, made.directory, {});
  expect_consistent(outputs, 3, ExitCode::done);
  EXPECT_THAT(outputs.plan, HasSubstr("4 ranks per node"));
  EXPECT_THAT(outputs.report.answer, HasSubstr("4 ranks per node"));
}

TEST(OneQuantity, OfImportedTimes) {
  Made made;
  const fs::path log = made.folder / "times.csv";
  {
    std::ofstream out(log);
    out << "ranks,nodes,time\n";
    for (int ranks = 1; ranks <= 8; ranks *= 2)
      for (const double off : {0.99, 1.0, 1.015})
        out << ranks << ',' << ranks << ',' << off * (0.05 + 0.95 / ranks) << '\n';
  }
  expect_consistent(outputs_of(made, log, {}), 2, ExitCode::done);
}

TEST(OneQuantity, OfAPartialRun) {
  Made made;
  write_workload(made.directory, "strong", {}, "partial");
  expect_consistent(outputs_of(made, made.directory, {}), 3, ExitCode::done);
}

TEST(OneQuantity, OfARunWithAFailedCheckIsNoVerdict) {
  Made made;
  write_workload(made.directory, "strong");
  {
    RunWriter writer(made.directory, true);
    writer.put_check({"swap", "trial-1", ValidityCheck::Verdict::failed, "4,096 pages", "stop it"});
    writer.finish("complete");
  }
  const Outputs outputs = outputs_of(made, made.directory, {});
  expect_consistent(outputs, 3, ExitCode::environment_differs);
  EXPECT_EQ(outputs.report.code, ExitCode::environment_differs);
  for (const std::string& text :
       {outputs.html, outputs.markdown, outputs.report.answer, outputs.plan})
    EXPECT_THAT(text, HasSubstr("1 validity check failed (swap)"));
}

}  // namespace
}  // namespace assay
