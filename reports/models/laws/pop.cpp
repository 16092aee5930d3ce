#include "reports/models/laws/pop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>

#include "probes/run/run_directory.hpp"
#include "reports/models/core/model.hpp"
#include "reports/models/core/rows.hpp"
#include "reports/models/laws/series.hpp"

namespace assay::models {

namespace {

/// What one launch says; NaN where it does not.
struct Launch {
  double step = absent, slowest = absent, balance = absent;
  std::vector<double> of_ranks;  ///< s, compute of each rank.

  [[nodiscard]] double load_balance() const {
    if (is_present(balance) || of_ranks.empty()) return balance;
    double sum = 0, most = 0;
    for (double time : of_ranks) {
      sum += time;
      most = std::max(most, time);
    }
    return sum / static_cast<double>(of_ranks.size()) / most;
  }
  /// A launch that does not say how long it computed does not say that all of it was compute.
  [[nodiscard]] double communication() const {
    return is_present(slowest) ? std::min(1.0, slowest / step) : absent;
  }
  [[nodiscard]] double mean_compute() const { return load_balance() * slowest; }
};

using Launches = std::map<std::string, Launch>;
struct Gathered {
  Record like;
  std::map<std::int64_t, Launches> points;
};

bool add(Launch& launch, const Record& row) {
  if (row.metric == "step_time")
    launch.step = row.median;
  else if (row.metric == "compute_time")
    launch.slowest = row.median;
  else if (row.metric == "load_balance")
    launch.balance = row.median;
  else if (row.metric == "rank_compute_time")
    launch.of_ranks.push_back(row.median);
  else
    return false;
  return true;
}

std::map<std::string, Gathered> gather(const RunData& run) {
  std::map<std::string, Gathered> studies;
  const InternedString compute = "compute_time";
  // Nobody else is asked: a million rows of another kind cost nothing here.
  if (std::none_of(run.records.begin(), run.records.end(),
                   [&](const Record& row) { return row.metric == compute; }))
    return studies;
  for (const Record& row : run.records) {
    Launch probe;
    if (!carries_numbers(row.status) || !is_present(row.ranks) ||
        !std::string_view(row.probe).starts_with("workload.") || !add(probe, row))
      continue;
    Gathered& study = studies[series_subject(row)];
    study.like = row;
    add(study.points[row.ranks][row.launch.str()], row);
  }
  return studies;
}

/// Geometric mean with Student's interval of the mean logarithm.
Estimate<double> over_launches(const Launches& launches, double (Launch::*factor)() const) {
  std::vector<double> logs;
  for (const auto& [number, launch] : launches)
    if (const double value = (launch.*factor)(); value > 0) logs.push_back(std::log(value));
  if (logs.empty()) return {absent, absent, absent};
  const auto count = static_cast<double>(logs.size());
  double mean = 0, squares = 0;
  for (double value : logs) mean += value / count;
  for (double value : logs) squares += std::pow(value - mean, 2);
  if (logs.size() < 2) return {std::exp(mean), absent, absent};
  const double t = boost::math::quantile(boost::math::students_t(count - 1), 0.975);
  const double half = t * std::sqrt(squares / (count - 1) / count);
  return {std::exp(mean), std::exp(mean - half), std::exp(mean + half)};
}

/// a^power_a x b^power_b, whose relative errors are independent.
Estimate<double> product(const Estimate<double>& a, const Estimate<double>& b, int power_b = 1) {
  const auto half = [](const Estimate<double>& e) { return std::log(e.high / e.low) / 2; };
  const double value = a.value * std::pow(b.value, power_b);
  const double width = std::hypot(half(a), half(b));
  return {value, value * std::exp(-width), value * std::exp(width)};
}

Estimate<double> times(const Estimate<double>& a, double factor) {
  return {a.value * factor, a.low * factor, a.high * factor};
}

PopStudy study_of(const std::string& subject, const Gathered& gathered) {
  PopStudy study{.subject = subject, .like = gathered.like, .points = {}};
  const bool is_weak = gathered.like.scaling == "weak";
  const auto [smallest, first] = *gathered.points.begin();
  const Estimate<double> base = over_launches(first, &Launch::mean_compute);
  for (const auto& [ranks, launches] : gathered.points) {
    PopPoint point{.ranks = ranks};
    point.load_balance = over_launches(launches, &Launch::load_balance);
    point.communication_efficiency = over_launches(launches, &Launch::communication);
    point.parallel_efficiency = product(point.load_balance, point.communication_efficiency);
    const double share = is_weak ? 1 : static_cast<double>(smallest) / static_cast<double>(ranks);
    point.compute_scalability =
        ranks == smallest
            ? Estimate<double>{is_present(base.value) ? 1 : absent, absent, absent}
            : times(product(base, over_launches(launches, &Launch::mean_compute), -1), share);
    point.global_efficiency = product(point.parallel_efficiency, point.compute_scalability);
    study.points.push_back(point);
  }
  return study;
}

std::vector<ModelRow> pop_rows(const FitInput& input) {
  std::vector<ModelRow> rows;
  for (const PopStudy& study : pop_studies(input.run)) {
    RowWriter out("pop", study.subject);
    for (const PopPoint& point : study.points) {
      const auto put = [&](const char* name, const Estimate<double>& estimate) {
        const std::string parameter = fmt::format("{}({})", name, point.ranks);
        if (is_present(estimate.value))
          out.add(parameter, unit::one, estimate);
        else
          out.missing(parameter, unit::one,
                      "the workload does not say how long each rank computed");
      };
      put("load_balance", point.load_balance);
      put("communication_efficiency", point.communication_efficiency);
      put("parallel_efficiency", point.parallel_efficiency);
      put("compute_scalability", point.compute_scalability);
      put("global_efficiency", point.global_efficiency);
    }
    append(rows, out.take());
  }
  return rows;
}

}  // namespace

std::vector<PopStudy> pop_studies(const RunData& run) {
  std::vector<PopStudy> studies;
  for (const auto& [subject, gathered] : gather(run))
    studies.push_back(study_of(subject, gathered));
  return studies;
}

const bool pop_registered = Registry<Model>::add(
    {.about = {.kind = "model",
               .name = "pop",
               .summary = "Multiplicative factors of efficiency, as the POP centre defines them.",
               .metrics = {{"load_balance", std::string(unit::one),
                            "Mean over largest compute time of the ranks.", Better::higher},
                           {"communication_efficiency", std::string(unit::one),
                            "Largest compute time over the step's.", Better::higher},
                           {"parallel_efficiency", std::string(unit::one),
                            "Load balance x communication efficiency.", Better::higher},
                           {"compute_scalability", std::string(unit::one),
                            "Compute of all ranks at the smallest rank count over that at N.",
                            Better::higher},
                           {"global_efficiency", std::string(unit::one),
                            "Parallel efficiency x compute scalability.", Better::higher}},
               .verification = "A hand-worked study of two rank counts, strong and weak."},
     .fit = pop_rows});

}  // namespace assay::models
