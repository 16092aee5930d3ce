#include "reports/import/times_columns.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "reports/import/document.hpp"

namespace assay::import::times_csv {

std::string plain(std::string_view header) {
  std::string name;
  for (const char c : lower(header)) {
    const bool blank = c == ' ' || c == '-' || c == '.' || c == '(' || c == '[' || c == '/';
    if (blank && !name.empty() && name.back() != '_') name += '_';
    if (!blank && c != ')' && c != ']' && c != '"' && c != '#') name += c;
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name;
}

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* each) { return name == each; });
}

constexpr std::pair<const char*, double> units[] = {
    {"s", 1},       {"sec", 1},       {"secs", 1},
    {"second", 1},  {"seconds", 1},   {"ms", 1e-3},
    {"msec", 1e-3}, {"millis", 1e-3}, {"milliseconds", 1e-3},
    {"us", 1e-6},   {"usec", 1e-6},   {"microseconds", 1e-6},
    {"ns", 1e-9},   {"nsec", 1e-9},   {"nanoseconds", 1e-9},
    {"min", 60},    {"minutes", 60},  {"h", 3600},
    {"hours", 3600}};

std::optional<double> seconds_in_unit(const std::string& text) {
  for (const auto& [unit, scale] : units)
    if (text == unit) return scale;
  return std::nullopt;
}

std::optional<bool> says_failed(const std::string& cell) {
  const std::string low = lower(cell);
  if (is_one_of(low, {"ok", "okay", "pass", "passed", "success", "succeeded", "successful", "done",
                      "complete", "completed", "finished", "true", "yes", "y", "1", "valid",
                      "correct", "verified", "good"}))
    return false;
  if (is_one_of(low,
                {"fail",      "failed",    "failure", "error",     "false",         "no",
                 "n",         "0",         "invalid", "incorrect", "wrong",         "timeout",
                 "timed out", "timed_out", "killed",  "oom",       "out_of_memory", "cancelled",
                 "canceled",  "crashed",   "aborted", "node_fail", "skipped",       "unverified"}))
    return true;
  return std::nullopt;
}

bool is_remark(const std::string& header) {
  const std::string name = plain(header);
  for (const char* part :
       {"date",    "timestamp", "time_stamp", "started",    "start",     "end",         "run",
        "launch",  "rep",       "repeat",     "repetition", "iter",      "iteration",   "trial",
        "attempt", "seed",      "sample",     "index",      "id",        "job",         "jobid",
        "comment", "comments",  "note",       "notes",      "remark",    "description", "user",
        "path",    "file",      "log",        "nodelist",   "hostname",  "std",         "stddev",
        "stdev",   "sd",        "var",        "min",        "max",       "mean",        "median",
        "ci",      "low",       "high",       "speedup",    "efficiency"})
    if (name == part || name.starts_with(std::string(part) + "_") ||
        name.ends_with(std::string("_") + part))
      return true;
  return false;
}

bool is_swept(const std::vector<RankedCell>& ranks_and_cells) {
  std::map<std::string, std::set<std::string>> cells_at, ranks_of;
  for (const auto& [ranks, cell] : ranks_and_cells) {
    cells_at[ranks].insert(cell);
    ranks_of[cell].insert(ranks);
  }
  const bool varies =
      std::ranges::any_of(cells_at, [](const auto& at) { return at.second.size() > 1; });
  // A number that is another one in every row is a result.
  if (!varies || 2 * ranks_of.size() > ranks_and_cells.size() + 1) return false;
  return cells_at.size() == 1 ||
         std::ranges::count_if(ranks_of, [](const auto& of) { return of.second.size() > 1; }) > 1;
}

