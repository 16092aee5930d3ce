#include "probes/session.hpp"
#include "probes/core/host_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "probes/cli/progress.hpp"
#include "probes/cli/standard_streams.hpp"
#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/host/environment.hpp"
#include "probes/host/provenance.hpp"
#include "probes/network/launch/placement.hpp"
#include "probes/network/marked_run.hpp"
#include "probes/network/providers.hpp"
#include "probes/result_table.hpp"
#include "probes/resume.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/file_writing.hpp"
#include "probes/run/journal.hpp"
#include "probes/run/region.hpp"

namespace assay {

namespace po = boost::program_options;

struct Session::Step {
  const Description* about;
  std::string detail;  ///< e.g. "4 ranks, launch 2"
  int ranks;
  Seconds expected;
  std::function<void(const Step&)> run;
  std::string key = {};  ///< What is measured, without how long it takes: for the journal.
  int launch = 0;
  bool is_droppable = false;
  std::string scaling = {};
  bool is_limit = false;  ///< `expected` is the most it may take.
};

namespace {

/// Rows are what crosses from a host to the writer, so a host's fingerprint and checks travel as
/// the text of a row with this name; the sink takes them out.
constexpr const char* host_report = "session.host";

Record host_report_row(const nlohmann::json& report) {
  Record row;
  row.probe = host_report;
  row.metric = "report";
  row.unit = unit::one;
  row.host = host_name();
  return without_value(
      row, skipped(report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
}

std::string launch_text(int ranks, int launch) {
  return fmt::format("{} rank{}{}", ranks, ranks == 1 ? "" : "s",
                     launch > 1 ? fmt::format(", launch {}", launch) : "");
}

}  // namespace

/// Rows on their way to the run directory: marked when they cannot be trusted, kept for the table.
class Session::Sink final : public RecordSink {
 public:
  explicit Sink(RunWriter* writer) : writer_(writer) {}
  void put(const Record& record) override {
    if (writer_ == nullptr) return;
    if (record.probe == host_report) {
      host_reports_.push_back(nlohmann::json::parse(record.reason.str()));
      return;
    }
    has_incorrect_ = has_incorrect_ || record.status == Status::incorrect;
    const Record row = doubt_.empty() ? record : marked_untrusted(record, doubt_);
    writer_->put(row);
    table_.add(row);
  }
  /// A row of an earlier session: for the table only.
  void show(const Record& row) {
    has_incorrect_ = has_incorrect_ || row.status == Status::incorrect;
    table_.add(row);
  }
  /// Why the rows of the step that begins now are not to be trusted; empty: they are.
  void set_doubt(std::string doubt) { doubt_ = std::move(doubt); }
  [[nodiscard]] const ResultTable& table() const { return table_; }
  [[nodiscard]] bool has_incorrect() const { return has_incorrect_; }
  /// What the hosts reported since the last call.
  [[nodiscard]] std::vector<nlohmann::json> take_host_reports() {
    return std::exchange(host_reports_, {});
  }

 private:
  RunWriter* writer_;  // null on ranks that do not write
  bool has_incorrect_ = false;
  std::vector<nlohmann::json> host_reports_;
  std::string doubt_;
  ResultTable table_;
};

Session::Session(MeasureOptions measure_options, std::string command, nlohmann::json options)
    : options_(std::move(measure_options)),
      command_(std::move(command)),
      options_json_(std::move(options)),
      machine_(discover_machine()),
      job_(network::Job::create(options_.ranks, options_.timeout, options_.start)) {
  network::limit_fabric_query(options_.timeout);
}

Session::~Session() = default;

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
  steps_.push_back({&probe.about,
                    job_->node_count() > 1 ? fmt::format("on each of {} hosts", job_->node_count())
                                           : "this host",
                    0, expected, [this, &probe](const Step& step) { run_node_step(probe, step); },
                    probe.about.name});
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
  const auto run = [this, &probe, launch, setting](const Step& step) {
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
                                             .oversubscribed = oversubscribed};
                network::run_marked(probe, context, trace_file);
              });
  };
  steps_.push_back({&probe.about, launch_text(ranks, launch), ranks, expected, run, key, launch,
                    is_droppable, settings["scaling"]});
}

void Session::plan(const Description& about, int ranks, int launch, Seconds limit,
                   const std::function<void(RecordSink& sink)>& body, bool is_droppable) {
  const auto run = [this, body](const Step&) {
    if (!is_writer()) return;
    EnvironmentGuard guard(*sink_);
    body(guard);
  };
  steps_.push_back({&about, launch_text(ranks, launch), ranks, limit, run,
                    fmt::format("{} ranks={} launch={}", about.name, ranks, launch), launch,
                    is_droppable, "", true});
}

