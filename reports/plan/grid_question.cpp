#include <fmt/format.h>

#include "reports/models/money/grid.hpp"
#include "reports/plan/measured_tax.hpp"
#include "reports/plan/options.hpp"
#include "reports/plan/questions.hpp"

namespace assay::plan {

namespace {

using models::GridAnswer;
using models::GridCell;

std::string spot(const GridAnswer& answer, std::size_t index, const char* when) {
  const GridCell& best = answer.cells[index];
  return fmt::format("sweet spot {}: {:g} node{} of size {:g}", when, best.nodes,
                     best.nodes == 1 ? "" : "s", best.size);
}

ExitCode answer_grid(const std::vector<std::string>& arguments) {
  OptionList options(grid_question());
  options.add("node-rate", "R", "Rate of one node of size 1, per second (T1)")
      .add("node-price", "P", "Its price per hour (C1)")
      .add_tax()
      .add_measured_tax()
      .add_default("floor", "0", "P", "Coordination, per hour, from the second node on (F)")
      .add_default("curvature", "0", "A", "Price of a node of size s: C1 s^(1+A)")
      .add_default("max-size", "inf", "S", "Largest node to be had; above it the price is inf")
      .add_default("sizes", "1,2,4,8", "LIST", "Node sizes")
      .add_default("nodes", "1,2,4,8,16", "LIST", "Node counts")
      .add_default("target", "0", "R", "Rate per second that has to be reached")
      .add_common();
  if (!options.parse(arguments)) return ExitCode::done;
  const MeasuredTax tax = measured_or_given_tax(options);
  const double largest = options.text("max-size") == "inf" ? std::numeric_limits<double>::infinity()
                                                           : options.positive("max-size");
  const models::NodePricing pricing{.rate = options.positive("node-rate"),
                                    .price = options.positive("node-price"),
                                    .curvature = options.not_negative("curvature"),
                                    .max_size = largest,
                                    .floor = options.not_negative("floor")};
  const double target = options.not_negative("target");
  const GridAnswer answer = models::grid(options.list("sizes", 1e-300), options.list("nodes", 1),
                                         pricing, tax.tax, target);
  Document document{
      .header = "rates per second; prices per hour; price_per_rate per hour and unit of rate",
      .columns = {"size", "nodes", "rate_per_s", "price_per_h", "price_per_rate", "reaches_target",
                  "sweet_spot"},
      .sentences = tax.notes};
  for (std::size_t i = 0; i < answer.cells.size(); ++i) {
    const GridCell& c = answer.cells[i];
    document.rows.push_back({c.size, c.nodes, c.rate, c.price, c.price_per_rate,
                             c.reaches_target ? 1.0 : 0.0, answer.sweet_spot == i ? 1.0 : 0.0});
  }
  if (answer.sweet_spot)
    document.sentences.push_back(spot(answer, *answer.sweet_spot, "with the tax"));
  else
    document.sentences.push_back(fmt::format("nothing listed reaches {:g}/s", target));
  if (answer.sweet_spot_untaxed)
    document.sentences.push_back(spot(answer, *answer.sweet_spot_untaxed, "without a tax"));
  print(document, options.format());
  return ExitCode::done;
}

}  // namespace

const Command& grid_question() {
  static const Command command{
      .about = {.kind = "command",
                .name = "plan grid",
                .summary = "Node size against node count, and the sweet spot. Prices are per hour, "
                           "rates per second."},
      .usage = "assay plan grid --node-rate R --node-price P --tax C [options]",
      .example =
          "assay plan grid --node-rate 1000 --node-price 2 --tax 0.03 --curvature 0.9 --floor 1.5 "
          "--max-size 8 "
          "--sizes 1,2,4,8 --nodes 1:16:1 --target 8000",
      .run = answer_grid};
  return command;
}

}  // namespace assay::plan
