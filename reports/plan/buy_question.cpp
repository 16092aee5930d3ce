#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probes/cli/standard_streams.hpp"
#include "reports/decision/words.hpp"
#include "reports/import/import.hpp"
#include "reports/import/modelled_steps.hpp"
#include "reports/models/analysis.hpp"
#include "reports/models/money/job.hpp"
#include "reports/plan/options.hpp"
#include "reports/plan/questions.hpp"
#include "reports/plan/sources.hpp"

namespace assay::plan {

namespace {

using decision::Decision;
using models::CostPoint;
using models::CostStudy;

OptionList buy_options(const Command& command) {
  OptionList options(command);
  options
      .add("run", "PATH",
           "Run directory, or logs of other tools (assay list formats); may repeat. "
           "TYPE=PATH: measured on that type of the price list, several types in one plan")
      .add("step-flops", "FLOP",
           "Without measured steps: FLOPs of one, computed at the imported matrix product's rate")
      .add("reduce-bytes", "SIZE",
           "With --step-flops: bytes reduced in each step, timed by the imported all-reduce tables")
      .add_job()
      .add_common();
  return options;
}

std::vector<models::Tier> tiers_of(const OptionList& options) {
  std::vector<models::Tier> tiers;
  if (!options.has("tier")) return tiers;
  for (const std::string& given : options.texts("tier")) {
    const std::size_t equals = given.find('=');
    const std::string digits = equals == std::string::npos ? "" : given.substr(equals + 1);
    if (equals == 0 || digits.empty() || digits.size() > 9 ||
        digits.find_first_not_of("0123456789") != std::string::npos)
      throw options.wrong("tier", "NAME=RANKS, as in rack=128");
    tiers.push_back({given.substr(0, equals), std::stoll(digits)});
  }
  return tiers;
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

/// Without laws there is nothing to buy by: why, and what can still be said.
void require_cost(const Decision& decision, const std::string& file, const models::Job& job,
                  const models::PriceList& prices) {
  if (decision.cost) return;
  if (decision.study == nullptr)
    throw InputError(file, 0, "", "holds no step_time over rank counts",
                     "a workload measured at several rank counts");
  throw InputError(
      file, 0, "",
      decision.study->missing.front() + measured_only(decision.study->series, job, prices),
      "several times at each of two or more rank counts");
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

/// Every source with its analysis, as the decision asks for them.
struct AnalysedSources {
  std::vector<models::Analysis> analyses;  ///< Of the sources, in their order.
  std::vector<decision::Source> sources;
};

AnalysedSources analyse_all(const std::vector<MeasuredSource>& measured,
                            const std::vector<models::Tier>& tiers) {
  AnalysedSources all;
  for (const MeasuredSource& one : measured)
    all.analyses.push_back(models::analyse(one.run, tiers));
  for (std::size_t i = 0; i < measured.size(); ++i)
    all.sources.push_back({measured[i].type, &measured[i].run, &all.analyses[i]});
  return all;
}

ExitCode answer_buy(const std::vector<std::string>& arguments) {
  OptionList options = buy_options(buy_question());
  if (!options.parse(arguments, "run")) return ExitCode::done;
  std::vector<MeasuredSource> measured = measured_sources(options);
  for (MeasuredSource& one : measured) {
    if (options.has("step-flops"))
      import::add_modelled_steps(one.run, Flops(options.positive("step-flops")),
                                 options.bytes("reduce-bytes"));
  }
  const std::string stored = take_over_job(options, measured);
  const models::PriceList prices = prices_for(options, measured);
  decision::Inquiry inquiry{.job = models::job_of(options.job())};
  if (options.has("subject")) inquiry.subject = options.text("subject");
  if (options.has("nodes")) inquiry.node_counts = options.counts("nodes");
  const AnalysedSources all = analyse_all(measured, tiers_of(options));
  const Decision decision = decision::decide(all.sources, &prices, inquiry);
  require_cost(decision, measured.front().run.directory.string(), inquiry.job, prices);
  Document document = table_of(*decision.cost);
  document.sentences = decision::sentences(decision);
  for (const std::string& note : prices.notes) document.sentences.push_back(note);
  if (!stored.empty()) document.sentences.push_back(stored);
  // What is refused is one line; what was read is said of what was.
  for (const MeasuredSource& one : measured)
    for (const std::string& line : import::listing(one.run)) tell(one_line(line));
  print(document, options.format());
  return decision::exit_code(decision);
}

}  // namespace

const Command& buy_question() {
  static const Command command{
      .about =
          Description{.kind = "command",
                      .name = "plan buy",
                      .summary =
                          "How many of which node to buy, from a run, a price list and a job. "
                          "Prices are per hour. "
                          "Exit 2 when the answer is a scenario or nothing meets the job, 3 when a "
                          "validity check of the run failed."},
      .usage = "assay plan buy RUN --prices FILE [--job FILE] [options]",
      .example =
          "assay plan buy assay-results/20240101T000000Z-host --prices prices.csv --job job.toml\n"
          "assay plan buy times.csv --prices reports/example-prices.csv --steps 100000 --deadline "
          "12h",
      .run = answer_buy};
  return command;
}

}  // namespace assay::plan