bool names_setting(const std::vector<RankedCell>& ranks_and_cells) {
  std::map<std::string, std::set<std::string>> cells_at;
  std::set<std::string> cells;
  for (const auto& [ranks, cell] : ranks_and_cells) {
    const bool is_word = std::ranges::any_of(
        cell, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    if (!is_word && !cell.empty()) return false;
    cells_at[ranks].insert(cell);
    cells.insert(cell);
  }
  // A word that is another one in every row names the row.
  return cells.size() < ranks_and_cells.size() &&
         std::ranges::any_of(cells_at, [](const auto& at) { return at.second.size() > 1; });
}

NamedColumn meaning_of(const std::string& header) {
  std::string name = plain(header);
  if (is_one_of(name, {"scaling", "mode"})) return {Meaning::scaling};
  if (is_one_of(name, {"ranks",         "rank_count", "n_ranks",   "nranks",        "num_ranks",
                       "mpi_ranks",     "np",         "n_p",       "nprocs",        "n_procs",
                       "num_procs",     "procs",      "processes", "num_processes", "n_processes",
                       "mpi_processes", "mpi_procs",  "tasks",     "ntasks",        "n_tasks",
                       "workers",       "nworkers",   "n_workers", "gpus",          "ngpus",
                       "n_gpus",        "num_gpus",   "world_size"}))
    return {Meaning::ranks};
  if (is_one_of(name, {"cores", "ncores", "n_cores", "num_cores", "cpus", "ncpus", "threads",
                       "nthreads", "n_threads", "num_threads", "omp_num_threads"}))
    return {Meaning::threads};
  if (is_one_of(name, {"nodes", "nnodes", "n_nodes", "num_nodes", "hosts"}))
    return {Meaning::nodes};
  if (is_one_of(name, {"name", "benchmark", "workload", "case", "test", "application", "app"}))
    return {Meaning::name};
  if (is_one_of(name, {"bytes", "size_bytes", "message_bytes"})) return {Meaning::bytes};
  if (is_one_of(
          name,
          {"size",   "n",         "problem", "problem_size", "elements",  "n_elements", "cells",
           "ncells", "n_cells",   "dofs",    "ndofs",        "points",    "grid",       "grid_size",
           "mesh",   "mesh_size", "input",   "input_size",   "particles", "atoms",      "rows",
           "steps",  "nsteps",    "n_steps", "num_steps",    "timesteps", "iterations", "epochs"}))
    return {Meaning::size};
  if (is_one_of(name, {"exit_code", "exitcode", "exit", "exit_status", "return_code", "returncode",
                       "retcode", "rc"}))
    return {Meaning::exit_code};
  if (is_one_of(name, {"status", "state", "result", "outcome", "verdict", "ok", "success", "passed",
                       "valid", "validation", "correct", "verified"}))
    return {Meaning::status};
  if (is_one_of(name, {"error", "errors", "timeout", "timed_out", "failed", "failure", "failures",
                       "killed", "crashed", "oom"}))
    return {Meaning::failure};
  if (is_one_of(name, {"unit", "units", "time_unit"})) return {Meaning::unit};
  if (is_one_of(name,
                {"ppn", "rpn", "tpn", "ranks_per_node", "tasks_per_node", "ntasks_per_node",
                 "procs_per_node", "processes_per_node", "gpus_per_node", "workers_per_node"}))
    return {Meaning::per_node};
  if (is_one_of(name, {"warmup", "warm_up", "is_warmup", "phase", "stage"}))
    return {Meaning::warm_up};
  if (const auto scale = seconds_in_unit(name)) return {Meaning::time, *scale};
  double scale = 1;
  for (const auto& [unit, in_seconds] : units)
    if (name.ends_with(std::string("_") + unit)) {
      scale = in_seconds;
      name.resize(name.size() - std::string_view(unit).size() - 1);
      break;
    }
  if (name.starts_with("mean_") || name.starts_with("median_") || name.starts_with("avg_"))
    name.erase(0, name.find('_') + 1);
  if (is_one_of(name, {"time",           "t",          "times",          "runtime",
                       "run_time",       "walltime",   "wall_time",      "wall",
                       "wallclock",      "wall_clock", "wallclock_time", "elapsed",
                       "elapsed_time",   "duration",   "step_time",      "time_per_step",
                       "execution_time", "exec_time",  "total_time",     "real_time"}))
    return {Meaning::time, scale};
  return {};
}

}  // namespace assay::import::times_csv
