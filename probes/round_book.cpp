#include "probes/round_book.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "probes/core/round.hpp"
#include "probes/core/statistics.hpp"

namespace assay {
namespace {

/// A family's spread counts as this many degrees of freedom beside a point's own: its points
/// differ. Those of a whole probe differ more.
constexpr double family_degrees = 3, runs_family_degrees = 4;
constexpr double probe_degrees = 2, runs_probe_degrees = 3;
constexpr std::size_t fewest_points_of_family = 3;
/// Of the spreads of its points, for a point that has none of its own: not the mean, or every
/// second one would be too narrow.
constexpr double borrowed_quantile = 0.7;

bool is_speed_or_time(const Record& row) {
  return row.unit == unit::seconds || row.unit == unit::bytes_per_second ||
         row.unit == unit::flops_per_second;
}

/// Whom a point may borrow a spread from, the nearest first: its family, and what is a speed or a
/// time also from its probe. Not further: probes differ tenfold.
std::vector<std::string> lenders_of(const Record& row) {
  std::vector<std::string> lenders{row.probe.str() + '\x1f' + row.metric.str() + '\x1f' +
                                   row.provider.str() + '\x1f' + row.level.str()};
  if (is_speed_or_time(row)) lenders.push_back(row.probe.str());
  return lenders;
}

/// The rounds a point is made of: those that can be trusted where there are any.
std::vector<const Record*> used_rounds(const std::vector<Record>& rounds) {
  std::vector<const Record*> ok, doubtful;
  for (const Record& row : rounds) {
    if (row.status == Status::ok) ok.push_back(&row);
    if (row.status == Status::untrusted) doubtful.push_back(&row);
  }
  return ok.empty() ? doubtful : ok;
}

std::vector<double> medians_of(const std::vector<const Record*>& rounds) {
  std::vector<double> medians;
  for (const Record* row : rounds) medians.push_back(row->median);
  return medians;
}

bool is_family(const std::string& lender) {
  return lender.find('\x1f') != std::string::npos;
}

std::map<std::string, KnownSpread> pooled(
    const std::map<std::string, std::vector<double>>& by_lender, double family, double probe) {
  std::map<std::string, KnownSpread> known;
  for (const auto& [lender, spreads] : by_lender)
    if (spreads.size() >= fewest_points_of_family)
      known[lender] = {quantile(spreads, borrowed_quantile), is_family(lender) ? family : probe};
  return known;
}

KnownSpread nearest(const std::map<std::string, KnownSpread>& known, const Record& row) {
  for (const std::string& lender : lenders_of(row))
    if (const auto found = known.find(lender); found != known.end()) return found->second;
  return {};
}

}  // namespace

void RoundBook::put(const Record& row, int round, std::size_t place, bool is_complete) {
  // Two rows of one key in one round are two points: regions that were entered twice.
  const std::string text = key_text(row);
  for (int occurrence = 1;; ++occurrence) {
    const std::string key = text + std::to_string(occurrence);
    const auto [found, is_new] = index_.try_emplace(key, points_.size());
    if (is_new) points_.push_back({.first = row, .place = place});
    Point& point = points_[found->second];
    if (!point.numbers.empty() && point.numbers.back() == round) continue;
    point.rounds.push_back(row);
    point.numbers.push_back(round);
    point.is_complete = point.is_complete || is_complete;
    return;
  }
}

std::vector<double> RoundBook::runs_of(const Point& point) const {
  const auto found = history_.find(key_text(point.first));
  if (found == history_.end()) return {};
  std::vector<double> runs = found->second;
  const auto used = used_rounds(point.rounds);
  if (!used.empty()) runs.push_back(median(medians_of(used)));
  return runs;
}

RoundBook::Families RoundBook::families() const {
  std::map<std::string, std::vector<double>> rounds, runs;
  for (const Point& point : points_) {
    const auto used = used_rounds(point.rounds);
    const std::vector<double> medians_of_runs = runs_of(point);
    for (const std::string& lender : lenders_of(point.first)) {
      if (used.size() >= 2) rounds[lender].push_back(relative_spread(medians_of(used)));
      if (medians_of_runs.size() >= 2) runs[lender].push_back(relative_spread(medians_of_runs));
    }
  }
  return {pooled(rounds, family_degrees, probe_degrees),
          pooled(runs, runs_family_degrees, runs_probe_degrees)};
}

Record RoundBook::row_of(const Point& point, const Families& families) const {
  for (const Record& row : point.rounds)
    if (row.status == Status::incorrect) return row;
  const auto used = used_rounds(point.rounds);
  if (used.empty()) return point.first;
  Record row = *used.front();
  std::vector<double> values, ratios;
  for (const Record* round : used) {
    values.insert(values.end(), round->values.begin(), round->values.end());
    if (is_present(round->cpu_wall_ratio)) ratios.push_back(round->cpu_wall_ratio);
  }
  const Interval within{used.front()->ci_low, used.front()->ci_high};
  if (!values.empty()) row = with_samples(row, std::move(values));
  row.cpu_wall_ratio = ratios.empty() ? absent : median(ratios);

  KnownSpread history = nearest(families.between_runs, point.first);
  if (const auto runs = runs_of(point); runs.size() >= 2) {
    const auto degrees = static_cast<double>(runs.size() - 1);
    const double own = relative_spread(runs);
    history = {std::sqrt((degrees * own * own + history.degrees * history.spread * history.spread) /
                         (degrees + history.degrees)),
               degrees + history.degrees};
  }
  const RoundsSummary summary = summarise_rounds(
      medians_of(used), within, nearest(families.between_rounds, point.first), history);
  row.median = summary.value;
  row.ci_low = summary.interval.low;
  row.ci_high = summary.interval.high;
  row.rounds = static_cast<std::int64_t>(used.size());
  if (used.size() > 1 || summary.between_spread > 0) row.between_spread = summary.between_spread;
  return row;
}

std::vector<Record> RoundBook::rows() const {
  const Families known = families();
  std::vector<const Point*> order;
  for (const Point& point : points_) order.push_back(&point);
  std::ranges::stable_sort(
      order, {}, [](const Point* point) { return std::pair(!point->is_complete, point->place); });
  std::vector<Record> rows;
  for (const Point* point : order) rows.push_back(row_of(*point, known));
  return rows;
}

std::size_t RoundBook::complete_rows() const {
  return static_cast<std::size_t>(std::ranges::count(points_, true, &Point::is_complete));
}

std::vector<Record> RoundBook::rows_of(std::size_t place) const {
  const Families known = families();
  std::vector<Record> rows;
  for (const Point& point : points_)
    if (point.place == place) rows.push_back(row_of(point, known));
  return rows;
}

}  // namespace assay
