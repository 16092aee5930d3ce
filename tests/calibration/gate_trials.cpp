/// @file
/// The gate on real launches of gate_subject: `gate_trials SUBJECT SLOW_DOWN RUNS FILE [SECONDS]`,
/// then `gate_trials FILE` for the rates.
///
/// Appends one line per gate run to FILE, until it holds RUNS of that slow-down or SECONDS are
/// over, so that a long trial can be made in pieces. SLOW_DOWN 0 is A/A. Beside the gate's verdict
/// each line has what two rules in use say of the first pair of launches: the two-sided
/// Mann-Whitney test at 5 % of Google Benchmark's compare tool, and a fixed 5 % threshold on the
/// minimum.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "probes/core/clock.hpp"
#include "probes/core/statistics.hpp"
#include "probes/process/subprocess.hpp"
#include "probes/run/run_directory.hpp"
#include "reports/gate/decide/command_source.hpp"
#include "reports/gate/decide/paired_gate.hpp"
#include "reports/gate/decide/sign_test.hpp"

namespace {

using namespace assay;
using namespace assay::gate;

const std::string slowed = "kernel_07";

/// What a rule says of a run: metrics without a change it calls slower, and whether it found the
/// changed one.
struct Said {
  int wrongly = 0;
  bool found = false;
  void add(const std::string& metric, bool slower, double slow_down) {
    if (!slower) return;
    if (slow_down > 0 && metric == slowed)
      found = true;
    else
      ++wrongly;
  }
};

struct TrialLine {
  double slow_down = 0;
  int metrics = 0, exit_code = 0, inconclusive = 0;
  bool confirmed = false;
  double wall_s = 0;
  Said gate, mann_whitney, threshold;
};

TrialLine run_once(const std::string& subject, double slow_down) {
  CommandSource commands(subject, fmt::format("{} {}", subject, slow_down), {});
  Launch first_base, first_head;
  int launches = 0;
  GateOptions options;
  const LaunchSource source = [&](Side side) {
    Launch launch = commands.launch(side);
    // The two after the warm-up: what a user of the other rules would have measured.
    if (launches >= 2 && launches < 4) (side == Side::base ? first_base : first_head) = launch;
    ++launches;
    return launch;
  };
  const Seconds start = now();
  const GateReport report = run_paired_gate(source, options);
  TrialLine line;
  line.slow_down = slow_down;
  line.wall_s = (now() - start).value();
  line.metrics = static_cast<int>(report.metrics.size());
  line.exit_code = static_cast<int>(report.exit_code());
  line.inconclusive = report.count(Verdict::inconclusive);
  for (const MetricResult& metric : report.metrics) {
    line.confirmed |= metric.stage == "confirm";
    line.gate.add(metric.name, metric.verdict == Verdict::regressed, slow_down);
    const std::vector<double>& base = first_base.readings.at(metric.name).values;
    const std::vector<double>& head = first_head.readings.at(metric.name).values;
    line.mann_whitney.add(metric.name,
                          mann_whitney_two_sided(base, head) < 0.05 && median(head) > median(base),
                          slow_down);
    line.threshold.add(metric.name,
                       *std::min_element(head.begin(), head.end()) >
                           1.05 * *std::min_element(base.begin(), base.end()),
                       slow_down);
  }
  return line;
}

const char* const header =
    "slow_down,metrics,exit_code,inconclusive,confirmed,wall_s,gate_wrongly,gate_found,"
    "mann_whitney_wrongly,mann_whitney_found,threshold_wrongly,threshold_found";

std::string text_of(const TrialLine& line) {
  return fmt::format("{},{},{},{},{},{:.2f},{},{},{},{},{},{}\n", line.slow_down, line.metrics,
                     line.exit_code, line.inconclusive, int(line.confirmed), line.wall_s,
                     line.gate.wrongly, int(line.gate.found), line.mann_whitney.wrongly,
                     int(line.mann_whitney.found), line.threshold.wrongly,
                     int(line.threshold.found));
}

std::vector<TrialLine> read_lines(const std::string& file) {
  std::vector<TrialLine> lines;
  std::ifstream in(file);
  std::string text;
  while (std::getline(in, text)) {
    if (text.empty() || text == header) continue;
    std::replace(text.begin(), text.end(), ',', ' ');
    std::istringstream cells(text);
    TrialLine line;
    if (cells >> line.slow_down >> line.metrics >> line.exit_code >> line.inconclusive >>
        line.confirmed >> line.wall_s >> line.gate.wrongly >> line.gate.found >>
        line.mann_whitney.wrongly >> line.mann_whitney.found >> line.threshold.wrongly >>
        line.threshold.found)
      lines.push_back(line);
  }
  return lines;
}

void print_rates(const std::vector<TrialLine>& lines) {
  std::map<double, std::vector<TrialLine>> by_slow_down;
  for (const TrialLine& line : lines) by_slow_down[line.slow_down].push_back(line);
  for (const auto& [slow_down, lines_of_it] : by_slow_down) {
    const std::vector<TrialLine>& runs = lines_of_it;
    std::vector<double> walls;
    int confirmed = 0, inconclusive = 0;
    for (const TrialLine& run : runs) {
      walls.push_back(run.wall_s);
      confirmed += run.confirmed;
      inconclusive += run.exit_code == 2;
    }
    const auto share = [&](int part) { return 100.0 * part / static_cast<double>(runs.size()); };
    fmt::print(
        "slow-down {:.0f} %: {} runs over {} metrics; wall time median {:.1f} s, longest {:.1f} s; "
        "confirmation in {:.0f} %, exit 2 in {:.0f} %\n",
        100 * slow_down, runs.size(), runs.front().metrics, median(walls),
        *std::max_element(walls.begin(), walls.end()), share(confirmed), share(inconclusive));
    for (const auto& [name, rule] :
         {std::pair{"this gate", &TrialLine::gate},
          std::pair{"Mann-Whitney 5 %, 20 repetitions", &TrialLine::mann_whitney},
          std::pair{"minimum + 5 %", &TrialLine::threshold}}) {
      int false_red_runs = 0, wrongly = 0, found = 0, metrics = 0;
      for (const TrialLine& run : runs) {
        false_red_runs += (run.*rule).wrongly > 0;
        wrongly += (run.*rule).wrongly;
        found += (run.*rule).found;
        metrics += run.metrics - (slow_down > 0 ? 1 : 0);
      }
      fmt::print("  {:<34} runs with a false red {:>5.1f} % ({} of {}), of metrics {:.2f} %", name,
                 share(false_red_runs), false_red_runs, runs.size(), 100.0 * wrongly / metrics);
      if (slow_down > 0)
        fmt::print("; found {:.0f} % ({} of {})", share(found), found, runs.size());
      fmt::print("\n");
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 2) {
    print_rates(read_lines(argv[1]));
    return 0;
  }
  if (argc < 5) {
    fmt::print(stderr,
               "usage: gate_trials SUBJECT SLOW_DOWN RUNS FILE [SECONDS], or gate_trials FILE\n");
    return 4;
  }
  const double slow_down = std::atof(argv[2]);
  const std::string file = argv[4];
  const Deadline deadline(Seconds(argc > 5 ? std::atof(argv[5]) : 1e9));
  const std::vector<TrialLine> before = read_lines(file);
  auto done = std::count_if(before.begin(), before.end(),
                            [&](const TrialLine& line) { return line.slow_down == slow_down; });
  std::ofstream out(file, std::ios::app);
  if (before.empty()) out << header << "\n";
  for (; done < std::atoi(argv[3]) && !deadline.passed(); ++done)
    out << text_of(run_once(shell_quote(argv[1]), slow_down)) << std::flush;
  fmt::print("{} runs of slow-down {} in {}\n", done, slow_down, file);
} catch (const std::exception& fault) {
  fmt::print(stderr, "gate_trials: {}\n", fault.what());
  return 4;
}
