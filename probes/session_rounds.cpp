// The rounds of a session: which step is visited when, which points a round asks for, and the rows
// that all rounds make together.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "probes/cli/standard_streams.hpp"
#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/host/disturbance.hpp"
#include "probes/network/launch/placement.hpp"
#include "probes/run/csv.hpp"
#include "probes/run_history.hpp"
#include "probes/session_steps.hpp"

namespace assay {

namespace {

/// The order of every round but the first follows from it.
constexpr std::uint64_t order_seed = 1;
/// With a time budget rounds go on while it lasts, up to so many.
constexpr int most_rounds = 40;
/// A headline interval narrower than this is measured no further once the planned rounds are over.
constexpr double target_half_width = 0.01;
/// What a quick run may take until its rows are written: the report comes on top.
constexpr Seconds quick_limit = 55_s;
/// A disturbed visit is repeated so often; what is disturbed for good does not end.
constexpr int most_repeats = 2;
/// Of a step's whole time, for its first round: that one measures the minor points too.
constexpr double first_share = 0.5;
constexpr const char* nothing = "-";

template <class T>
void shuffle(std::vector<T>& list, std::mt19937_64& generator) {
  // Fisher-Yates by hand: std::shuffle's order is not the same on every standard library.
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[generator() % i]);
}

}  // namespace

int Session::rounds() const {
  return options_.rounds > 0 ? options_.rounds : by_profile(options_.profile, 5, 6, 8);
}

/// The first round in the order of the plan, so that a run that is cut short has the basic points;
/// each later one in an order of its own. The last launch of a study, by which a drift is seen,
/// ends the run.
void Session::plan_visits() {
  const int in_rounds = options_.time_budget ? most_rounds : rounds();
  int last = in_rounds;
  for (const Step& step : steps_) last = std::max(last, step.launch);
  std::mt19937_64 generator(order_seed);
  std::vector<Visit> at_the_end;
  for (int round = 1; round <= last; ++round) {
    std::vector<Visit> visits;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const Step& step = steps_[i];
      const bool is_study = !step.in_rounds;
      if (is_study && std::max(step.launch, 1) != round) continue;
      if (!is_study && round > in_rounds) continue;
      const bool is_repeat = is_study && round > 1 && !step.is_droppable;
      (is_repeat ? at_the_end : visits).push_back({i, round});
    }
    if (round > 1) shuffle(visits, generator);
    visits_.insert(visits_.end(), visits.begin(), visits.end());
  }
  visits_.insert(visits_.end(), at_the_end.begin(), at_the_end.end());
}

std::string Session::key_of(const Visit& visit) const {
  const Step& step = steps_[visit.step];
  return step.in_rounds && visit.round > 1 ? fmt::format("{} round={}", step.key, visit.round)
                                           : step.key;
}

void Session::make_budget() {
  std::vector<PlannedStep> planned;
  for (const Visit& visit : visits_) {
    const Step& step = steps_[visit.step];
    const bool is_later = step.in_rounds && visit.round > 1;
    const double share = !step.in_rounds || rounds() == 1 ? 1
                         : is_later                       ? (1 - first_share) / (rounds() - 1)
                                                          : first_share;
    // Later rounds are left out as the clock says, not by plan.
    const bool counts = !is_later || visit.round <= rounds();
    planned.push_back({counts ? share * step.expected : Seconds(0),
                       step.in_rounds ? visit.round : step.launch, step.is_droppable || is_later,
                       complete_.count(key_of(visit)) != 0, step.is_limit || is_later});
  }
  budget_ = std::make_unique<StepBudget>(std::move(planned), options_.time_budget);
  expected_ = budget_->expected();
}

/// Why the visit is left out; empty when it is to run. Under a launcher the writer decides for all.
std::string Session::reason_to_skip(std::size_t index, Seconds elapsed, double pace) {
  if (budget_->is_dropped(index))
    return fmt::format("dropped, to fit the time budget of {}", format(*options_.time_budget));
  if (!options_.time_budget) return {};
  const bool fits = job_->from_writer(budget_->fits(index, elapsed, pace) ? "fits" : "") == "fits";
  return fits ? ""
              : fmt::format("the time budget of {} was used up", format(*options_.time_budget));
}

/// For the choice of what later rounds can still measure. Of points with a number only.
void Session::note_cost(Step& step, const Round& round, Seconds took) const {
  if (!round.is_first()) {
    step.later_visit = VisitCost(took, round.wanted);
    return;
  }
  std::vector<Record> points =
      sink_->book().rows_of(static_cast<std::size_t>(&step - steps_.data()));
  std::erase_if(points, [](const Record& row) { return !carries_numbers(row.status); });
  step.first_visit = VisitCost(took, points);
}

