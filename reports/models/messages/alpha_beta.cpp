#include "reports/models/messages/alpha_beta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>
#include <map>
#include <utility>

#include "probes/core/errors.hpp"
#include "probes/core/piecewise_fit.hpp"
#include "probes/core/round.hpp"
#include "probes/run/run_directory.hpp"
#include "reports/models/core/model.hpp"
#include "reports/models/core/rounds.hpp"
#include "reports/models/core/rows.hpp"
#include "reports/models/laws/scaling_law.hpp"

namespace assay::models {

namespace {

/// Launches, or rounds of one run, at one size are replicates of each other.
using TimesBySize = std::map<std::int64_t, std::vector<double>>;
/// By provider and operation; the row's own interval serves where there is but one launch.
struct MessageSeries {
  TimesBySize times;
  std::map<std::int64_t, Interval> own_interval;
  /// Of a run in rounds: the times of each size by round, and how much wider the rows' intervals
  /// are than their rounds.
  std::map<std::int64_t, RoundMedians> rounds;
  std::vector<double> widenings;
};
using SeriesByPath = std::map<std::pair<InternedString, InternedString>, MessageSeries>;

Law message_law() {
  return {.name = "alpha_beta",
          .formula = "t(m) = alpha + m beta",
          .parameters = {"alpha", "beta"},
          .basis = [](double bytes) {
            return BasisRow{{1.0, bytes}};
          }};
}

SeriesByPath message_series(const RunData& run) {
  const InternedString probe = "network.alpha_beta", metric = "time";
  SeriesByPath all;
  const auto rounds = round_medians(
      run, [&](const Record& key) { return key.probe == probe && key.metric == metric; });
  for (const Record& row : run.records) {
    if (row.probe != probe || row.metric != metric || !carries_numbers(row.status)) continue;
    if (!is_present(row.bytes)) continue;
    if (!(row.median > 0) || !std::isfinite(row.median))
      throw InputError("network.alpha_beta", 0, "median",
                       fmt::format("{} s for {} B", row.median, row.bytes),
                       "a positive, finite time");
    MessageSeries& series = all[{row.provider, row.operation}];
    series.own_interval[row.bytes] = {row.ci_low, row.ci_high};
    const auto found = rounds.find(key_text(row));
    if (row.rounds < 2 || found == rounds.end() || series.times.count(row.bytes) != 0) {
      series.times[row.bytes].push_back(row.median);
      continue;
    }
    for (const auto& [round, time] : found->second) series.times[row.bytes].push_back(time);
    series.rounds[row.bytes] = found->second;
    series.widenings.push_back(widening(row, found->second));
  }
  return all;
}

std::vector<MessagePoint> points_of(const MessageSeries& series) {
  std::vector<MessagePoint> points;
  for (const auto& [bytes, times] : series.times) {
    const Interval interval = times.size() > 1 && series.rounds.count(bytes) == 0
                                  ? median_interval(times)
                                  : series.own_interval.at(bytes);
    points.push_back({Bytes(static_cast<double>(bytes)),
                      {Seconds(median(times)), Seconds(interval.low), Seconds(interval.high)}});
  }
  return points;
}

AlphaBetaSegment segment_from(const std::vector<ScalingPoint>& points) {
  const LawFit line = fit_points(message_law(), points);
  const auto& [alpha, beta] = std::tie(line.parameters[0], line.parameters[1]);
  return {
      .from = Bytes(points.front().ranks),
      .to = Bytes(points.back().ranks),
      .alpha = {Seconds(alpha.value), Seconds(alpha.low), Seconds(alpha.high)},
      .beta = {SecondsPerByte(beta.value), SecondsPerByte(beta.low), SecondsPerByte(beta.high)}};
}

/// A line through each round by itself, over the sizes that the round has: what one round does to
/// all sizes together is no scatter of theirs. Leaves the segment alone with fewer than three
/// rounds.
void take_intervals_of_rounds(AlphaBetaSegment& segment, const MessageSeries& series) {
  std::map<std::int64_t, std::vector<ScalingPoint>> by_round;
  std::size_t sizes = 0;
  for (const auto& [bytes, rounds] : series.rounds) {
    if (static_cast<double>(bytes) < segment.from.value() ||
        static_cast<double>(bytes) > segment.to.value())
      continue;
    ++sizes;
    for (const auto& [round, time] : rounds)
      by_round[round].push_back({static_cast<double>(bytes), {time}});
  }
  std::vector<double> alphas, betas;
  for (const auto& [round, points] : by_round) {
    if (points.size() < std::max<std::size_t>(2, sizes)) continue;
    const LawFit line = fit_points(message_law(), points, 0);
    alphas.push_back(line.parameters[0].value);
    betas.push_back(line.parameters[1].value);
  }
  if (alphas.size() < 3) return;
  const double widen = series.widenings.empty() ? 1 : median(series.widenings);
  const auto alpha = parameter_of_rounds(segment.alpha.value.value(), alphas, widen);
  const auto beta = parameter_of_rounds(segment.beta.value.value(), betas, widen);
  segment.alpha = {Seconds(alpha.value), Seconds(alpha.low), Seconds(alpha.high)};
  segment.beta = {SecondsPerByte(beta.value), SecondsPerByte(beta.low), SecondsPerByte(beta.high)};
}

/// On the scale of ln t, which is the one the fit minimises near the data.
void judge(AlphaBetaFit& fit) {
  double mean_log = 0;
  for (const MessagePoint& point : fit.points) mean_log += std::log(point.time.value.value());
  mean_log /= static_cast<double>(fit.points.size());
  double total = 0, missed = 0;
  for (const MessagePoint& point : fit.points) {
    const double log_time = std::log(point.time.value.value());
    const double residual = log_time - std::log(fit.time(point.size).value());
    total += std::pow(log_time - mean_log, 2);
    missed += residual * residual;
    fit.worst_residual = std::max(fit.worst_residual, std::abs(residual));
  }
  fit.r_squared = total > 0 ? 1 - missed / total : 0;
}

/// Of the median, between launches; within the only launch, from its own 95 % interval.
double relative_error(const std::vector<double>& times, const Interval& own) {
  if (times.size() > 1) {
    std::vector<double> logs;
    for (double time : times) logs.push_back(std::log(time));
    return standard_deviation(logs) / std::sqrt(static_cast<double>(logs.size()));
  }
  const double half_width = (own.high - own.low) / 2 / times.front();
  return std::isfinite(half_width) ? std::max(half_width, 0.0) / 1.96 : 0;
}

std::vector<SizedTime> sized_times(const MessageSeries& series) {
  std::vector<SizedTime> sized;
  for (const auto& [bytes, times] : series.times)
    sized.push_back({Bytes(static_cast<double>(bytes)), Seconds(median(times)),
                     relative_error(times, series.own_interval.at(bytes))});
  return sized;
}

AlphaBetaFit fit_series(const InternedString& provider, const InternedString& operation,
                        const MessageSeries& series) {
  AlphaBetaFit fit{
      .provider = provider.str(), .operation = operation.str(), .points = points_of(series)};
  std::vector<ScalingPoint> points;
  for (const auto& [bytes, times] : series.times)
    points.push_back({static_cast<double>(bytes), times});
  // Where the protocols change; the lines themselves are fitted here, for their intervals between
  // launches.
  const std::vector<SizedTime> sized = sized_times(series);
  const PiecewiseFit pieces = assay::fit_pieces(sized);
  const std::vector<PieceIntervals> intervals =
      pieces.pieces.size() > 1 ? bootstrap_pieces(sized, pieces) : std::vector<PieceIntervals>();
  for (std::size_t i = 0; i < pieces.pieces.size(); ++i) {
    const Piece& piece = pieces.pieces[i];
    std::vector<ScalingPoint> inside;
    for (const ScalingPoint& point : points)
      if (point.ranks >= piece.from.value() && point.ranks <= piece.to.value())
        inside.push_back(point);
    fit.segments.push_back(segment_from(inside));
    take_intervals_of_rounds(fit.segments.back(), series);
    if (i > 0)
      fit.segments.back().breakpoint = {pieces.pieces[i - 1].to,
                                        Bytes(intervals[i - 1].breakpoint.low),
                                        Bytes(intervals[i - 1].breakpoint.high)};
  }
  if (points.size() < 4)
    fit.note = fmt::format("only {} sizes: no protocol change can be seen", points.size());
  judge(fit);
  return fit;
}

std::vector<ModelRow> rows_of(const AlphaBetaFit& fit) {
  RowWriter out("network.alpha_beta", fit.provider + " " + fit.operation);
  for (std::size_t i = 0; i < fit.segments.size(); ++i) {
    const AlphaBetaSegment& segment = fit.segments[i];
    const std::string where =
        fmt::format("{} to {}", format_bytes(segment.from), format_bytes(segment.to));
    const std::string suffix = fit.segments.size() > 1 ? fmt::format("_{}", i + 1) : "";
    out.add("alpha" + suffix, unit::seconds,
            Estimate<double>{segment.alpha.value.value(), segment.alpha.low.value(),
                             segment.alpha.high.value()},
            Label::measured, where);
    out.add("beta" + suffix, unit::seconds_per_byte,
            Estimate<double>{segment.beta.value.value(), segment.beta.low.value(),
                             segment.beta.high.value()},
            Label::measured, where);
    if (i > 0)
      out.add("breakpoint" + suffix, unit::bytes,
              Estimate<double>{segment.breakpoint.value.value(), segment.breakpoint.low.value(),
                               segment.breakpoint.high.value()},
              Label::measured, where);
  }
  out.add("r_squared", unit::one, fit.r_squared, Label::measured, fit.note);
  out.add("half_performance_size", unit::bytes, fit.half_performance_size().value());
  return out.take();
}

std::vector<ModelRow> alpha_beta_rows(const FitInput& input) {
  std::vector<ModelRow> rows;
  for (const auto& [path, series] : message_series(input.run)) {
    if (series.times.size() >= 2) continue;
    RowWriter out("network.alpha_beta", path.first.str() + " " + path.second.str());
    out.missing(
        "alpha", unit::seconds,
        fmt::format("only {} was measured, two sizes needed; what can still be said: it takes {}",
                    format_bytes(Bytes(static_cast<double>(series.times.begin()->first))),
                    format(Seconds(median(series.times.begin()->second)))));
    append(rows, out.take());
  }
  for (const AlphaBetaFit& fit : input.wires) append(rows, rows_of(fit));
  return rows;
}

}  // namespace

const AlphaBetaSegment& AlphaBetaFit::segment_of(Bytes size) const {
  for (const AlphaBetaSegment& segment : segments)
    if (size <= segment.to) return segment;
  return segments.back();
}

Seconds AlphaBetaFit::time(Bytes size) const {
  const AlphaBetaSegment& segment = segment_of(size);
  return segment.alpha.value + size * segment.beta.value;
}

Bytes AlphaBetaFit::half_performance_size() const {
  const Bytes never(std::numeric_limits<double>::infinity());
  const SecondsPerByte half = 2.0 * segments.back().beta.value;
  if (half.value() <= 0) return never;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const AlphaBetaSegment& segment = segments[i];
    // alpha + n beta = 2 n beta_last; within this segment, or where the next one begins.
    const SecondsPerByte spare = half - segment.beta.value;
    const Bytes from = i == 0 ? Bytes(0) : segments[i - 1].to;
    if (spare.value() <= 0) continue;
    const Bytes size = std::max(from, segment.alpha.value / spare);
    if (size <= segment.to || i + 1 == segments.size()) return size;
  }
  return never;
}

