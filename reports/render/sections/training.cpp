/// @file
/// Trainings whose parts were timed alone: what each schedule hides, what each technique costs and
/// gains, which rank holds up the others.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"
#include "reports/render/stacked_bars.hpp"
#include "reports/render/xy_chart.hpp"

namespace assay::render {

namespace {

constexpr std::string_view probe = "workload.gradient";

/// One training at one rank count: its rows by metric; of several launches the last.
struct Training {
  std::string name;   ///< Unique.
  std::string label;  ///< The same without what all trainings share.
  const Record* step = nullptr;
  std::map<std::string, const Record*, std::less<>> rows;

  [[nodiscard]] const Record* row(std::string_view metric) const {
    const auto found = rows.find(metric);
    return found == rows.end() ? nullptr : found->second;
  }
  [[nodiscard]] double value(std::string_view metric) const {
    const Record* found = row(metric);
    return found && carries_numbers(found->status) ? found->median : absent;
  }
};

std::string key_of(const Record& row) {
  return fmt::format("{}, {} ranks, {}, {}", row.operation.str(), row.ranks, row.provider.str(),
                     row.algorithm.str());
}

bool is_of_a_rank(const Record& row) {
  return std::string_view(row.metric).starts_with("rank_");
}

/// "progress_thread bf16, 4 ranks": the model, the path and the algorithm only where they differ.
void label(std::vector<Training>& trainings) {
  const auto model_of = [](const Training& training) {
    const std::string name = training.step->operation.str();
    return name.substr(0, name.find(' '));
  };
  const auto differ = [&](const auto& part_of) {
    return std::any_of(trainings.begin(), trainings.end(), [&](const Training& training) {
      return part_of(training) != part_of(trainings.front());
    });
  };
  const bool models = differ(model_of);
  const bool providers = differ([](const Training& t) { return t.step->provider.str(); });
  const bool algorithms = differ([](const Training& t) { return t.step->algorithm.str(); });
  for (Training& training : trainings) {
    std::string name = training.step->operation.str();
    if (!models) name.erase(0, model_of(training).size() + 1);
    if (name.empty()) name = "plain";
    training.label = fmt::format("{}, {} ranks", name, training.step->ranks);
    if (providers) training.label += ", " + training.step->provider.str();
    if (algorithms) training.label += ", " + training.step->algorithm.str();
  }
}

std::vector<Training> trainings_of(const Subject& subject) {
  const Rows rows = select(subject.run, [](const Record& row) {
    return row.probe == probe && !is_of_a_rank(row) && row.ranks > 1;
  });
  std::vector<Training> trainings;
  for (const RowGroup& group : group_by(rows, key_of)) {
    Training training{.name = group.key};
    for (const Record* row : group.rows) training.rows[std::string(row->metric)] = row;
    training.step = training.row("step_time");
    if (training.step && training.row("pure_compute_time")) trainings.push_back(training);
  }
  label(trainings);
  return trainings;
}

/// A number, or the word for why there is none or why to doubt it.
Cell cell_of(const Training& training, std::string_view metric, const Subject& subject,
             bool is_share = false) {
  const Record* row = training.row(metric);
  if (!row) return "";
  if (!carries_numbers(row->status)) return row->reason.str();
  Cell cell =
      is_share ? Cell::percent(row->median) : Cell::quantity(row->median, std::string(row->unit));
  if (row->status == Status::untrusted) cell.text += " (untrusted)";
  cell.link = row_link(subject, *row);
  return cell;
}

/// Whether its communication has cores of its own, for which the compute does without them.
bool keeps_cores(const Training& training) {
  return std::string_view(training.step->operation).find(" progress_core") !=
         std::string_view::npos;
}

/// Where the communication is mostly the cores' own work, no schedule hides it: how much at most.
/// Said where the communication alone takes the same time each time, lest a disturbance be taken
/// for a property. The step's noise does not matter: it is often more than all there is to hide.
std::string overlap_ceiling(const std::vector<Training>& trainings) {
  double ceiling = -1;
  for (const Training& training : trainings) {
    if (keeps_cores(training)) continue;
    const Record* communication = training.row("pure_communication_time");
    const double hideable = training.value("hideable_time");
    if (!communication || communication->status != Status::ok || !is_present(hideable)) continue;
    if (communication->ci_high - communication->ci_low > 0.25 * communication->median) continue;
    const double shorter = std::min(training.value("pure_compute_time"), communication->median);
    if (shorter > 0) ceiling = std::max(ceiling, hideable / shorter);
  }
  constexpr double worth_saying = 0.5;
  if (ceiling < 0 || ceiling > worth_saying) return {};
  return fmt::format(
      " Communication here is mostly the cores' own work, copies and the kernel's packets: at most "
      "{} of the shorter part can be hidden on the cores that compute, whatever the schedule.",
      show_percent(ceiling));
}

/// The schedule stands after the model; without one there is no overlap.
std::string without_schedule(std::string name) {
  for (const std::string schedule : {" polled", " progress_thread", " progress_core"})
    if (const auto at = name.find(schedule); at != std::string::npos && at == name.find(' '))
      name.erase(at, schedule.size());
  return name;
}

/// What hides most need not be the fastest: against the shortest step that differs by its schedule.
std::string price_of(const Training& hiding, const std::vector<Training>& trainings) {
  const auto key = [](const Record& step) {
    return std::tuple(without_schedule(step.operation.str()), step.ranks, step.dtype.str(),
                      step.provider.str(), step.algorithm.str(), step.bytes);
  };
  const Training* fastest = nullptr;
  for (const Training& training : trainings)
    if (training.step->status == Status::ok && key(*training.step) == key(*hiding.step) &&
        (!fastest || training.step->median < fastest->step->median))
      fastest = &training;
  if (!fastest || fastest->step->ci_high >= hiding.step->ci_low) return {};
  return fmt::format(" Its step takes {} all the same, that of {} {}.",
                     show(hiding.step->median, "s"), fastest->label,
                     show(fastest->step->median, "s"));
}

/// The training whose overlap can be believed and is largest.
std::string best_overlap(const std::vector<Training>& trainings) {
  const Training* best = nullptr;
  for (const Training& training : trainings) {
    const Record* share = training.row("hidden_share");
    if (share && share->status == Status::ok &&
        (!best || share->median > best->value("hidden_share")))
      best = &training;
  }
  const std::string ceiling = overlap_ceiling(trainings);
  if (!best) return "No overlap stands clear of the noise: there is little to hide here." + ceiling;
  return fmt::format(
             "Most is hidden by {}: {} of what the core had free for it, {} of the shorter part, "
             "while its compute takes {} times as long as alone.",
             best->label, show_percent(best->value("hidden_share")),
             show_percent(best->value("overlap_fraction")),
             show_digits(best->value("compute_slowdown"))) +
         price_of(*best, trainings) + ceiling;
}

void add_schedules(Page& page, Node figures, const ReportInput& input, const Subject& subject,
                   const std::vector<Training>& trainings) {
  StackedBars chart = step_time_bars({"compute", "exposed communication"});
  Table table{.columns = {{"training", ""},
                          {"step", "s"},
                          {"exposed communication", "s"},
                          {"compute alone", "s"},
                          {"communication alone", "s"},
                          {"could be hidden", "s"},
                          {"overlap", "1"},
                          {"hidden of what could be", "1"},
                          {"compute slow-down", "1"}}};
  for (const Training& training : trainings) {
    if (chart.bars.size() < 14)
      chart.bars.push_back(
          {training.label, {training.value("compute_time"), training.value("exposed_time")}});
    const auto cell = [&](std::string_view metric, bool is_share = false) {
      return cell_of(training, metric, subject, is_share);
    };
    table.add({training.label, cell("step_time"), cell("exposed_time"), cell("pure_compute_time"),
               cell("pure_communication_time"), cell("hideable_time"),
               cell("overlap_fraction", true), cell("hidden_share", true),
               cell("compute_slowdown")});
  }
  page.add_figure(figures,
                  {.title = subject_prefix(input, subject) + "Trainings: what is hidden",
                   .reading = best_overlap(trainings),
                   .description = "A bar for each training: compute, and communication that its "
                                  "compute does not hide.",
                   .data = std::move(table)},
                  [&](Node parent) { return draw(parent, chart); });
}

/// "pays below 40 MB/s", or the reason that stands in the row.
std::string verdict_of(const Training& training) {
  const Record* row = training.row("break_even_bandwidth");
  if (!row) return "";
  if (!carries_numbers(row->status)) return row->reason.str();
  const double here = training.value("wire_bandwidth");
  std::string verdict = "pays below " + show(row->median, "B/s");
  if (is_present(here))
    verdict += fmt::format(": {} with the {} here", here < row->median ? "pays" : "does not pay",
                           show(here, "B/s"));
  return verdict;
}

ChartSeries loss_curve(const LossCurve& curve, const Training& training, std::size_t style) {
  ChartSeries line{.name = training.step->operation.str(), .style = style, .dots = true};
  const double round = training.value("round_time");
  for (std::size_t i = 0; i < curve.losses.size(); ++i)
    line.points.push_back({static_cast<double>(i) * round, curve.losses[i]});
  return line;
}

void add_techniques(Page& page, Node section, Node figures, const ReportInput& input,
                    const Subject& subject, const std::vector<Training>& trainings) {
  XyChart chart{.x = AxisSpec{.title = "time (s)", .unit_name = "s"},
                .y = AxisSpec{.title = "mean loss"}};
  Table table{.columns = {{"training", ""},
                          {"step", "s"},
                          {"step as predicted", "s"},
                          {"encode", "s"},
                          {"error of one reduction", "1"},
                          {"gain over bf16 with overlap, predicted", "1"},
                          {"break-even", ""},
                          {"loss, last", "1"}}};
  constexpr std::size_t most_lines = 8;
  std::string paying;
  for (const Training& training : trainings) {
    const auto cell = [&](std::string_view metric) { return cell_of(training, metric, subject); };
    const LossCurve* curve = nullptr;
    for (const LossCurve& candidate : subject.samples.losses)
      if (key_of(candidate.key) == training.name) curve = &candidate;
    table.add({training.label, cell("step_time"), cell("predicted_step_time"), cell("encode_time"),
               cell("error_norm"), cell("predicted_gain"), verdict_of(training),
               curve ? Cell::quantity(curve->losses.back(), "1") : Cell("")});
    if (curve && chart.series.size() < most_lines && is_present(training.value("round_time")))
      chart.series.push_back(loss_curve(*curve, training, chart.series.size()));
    if (training.value("wire_bandwidth") < training.value("break_even_bandwidth"))
      paying += (paying.empty() ? "" : "; ") + training.label;
  }
  if (chart.series.empty()) {
    table.caption = subject_prefix(input, subject) + "Trainings: techniques";
    table.drop_empty_columns();
    page.add_table(section, std::move(table));
    return;
  }
  page.add_figure(
      figures,
      {.title = subject_prefix(input, subject) + "Trainings: loss over time",
       .reading = paying.empty() ? "By the step model no technique beats bf16 with overlap by 5 % "
                                   "at the bandwidth measured here."
                                 : "By the step model these beat bf16 with overlap here: " + paying,
       .description = "Mean loss of each training over the time its rounds took; the table has "
                      "the error of one reduction and the bandwidth below which each pays.",
       .data = std::move(table)},
      [&](Node parent) { return draw(parent, chart); });
}

/// The rank that holds up the others, and noise against its law.
void add_stragglers(Page& page, Node section, const ReportInput& input, const Subject& subject,
                    const std::vector<Training>& trainings) {
  constexpr double notable = 0.05;
  Table table{.columns = {{"training", ""},
                          {"slowest rank", ""},
                          {"its compute beyond the others'", "1"},
                          {"noise: slowest beyond mean", "s"},
                          {"expected of normal noise", "s"},
                          {"s sqrt(2 ln N)", "s"}}};
  const Training* worst = nullptr;
  int others = 0;
  for (const Training& training : trainings) {
    const Record* row = training.row("straggler_excess");
    if (!row || !carries_numbers(row->status)) continue;
    if (row->median > notable && row->status == Status::ok) {
      others += worst != nullptr ? 1 : 0;
      if (worst == nullptr || row->median > worst->value("straggler_excess")) worst = &training;
    }
    const auto cell = [&](std::string_view metric, bool is_share = false) {
      return cell_of(training, metric, subject, is_share);
    };
    table.add({training.label, row->host.str(), cell("straggler_excess", true),
               cell("noise_penalty"), cell("noise_penalty_expected"), cell("noise_penalty_law")});
  }
  if (table.rows.empty()) return;
  table.caption = subject_prefix(input, subject) + "Stragglers";
  if (worst == nullptr) {
    add(section, "p", {},
        "No straggler: no rank's compute is 5 % beyond the others' and clear of them.");
  } else {
    const Record* row = worst->row("straggler_excess");
    add(section, "p", {},
        fmt::format("Straggler: {} computes {} longer than the others ({}){}.", row->host.str(),
                    show_percent(row->median), worst->label,
                    others == 0 ? "" : fmt::format("; {} more in the table", others)));
  }
  table.drop_empty_columns();
  page.add_table(section, std::move(table));
}

void add_training(Page& page, const ReportInput& input) {
  Node section = page.add_section("training", "Training: overlap, compression, stragglers");
  bool is_any = false;
  for (const Subject& subject : input.subjects) {
    const std::vector<Training> trainings = trainings_of(subject);
    if (trainings.empty()) continue;
    is_any = true;
    Node figures = Page::add_figure_group(section);
    add_schedules(page, figures, input, subject, trainings);
    add_techniques(page, section, figures, input, subject, trainings);
    add_stragglers(page, section, input, subject, trainings);
  }
  if (!is_any)
    add_absence(section,
                "No training was measured part by part; assay suite gradient --model perceptron "
                "--schedule no_overlap,polled --compressor bf16,top_k does.");
}

const bool training_section_registered = register_section({.place = 1100, .add = add_training});

}  // namespace

}  // namespace assay::render