/// Later rounds ask for the headline points; beyond the planned ones for those whose interval is
/// still wide, the widest first.
std::string Session::choose_points(std::size_t index, Seconds elapsed) {
  const Visit& visit = visits_[index];
  const Step& step = steps_[visit.step];
  std::vector<Record> points = sink_->book().rows_of(visit.step);
  std::erase_if(points, [&](const Record& row) {
    return !carries_numbers(row.status) || (step.is_headline && !step.is_headline(row));
  });
  if (visit.round > rounds())
    std::erase_if(points, [](const Record& row) {
      return relative_half_width(row.median, {row.ci_low, row.ci_high}) <= target_half_width;
    });
  if (points.empty()) return nothing;
  const std::optional<Seconds> limit = options_.time_budget ? options_.time_budget
                                       : options_.profile == Profile::quick
                                           ? std::optional(quick_limit)
                                           : std::nullopt;
  const VisitCost& earlier = static_cast<double>(points.size()) <= step.later_visit.points
                                 ? step.later_visit
                                 : step.first_visit;
  if (limit && earlier.points > 0)
    points = points_that_fit(std::move(points), earlier, *limit - elapsed - end_of_must_);
  return points.empty() ? nothing : encode_keys(points);
}

bool Session::run_steps() {
  const Seconds start = now();
  done_ = Seconds(0);
  for (std::size_t i = 0; i < visits_.size(); ++i) {
    const Visit& visit = visits_[i];
    Step& step = steps_[visit.step];
    if (complete_.count(key_of(visit)) != 0) continue;
    const bool is_first = done_ == Seconds(0);
    const Seconds elapsed = is_first ? Seconds(0) : now() - start;
    const double pace = is_first ? 1.0 : elapsed / done_;
    Round round{.number = visit.round, .planned = step.in_rounds ? rounds() : 1};
    if (step.in_rounds && visit.round > 1) {
      end_of_must_ = Seconds(0);
      for (std::size_t k = i + 1; k < visits_.size(); ++k)
        if (!steps_[visits_[k].step].in_rounds && !budget_->is_dropped(k))
          end_of_must_ += pace * steps_[visits_[k].step].expected;
      const std::string points =
          job_->from_writer(is_writer() ? choose_points(i, now() - start) : "");
      if (points == nothing) {
        // A later session does not measure it either, unless it was given more time.
        if (is_writer() && !options_.time_budget) writer_->add_to_journal(key_of(visit));
        continue;
      }
      round.wanted = decode_keys(points);
    } else if (const std::string reason = reason_to_skip(i, elapsed, pace); !reason.empty()) {
      skipped_.emplace_back(&step, reason);
      if (!step.is_droppable) fail("the time budget ran out");
      continue;
    }
    if (visit.round != round_) look_again();
    has_measured_ = true;
    const Seconds began = now();
    if (!run_visit(visit, round)) return false;
    if (is_writer()) note_cost(step, round, now() - began);
    if (is_writer()) writer_->add_to_journal(key_of(visit));
    done_ += step.in_rounds && visit.round > 1
                 ? (1 - first_share) / std::max(1, rounds() - 1) * step.expected
                 : (step.in_rounds && rounds() > 1 ? first_share : 1.0) * step.expected;
  }
  return true;
}

/// The state of every host in this round.
void Session::look_again() {
  job_->run_per_node(*sink_, [&](RecordSink&) {
    if (watch_) watch_->spin_again();
  });
}

/// A visit that something disturbed which is not the machine's own way is measured again.
bool Session::run_visit(const Visit& visit, const Round& round) {
  const Step& step = steps_[visit.step];
  for (int attempt = 0;; ++attempt) {
    const DisturbanceReading before = read_disturbances();
    const bool is_done = run_step(step, round);
    std::string reason;
    if (is_done && is_writer()) reason = disturbance(before, read_disturbances());
    if (is_done) reason = job_->from_writer(reason);
    const bool is_again = is_done && !reason.empty() && attempt < most_repeats && !step.is_limit;
    if (is_writer() && !reason.empty()) {
      const std::string text = fmt::format(
          "{} ({}), round {}: {}; {}", step.about->name, step.detail, visit.round, reason,
          is_again ? "discarded and measured again" : "kept, because it does not end");
      disturbances_.push_back(text);
      progress_->note("assay: " + text);
    }
    if (is_again) {
      sink_->discard();
      continue;
    }
    sink_->commit(visit, is_done);
    if (is_writer() && visit.round > 1 && options_.progress && stderr_is_terminal())
      look_at_widths(visit);
    return is_done;
  }
}

/// False when the run cannot go on.
bool Session::run_step(const Step& step, const Round& round) {
  report_progress(step, 0, "");
  sink_->set_doubt("");
  round_ = round.number;
  try {
    throw_if_interrupted();
    step.run(step, round);
    return true;
  } catch (const Interrupted&) {
    fail(fmt::format("interrupted during {}", step.about->name));
  } catch (const TimedOut& error) {
    fail(fmt::format("{} ({}): {}", step.about->name, step.detail, error.what()));
    put_missing(step, Status::timed_out, error.what());
  } catch (const RunError& error) {
    fail(fmt::format("{} ({}): {}", step.about->name, step.detail, error.what()), error);
  }
  return false;
}

