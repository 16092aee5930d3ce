#include "benchmarks/suite/drift.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>

#include "probes/core/units.hpp"

namespace assay::suite {

namespace {

constexpr double least_drift = 0.02;

/// Times of one series by rank count and launch.
using Series = std::map<std::int64_t, std::map<std::string, double>>;

/// What tells the series of one workload apart; empty when nothing does.
std::string name_of(const Record& row) {
  std::string name;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) name += (name.empty() ? "" : " ") + part;
  };
  for (const InternedString* part : {&row.operation, &row.provider, &row.algorithm, &row.dtype})
    add(part->str());
  if (row.bytes != absent_count) add(format_bytes(Bytes(static_cast<double>(row.bytes))));
  if (row.threads != absent_count)
    add(fmt::format("{} thread{}", row.threads, row.threads == 1 ? "" : "s"));
  return name;
}

std::map<std::string, Series> series_of(const std::vector<Record>& rows,
                                        const DriftQuestion& question) {
  std::map<std::string, Series> all;
  for (const Record& row : rows) {
    if (row.probe.str() != question.probe || row.metric != "step_time" ||
        row.scaling.str() != question.scaling || !carries_numbers(row.status))
      continue;
    all[name_of(row)][row.ranks][row.launch.str()] = row.median;
  }
  return all;
}

/// Pooled log deviation, of all but the repeat: its own drift is not to excuse it. 0 when no rank
/// count was launched twice.
double scatter_of(Series series, const DriftQuestion& question) {
  series[question.ranks].erase(std::to_string(question.last_launch));
  double squares = 0, degrees = 0;
  for (const auto& [ranks, launches] : series) {
    if (launches.empty()) continue;
    double sum = 0;
    for (const auto& [launch, time] : launches) sum += std::log(time);
    const double mean = sum / static_cast<double>(launches.size());
    for (const auto& [launch, time] : launches) squares += std::pow(std::log(time) - mean, 2);
    degrees += static_cast<double>(launches.size()) - 1;
  }
  return degrees > 0 ? std::sqrt(squares / degrees) : 0;
}

std::optional<double> time_of(const Series& series, int ranks, int launch) {
  const auto point = series.find(ranks);
  if (point == series.end()) return std::nullopt;
  const auto found = point->second.find(std::to_string(launch));
  return found == point->second.end() ? std::nullopt : std::optional(found->second);
}

ValidityCheck check_of(const std::string& name, const Series& series,
                       const DriftQuestion& question) {
  using Verdict = ValidityCheck::Verdict;
  const auto first = time_of(series, question.ranks, question.first_launch);
  const auto last = time_of(series, question.ranks, question.last_launch);
  const std::string subject = fmt::format("{} {}{} at {} rank{}", question.probe, question.scaling,
                                          name.empty() ? "" : fmt::format(" ({})", name),
                                          question.ranks, question.ranks == 1 ? "" : "s");
  if (!first || !last)
    return {"drift", "", Verdict::unknown,
            fmt::format("{}: the first launch or its repeat at the end has no time", subject),
            "Measure the whole study to see whether the machine drifted."};
  const double scatter = scatter_of(series, question);
  const double drift = *last / *first - 1;
  const double bound = std::max(least_drift, std::expm1(3 * std::sqrt(2.) * scatter));
  const bool drifted = std::abs(drift) > bound;
  return {"drift", "", drifted ? Verdict::warning : Verdict::passed,
          fmt::format("{}: first launch {}, repeated last {} ({:+.1f} %); launches scatter by "
                      "{:.2f} %",
                      subject, format(Seconds(*first)), format(Seconds(*last)), 100 * drift,
                      100 * scatter),
          drifted ? "The machine changed while the study ran: look for other load, throttling or a "
                    "warm-up, and measure again."
                  : ""};
}

}  // namespace

std::vector<ValidityCheck> drift_checks(const std::vector<Record>& rows,
                                        const DriftQuestion& question) {
  std::vector<ValidityCheck> checks;
  for (const auto& [name, series] : series_of(rows, question))
    checks.push_back(check_of(name, series, question));
  return checks;
}

}  // namespace assay::suite
