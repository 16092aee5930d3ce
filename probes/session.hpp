#pragma once
/// @file
/// A measuring session: the plan of a command, carried out step by step into one run directory.
///
/// Used by every command that measures (`probe`, `suite`, `run`). It owns what they share: the
/// options, the job of ranks, the run directory, progress, the time budget, and what happens when a
/// step fails: rows that exist stay, the step leaves a row with its status and reason, and the run
/// ends as partial. Under a launcher every rank holds a session with an equal plan; rank 0 writes.

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "probes/cli/command.hpp"
#include "probes/cli/progress.hpp"
#include "probes/core/errors.hpp"
#include "probes/host/disturbance.hpp"
#include "probes/host/environment.hpp"
#include "probes/host/probe.hpp"
#include "probes/network/launch/launch.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/round_book.hpp"
#include "probes/run/run_directory.hpp"
#include "probes/step_budget.hpp"

namespace assay {

/// What the measuring commands have in common. The settings are the options of single entries by
/// name.
struct MeasureOptions {
  Profile profile = Profile::standard;
  std::filesystem::path output;  ///< Empty: make_default_run_directory().
  bool append = false;
  bool resume = false;  ///< Go on with the run in `output`: its complete steps are not run again.
  bool is_public = false;  ///< Its files can be read as the umask says, not by the owner only.
  bool dry_run = false;
  bool trace = false;  ///< trace.json of every launch with ranks.
  bool progress = true;
  bool json = false;       ///< The table of results on standard output as JSON.
  Seconds timeout = 20_s;  ///< A rank that does not answer ends the run within it.
  /// The plan is fitted to it (probes/step_budget.hpp); what does not fit leaves a skipped row.
  std::optional<Seconds> time_budget;
  /// Of the memory that is free, what node probes plan with; nothing: all of it.
  std::optional<Bytes> memory_cap;
  /// Rounds that each headline point is measured in; 0: by profile.
  int rounds = 0;
  /// Folder of earlier runs, whose spread counts; empty: the one the run directory is made in.
  std::filesystem::path history;
  int ranks = 0;         ///< 0: one per core (or what the launcher started).
  std::string provider;  ///< Empty: chosen.
  network::StartOptions start;
  std::map<std::string, std::string> settings;
};

/// --profile, --output, --append, --resume, --dry-run, --timeout, --time-budget, --ranks (when
/// `with_ranks`), --provider, --alone, --trace, --no-progress. `timeout` is the default of
/// --timeout, and what it is the time of.
struct TimeoutOption {
  const char* value = "20s";
  const char* description = "A rank that does not answer ends the run within this";
};
void add_measure_options(boost::program_options::options_description& options,
                         const TimeoutOption& timeout = {});
/// Throws UsageError.
[[nodiscard]] MeasureOptions read_measure_options(
    const boost::program_options::variables_map& values);

/// One `--name VALUE` per distinct setting of the entries; equal names of two entries are one
/// option.
void add_settings(boost::program_options::options_description& options,
                  const std::vector<const Description*>& entries);
[[nodiscard]] std::map<std::string, std::string> read_settings(
    const boost::program_options::variables_map& values,
    const std::vector<const Description*>& entries);

class Session {
 public:
  /// Starts the job of ranks and looks at the machine; makes no file yet. `command` and `options`
  /// go into run.json.
  Session(MeasureOptions measure_options, std::string command, nlohmann::json options);
  ~Session();

  [[nodiscard]] const Machine& machine() const { return machine_; }
  /// Ranks the session can use: cores of the machine, or what the launcher started, or --ranks.
  [[nodiscard]] int ranks() const;
  [[nodiscard]] const MeasureOptions& options() const { return options_; }

  /// The plan, in order.
  void plan(const NodeProbe& probe);
  /// `settings` add to and override those of the command line. Ranks outside the entry's limits
  /// become a skipped row. `is_droppable`: a replicate that a time budget may leave out.
  void plan(const network::RankProbe& probe, int ranks, int launch = 1,
            std::map<std::string, std::string> settings = {}, bool is_droppable = false);
  /// A step that the writer carries out alone, starting whatever ranks it needs: a command of the
  /// user. Nobody knows how long it takes: `limit` is the most.
  void plan(const Description& about, int ranks, int launch, Seconds limit,
            const std::function<void(RecordSink& sink)>& body, bool is_droppable = false);
  /// Looks at all rows of the run after the last step, on the writer.
  using Judge = std::function<std::vector<ValidityCheck>(const std::vector<Record>& rows)>;
  void judge_with(Judge judge) { judges_.push_back(std::move(judge)); }

