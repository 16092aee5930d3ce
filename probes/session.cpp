#include "probes/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "probes/core/clock.hpp"
#include "probes/core/environment.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/progress.hpp"
#include "probes/core/provenance.hpp"
#include "probes/network/providers.hpp"
#include "probes/result_table.hpp"

namespace assay {

namespace po = boost::program_options;

struct Session::Step {
  const Description* about;
  std::string detail;  ///< e.g. "4 ranks, launch 2"
  int ranks;
  Seconds expected;
  std::function<void(const Step&)> run;
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

void add_measure_options(po::options_description& options, const TimeoutOption& timeout) {
  options.add_options()(
      "profile", po::value<std::string>()->default_value("standard")->value_name("NAME"),
      "How long it may take: quick (a minute), standard (some ten minutes) or thorough")(
      "output", po::value<std::string>()->value_name("DIR"),
      "Run directory; default assay-results/<UTC time>-<host>")(
      "append", po::bool_switch(), "Add to a run directory that is in use")(
      "dry-run", po::bool_switch(), "Show what would be measured and how long it takes, then stop")(
      "timeout", po::value<std::string>()->default_value(timeout.value)->value_name("TIME"),
      timeout.description)("time-budget", po::value<std::string>()->value_name("TIME"),
                           "Skip what would begin after this time, and say so")(
      "provider", po::value<std::string>()->default_value("")->value_name("NAME"),
      "libfabric provider, see assay list providers; default: the best there is")(
      "no-progress", po::bool_switch(), "No progress bar on stderr");
}

MeasureOptions read_measure_options(const po::variables_map& values) {
  MeasureOptions options;
  const auto& profile = values["profile"].as<std::string>();
  const auto parsed = parse_profile(profile);
  if (!parsed)
    throw UsageError(fmt::format(
        "--profile: '{}' is not a profile; expected quick, standard or thorough", profile));
  options.profile = *parsed;
  if (values.count("output") != 0) options.output = values["output"].as<std::string>();
  options.append = values["append"].as<bool>();
  options.dry_run = values["dry-run"].as<bool>();
  options.progress = !values["no-progress"].as<bool>();
  options.timeout = parse_seconds(values["timeout"].as<std::string>(), "--timeout");
  if (options.timeout <= Seconds(0))
    throw UsageError("--timeout: must be above 0; expected for example 20s");
  if (values.count("time-budget") != 0)
    options.time_budget = parse_seconds(values["time-budget"].as<std::string>(), "--time-budget");
  options.provider = values["provider"].as<std::string>();
  return options;
}

void add_settings(po::options_description& options,
                  const std::vector<const Description*>& entries) {
  std::set<std::string> offered;
  for (const Description* entry : entries)
    for (const SettingInfo& setting : entry->settings) {
      if (!offered.insert(setting.name).second) continue;
      const std::string text =
          fmt::format("{} (default: {})", setting.description, setting.default_text);
      options.add_options()(setting.name.c_str(), po::value<std::string>()->value_name("VALUE"),
                            text.c_str());
    }
}

std::map<std::string, std::string> read_settings(const po::variables_map& values,
                                                 const std::vector<const Description*>& entries) {
  std::map<std::string, std::string> settings;
  for (const Description* entry : entries)
    for (const SettingInfo& setting : entry->settings)
      if (values.count(setting.name) != 0)
        settings[setting.name] = values[setting.name].as<std::string>();
  return settings;
}

Session::Session(MeasureOptions measure_options, std::string command, nlohmann::json options)
    : options_(std::move(measure_options)),
      command_(std::move(command)),
      options_json_(std::move(options)),
      machine_(discover_machine()),
      job_(network::Job::create(options_.ranks, options_.timeout)) {}

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
                    0, expected, [this, &probe](const Step& step) { run_node_step(probe, step); }});
}

