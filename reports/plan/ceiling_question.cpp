#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "reports/import/import.hpp"
#include "reports/models/laws/tax.hpp"
#include "reports/models/money/ceilings.hpp"
#include "reports/models/money/memory_ceiling.hpp"
#include "reports/plan/measured_tax.hpp"
#include "reports/plan/options.hpp"
#include "reports/plan/questions.hpp"

namespace assay::plan {

namespace {

using models::Axis;

OptionList ceiling_options(const Command& command) {
  OptionList options(command);
  for (Axis axis : models::axes) {
    const std::string name(to_string(axis));
    options.add(name, "X", fmt::format("Pressure of {}: demand over what one machine has", name));
  }
  options.add("data-ceiling", "X", "Share of one machine's data capacity in use (default: --data)")
      .add("model-ceiling", "X", "The same of its memory for the model (default: --model)")
      .add("throughput-ceiling", "X",
           "The same of its throughput (default: larger of --inference, --training)")
      .add_default("threshold", "0.5", "X",
                   "From here on a ceiling binds and an axis is distributed")
      .add("dataset", "SIZE", "Gives --data: over --node-storage")
      .add("node-storage", "SIZE", "Data one machine holds")
      .add("model-size", "SIZE", "Gives --model: over --node-memory")
      .add("node-memory", "SIZE",
           "Memory of one machine; also gives the fewest nodes that hold the model")
      .add_default("replicated", "0B", "SIZE", "State that every node holds in full")
      .add_default("buffers", "0B", "SIZE", "Buffers per node")
      .add("training-time", "TIME", "Gives --training: on one machine, over --deadline")
      .add("deadline", "TIME", "When training has to be done")
      .add("request-rate", "R", "Gives --inference: per second, over --node-rate")
      .add("node-rate", "R", "Requests per second of one machine")
      .add_default("lookups", "0", "N", "Remote look-ups per request, one after the other")
      .add("fan-out", "LIST",
           "A sweep of --lookups: 1:80:1 answers each, and says where the verdict turns")
      .add_default("lookup-time", "0s", "TIME", "Of one look-up")
      .add("latency-budget", "TIME",
           "Of one request; makes it interactive; gives --coordination with the look-ups")
      .add("from", "PATH",
           "Gives --coordination: measured share lost to scaling, 1 - efficiency(N)")
      .add("subject", "TEXT", "Which of its workloads")
      .add_default(
          "nodes", "1", "LIST",
          "Node count for the failure tax; a list answers each, and says where the verdict "
          "turns")
      .add("node-mtbf", "TIME", "Mean time between failures of one node, e.g. 20000h")
      .add_default("checkpoint", "0s", "TIME", "Time of one checkpoint")
      .add_default("restart", "0s", "TIME", "Time of one restart")
      .add("failure-budget", "X", "Share of time failures may cost, e.g. 0.05")
      .add_common();
  return options;
}

/// As given, or demand over capacity, or 0.
double pressure_of(const OptionList& options, Axis axis) {
  const std::string name(to_string(axis));
  if (options.has(name)) return options.not_negative(name);
  if (axis == Axis::data && options.has("dataset"))
    return options.bytes("dataset") / options.positive_bytes("node-storage");
  if (axis == Axis::model && options.has("model-size"))
    return options.bytes("model-size") / options.positive_bytes("node-memory");
  if (axis == Axis::training && options.has("training-time"))
    return options.seconds("training-time") / options.positive_seconds("deadline");
  if (axis == Axis::inference && options.has("request-rate"))
    return options.positive("request-rate") / options.positive("node-rate");
  return 0;
}

void require_pairs(const OptionList& options) {
  options.require_both("dataset", "node-storage");
  options.require_both("model-size", "node-memory");
  options.require_both("training-time", "deadline");
  options.require_both("request-rate", "node-rate");
  const bool looks_up = options.has("fan-out") || options.number("lookups") != 0;
  const bool has_time = options.seconds("lookup-time").value() > 0;
  if (looks_up && !has_time)
    throw UsageError(
        "assay plan ceiling: look-ups without --lookup-time; expected the time of one, e.g. 0.4ms");
  if (has_time && !looks_up)
    throw UsageError(
        "assay plan ceiling: --lookup-time without look-ups; expected --lookups N or --fan-out "
        "LIST");
  if (options.has("fan-out") && !options.has("latency-budget"))
    throw UsageError(
        "assay plan ceiling: --fan-out without --latency-budget; expected the time that a request "
        "may take, e.g. 20ms");
}

/// The share that was lost to scaling at the largest rank count, by the clock: 1 - efficiency
/// against the smallest.
double lost_to_scaling(const OptionList& options) {
  if (!options.has("from")) return 0;
  const RunData run = import::read_all({options.text("from")});
  const auto series = the_series(run, options.has("subject") ? options.text("subject") : "");
  models::require_valid(series);
  if (series.points.size() < 2)
    throw InputError(run.directory.string(), 0, "", "holds times at one rank count",
                     "times at several rank counts");
  const auto& first = series.points.front();
  const auto& last = series.points.back();
  const double faster = models::typical_time(first) / models::typical_time(last);
  const double more = series.scaling == models::Scaling::weak ? 1 : last.ranks / first.ranks;
  return std::max(0.0, 1 - faster / more);
}

models::CeilingQuestion question_of(const OptionList& options) {
  models::CeilingQuestion question;
  for (std::size_t i = 0; i < models::axes.size(); ++i)
    question.pressures[i] = pressure_of(options, models::axes[i]);
  const auto at = [&](Axis axis) { return question.pressures[static_cast<std::size_t>(axis)]; };
  const auto given_or = [&](const char* name, double otherwise) {
    return options.has(name) ? options.not_negative(name) : otherwise;
  };
  question.data_ceiling = given_or("data-ceiling", at(Axis::data));
  question.model_ceiling = given_or("model-ceiling", at(Axis::model));
  question.throughput_ceiling =
      given_or("throughput-ceiling", std::max(at(Axis::inference), at(Axis::training)));
  question.threshold = options.positive("threshold");
  question.lookups = options.not_negative("lookups");
  question.lookup_time = options.seconds("lookup-time").value();
  question.latency_budget = options.seconds_if_given("latency-budget");
  question.failure_budget = options.positive_if_given("failure-budget");
  return question;
}

/// What is asked at each step of a sweep: the options, and what no step changes.
struct Sweep {
  const OptionList& options;
  models::CeilingQuestion base;
  double lost = 0;  ///< To scaling, as measured.