std::vector<AlphaBetaFit> alpha_beta_fits(const RunData& run) {
  const SeriesByPath all = message_series(run);
  std::vector<std::future<AlphaBetaFit>> fits;
  for (const auto& [path, series] : all)
    if (series.times.size() >= 2)
      fits.push_back(std::async(std::launch::async, [&path = path, &series = series] {
        return fit_series(path.first, path.second, series);
      }));
  std::vector<AlphaBetaFit> done;
  for (std::future<AlphaBetaFit>& fit : fits) done.push_back(fit.get());
  return done;
}

const AlphaBetaFit* fit_for_collectives(const std::vector<AlphaBetaFit>& fits,
                                        const std::string& provider) {
  for (const char* operation : {"loaded_exchange", "exchange", "ping_pong"})
    for (const AlphaBetaFit& fit : fits)
      if (fit.operation == operation && (provider.empty() || fit.provider == provider)) return &fit;
  return nullptr;
}

const bool alpha_beta_registered = Registry<Model>::add(
    {.about = {.kind = "model",
               .name = "network.alpha_beta",
               .summary =
                   "Start-up and per-byte time of one message, per provider, pattern and protocol.",
               .metrics = {{"alpha", std::string(unit::seconds), "Start-up time.", Better::lower},
                           {"beta", std::string(unit::seconds_per_byte), "Time per byte.",
                            Better::lower},
                           {"breakpoint", std::string(unit::bytes),
                            "Largest size of the protocol before."},
                           {"r_squared", std::string(unit::one), "Of ln t.", Better::higher},
                           {"half_performance_size", std::string(unit::bytes),
                            "From which size on a message runs at half the rate of large ones.",
                            Better::lower}},
               .verification =
                   "Recovers known parameters from made data; 95 % intervals cover 93 to 97 %."},
     .fit = alpha_beta_rows});

}  // namespace assay::models
