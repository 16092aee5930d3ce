#include "probes/session.hpp"
#include "probes/core/host_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "probes/cli/program.hpp"
#include "probes/cli/progress.hpp"
#include "probes/cli/standard_streams.hpp"
#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/statistics.hpp"
#include "probes/host/environment.hpp"
#include "probes/host/provenance.hpp"
#include "probes/network/launch/placement.hpp"
#include "probes/network/marked_run.hpp"
#include "probes/network/providers.hpp"
#include "probes/network/transport/stale_shared_memory.hpp"
#include "probes/result_table.hpp"
#include "probes/resume.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/file_writing.hpp"
#include "probes/run/journal.hpp"
#include "probes/run/region.hpp"
#include "probes/run_history.hpp"
#include "probes/session_steps.hpp"

namespace assay {

namespace po = boost::program_options;

namespace {

Record host_report_row(const nlohmann::json& report) {
  Record row;
  row.probe = host_report;
  row.metric = "report";
  row.unit = unit::one;
  row.host = host_name();
  return without_value(
      row, skipped(report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
}

/// This host, with no more memory than --memory-cap leaves.
Machine planned_machine(const MeasureOptions& options) {
  Machine machine = discover_machine();
  if (options.memory_cap) machine.memory_cap = std::min(machine.memory_cap, *options.memory_cap);
  return machine;
}

std::string launch_text(int ranks, int launch) {
  return fmt::format("{} rank{}{}", ranks, ranks == 1 ? "" : "s",
                     launch > 1 ? fmt::format(", launch {}", launch) : "");
}

}  // namespace

Session::Session(MeasureOptions measure_options, std::string command, nlohmann::json options)
    : options_(std::move(measure_options)),
      command_(std::move(command)),
      options_json_(std::move(options)),
      machine_(planned_machine(options_)),
      job_(network::Job::create(options_.ranks, options_.timeout, options_.start)) {
  network::limit_fabric_query(options_.timeout);
  if (!options_.dry_run && job_->places()[static_cast<std::size_t>(job_->rank())].local_rank == 0) {
    notice_ = std::make_unique<MeasuringNotice>();
    network::remove_stale_shared_memory();  // of ranks that were killed with their parent
  }
  ranks_have_met();
}

Session::~Session() = default;

void Session::agree(const std::function<void()>& check) {
  std::exception_ptr wrong;
  if (is_writer()) {
    try {
      check();
    } catch (...) {
      wrong = std::current_exception();
    }
  }
  const bool is_well = job_->from_writer(wrong ? "" : "well") == "well";
  if (wrong) std::rethrow_exception(wrong);
  if (!is_well) throw SaidElsewhere();
}

int Session::ranks() const {
  return job_->size();
}
bool Session::is_writer() const {
  return job_->is_writer();
}
const std::filesystem::path& Session::directory() const {
  return writer_->directory();
}

void Session::plan(const NodeProbe& probe) {
  const Seconds expected =
      probe.expected_time ? probe.expected_time(machine_, options_.profile) : 1_s;
  steps_.push_back(
      {&probe.about,
       job_->node_count() > 1 ? fmt::format("on each of {} hosts", job_->node_count())
                              : "this host",
       0, expected,
       [this, &probe](const Step& step, const Round& round) { run_node_step(probe, step, round); },
       probe.about.name});
  steps_.back().in_rounds = true;
  steps_.back().is_headline = probe.is_headline;
}

void Session::plan(const network::RankProbe& probe, int ranks, int launch,
                   std::map<std::string, std::string> settings, bool is_droppable) {
  std::map<std::string, std::string> all = options_.settings;
  std::string key = fmt::format("{} ranks={} launch={}", probe.about.name, ranks, launch);
  for (auto& [name, value] : settings) {
    all[name] = value;
    key += fmt::format(" {}={}", name, value);
  }
  const auto setting = [all](const std::string& name) {
    const auto found = all.find(name);
    return found == all.end() ? std::string() : found->second;
  };
  if (probe.check_settings) probe.check_settings(setting, options_.profile);
  const Seconds expected = probe.expected_for ? probe.expected_for(ranks, options_.profile, setting)
                           : probe.expected_time ? probe.expected_time(ranks, options_.profile)
                                                 : 1_s;
  const auto run = [this, &probe, launch, setting](const Step& step, const Round& round) {
    if (step.ranks < probe.ranks_min || (probe.ranks_max > 0 && step.ranks > probe.ranks_max) ||
        step.ranks > job_->size()) {
      put_missing(step, Status::skipped,
                  fmt::format("needs {} ranks, {} asked for, {} here",
                              probe.ranks_max > 0
                                  ? fmt::format("{} to {}", probe.ranks_min, probe.ranks_max)
                                  : fmt::format("at least {}", probe.ranks_min),
                              step.ranks, job_->size()));
      return;
    }
    const bool oversubscribed = !probe.sleeps && job_->is_oversubscribed(step.ranks);
    sink_->set_doubt(oversubscribed ? fmt::format("oversubscribed: {} ranks on {} cores",
                                                  step.ranks, machine_.one_pu_per_core.size())
                                    : "");
    const network::Job::Options job_options{
        .provider = options_.provider,
        .timeout = options_.timeout,
        .waiting = probe.waiting,
        .progress = [this, &step](double fraction, const std::string& what) {
          report_progress(step, fraction, what);
        }};
    const std::filesystem::path trace_file =
        options_.trace ? (is_writer() ? directory() : ".") / "trace.json" : "";
    EnvironmentGuard guard(*sink_);
    job_->run(step.ranks, job_options, guard,
              [&](network::Communicator& communicator, RecordSink& sink, const auto& progress) {
                network::RankContext context{.communicator = communicator,
                                             .profile = options_.profile,
                                             .sink = sink,
                                             .progress = progress,
                                             .setting = setting,
                                             .launch = launch,
                                             .provider_is_forced = !options_.provider.empty(),
                                             .oversubscribed = oversubscribed,
                                             .round = round};
                network::run_marked(probe, context, trace_file);
              });
  };
  steps_.push_back({&probe.about, launch_text(ranks, launch), ranks, expected, run, key, launch,
                    is_droppable, settings["scaling"]});
  // A study's launches are its rounds; everything else is launched anew in each.
  steps_.back().in_rounds = settings["scaling"].empty();
  steps_.back().is_headline = probe.is_headline;
}

void Session::plan(const Description& about, int ranks, int launch, Seconds limit,
                   const std::function<void(RecordSink& sink)>& body, bool is_droppable) {
  const auto run = [this, body](const Step&, const Round&) {
    if (!is_writer()) return;
    EnvironmentGuard guard(*sink_);
    body(guard);
  };
  steps_.push_back({&about, launch_text(ranks, launch), ranks, limit, run,
                    fmt::format("{} ranks={} launch={}", about.name, ranks, launch), launch,
                    is_droppable, "", true});
}

void Session::run_node_step(const NodeProbe& probe, const Step& step, const Round& round) {
  std::shared_ptr<void>& kept = const_cast<Step&>(step).kept;
  job_->run_per_node(*sink_, [&](RecordSink& sink) {
    // Of the host this runs on, with all its cores: a launcher may have bound this rank to one.
    const Machine host = planned_machine(options_);
    EnvironmentGuard guard(sink);
    NodeContext context{
        .machine = host,
        .profile = options_.profile,
        .sink = guard,
        .progress = [&](double fraction,
                        const std::string& what) { report_progress(step, fraction, what); },
        .setting =
            [this](const std::string& key) {
              const auto found = options_.settings.find(key);
              return found == options_.settings.end() ? std::string() : found->second;
            },
        .round = round,
        .kept = &kept};
    {
      const RecordingScope recording(Recording::regions);
      probe.run(context);
    }
    put_regions(take_spans(), take_dropped_spans(), context.row("region", "time", unit::seconds),
                guard);
  });
}

void Session::print_plan() const {
  fmt::print("{}\n", job_->participants());
  fmt::print("{:<24} {:<22} {:>10}\n", "what", "where", "time");
  std::vector<bool> is_dropped(steps_.size(), false);
  for (std::size_t i = 0; i < visits_.size(); ++i)
    if (budget_->is_dropped(i)) is_dropped[visits_[i].step] = true;
  for (std::size_t i = 0; i < steps_.size(); ++i)
    fmt::print("{:<24} {:<22} {:>10}{}{}\n", steps_[i].about->name, steps_[i].detail,
               format(steps_[i].expected),
               steps_[i].in_rounds && rounds() > 1 ? fmt::format("  in {} rounds", rounds()) : "",
               is_dropped[i] ? "  dropped, to fit the time budget" : "");
  fmt::print("{:<24} {:<22} {:>10}\n", "total", "", format(expected_));
}

namespace {

/// Whether there is something to go on with: an earlier session may have ended before its first
/// row.
bool holds_steps(const std::filesystem::path& directory) {
  if (!std::filesystem::exists(directory / "run.json")) return false;
  if (!read_journal(read_run_json(directory), directory / "run.json").empty()) return true;
  bool cut_off = false;
  return std::filesystem::exists(directory / "measurements.csv") &&
         !csv::read_measurements(directory / "measurements.csv", &cut_off).empty();
}

}  // namespace

void Session::open_run_directory() {
  if (!is_writer()) return;
  const std::filesystem::path directory =
      options_.output.empty() ? make_default_run_directory() : options_.output;
  // Also where an earlier session did not come so far.
  const bool is_there = options_.resume && holds_steps(directory);
  nlohmann::json said{
      {"command", command_},
      {"options", options_json_},
      {"profile", to_string(options_.profile)},
      {"launcher", job_->start().kind == network::StartKind::pmix ? "pmix" : "fork"},
      {"participants", job_->participants()}};
  if (is_there) {
    const nlohmann::json before = read_run_json(directory);
    const std::string refusal =
        resume_refusal(before, command_, options_json_, host_fingerprint(machine_));
    if (!refusal.empty())
      throw UsageError(
          fmt::format("--resume: cannot go on with {}: {}", directory.string(), refusal));
    was_complete_ = before.value("state", nlohmann::json()) == "complete";
    said["resumes"] = true;
  }
  writer_ = std::make_unique<RunWriter>(
      directory, options_.append || options_.resume,
      options_.is_public ? Readers::as_umask : Readers::owner_only, said);
  if (is_there) complete_ = writer_->resume_journal();
}

namespace {

/// What lost time and load of others can have done to the figures: as much as their intervals say.
void add_effect(nlohmann::json& checks, const std::vector<Record>& rows) {
  std::vector<double> widths;
  for (const Record& row : rows) {
    const double width = relative_half_width(row.median, {row.ci_low, row.ci_high});
    if (row.status == Status::ok && row.rounds >= 3 && width > 0 && std::isfinite(width))
      widths.push_back(width);
  }
  if (widths.empty()) return;
  for (nlohmann::json& check : checks)
    if ((check["name"] == "lost_time" || check["name"] == "cpu_wall") &&
        check["verdict"] == "warning")
      check["finding"] =
          fmt::format("{}; figures of three rounds and more moved within +-{:.1f} % (median of {})",
                      check["finding"].get<std::string>(), 100 * median(widths), widths.size());
}

}  // namespace

/// Fingerprint of every host, and the start of the watch over it.
void Session::look_at_hosts() {
  job_->run_per_node(*sink_, [&](RecordSink& sink) {
    const Machine host = discover_machine();
    watch_ = std::make_unique<EnvironmentWatch>(host);
    sink.put(host_report_row(host_fingerprint(host)));
  });
  if (is_writer()) writer_->set("hosts", sink_->take_host_reports());
}

/// What each host's watch saw while the plan was carried out.
void Session::judge_hosts() {
  job_->run_per_node(*sink_, [&](RecordSink& sink) {
    nlohmann::json checks = nlohmann::json::array();
    if (watch_)
      for (const ValidityCheck& check : watch_->checks()) checks.push_back(to_json(check));
    sink.put(host_report_row(checks));
  });
  if (!is_writer()) return;
  nlohmann::json all = nlohmann::json::array();
  for (const nlohmann::json& checks : sink_->take_host_reports())
    for (const nlohmann::json& check : checks) all.push_back(check);
  for (const Judge& judge : judges_)
    for (const ValidityCheck& check : judge(rows_)) all.push_back(to_json(check));
  add_effect(all, rows_);
  writer_->set("checks", all);
}

ExitCode Session::measure() {
  if (steps_.empty())
    throw UsageError(fmt::format("assay {}: nothing to measure; see assay list", command_));
  if (std::ranges::any_of(steps_, [](const Step& step) { return step.ranks > 1; }))
    network::require_any_provider();
  if (!options_.provider.empty()) network::require_provider(options_.provider);
  if (options_.dry_run) {
    plan_visits();
    make_budget();
    if (is_writer()) print_plan();
    return ExitCode::done;
  }
  open_run_directory();
  sink_ = std::make_unique<Sink>(writer_.get());
  share_complete_steps();
  plan_visits();
  make_budget();
  progress_ = std::make_unique<Progress>(command_, expected_,
                                         is_writer() && options_.progress && stderr_is_terminal());
  try {
    look_at_hosts();
    const bool is_whole = run_steps();
    make_rows();
    if (is_whole) judge_hosts();
  } catch (const RunError& error) {
    fail(error.what(), error);
  }
  progress_.reset();
  return conclude();
}

void Session::fail(const std::string& reason) {
  if (failure_.empty()) failure_ = reason;
}

void Session::fail(const std::string& reason, const RunError& error) {
  fail(reason);
  if (const auto* lost = dynamic_cast<const PeerLost*>(&error)) lost_ = lost->rank();
}

void Session::report_progress(const Step& step, double fraction, const std::string& what) {
  if (!progress_ || expected_ <= Seconds(0)) return;
  const double share = step.in_rounds && rounds() > 1 ? 0.5 / (round_ > 1 ? rounds() - 1 : 1) : 1;
  std::string text = fmt::format("round {}/{} ", round_, std::max(round_, rounds()));
  if (!widest_.empty()) text += widest_ + " ";
  text += what.empty() ? fmt::format("{} ({})", step.about->name, step.detail)
                       : fmt::format("{}: {}", step.about->name, what);
  progress_->update((done_ + fraction * share * step.expected) / expected_, text);
}

void Session::put_missing(const Step& step, Status status, const std::string& reason) {
  if (is_writer()) sink_->put(missing_row(step, status, reason));
}

Record Session::missing_row(const Step& step, Status status, const std::string& reason) const {
  Record row;
  row.probe = step.about->name;
  if (!step.about->metrics.empty()) {
    row.metric = step.about->metrics.front().name;
    row.unit = step.about->metrics.front().unit;
  }
  row.host = host_name();
  row.nodes = job_->node_count();
  if (step.ranks > 0) row.ranks = step.ranks;
  if (step.launch > 0) row.launch = std::to_string(step.launch);
  row.scaling = step.scaling;
  return without_value(row, {status, reason});
}

}  // namespace assay