  /// What only the writer needs to read, and all ranks have to stop for: runs `check` there, before
  /// measure(). What it throws ends the writer with its message and the others without one.
  /// Collective.
  void agree(const std::function<void()>& check);
  /// Into the options of run.json, in place of what the command line said by that name.
  void record_option(const std::string& name, nlohmann::json value) {
    options_json_[name] = std::move(value);
  }

  /// With --dry-run prints the plan and its time. Otherwise creates the run directory, measures,
  /// and prints the table of results. A session without steps is a UsageError. The exit code is
  /// done or partial.
  [[nodiscard]] ExitCode measure();

  [[nodiscard]] bool is_writer() const;
  /// After measure(), on the writer, unless it was a dry run.
  [[nodiscard]] const std::filesystem::path& directory() const;

 private:
  struct Step;
  struct Visit;
  class Sink;

  void print_plan() const;
  void open_run_directory();
  void look_at_hosts();
  void judge_hosts();
  /// False when the run could not go on: a rank is gone, or the user stopped it.
  bool run_steps();
  bool run_visit(const Visit& visit, const Round& round);
  bool run_step(const Step& step, const Round& round);
  void run_node_step(const NodeProbe& probe, const Step& step, const Round& round);
  [[nodiscard]] int rounds() const;
  void plan_visits();
  [[nodiscard]] std::string key_of(const Visit& visit) const;
  /// The points a later round is to measure, as one text; nothing when it is left out.
  [[nodiscard]] std::string choose_points(std::size_t index, Seconds elapsed);
  void note_cost(Step& step, const Round& round, Seconds took) const;
  void recall_rows();
  void look_at_widths(const Visit& visit);
  void look_again();
  void make_rows();
  void share_complete_steps();
  void make_budget();
  [[nodiscard]] std::string reason_to_skip(std::size_t index, Seconds elapsed, double pace);
  void add_skipped();
  void report_progress(const Step& step, double fraction, const std::string& what);
  void put_missing(const Step& step, Status status, const std::string& reason);
  [[nodiscard]] Record missing_row(const Step& step, Status status,
                                   const std::string& reason) const;
  void fail(const std::string& reason);
  void fail(const std::string& reason, const RunError& error);
  [[nodiscard]] ExitCode conclude();

  MeasureOptions options_;
  std::string command_;
  nlohmann::json options_json_;
  Machine machine_;
  std::unique_ptr<network::Job> job_;
  std::vector<Step> steps_;
  std::vector<Visit> visits_;  ///< In the order they run.
  std::vector<std::string> disturbances_;
  std::vector<Record> rows_;       ///< Of all rounds together.
  std::size_t complete_rows_ = 0;  ///< Those of steps that completed: the first ones.
  int round_ = 1;
  std::map<std::string, double> widths_;  ///< Of the widest headline interval, by probe.
  std::string widest_;   ///< Which headline interval is the widest, and how wide; in words.
  Seconds end_of_must_;  ///< Expected time of what must still run behind the current visit.
  std::set<std::string> complete_;  ///< Keys of steps that an earlier session ran.
  std::unique_ptr<StepBudget> budget_;
  std::vector<std::pair<const Step*, std::string>> skipped_;  ///< And why.
  bool has_measured_ = false;                                 ///< In this session: a step was run.
  bool was_complete_ = false;  ///< The run that is gone on with: its rows stand as they are to be.
  std::vector<Judge> judges_;
  std::unique_ptr<RunWriter> writer_;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<MeasuringNotice> notice_;  // of one process per host
  std::unique_ptr<EnvironmentWatch> watch_;  // where this process looks after its host
  Seconds expected_, done_;
  std::string failure_;
  std::optional<int> lost_;  ///< The rank that is gone, when that is the failure.
};

/// Plans every node probe and every network probe whose name is wanted, nodes first.
void plan_probes(Session& session, const std::function<bool(const std::string& name)>& is_wanted);

}  // namespace assay