  [[nodiscard]] models::CeilingQuestion at(double lookups, double nodes) const {
    models::CeilingQuestion question = base;
    question.lookups = lookups;
    if (!options.has(std::string(to_string(Axis::coordination)))) {
      const double waiting =
          question.latency_budget ? lookups * question.lookup_time / *question.latency_budget : 0;
      question.pressures[static_cast<std::size_t>(Axis::coordination)] = std::max(waiting, lost);
    }
    if (!options.has("node-mtbf")) return question;
    const auto tax = models::failure_tax(nodes, options.positive_seconds("node-mtbf"),
                                         options.seconds("checkpoint"), options.seconds("restart"));
    if (tax)
      question.failure_share = tax->lost_share;
    else
      question.failure_excess = tax.reason();
    return question;
  }
};

void add_machines(const OptionList& options, Document& document) {
  if (options.has("model-size")) {
    const models::MemoryNeed need{options.positive_bytes("model-size"), options.bytes("replicated"),
                                  options.bytes("buffers")};
    const auto nodes =
        models::smallest_nodes_for_memory(need, options.positive_bytes("node-memory"));
    document.sentences.push_back(
        nodes ? fmt::format("at least {:g} node{} of {} hold{} {}{}", *nodes,
                            *nodes == 1 ? "" : "s", options.text("node-memory"),
                            *nodes == 1 ? "s" : "", options.text("model-size"),
                            *nodes == 1 ? "" : "; no single one does, at any price")
              : nodes.reason());
  }
  if (options.has("request-rate")) {
    const double rate = options.positive("request-rate"), each = options.positive("node-rate");
    const double machines = *models::Tax{}.smallest_nodes(rate / each);
    document.sentences.push_back(fmt::format("{:g}/s at {:g}/s each: at least {:.0f} machine{}, {}",
                                             rate, each, machines, machines == 1 ? "" : "s",
                                             machines == 1
                                                 ? "with room to spare as far as the rate goes"
                                                 : "more with a communication tax (plan nodes)"));
  }
}

std::string order_of(const models::CeilingAnswer& answer) {
  std::string order;
  for (const Axis axis : answer.distribute)
    order += (order.empty() ? "" : ", ") + std::string(to_string(axis));
  return order.empty() ? "nothing" : order;
}

Document one_answer(const models::CeilingQuestion& question) {
  const models::CeilingAnswer answer = models::which_ceiling(question);
  Document document{.header = "pressures and ceilings: shares of one machine; times in s",
                    .columns = {"item", "name", "value", "distribute"}};
  for (std::size_t i = 0; i < models::axes.size(); ++i) {
    const auto rank =
        std::find(answer.distribute.begin(), answer.distribute.end(), models::axes[i]);
    const bool listed = rank != answer.distribute.end();
    document.rows.push_back(
        {"pressure", std::string(to_string(models::axes[i])), question.pressures[i],
         listed ? Cell(static_cast<double>(rank - answer.distribute.begin() + 1)) : Cell()});
  }
  document.rows.push_back({"ceiling", "data", question.data_ceiling, Cell()});
  document.rows.push_back({"ceiling", "model", question.model_ceiling, Cell()});
  document.rows.push_back({"ceiling", "throughput", question.throughput_ceiling, Cell()});
  document.rows.push_back({"tax", "communication_s", answer.tax, Cell()});
  document.rows.push_back({"tax", "budget_left_s", cell(answer.budget_left), Cell()});
  document.rows.push_back({"tax", "fan_out_limit", cell(answer.fan_out_limit), Cell()});
  document.rows.push_back({"tax", "failure_share", cell(question.failure_share), Cell()});
  document.rows.push_back(
      {"verdict", "binding", answer.binding.empty() ? "nothing" : answer.binding, Cell()});
  document.rows.push_back({"verdict", "recommendation", answer.recommendation, Cell()});
  document.rows.push_back({"verdict", "topology", answer.topology, Cell()});
  document.rows.push_back({"verdict", "mode", answer.mode, Cell()});
  document.rows.push_back({"verdict", "dominant_metric", answer.dominant_metric, Cell()});
  document.sentences = answer.verdict;
  return document;
}

std::string binding_of(const models::CeilingAnswer& answer) {
  return answer.binding.empty() ? "nothing" : answer.binding;
}

std::string verdict_of(const models::CeilingAnswer& answer) {
  return fmt::format("{}: {} binds, distribute {}, {}, {}", answer.recommendation,
                     binding_of(answer), order_of(answer), answer.topology, answer.mode);
}

/// What was asked with one count in place of the options'.
using QuestionAt = std::function<models::CeilingQuestion(double count)>;

/// The first count above `from` at which the verdict is another than there; `to`, where it is, at
/// the latest. More pressure only comes with more of them, so that halving finds it.
double next_turn(const QuestionAt& question, double from, double to) {
  const std::string before = verdict_of(models::which_ceiling(question(from)));
  while (to - from > 1) {
    const double middle = std::floor((from + to) / 2);
    (verdict_of(models::which_ceiling(question(middle))) == before ? from : to) = middle;
  }
  return to;
}

void add_verdict(const models::CeilingAnswer& answer, const std::string& at, Document& document) {
  document.sentences.push_back(fmt::format("{}: {}", at, verdict_of(answer)));
  if (answer.recommendation != "fewer workers") return;
  for (const std::string& sentence : answer.verdict)
    if (sentence.starts_with("fewer workers")) document.sentences.push_back(sentence);
}

/// One row for each value, and a sentence wherever the verdict turns, listed or between two listed.
Document swept(const std::string& what, const std::vector<double>& values,
               const QuestionAt& question) {
  Document document{.header = "one verdict a row; times in s; shares of one machine",
                    .columns = {what, "tax_s", "budget_left_s", "failure_share", "coordination",
                                "binding", "distribute", "topology", "mode", "recommendation"}};
  models::CeilingAnswer last;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const models::CeilingQuestion asked = question(values[i]);
    const models::CeilingAnswer answer = models::which_ceiling(asked);
    document.rows.push_back(
        {values[i], answer.tax, cell(answer.budget_left), cell(asked.failure_share),
         asked.pressures[static_cast<std::size_t>(Axis::coordination)], binding_of(answer),
         order_of(answer), answer.topology, answer.mode, answer.recommendation});
    if (i == 0) add_verdict(answer, fmt::format("at {} {:g}", what, values[i]), document);
    for (double from = i == 0 ? values[0] : values[i - 1];
         i > 0 && verdict_of(last) != verdict_of(answer);) {
      from = next_turn(question, from, values[i]);
      last = models::which_ceiling(question(from));
      add_verdict(last, fmt::format("the verdict turns at {} {:g}", what, from), document);
    }
    last = answer;
  }
  if (document.sentences.size() == 1)
    document.sentences.push_back(
        fmt::format("the verdict does not turn up to {} {:g}", what, values.back()));
  if (last.fan_out_limit && what == "fan_out" && *last.budget_left > 0)
    document.sentences.push_back(
        fmt::format("at {:.4g} look-ups the tax eats the whole budget", *last.fan_out_limit));
  return document;
}

ExitCode answer_ceiling(const std::vector<std::string>& arguments) {
  OptionList options = ceiling_options(ceiling_question());
  if (!options.parse(arguments)) return ExitCode::done;
  require_pairs(options);
  const Sweep sweep{options, question_of(options), lost_to_scaling(options)};
  const std::vector<double> nodes = options.counts("nodes");
  const bool by_fan_out = options.has("fan-out");
  if (nodes.size() > 1 && (by_fan_out || !options.has("node-mtbf")))
    throw options.wrong("nodes", by_fan_out
                                     ? "one count beside --fan-out: one sweep at a time"
                                     : "--node-mtbf beside a list: it is swept for failures");
  Document document;
  if (by_fan_out)
    document = swept("fan_out", options.counts("fan-out"),
                     [&](double lookups) { return sweep.at(lookups, nodes.front()); });
  else if (nodes.size() > 1)
    document =
        swept("nodes", nodes, [&](double count) { return sweep.at(sweep.base.lookups, count); });
  else
    document = one_answer(sweep.at(sweep.base.lookups, nodes.front()));
  add_machines(options, document);
  print(document, options.format());
  return ExitCode::done;
}

}  // namespace

const Command& ceiling_question() {
  static const Command command{
      .about =
          Description{
              .kind = "command",
              .name = "plan ceiling",
              .summary =
                  "Which ceiling binds, what to distribute, and whether one machine is enough."},
      .usage =
          "assay plan ceiling [--data X ...] [--lookups N --lookup-time T --latency-budget T] "
          "[options]",
      .example =
          "assay plan ceiling --data 0.30 --training 0.40 --model 0.10 --inference 0.95 "
          "--coordination 0.55 "
          "--intelligence 0.05 --lookups 6 --lookup-time 0.4ms --latency-budget 20ms\n"
          "assay plan ceiling --inference 0.95 --lookup-time 0.4ms --latency-budget 20ms --fan-out "
          "1:80:1\n"
          "assay plan ceiling --model-size 400GB --node-memory 80GB",
      .run = answer_ceiling};
  return command;
}

}  // namespace assay::plan