/// For the progress line only.
void Session::look_at_widths(const Visit& visit) {
  const Step& step = steps_[visit.step];
  double& widest = widths_[step.about->name];
  widest = 0;
  for (const Record& row : sink_->book().rows_of(visit.step)) {
    if (row.rounds < 2 || (step.is_headline && !step.is_headline(row))) continue;
    const double width = relative_half_width(row.median, {row.ci_low, row.ci_high});
    if (width > widest && std::isfinite(width)) widest = width;
  }
  const auto found =
      std::ranges::max_element(widths_, {}, [](const auto& named) { return named.second; });
  widest_ = fmt::format("widest +-{:.1f} % ({})", 100 * found->second, found->first);
}

/// Every rank skips the same steps, and what they measured before stands in the table again.
void Session::share_complete_steps() {
  if (!options_.resume) return;
  nlohmann::json keys = complete_;
  complete_ = nlohmann::json::parse(job_->from_writer(keys.dump())).get<std::set<std::string>>();
  if (is_writer()) recall_rows();
}

/// The rounds of an earlier session. A row of a single round has the samples of that round; one of
/// all rounds together has those of all that are left. In samples.csv each round counts from 0.
void Session::recall_rows() {
  const std::int64_t first = first_session_of_run(read_run_json(directory()));
  std::map<std::string, std::vector<std::vector<double>>> samples;
  csv::read_samples(directory() / "samples.csv",
                    [&](const Record& key, std::int64_t sample, double value) {
                      if (key.session < first) return;  // of a run that this one was added to
                      auto& rounds = samples[key_text(key)];
                      if (sample == 0 || rounds.empty()) rounds.emplace_back();
                      rounds.back().push_back(value);
                    });
  std::vector<Record> rows = csv::read_measurements(directory() / "measurements.csv", nullptr);
  std::erase_if(rows, [&](const Record& row) { return row.session < first; });
  std::map<std::string, std::size_t> to_come;
  for (const Record& row : rows) ++to_come[key_text(row)];
  std::map<std::string, std::size_t> recalled;
  for (const Record& row : rows) {
    const auto step = std::ranges::find_if(
        steps_, [&](const Step& each) { return row.probe.str() == each.about->name; });
    const auto place = static_cast<std::size_t>(step - steps_.begin());
    const std::string key = key_text(row);
    const bool is_last = --to_come[key] == 0;
    std::size_t& round = recalled[key];
    const std::vector<std::vector<double>>& rounds = samples[key];
    if (!carries_numbers(row.status) || rounds.empty()) {
      ++round;
      if (row.reason.str().find("time budget") == std::string::npos)
        sink_->recall(row, static_cast<int>(round), place);
      continue;
    }
    for (const std::size_t end = is_last ? rounds.size() : std::min(round + 1, rounds.size());
         round < end; ++round)
      sink_->recall(with_samples(row, rounds[round], row.cpu_wall_ratio),
                    static_cast<int>(round) + 1, place);
  }
}

/// One row per point.
void Session::make_rows() {
  if (!is_writer() || !rows_.empty()) return;
  sink_->book().set_history(read_history(
      options_.history.empty() ? directory().parent_path() : options_.history, directory()));
  rows_ = sink_->book().rows();
  complete_rows_ = sink_->book().complete_rows();
  writer_->set("rounds", {{"planned", rounds()}, {"order_seed", order_seed}});
  if (!disturbances_.empty()) writer_->set("disturbances", disturbances_);
}

/// Behind everything that was measured, so that a resumed run can put measured rows in their place.
void Session::add_skipped() {
  std::map<std::string, int> replicates;
  for (const auto& [step, reason] : skipped_) {
    rows_.push_back(missing_row(*step, Status::skipped, reason));
    if (step->is_droppable) ++replicates[step->about->name];
  }
  for (const auto& [name, count] : replicates)
    tell(fmt::format("assay: to fit the time budget of {}, {} launches of {} were dropped",
                     format(*options_.time_budget), count, name));
}

ExitCode Session::conclude() {
  if (!is_writer()) {
    if (lost_ && network::spokesman(job_->places(), *lost_) == job_->rank())
      tell(
          fmt::format("assay: partial: {}; what the lost rank wrote until then is kept", failure_));
    return failure_.empty() ? ExitCode::done : ExitCode::partial;
  }
  make_rows();
  add_skipped();
  const std::string state = failure_.empty() ? "complete" : "partial";
  // A resumed run that was complete keeps its file as it is, and the table shows that.
  if (has_measured_ || !was_complete_ || !skipped_.empty()) {
    writer_->finish(state, failure_, rows_, complete_rows_);
  } else {
    writer_->finish(state, failure_);
    rows_ = csv::read_measurements(directory() / "measurements.csv");
  }
  ResultTable table;
  for (const Record& row : rows_) table.add(row);
  if (options_.json)
    fmt::print("{}\n", table.json(directory()));
  else
    table.print(stdout);
  if (!failure_.empty()) {
    tell(fmt::format("assay: partial: {}; what was measured until then is in {}", failure_,
                     writer_->directory().string()));
    return ExitCode::partial;
  }
  if (sink_->has_incorrect()) {
    tell(
        "assay: a result failed its verification (status incorrect in the table); no verdict from "
        "this run");
    return ExitCode::environment_differs;
  }
  return ExitCode::done;
}

}  // namespace assay
