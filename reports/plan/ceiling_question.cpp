#include <fmt/format.h>

#include <algorithm>

#include "reports/import/import.hpp"
#include "reports/models/laws/amdahl.hpp"
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
      .add_default("lookup-time", "0s", "TIME", "Of one look-up")
      .add("latency-budget", "TIME",
           "Of one request; makes it interactive; gives --coordination with the look-ups")
      .add("from", "PATH",
           "Gives --coordination: measured share lost to scaling, 1 - efficiency(N)")
      .add("subject", "TEXT", "Which of its workloads")
      .add_default("nodes", "1", "N", "Node count for the failure tax")
      .add("node-mtbf", "TIME", "Mean time between failures of one node, e.g. 20000h")
      .add_default("checkpoint", "0s", "TIME", "Time of one checkpoint")
      .add_default("restart", "0s", "TIME", "Time of one restart")
      .add("failure-budget", "X", "Share of time failures may cost, e.g. 0.05")
      .add_common();
  return options;
}

/// As given, or demand over capacity, or 0.
double pressure_of(const OptionList& options, Axis axis, double lost_to_scaling) {
  const std::string name(to_string(axis));
  if (options.has(name)) return options.not_negative(name);
  const auto both = [&](const char* demand, const char* capacity) {
    return options.has(demand) && options.has(capacity);
  };
  if (axis == Axis::data && both("dataset", "node-storage"))
    return options.bytes("dataset") / options.bytes("node-storage");
  if (axis == Axis::model && both("model-size", "node-memory"))
    return options.bytes("model-size") / options.bytes("node-memory");
  if (axis == Axis::training && both("training-time", "deadline"))
    return options.seconds("training-time") / options.seconds("deadline");
  if (axis == Axis::inference && both("request-rate", "node-rate"))
    return options.positive("request-rate") / options.positive("node-rate");
  if (axis == Axis::coordination) {
    const double waiting = options.has("latency-budget")
                               ? options.not_negative("lookups") *
                                     options.seconds("lookup-time").value() /
                                     options.seconds("latency-budget").value()
                               : 0;
    return std::max(waiting, lost_to_scaling);
  }
  return 0;
}

double lost_to_scaling(const OptionList& options) {
  if (!options.has("from")) return 0;
  const RunData run = import::read_any(options.text("from"));
  const auto series = the_series(run, options.has("subject") ? options.text("subject") : "");
  const auto fit = models::fit_amdahl(series);
  if (!fit)
    throw InputError(run.directory.string(), 0, "", fit.reason(),
                     "strong scaling over several rank counts");
  return std::max(0.0, 1 - fit->at(series.reach.largest).efficiency.value);
}

models::CeilingQuestion question_of(const OptionList& options) {
  models::CeilingQuestion question;
  const double lost = lost_to_scaling(options);
  for (std::size_t i = 0; i < models::axes.size(); ++i)
    question.pressures[i] = pressure_of(options, models::axes[i], lost);
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

/// The failure tax, or why there is none, into question and sentences.
void add_failures(const OptionList& options, models::CeilingQuestion& question,
                  Document& document) {
  if (!options.has("node-mtbf")) return;
  const auto tax =
      models::failure_tax(std::max(1.0, options.positive("nodes")), options.seconds("node-mtbf"),
                          options.seconds("checkpoint"), options.seconds("restart"));
  if (tax)
    question.failure_share = tax->lost_share;
  else
    document.sentences.push_back(tax.reason());
}

void add_memory(const OptionList& options, Document& document) {
  if (!options.has("model-size") || !options.has("node-memory")) return;
  const auto nodes = models::smallest_nodes_for_memory(
      {options.bytes("model-size"), options.bytes("replicated"), options.bytes("buffers")},
      options.bytes("node-memory"));
  document.sentences.push_back(
      nodes ? fmt::format("at least {:g} node{} of {} hold {}", *nodes, *nodes == 1 ? "" : "s",
                          options.text("node-memory"), options.text("model-size"))
            : nodes.reason());
}

ExitCode answer_ceiling(const std::vector<std::string>& arguments) {
  OptionList options = ceiling_options(ceiling_question());
  if (!options.parse(arguments)) return ExitCode::done;
  models::CeilingQuestion question = question_of(options);
  Document document{.header = "pressures and ceilings: shares of one machine; times in s",
                    .columns = {"item", "name", "value", "distribute"}};
  add_failures(options, question, document);
  const models::CeilingAnswer answer = models::which_ceiling(question);
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
  document.rows.push_back({"verdict", "topology", answer.topology, Cell()});
  document.rows.push_back({"verdict", "mode", answer.mode, Cell()});
  document.rows.push_back({"verdict", "dominant_metric", answer.dominant_metric, Cell()});
  add_memory(options, document);
  document.sentences.insert(document.sentences.begin(), answer.verdict.begin(),
                            answer.verdict.end());
  print(document, options.format());
  return ExitCode::done;
}

}  // namespace

const Command& ceiling_question() {
  static const Command command{
      .about = {.kind = "command",
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
          "assay plan ceiling --model-size 400GB --node-memory 80GB",
      .run = answer_ceiling};
  return command;
}

}  // namespace assay::plan