void Session::plan(const network::RankProbe& probe, int ranks, int launch,
                   std::map<std::string, std::string> settings) {
  std::map<std::string, std::string> all = options_.settings;
  for (auto& [name, value] : settings) all[name] = value;
  const auto setting = [all](const std::string& key) {
    const auto found = all.find(key);
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
        .yield = probe.sleeps,
        .progress = [this, &step](double fraction, const std::string& what) {
          report_progress(step, fraction, what);
        }};
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
                probe.run(context);
              });
  };
  steps_.push_back({&probe.about, launch_text(ranks, launch), ranks, expected, run});
}

void Session::plan(const Description& about, int ranks, int launch, Seconds expected,
                   const std::function<void(RecordSink& sink)>& body) {
  const auto run = [this, body](const Step&) {
    if (!is_writer()) return;
    EnvironmentGuard guard(*sink_);
    body(guard);
  };
  steps_.push_back({&about, launch_text(ranks, launch), ranks, expected, run});
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
    probe.run(context);
  });
}

void Session::print_plan() const {
  fmt::print("{:<24} {:<22} {:>10}\n", "what", "where", "time");
  for (const Step& step : steps_)
    fmt::print("{:<24} {:<22} {:>10}\n", step.about->name, step.detail, format(step.expected));
  fmt::print("{:<24} {:<22} {:>10}\n", "total", "", format(expected_));
}

void Session::open_run_directory() {
  if (!is_writer()) return;
  writer_ = std::make_unique<RunWriter>(
      options_.output.empty() ? default_run_directory() : options_.output, options_.append);
  writer_->set("command", command_);
  writer_->set("options", options_json_);
  writer_->set("profile", to_string(options_.profile));
  writer_->set("launcher", job_->launcher() == network::Launcher::pmix ? "pmix" : "fork");
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
  writer_->set("checks", all);
}

ExitCode Session::measure() {
  if (steps_.empty())
    throw UsageError(fmt::format("assay {}: nothing to measure; see assay list", command_));
  if (!options_.provider.empty()) network::require_provider(options_.provider);
  expected_ = Seconds(0);
  for (const Step& step : steps_) expected_ += step.expected;
  if (options_.dry_run) {
    if (is_writer()) print_plan();
    return ExitCode::done;
  }
  open_run_directory();
  sink_ = std::make_unique<Sink>(writer_.get());
  progress_ = std::make_unique<Progress>(command_, expected_,
                                         is_writer() && options_.progress && stderr_is_terminal());
  try {
    look_at_hosts();
    if (run_steps()) judge_hosts();
  } catch (const RunError& error) {
    fail(error.what());
  }
  progress_.reset();
  return conclude();
}

void Session::fail(const std::string& reason) {
  if (failure_.empty()) failure_ = reason;
}

ExitCode Session::conclude() {
  if (!is_writer()) return failure_.empty() ? ExitCode::done : ExitCode::partial;
  writer_->finish(failure_.empty() ? "complete" : "partial", failure_);
  sink_->table().print(stdout);
  if (!failure_.empty()) {
    fmt::print(stderr, "assay: partial: {}; what was measured until then is in {}\n", failure_,
               writer_->directory().string());
    return ExitCode::partial;
  }
  if (sink_->has_incorrect()) {
    fmt::print(stderr,
               "assay: a result failed its verification (status incorrect in the table); no "
               "verdict from this run\n");
    return ExitCode::environment_differs;
  }
  return ExitCode::done;
}

bool Session::run_steps() {
  const Seconds start = now();
  done_ = Seconds(0);
  for (const Step& step : steps_) {
    if (options_.time_budget && now() - start > *options_.time_budget) {
      put_missing(step, Status::skipped,
                  fmt::format("the time budget of {} was used up", format(*options_.time_budget)));
      fail("the time budget ran out");
      continue;
    }
    if (!run_step(step)) return false;
    done_ += step.expected;
  }
  return true;
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
    fail(fmt::format("{} ({}): {}", step.about->name, step.detail, error.what()));
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
  sink_->put(without_value(row, {status, reason}));
}

}  // namespace assay
