#include <fmt/format.h>

#include <cmath>

#include "reports/models/money/target.hpp"
#include "reports/plan/measured_tax.hpp"
#include "reports/plan/options.hpp"
#include "reports/plan/questions.hpp"

namespace assay::plan {

namespace {

using models::NodePricing;
using models::TargetRow;

void add_sentences(const std::vector<TargetRow>& rows, const NodePricing& pricing,
                   const models::Tax& tax, Document& document) {
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (rows[i].winner != rows[i - 1].winner)
      document.sentences.push_back(fmt::format("from {:g}/s on: {} (until {:g}/s: {})",
                                               rows[i].target, rows[i].winner, rows[i - 1].target,
                                               rows[i - 1].winner));
  document.sentences.push_back(
      fmt::format("no single node above {:g}/s", pricing.rate * pricing.max_size));
  const double wall = models::saturation_rate(pricing, tax);
  if (std::isfinite(wall))
    document.sentences.push_back(fmt::format(
        "the linear tax saturates at T1/tau = {:g}/s: no number of nodes gets there", wall));
}

Document answer_one(const std::vector<double>& targets, const NodePricing& pricing,
                    const MeasuredTax& tax) {
  Document document{.header = "targets per second; prices per hour; nodes of the horizontal answer",
                    .columns = {"target_per_s", "vertical_price_per_h", "horizontal_price_per_h",
                                "nodes", "winner"},
                    .sentences = tax.notes};
  if (tax.reach) document.columns.emplace_back("label");
  std::vector<TargetRow> rows;
  for (const double target : targets) {
    rows.push_back(models::cheapest_for_target(target, pricing, tax.tax));
    const TargetRow& row = rows.back();
    document.rows.push_back(
        {row.target, row.vertical_price, row.horizontal_price, cell(row.nodes), row.winner});
    if (tax.reach) document.rows.back().push_back(row.nodes ? tax.label_at(*row.nodes) : Cell());
  }
  add_sentences(rows, pricing, tax.tax, document);
  return document;
}

ExitCode answer_target(const std::vector<std::string>& arguments) {
  OptionList options(target_question());
  options.add("node-rate", "R", "Rate of one node of size 1, per second (T1)")
      .add("node-price", "P", "Its price per hour (C1)")
      .add_tax()
      .add_measured_tax()
      .add_default("floor", "0", "P", "Coordination of several nodes, per hour (F)")
      .add_default("curvature", "0", "A", "Price of a node of size s: C1 s^(1+A)")
      .add_default("max-size", "1", "S", "Largest node to be had; above it the price is inf")
      .add("targets", "LIST", "Rates per second: 1000,2000 or 1000:16000:1000")
      .add_common();
  if (!options.parse(arguments)) return ExitCode::done;
  const NodePricing pricing{.rate = options.positive("node-rate"),
                            .price = options.positive("node-price"),
                            .curvature = options.not_negative("curvature"),
                            .max_size = options.positive("max-size"),
                            .floor = options.not_negative("floor")};
  const std::vector<double> targets = options.positive_list("targets");
  print(answer_for_each(measured_or_given_taxes(options),
                        [&](const MeasuredTax& tax) { return answer_one(targets, pricing, tax); }),
        options.format());
  return ExitCode::done;
}

}  // namespace

const Command& target_question() {
  static const Command command{
      .about =
          Description{.kind = "command",
                      .name = "plan target",
                      .summary =
                          "The cheapest way to a target rate: one larger node or several equal "
                          "ones. Prices are "
                          "per hour, rates per second."},
      .usage = "assay plan target --node-rate R --node-price P --tax C --targets LIST [options]",
      .example =
          "assay plan target --node-rate 1000 --node-price 2 --tax 0.03 --tax-form linear --floor "
          "1.5 "
          "--curvature 0.9 --max-size 8 --targets 1000:16000:1000",
      .run = answer_target};
  return command;
}

}  // namespace assay::plan
