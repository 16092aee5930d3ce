#include "reports/import/launch_line.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "probes/core/number.hpp"
#include "reports/import/document.hpp"

namespace assay::import {

namespace {

bool is_launcher(std::string_view word) {
  if (const std::size_t slash = word.rfind('/'); slash != std::string_view::npos)
    word.remove_prefix(slash + 1);
  static constexpr std::string_view names[] = {"mpirun",        "mpiexec", "mpiexec.hydra",
                                               "mpirun_rsh",    "orterun", "prun",
                                               "mpiexec.slurm", "srun",    "aprun"};
  return std::find(std::begin(names), std::end(names), word) != std::end(names);
}

/// "4" of "-n4" and "--ntasks=4"; the word behind it of "-n 4"; nothing of other options.
std::optional<std::string_view> number_behind(std::string_view option, std::string_view next) {
  static constexpr std::string_view names[] = {"--ntasks", "--np", "-np", "-n", "--n"};
  for (const std::string_view name : names) {
    if (!option.starts_with(name)) continue;
    std::string_view rest = option.substr(name.size());
    if (rest.empty()) return next;
    if (rest.front() == '=') return rest.substr(1);
    if (name == "-n" && parse_whole_number(rest)) return rest;
  }
  return std::nullopt;
}

/// Options without a value, behind which the program may stand.
bool is_flag(std::string_view option) {
  static constexpr std::string_view names[] = {"--oversubscribe",
                                               "--allow-run-as-root",
                                               "--tag-output",
                                               "--report-bindings",
                                               "--exclusive",
                                               "--label",
                                               "--verbose",
                                               "--quiet",
                                               "--overcommit",
                                               "--unbuffered",
                                               "--bind-to-core",
                                               "--bynode",
                                               "--bycore",
                                               "-l",
                                               "-v",
                                               "-q",
                                               "-u",
                                               "-O",
                                               "-prepend-rank",
                                               "-oversubscribe",
                                               "-tag-output",
                                               "-display-map"};
  return option.find('=') != std::string_view::npos ||
         std::find(std::begin(names), std::end(names), option) != std::end(names);
}

}  // namespace

std::optional<LaunchedRanks> launched_ranks(std::string_view line) {
  const std::vector<std::string_view> words = words_of(line);
  const auto launcher = std::find_if(words.begin(), words.end(), is_launcher);
  if (launcher == words.end()) return std::nullopt;
  if (std::find(launcher, words.end(), ":") != words.end()) return std::nullopt;  // MPMD.
  for (auto word = launcher + 1; word != words.end(); ++word) {
    // The program: what follows is its own.
    if (word->front() != '-') return std::nullopt;
    const auto next = word + 1;
    if (const auto number =
            number_behind(*word, next == words.end() ? std::string_view() : *next)) {
      const auto ranks = parse_whole_number(*number);
      if (!ranks || *ranks < 1) return std::nullopt;
      const auto begin = static_cast<std::size_t>(number->data() - line.data());
      return LaunchedRanks{*ranks, begin, begin + number->size()};
    }
    if (!is_flag(*word) && next != words.end() && next->front() != '-') ++word;
  }
  return std::nullopt;
}

bool names_launcher(std::string_view line) {
  const auto words = words_of(line);
  return std::any_of(words.begin(), words.end(), is_launcher);
}

std::optional<LaunchedProgram> launched_program(std::string_view line, std::string_view name) {
  std::vector<std::string_view> commands;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= line.size(); ++at)
    if (at == line.size() || line[at] == ';' || line[at] == '&' || line[at] == '|') {
      commands.push_back(line.substr(begin, at - begin));
      begin = at + 1;
    }
  for (const std::string_view command : commands) {
    const auto words = words_of(command);
    const auto launcher = std::find_if(words.begin(), words.end(), is_launcher);
    const auto program = std::find_if(launcher, words.end(), [&](std::string_view word) {
      return word.find(name) != std::string_view::npos;
    });
    if (program == words.end()) continue;
    const bool elsewhere = std::any_of(program, words.end(), [](std::string_view word) {
      return word.starts_with('>') || word.starts_with("1>");
    });
    if (elsewhere) return std::nullopt;
    LaunchedProgram found{.without_counts = std::string(command)};
    if (const auto ranks = launched_ranks(command)) {
      found.ranks = ranks->ranks;
      found.without_counts.erase(ranks->begin, ranks->end - ranks->begin);
    }
    if (launcher->ends_with("srun"))
      for (auto word = launcher; word + 1 != words.end() && word != program; ++word)
        for (const std::string_view option : {"-N", "--nodes=", "--nodes"})
          if (word->starts_with(option)) {
            const std::string_view rest = word->substr(option.size());
            found.nodes = parse_whole_number(rest.empty() ? *(word + 1) : rest).value_or(0);
            break;
          }
    return found;
  }
  return std::nullopt;
}

}  // namespace assay::import
