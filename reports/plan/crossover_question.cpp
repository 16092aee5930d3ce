#include <fmt/format.h>

#include <cmath>

#include "reports/models/money/crossover.hpp"
#include "reports/plan/measured_tax.hpp"
#include "reports/plan/options.hpp"
#include "reports/plan/questions.hpp"

namespace assay::plan {

namespace {

using models::CrossoverAnswer;
using models::CrossoverQuestion;
using models::CrossoverRow;

std::string name_of(const CrossoverRow& row) {
  return row.config == "scale_up" ? "one fast node" : fmt::format("{} nodes", row.nodes);
}

Document document_of(const CrossoverQuestion& question, const CrossoverAnswer& answer) {
  const bool uncertain = !question.tax_draws.empty();
  Document document{
      .header = "prices per hour; work in node-seconds; speed in nodes of speed 1; time in hours",
      .columns = {"config", "nodes", "effective_speed", "time_h", "cost", "beats_scale_up"}};
  if (uncertain)
    document.columns.insert(document.columns.end(), {"cost_low", "cost_high", "beats_probability"});
  if (question.deadline) document.columns.emplace_back("deadline_probability");
  for (const CrossoverRow& row : answer.rows) {
    std::vector<Cell>& cells = document.rows.emplace_back();
    cells = {
        row.config,          row.nodes,
        row.effective_speed, row.hours.value,
        row.cost.value,      row.beats_scale_up ? Cell(*row.beats_scale_up ? 1.0 : 0.0) : Cell()};
    if (uncertain)
      cells.insert(cells.end(), {row.cost.low, row.cost.high, cell(row.beats_probability)});
    if (question.deadline) cells.emplace_back(row.deadline_probability);
  }
  return document;
}

std::string count(double nodes) {
  return std::isfinite(nodes) ? fmt::format("{:.0f}", nodes) : std::string("any number");
}

std::string crossover_sentence(const CrossoverQuestion& question, const CrossoverAnswer& answer) {
  if (!answer.last_cheaper && question.tax_draws.empty())
    return "scale-up costs less than any number of nodes, one included";
  const Interval& range = answer.last_cheaper_interval;
  if (!question.tax_draws.empty())
    return fmt::format("scale-out costs less up to a count between {} and {} nodes (95 %)",
                       count(range.low), count(range.high));
  if (std::isinf(*answer.last_cheaper)) return "scale-out costs less at any number of nodes";
  return fmt::format("scale-out costs less up to {:.0f} nodes, scale-up beyond",
                     *answer.last_cheaper);
}

void add_deadline_sentence(const CrossoverQuestion& question, const CrossoverAnswer& answer,
                           Document& document) {
  if (!question.deadline) return;
  if (!answer.cheapest_in_time) {
    document.sentences.push_back(
        fmt::format("nothing listed meets the deadline of {:g} h", *question.deadline));
    return;
  }
  const CrossoverRow& best = answer.rows[*answer.cheapest_in_time];
  document.sentences.push_back(fmt::format("cheapest within {:g} h: {}, {:.2f} h, cost {:.2f}",
                                           *question.deadline, name_of(best), best.hours.value,
                                           best.cost.value));
}

Document answer_one(const CrossoverQuestion& question, const MeasuredTax& tax) {
  const CrossoverAnswer answer = models::crossover(question);
  Document document = document_of(question, answer);
  if (tax.reach) {
    document.columns.emplace_back("label");
    for (std::size_t i = 0; i < answer.rows.size(); ++i)
      document.rows[i].push_back(
          answer.rows[i].config == "scale_up" ? Cell() : tax.label_at(answer.rows[i].nodes));
  }
  document.sentences = tax.notes;
  document.sentences.push_back(crossover_sentence(question, answer));
  add_deadline_sentence(question, answer, document);
  return document;
}

ExitCode answer_crossover(const std::vector<std::string>& arguments) {
  OptionList options(crossover_question());
  options.add("work", "W", "Work in node-seconds: one node of speed 1 needs W seconds")
      .add("up-speed", "S", "Speed of the one fast node, in nodes of speed 1")
      .add("up-price", "P", "Its price per hour")
      .add("node-price", "P", "Price per hour of one node of speed 1")
      .add_tax()
      .add_measured_tax()
      .add_default("nodes", "2,4,8,16,32,64", "LIST", "Node counts: 2,4,8 or 2:64:2")
      .add("deadline", "TIME", "Also name the cheapest configuration that meets it, e.g. 30h")
      .add_common();
  if (!options.parse(arguments)) return ExitCode::done;
  CrossoverQuestion question{.work = options.positive("work"),
                             .up_speed = options.positive("up-speed"),
                             .up_price = options.positive("up-price"),
                             .node_price = options.positive("node-price"),
                             .tax = {},
                             .tax_draws = {},
                             .nodes = options.counts("nodes")};
  if (const auto deadline = options.seconds_if_given("deadline"))
    question.deadline = *deadline / 3600;
  print(answer_for_each(measured_or_given_taxes(options),
                        [&](const MeasuredTax& tax) {
                          question.tax = tax.tax;
                          question.tax_draws = tax.draws;
                          return answer_one(question, tax);
                        }),
        options.format());
  return ExitCode::done;
}

}  // namespace

const Command& crossover_question() {
  static const Command command{
      .about = Description{.kind = "command",
                           .name = "plan crossover",
                           .summary = "One fast node or many slow ones, for a fixed "
                                      "amount of work. Prices are per hour, work "
                                      "is in node-seconds, rates are per second."},
      .usage =
          "assay plan crossover --work W --up-speed S --up-price P "
          "--node-price P --tax C [options]",
      .example =
          "assay plan crossover --work 1000000 --up-speed 6 --up-price 18 "
          "--node-price 2 --tax 0.04 "
          "--tax-form linear --nodes 2,4,8,16,32,64 --deadline 30h",
      .run = answer_crossover};
  return command;
}

}  // namespace assay::plan
