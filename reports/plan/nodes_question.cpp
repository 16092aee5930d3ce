#include <fmt/format.h>

#include <cmath>

#include "reports/plan/measured_tax.hpp"
#include "reports/plan/options.hpp"
#include "reports/plan/questions.hpp"

namespace assay::plan {

namespace {

/// What one node does, how full it may be, and what it costs.
struct Serving {
  double node_rate = 1;
  double utilisation = 1;
  std::optional<double> node_price;
};

Document answer_one(const std::vector<double>& rates, const Serving& serving,
                    const MeasuredTax& tax) {
  Document document{.header = "rates per second; the fewest equal nodes that serve each",
                    .columns = {"rate_per_s", "nodes", "capacity_per_s", "used"},
                    .sentences = tax.notes};
  if (serving.node_price) {
    document.header += "; prices per hour";
    document.columns.insert(document.columns.end(), {"price_per_h", "price_per_million"});
  }
  if (tax.reach) document.columns.emplace_back("label");
  const double usable = serving.node_rate * serving.utilisation;
  for (const double rate : rates) {
    const auto nodes = tax.tax.smallest_nodes(rate / usable);
    std::vector<Cell>& row = document.rows.emplace_back();
    row = {rate, cell(nodes), Cell(), Cell()};
    if (!nodes) {
      row.resize(document.columns.size());
      document.sentences.push_back(
          fmt::format("no number of nodes serves {:g}/s: with this tax they saturate at {:g}/s",
                      rate, usable * tax.tax.wall()));
      continue;
    }
    const double capacity = serving.node_rate * tax.tax.effective_speed(*nodes);
    row[2] = capacity;
    row[3] = rate / capacity;
    if (serving.node_price) {
      const double price = *nodes * *serving.node_price;
      row.emplace_back(price);
      row.emplace_back(price / (rate * 3600) * 1e6);
    }
    if (tax.reach) row.push_back(tax.label_at(*nodes));
    document.sentences.push_back(fmt::format("{:g}/s: {:.12g} node{}, {:.3g} % used", rate, *nodes,
                                             *nodes == 1 ? "" : "s", 100 * rate / capacity));
  }
  // A long sweep is read in its table.
  constexpr std::size_t most_sentences = 8;
  if (document.sentences.size() > most_sentences) document.sentences = tax.notes;
  return document;
}

ExitCode answer_nodes(const std::vector<std::string>& arguments) {
  OptionList options(nodes_question());
  options.add("rate", "LIST", "Rates to be served, per second: 50000 or 1000:16000:1000")
      .add("node-rate", "R", "Rate of one node alone, per second")
      .add_tax()
      .add_measured_tax()
      .add_default("utilisation", "1", "X", "Share of a node's rate that may be used, e.g. 0.7")
      .add("node-price", "P", "Per hour and node; adds what they cost")
      .add_common();
  if (!options.parse(arguments)) return ExitCode::done;
  const Serving serving{.node_rate = options.positive("node-rate"),
                        .utilisation = options.positive("utilisation"),
                        .node_price = options.positive_if_given("node-price")};
  if (serving.utilisation > 1) throw options.wrong("utilisation", "a share above 0 and up to 1");
  const std::vector<double> rates = options.positive_list("rate");
  std::vector<MeasuredTax> taxes;
  if (options.has("tax") || options.has("from"))
    taxes = measured_or_given_taxes(options);
  else
    taxes.push_back({.tax = {0, options.tax_form()},
                     .draws = {},
                     .notes = {"no --tax and no --from: nodes are taken not to slow each other "
                               "down, so these are the fewest"},
                     .reach = {}});
  print(answer_for_each(taxes,
                        [&](const MeasuredTax& tax) { return answer_one(rates, serving, tax); }),
        options.format());
  return ExitCode::done;
}

}  // namespace

const Command& nodes_question() {
  static const Command command{
      .about =
          Description{
              .kind = "command",
              .name = "plan nodes",
              .summary = "The nodes needed for a rate. Rates are per second, prices per hour."},
      .usage = "assay plan nodes --rate LIST --node-rate R [--tax C | --from PATH] [options]",
      .example =
          "assay plan nodes --rate 50000 --node-rate 2000\n"
          "assay plan nodes --rate 10000:50000:10000 --node-rate 2000 --tax 0,0.01 "
          "--utilisation 0.7 --node-price 2",
      .run = answer_nodes};
  return command;
}

}  // namespace assay::plan
