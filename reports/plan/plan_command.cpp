/// @file
/// `assay plan`: from measurements, or from numbers alone, to how many of which node.
#include <fmt/format.h>

#include "probes/core/errors.hpp"
#include "reports/plan/document.hpp"
#include "reports/plan/questions.hpp"

namespace assay::plan {

namespace {

void print_questions() {
  fmt::print(
      "From measurements, or from numbers alone, to how many of which node.\n\nUsage: assay plan "
      "QUESTION [options]\n\n");
  for (const Command* question : questions())
    fmt::print("  {:<15} {}\n", question->about.name, question->about.summary);
  fmt::print("\nassay plan QUESTION --help shows the options and an example. Example:\n  {}\n",
             crossover_question().example);
}

ExitCode run_plan(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") {
    print_questions();
    return arguments.empty() ? ExitCode::bad_input : ExitCode::done;
  }
  std::vector<std::string> names;
  for (const Command* question : questions()) {
    names.push_back(question->about.name.substr(5));
    if (names.back() != arguments[0]) continue;
    try {
      return question->run({arguments.begin() + 1, arguments.end()});
    } catch (const NoAnswer& reason) {
      fmt::print(stderr, "assay: no answer: {}\n", one_line(reason.what()));
      return ExitCode::inconclusive;
    }
  }
  const std::string meant = nearest_name(arguments[0], names);
  throw UsageError(fmt::format("assay plan: no question '{}'; {}expected one of {}", arguments[0],
                               meant.empty() ? "" : fmt::format("did you mean {}? ", meant),
                               fmt::join(names, ", ")));
}

}  // namespace

std::vector<const Command*> questions() {
  return {&buy_question(),  &crossover_question(), &target_question(), &nodes_question(),
          &grid_question(), &ceiling_question(),   &tail_question(),   &scale_question()};
}

const bool plan_registered = Registry<Command>::add(
    {.about = {.kind = "command",
               .name = "plan",
               .summary = "How many of which node: buy, crossover, target, nodes, grid, "
                          "ceiling, tail, scale"},
     .usage = "assay plan buy|crossover|target|nodes|grid|ceiling|tail|scale [options]",
     .example =
         "assay plan buy assay-results/20240101T000000Z-host --prices reports/example-prices.csv",
     .run = run_plan});

}  // namespace assay::plan
