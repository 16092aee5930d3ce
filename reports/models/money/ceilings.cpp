#include "reports/models/money/ceilings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probes/core/units.hpp"
#include "reports/models/money/tail_latency.hpp"

namespace assay::models {

namespace {

struct Ceiling {
  const char* name;
  double used;
};

double pressure(const CeilingQuestion& question, Axis axis) {
  return question.pressures[static_cast<std::size_t>(axis)];
}

void find_binding(const CeilingQuestion& q, CeilingAnswer& answer) {
  const std::array ceilings{Ceiling{"data", q.data_ceiling}, Ceiling{"model", q.model_ceiling},
                            Ceiling{"throughput", q.throughput_ceiling}};
  const auto* top =
      std::max_element(ceilings.begin(), ceilings.end(),
                       [](const Ceiling& a, const Ceiling& b) { return a.used < b.used; });
  if (top->used >= q.threshold) {
    answer.binding = top->name;
    answer.verdict.push_back(
        fmt::format("{} binds: {:.2f} of one machine's is used, threshold {:.2f}", top->name,
                    top->used, q.threshold));
  } else {
    answer.verdict.push_back(
        fmt::format("no ceiling binds: the highest, {}, is at {:.2f}, threshold {:.2f}", top->name,
                    top->used, q.threshold));
  }
}

void choose_axes(const CeilingQuestion& q, CeilingAnswer& answer) {
  for (Axis axis : axes)
    if (pressure(q, axis) >= q.threshold) answer.distribute.push_back(axis);
  std::stable_sort(answer.distribute.begin(), answer.distribute.end(),
                   [&](Axis a, Axis b) { return pressure(q, a) > pressure(q, b); });
  std::string order;
  for (Axis axis : answer.distribute)
    order += fmt::format("{}{} ({:.2f})", order.empty() ? "distribute " : ", then ",
                         to_string(axis), pressure(q, axis));
  if (!order.empty()) answer.verdict.push_back(order);
  answer.one_machine_is_enough = answer.binding.empty() && answer.distribute.empty();
  if (answer.one_machine_is_enough)
    answer.verdict.push_back("one machine is enough: nothing reaches the threshold");
  answer.model_on_one_node = std::max(q.model_ceiling, pressure(q, Axis::model)) < q.threshold;
  answer.verdict.push_back(
      fmt::format("the model {}: {:.2f} of a node's memory",
                  answer.model_on_one_node ? "stays on one node" : "must be split",
                  std::max(q.model_ceiling, pressure(q, Axis::model))));
}

void weigh_lookups(const CeilingQuestion& q, CeilingAnswer& answer) {
  answer.tax = q.lookups * q.lookup_time;
  if (!q.latency_budget || q.lookup_time <= 0) return;
  answer.budget_left = *q.latency_budget - answer.tax;
  // 50 look-ups of 0.4 ms are 20 ms, whatever the last bit of the product.
  if (std::abs(*answer.budget_left) < 1e-12 * *q.latency_budget) answer.budget_left = 0;
  answer.fan_out_limit = fan_out_limit(q.lookup_time, *q.latency_budget);
  answer.most_lookups = std::max(0.0, std::ceil(*answer.fan_out_limit * (1 - 1e-12)) - 1);
  answer.verdict.push_back(fmt::format(
      "the communication tax is {} of {} ({} look-ups of {}), {}; at {:.4g} look-ups it eats the "
      "whole budget",
      format(Seconds(answer.tax)), format(Seconds(*q.latency_budget)), q.lookups,
      format(Seconds(q.lookup_time)),
      *answer.budget_left > 0 ? fmt::format("{} are left", format(Seconds(*answer.budget_left)))
                              : std::string("nothing is left"),
      *answer.fan_out_limit));
  if (*answer.budget_left > 0) return;
  answer.recommendation = "fewer workers";
  answer.verdict.push_back(
      *answer.most_lookups >= 1
          ? fmt::format("fewer workers: at most {:.0f} look-ups one after the other leave anything "
                        "of the budget",
                        *answer.most_lookups)
          : std::string("fewer workers: a single look-up eats the whole budget, so everything a "
                        "request needs has to be on one machine"));
}

void weigh_failures(const CeilingQuestion& q, CeilingAnswer& answer) {
  if (!q.failure_excess.empty()) {
    answer.recommendation = "fewer workers";
    answer.verdict.push_back("fewer workers: " + q.failure_excess);
  }
  if (!q.failure_share) return;
  const double percent = 100 * *q.failure_share;
  if (!q.failure_budget) {
    answer.verdict.push_back(fmt::format("failures cost {:.1f} % of the time", percent));
    return;
  }
  const bool within = *q.failure_share <= *q.failure_budget;
  if (!within) answer.recommendation = "fewer workers";
  answer.verdict.push_back(
      fmt::format("{}failures cost {:.1f} % of the time, {} the budget of "
                  "{:.1f} %",
                  within ? "" : "fewer workers: ", percent, within ? "within" : "above",
                  100 * *q.failure_budget));
}

/// Training moves gradients between equals; serving and coordination go through one place that
/// knows. Where both press, rings of equals inside and a coordinator above.
void choose_shape(const CeilingQuestion& q, CeilingAnswer& answer) {
  const bool among_equals = pressure(q, Axis::training) >= q.threshold || !answer.model_on_one_node;
  const bool through_one =
      pressure(q, Axis::inference) >= q.threshold || pressure(q, Axis::coordination) >= q.threshold;
  const bool on_its_own = pressure(q, Axis::intelligence) >= q.threshold;
  if (answer.one_machine_is_enough)
    answer.topology = "single";
  else if ((among_equals || on_its_own) && through_one)
    answer.topology = "hierarchical";
  else if (among_equals || on_its_own)
    answer.topology = "decentralised";
  else
    answer.topology = "centralised";
  const bool interactive =
      q.latency_budget && pressure(q, Axis::inference) >= pressure(q, Axis::training);
  answer.mode = interactive ? "interactive" : "batch";
  if (interactive)
    answer.dominant_metric = "tail latency";
  else if (answer.binding == "model")
    answer.dominant_metric = "memory";
  else if (pressure(q, Axis::training) >= pressure(q, Axis::inference))
    answer.dominant_metric = "time to result";
  else
    answer.dominant_metric = "throughput";
  answer.verdict.push_back(fmt::format(
      "{}, {}, {}: inference {:.2f}, training {:.2f}, coordination {:.2f}, intelligence {:.2f}",
      answer.topology, answer.mode, answer.dominant_metric, pressure(q, Axis::inference),
      pressure(q, Axis::training), pressure(q, Axis::coordination),
      pressure(q, Axis::intelligence)));
}

}  // namespace

std::string_view to_string(Axis axis) {
  switch (axis) {
    case Axis::data:
      return "data";
    case Axis::training:
      return "training";
    case Axis::model:
      return "model";
    case Axis::inference:
      return "inference";
    case Axis::coordination:
      return "coordination";
    case Axis::intelligence:
      return "intelligence";
  }
  return "";
}

CeilingAnswer which_ceiling(const CeilingQuestion& question) {
  CeilingAnswer answer;
  find_binding(question, answer);
  choose_axes(question, answer);
  answer.recommendation = answer.one_machine_is_enough ? "one machine" : "distribute";
  weigh_lookups(question, answer);
  weigh_failures(question, answer);
  choose_shape(question, answer);
  return answer;
}

}  // namespace assay::models
