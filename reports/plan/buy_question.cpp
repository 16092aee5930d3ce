#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/import/import.hpp"
#include "reports/import/modelled_steps.hpp"
#include "reports/models/analysis.hpp"
#include "reports/models/laws/next_run.hpp"
#include "reports/models/messages/communication.hpp"
#include "reports/plan/measured_tax.hpp"
#include "reports/plan/options.hpp"
#include "reports/plan/questions.hpp"

namespace assay::plan {

namespace {

using models::Contest;
using models::CostPoint;
using models::CostStudy;

OptionList buy_options(const Command& command) {
  OptionList options(command);
  options
      .add("run", "PATH", "Run directory, or logs of other tools (assay list formats); may repeat")
      .add("step-flops", "FLOP",
           "Without measured steps: FLOPs of one, computed at the imported matrix product's rate")
      .add("reduce-bytes", "SIZE",
           "With --step-flops: bytes reduced in each step, timed by the imported all-reduce tables")
      .add("prices", "FILE",
           "Price CSV: name,price_per_hour,currency,as_of,relative_speed,memory_gib,max_nodes,"
           "network_gbps,coordination_floor_per_hour")
      .add("subject", "TEXT", "Which workload of the run, where there are several")
      .add_default("nodes", "1,2,4,8,16,32,64", "LIST", "Node counts to consider")
      .add("ranks-per-node", "N", "Measured ranks one node holds (default: as measured)")
      .add_default("steps", "1", "N", "Measured steps in the whole job")
      .add_default("results", "1", "N", "Results the job yields; cost is per one of them")
      .add("deadline", "TIME", "The job has to be done within it, with probability 0.9")
      .add("budget", "P", "The job may cost so much")
      .add_default("fixed-cost", "0", "P", "Once per job")
      .add_default("value-per-hour", "0", "P", "What an hour of waiting costs")
      .add("node-mtbf", "TIME",
           "Mean time between failures of one node; without it failures are left out")
      .add_default("checkpoint", "0s", "TIME", "Time of one checkpoint")
      .add_default("restart", "0s", "TIME", "Time of one restart")
      .add("working-set", "SIZE", "Split over the nodes; without it memory is left out")
      .add_default("replicated", "0B", "SIZE", "State that every node holds in full")
      .add_default("buffers", "0B", "SIZE", "Buffers per node")
      .add("tier", "NAME=RANKS",
           "A border of the network and the ranks inside it, e.g. rack=128; may repeat")
      .add_common();
  return options;
}

models::Job job_of(const OptionList& options) {
  models::Job job{.steps = options.positive("steps"),
                  .results = options.positive("results"),
                  .deadline = options.seconds_if_given("deadline"),
                  .budget = options.positive_if_given("budget"),
                  .fixed_cost = options.not_negative("fixed-cost"),
                  .value_per_hour = options.not_negative("value-per-hour"),
                  .node_mtbf = options.seconds_if_given("node-mtbf"),
                  .checkpoint_time = options.seconds("checkpoint").value(),
                  .restart_time = options.seconds("restart").value()};
  if (options.has("ranks-per-node")) job.ranks_per_node = options.positive("ranks-per-node");
  if (options.has("working-set"))
    job.memory = models::MemoryNeed{options.bytes("working-set"), options.bytes("replicated"),
                                    options.bytes("buffers")};
  return job;
}

void add_tiers(const OptionList& options, models::ScalingSeries& series) {
  if (!options.has("tier")) return;
  for (const std::string& given : options.texts("tier")) {
    const std::size_t equals = given.find('=');
    const std::string digits = equals == std::string::npos ? "" : given.substr(equals + 1);
    if (equals == 0 || digits.empty() || digits.size() > 9 ||
        digits.find_first_not_of("0123456789") != std::string::npos)
      throw options.wrong("tier", "NAME=RANKS, as in rack=128");
    series.reach.tiers.push_back({given.substr(0, equals), std::stoll(digits)});
  }
  std::sort(series.reach.tiers.begin(), series.reach.tiers.end(),
            [](const models::Tier& a, const models::Tier& b) { return a.ranks < b.ranks; });
}

/// What can still be said without a law: the price of what was measured.
std::string measured_only(const models::ScalingSeries& series, const models::Job& job,
                          const models::PriceList& prices) {
  if (series.points.empty()) return "";
  const models::NodeType& type = prices.nodes.front();
  const models::ScalingPoint& point = series.points.back();
  const double per_node = job.ranks_per_node > 0 ? job.ranks_per_node : series.ranks_per_node();
  const double nodes = std::max(1.0, std::ceil(point.ranks / per_node));
  const double hours = typical_time(point) * job.steps / type.relative_speed / 3600;
  return fmt::format("; the job takes {:.4g} h on {:g} node{} of {} and costs {:.4g} {} per result",
                     hours, nodes, nodes == 1 ? "" : "s", type.name,
                     (hours * nodes * type.price_per_hour + job.fixed_cost) / job.results,
                     prices.currency);
}

Contest contest_of(const RunData& run, const models::ScalingSeries& series,
                   const std::string& still_known) {
  const auto wires = models::alpha_beta_fits(run);
  const auto term = models::communication_term(series, wires);
  auto contest = models::run_contest(series, term ? &*term : nullptr);
  if (!contest)
    throw InputError(run.directory.string(), 0, "", contest.reason() + still_known,
                     "several times at each of two or more rank counts");
  return std::move(contest).value();
}

Document table_of(const CostStudy& study) {
  Document document{
      .header = fmt::format("{}; cost in {} per result; time in hours, of the whole job",
                            study.subject, study.currency),
      .columns = {"node_type", "nodes", "ranks", "label", "time_h", "time_low_h", "time_high_h",
                  "cost", "cost_low", "cost_high", "total_cost", "deadline_probability",
                  "failure_share", "pareto", "cheapest", "note"}};
  for (std::size_t i = 0; i < study.points.size(); ++i) {
    const CostPoint& p = study.points[i];
    document.rows.push_back(
        {p.node_type, p.nodes, p.ranks, p.feasible ? std::string(to_string(p.label)) : "impossible",
         number(p.time.value / 3600), number(p.time.low / 3600), number(p.time.high / 3600),
         number(p.cost.value), number(p.cost.low), number(p.cost.high), number(p.total.value),
         number(p.deadline_probability), number(p.failure_share), p.on_pareto_front ? 1.0 : 0.0,
         study.cheapest == i ? 1.0 : 0.0, p.note});
  }
  return document;
}

std::string money_of(const CostPoint& p, const std::string& currency) {
  if (is_present(p.cost.value) && is_present(p.cost.low))
    return fmt::format("{:.4g} {} per result ({:.4g} to {:.4g})", p.cost.value, currency,
                       p.cost.low, p.cost.high);
  if (is_present(p.cost.value))
    return fmt::format("{:.4g} {} per result (no interval: one launch)", p.cost.value, currency);
  return fmt::format("between {:.4g} and {:.4g} {} per result", p.cost.low, p.cost.high, currency);
}

std::string next_run_sentence(const CostStudy& study, const Contest& contest) {
  double target = 2 * contest.series.reach.largest;
  if (study.cheapest) {
    const CostPoint& best = study.points[*study.cheapest];
    for (const models::NodeType& type : study.prices.nodes)
      if (type.name == best.node_type && type.relative_speed != 1)
        return fmt::format(
            "next run: the same workload on one {}, whose speed is only the price list's",
            type.name);
    target = best.ranks;
  }
  const models::NextRun next = models::next_run(contest, target);
  return fmt::format("cheapest next run: {} launches at {:g} ranks: {}", next.launches, next.ranks,
                     next.reason);
}

std::vector<std::string> verdict_of(const CostStudy& study, const Contest& contest) {
  std::vector<std::string> verdict;
  if (study.cheapest) {
    const CostPoint& best = study.points[*study.cheapest];
    verdict.push_back(fmt::format("buy {:g} x {}: {}, {} {}", best.nodes, best.node_type,
                                  money_of(best, study.currency), to_string(best.label),
                                  best.note.empty() ? "" : "(" + best.note + ")"));
  } else {
    verdict.push_back("no configuration considered meets the deadline, the budget and the memory");
  }
  for (std::size_t i = 0; i < study.prices.nodes.size(); ++i) {
    const std::string& name = study.prices.nodes[i].name;
    if (study.smallest_in_time[i])
      verdict.push_back(
          fmt::format("smallest that meets the deadline with probability 0.9: {:g} x {}",
                      study.points[*study.smallest_in_time[i]].nodes, name));
    if (study.beats_single_node[i])
      verdict.push_back(fmt::format("COST: {:g} x {} is the first to beat the best single node",
                                    *study.beats_single_node[i], name));
  }
  verdict.push_back(describe(contest.series.reach));
  for (const std::string& alarm : contest.alarms) verdict.push_back("alarm: " + alarm);
  for (const std::string& note : contest.series.notes) verdict.push_back(note);
  verdict.push_back(next_run_sentence(study, contest));
  if (!study.job.node_mtbf) verdict.push_back("failures are left out: no --node-mtbf");
  if (!study.job.deadline && study.job.value_per_hour == 0)
    verdict.push_back(
        "without a deadline or a value of time the fewest nodes are always the cheapest");
  if (study.prices.fictional) verdict.push_back("the price list is FICTIONAL");
  return verdict;
}

ExitCode answer_buy(const std::vector<std::string>& arguments) {
  OptionList options = buy_options(buy_question());
  if (!options.parse(arguments, "run")) return ExitCode::done;
  const models::PriceList prices = models::read_price_list(options.text("prices"));
  const models::Job job = job_of(options);
  const std::vector<std::string> paths = options.texts("run");
  RunData data = import::read_all({paths.begin(), paths.end()});
  for (const std::string& line : import::listing(data)) fmt::print(stderr, "{}\n", line);
  if (options.has("step-flops"))
    import::add_modelled_steps(data, Flops(options.positive("step-flops")),
                               options.bytes("reduce-bytes"));
  models::ScalingSeries series =
      the_series(data, options.has("subject") ? options.text("subject") : "");
  add_tiers(options, series);
  const Contest contest = contest_of(data, series, measured_only(series, job, prices));
  const CostStudy study = models::cost_study(contest, job, prices, options.list("nodes", 1));
  Document document = table_of(study);
  document.sentences = verdict_of(study, contest);
  print(document, options.format());
  // A scenario is no ground to sign on: scripts have to notice.
  const bool grounded = study.cheapest && study.points[*study.cheapest].label != Label::scenario;
  return grounded ? ExitCode::done : ExitCode::inconclusive;
}

}  // namespace

const Command& buy_question() {
  static const Command command{
      .about = {.kind = "command",
                .name = "plan buy",
                .summary = "How many of which node to buy, from a run, a price list and a job. "
                           "Prices are per hour. "
                           "Exit 2 when the answer is a scenario or nothing meets the job."},
      .usage = "assay plan buy RUN --prices FILE [--job FILE] [options]",
      .example =
          "assay plan buy assay-results/20240101T000000Z-host --prices prices.csv --job job.toml\n"
          "assay plan buy times.csv --prices reports/example-prices.csv --steps 100000 --deadline "
          "12h",
      .run = answer_buy};
  return command;
}

}  // namespace assay::plan