void Session::run_node_step(const NodeProbe& probe, const Step& step) {
  job_->run_per_node(*sink_, [&](RecordSink& sink) {
    // Of the host this runs on, with all its cores: a launcher may have bound this rank to one.
    const Machine host = discover_machine();
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
            }};
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
  for (std::size_t i = 0; i < steps_.size(); ++i)
    fmt::print("{:<24} {:<22} {:>10}{}\n", steps_[i].about->name, steps_[i].detail,
               format(steps_[i].expected),
               budget_->is_dropped(i) ? "  dropped, to fit the time budget" : "");
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
  if (is_there) {
    const std::string obstacle = resume_obstacle(read_run_json(directory), command_, options_json_,
                                                 host_fingerprint(machine_));
    if (!obstacle.empty())
      throw UsageError(
          fmt::format("--resume: cannot go on with {}: {}", directory.string(), obstacle));
  }
  writer_ =
      std::make_unique<RunWriter>(directory, options_.append || options_.resume,
                                  options_.is_public ? Readers::as_umask : Readers::owner_only);
  writer_->set("command", command_);
  writer_->set("options", options_json_);
  writer_->set("profile", to_string(options_.profile));
  writer_->set("launcher", job_->start().kind == network::StartKind::pmix ? "pmix" : "fork");
  writer_->set("participants", job_->participants());
  if (is_there)
    complete_ = writer_->resume_journal();
  else
    writer_->begin_journal();
}

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
  if (!judges_.empty()) {
    const auto rows = csv::read_measurements(directory() / "measurements.csv", nullptr);
    for (const Judge& judge : judges_)
      for (const ValidityCheck& check : judge(rows)) all.push_back(to_json(check));
  }
  writer_->set("checks", all);
}

/// Every rank skips the same steps, and what they measured before stands in the table again.
void Session::share_complete_steps() {
  if (!options_.resume) return;
  nlohmann::json keys = complete_;
  complete_ = nlohmann::json::parse(job_->from_writer(keys.dump())).get<std::set<std::string>>();
  if (!is_writer()) return;
  for (const Record& row : csv::read_measurements(directory() / "measurements.csv", nullptr))
    sink_->show(row);
}

void Session::make_budget() {
  std::vector<PlannedStep> planned;
  for (const Step& step : steps_)
    planned.push_back({step.expected, step.launch, step.is_droppable,
                       complete_.count(step.key) != 0, step.is_limit});
  budget_ = std::make_unique<StepBudget>(std::move(planned), options_.time_budget);
  expected_ = budget_->expected();
}

ExitCode Session::measure() {
  if (steps_.empty())
    throw UsageError(fmt::format("assay {}: nothing to measure; see assay list", command_));
  if (std::ranges::any_of(steps_, [](const Step& step) { return step.ranks > 1; }))
    network::require_any_provider();
  if (!options_.provider.empty()) network::require_provider(options_.provider);
  if (options_.dry_run) {
    make_budget();
    if (is_writer()) print_plan();
    return ExitCode::done;
  }
  open_run_directory();
  sink_ = std::make_unique<Sink>(writer_.get());
  share_complete_steps();
  make_budget();
  progress_ = std::make_unique<Progress>(command_, expected_,
                                         is_writer() && options_.progress && stderr_is_terminal());
  try {
    look_at_hosts();
    if (run_steps()) judge_hosts();
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

ExitCode Session::conclude() {
  if (!is_writer()) {
    if (lost_ && network::spokesman(job_->places(), *lost_) == job_->rank())
      tell(
          fmt::format("assay: partial: {}; what the lost rank wrote until then is kept", failure_));
    return failure_.empty() ? ExitCode::done : ExitCode::partial;
  }
  put_skipped();
  writer_->finish(failure_.empty() ? "complete" : "partial", failure_);
  sink_->table().print(stdout);
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

/// Why the step is left out; empty when it is to run. Under a launcher the writer decides for all.
std::string Session::reason_to_skip(std::size_t index, Seconds elapsed, double pace) {
  if (budget_->is_dropped(index))
    return fmt::format("dropped, to fit the time budget of {}", format(*options_.time_budget));
  if (!options_.time_budget) return {};
  const bool fits = job_->from_writer(budget_->fits(index, elapsed, pace) ? "fits" : "") == "fits";
  return fits ? ""
              : fmt::format("the time budget of {} was used up", format(*options_.time_budget));
}

bool Session::run_steps() {
  const Seconds start = now();
  done_ = Seconds(0);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (complete_.count(step.key) != 0) continue;
    const bool is_first = done_ == Seconds(0);
    const Seconds elapsed = is_first ? Seconds(0) : now() - start;
    const std::string reason = reason_to_skip(i, elapsed, is_first ? 1.0 : elapsed / done_);
    if (!reason.empty()) {
      skipped_.emplace_back(&step, reason);
      if (!step.is_droppable) fail("the time budget ran out");
      continue;
    }
    if (!run_step(step)) return false;
    if (is_writer()) writer_->add_to_journal(step.key);
    done_ += step.expected;
  }
  return true;
}

/// Behind everything that was measured, so that a resumed run can put measured rows in their place.
void Session::put_skipped() {
  std::map<std::string, int> replicates;
  for (const auto& [step, reason] : skipped_) {
    put_missing(*step, Status::skipped, reason);
    if (step->is_droppable) ++replicates[step->about->name];
  }
  for (const auto& [name, count] : replicates)
    tell(fmt::format("assay: to fit the time budget of {}, {} launches of {} were dropped",
                     format(*options_.time_budget), count, name));
}

/// False when the run cannot go on.
bool Session::run_step(const Step& step) {
  report_progress(step, 0, "");
  sink_->set_doubt("");
  try {
    throw_if_interrupted();
    step.run(step);
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

void Session::report_progress(const Step& step, double fraction, const std::string& what) {
  if (!progress_ || expected_ <= Seconds(0)) return;
  progress_->update((done_ + fraction * step.expected) / expected_,
                    what.empty() ? fmt::format("{} ({})", step.about->name, step.detail)
                                 : fmt::format("{}: {}", step.about->name, what));
}

void Session::put_missing(const Step& step, Status status, const std::string& reason) {
  if (!is_writer()) return;
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
  sink_->put(without_value(row, {status, reason}));
}

}  // namespace assay
