#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>

#include "reports/models/money/grid.hpp"
#include "reports/plan/measured_tax.hpp"
#include "reports/plan/options.hpp"
#include "reports/plan/questions.hpp"

namespace assay::plan {

namespace {

using models::GridAnswer;
using models::GridCell;
using models::NodePricing;

std::string spot(const GridCell& best, const char* when) {
  return fmt::format("sweet spot {}: {:g} node{} of size {:g}, {:.6g} per hour for {:.6g}/s", when,
                     best.nodes, best.nodes == 1 ? "" : "s", best.size, best.price, best.rate);
}

/// The smallest count of each listed size that would do, where no listed one does.
std::string what_would_do(const std::vector<double>& sizes, const NodePricing& pricing,
                          const models::Tax& tax, double target) {
  std::string found;
  for (const double size : sizes) {
    const auto nodes = tax.smallest_nodes(target / (size * pricing.rate));
    if (nodes && std::isfinite(pricing.price_of_size(size)))
      found +=
          fmt::format("{}{:g} of size {:g}", found.empty() ? "; it takes " : " or ", *nodes, size);
  }
  return found.empty() ? "; no number of nodes of these sizes does" : found;
}

/// What is asked, but for the tax and the target.
struct Layout {
  std::vector<double> sizes, nodes;
  NodePricing pricing;
};

void add_verdict(const Layout& layout, const GridAnswer& answer, const models::Tax& tax,
                 double target, Document& document) {
  if (answer.sweet_spot)
    document.sentences.push_back(spot(answer.cells[*answer.sweet_spot], "with the tax"));
  else
    document.sentences.push_back(
        fmt::format("nothing listed reaches {:g}/s{}", target,
                    what_would_do(layout.sizes, layout.pricing, tax, target)));
  if (!answer.sweet_spot_untaxed) return;
  // The cells are in the same order with and without the tax, but their rates differ.
  GridCell untaxed = answer.cells[*answer.sweet_spot_untaxed];
  untaxed.rate = untaxed.size * untaxed.nodes * layout.pricing.rate;
  document.sentences.push_back(spot(untaxed, "without a tax"));
  if (!answer.sweet_spot) return;
  const double taxed_size = answer.cells[*answer.sweet_spot].size;
  document.sentences.push_back(
      tax.c == 0 ? std::string("the tax is zero: nothing moves the sweet spot")
      : taxed_size == untaxed.size
          ? fmt::format("the tax does not move it to another size")
          : fmt::format("the tax moves it from size {:g} to size {:g}", untaxed.size, taxed_size));
}

Document every_cell(const Layout& layout, const MeasuredTax& tax, double target) {
  const GridAnswer answer =
      models::grid(layout.sizes, layout.nodes, layout.pricing, tax.tax, target);
  Document document{
      .header = "rates per second; prices per hour; price_per_rate per hour and unit of rate",
      .columns = {"size", "nodes", "rate_per_s", "price_per_h", "price_per_rate", "reaches_target",
                  "sweet_spot"},
      .sentences = tax.notes};
  if (tax.reach) document.columns.emplace_back("label");
  for (std::size_t i = 0; i < answer.cells.size(); ++i) {
    const GridCell& c = answer.cells[i];
    document.rows.push_back({c.size, c.nodes, c.rate, c.price, c.price_per_rate,
                             c.reaches_target ? 1.0 : 0.0, answer.sweet_spot == i ? 1.0 : 0.0});
    if (tax.reach) document.rows.back().push_back(tax.label_at(c.nodes));
  }
  add_verdict(layout, answer, tax.tax, target, document);
  return document;
}

/// Several targets: the sweet spot of each.
Document every_target(const Layout& layout, const MeasuredTax& tax,
                      const std::vector<double>& targets) {
  Document document{.header = "the sweet spot of each target; rates per second; prices per hour",
                    .columns = {"target_per_s", "size", "nodes", "rate_per_s", "price_per_h",
                                "untaxed_size", "untaxed_nodes", "untaxed_price_per_h"},
                    .sentences = tax.notes};
  if (tax.reach) document.columns.emplace_back("label");
  std::optional<double> last_size;
  for (const double target : targets) {
    const GridAnswer answer =
        models::grid(layout.sizes, layout.nodes, layout.pricing, tax.tax, target);
    std::vector<Cell>& row = document.rows.emplace_back(std::vector<Cell>(document.columns.size()));
    row[0] = target;
    if (answer.sweet_spot_untaxed) {
      const GridCell& c = answer.cells[*answer.sweet_spot_untaxed];
      row[5] = c.size, row[6] = c.nodes, row[7] = c.price;
    }
    if (!answer.sweet_spot) {
      document.sentences.push_back(
          fmt::format("nothing listed reaches {:g}/s{}", target,
                      what_would_do(layout.sizes, layout.pricing, tax.tax, target)));
      continue;
    }
    const GridCell& c = answer.cells[*answer.sweet_spot];
    row[1] = c.size, row[2] = c.nodes, row[3] = c.rate, row[4] = c.price;
    if (tax.reach) row[8] = tax.label_at(c.nodes);
    if (last_size && *last_size != c.size)
      document.sentences.push_back(fmt::format(
          "from {:g}/s on: nodes of size {:g} (before: of size {:g})", target, c.size, *last_size));
    last_size = c.size;
  }
  return document;
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
      .add_default("target", "0", "R",
                   "Rate per second that has to be reached; 0: the least price per rate; a list "
                   "gives the sweet spot of each")
      .add_common();
  if (!options.parse(arguments)) return ExitCode::done;
  const double largest = options.text("max-size") == "inf" ? std::numeric_limits<double>::infinity()
                                                           : options.positive("max-size");
  const Layout layout{.sizes = options.positive_list("sizes"),
                      .nodes = options.counts("nodes"),
                      .pricing = {.rate = options.positive("node-rate"),
                                  .price = options.positive("node-price"),
                                  .curvature = options.not_negative("curvature"),
                                  .max_size = largest,
                                  .floor = options.not_negative("floor")}};
  const std::vector<double> targets = options.list("target", 0);
  print(answer_for_each(measured_or_given_taxes(options),
                        [&](const MeasuredTax& tax) {
                          return targets.size() == 1 ? every_cell(layout, tax, targets.front())
                                                     : every_target(layout, tax, targets);
                        }),
        options.format());
  return ExitCode::done;
}

}  // namespace

const Command& grid_question() {
  static const Command command{
      .about =
          Description{.kind = "command",
                      .name = "plan grid",
                      .summary =
                          "Node size against node count, and the sweet spot. Prices are per hour, "
                          "rates per second."},
      .usage = "assay plan grid --node-rate R --node-price P --tax C [options]",
      .example =
          "assay plan grid --node-rate 1000 --node-price 2 --tax 0.03 --curvature 0.9 --floor 1.5 "
          "--max-size 8 "
          "--sizes 1,2,4,8 --nodes 1:16:1 --target 8000\n"
          "assay plan grid --node-rate 1000 --node-price 2 --tax 0,0.03,0.1 --curvature 0.3 "
          "--nodes "
          "1:64:1 --target 1000:16000:5000",
      .run = answer_grid};
  return command;
}

}  // namespace assay::plan
