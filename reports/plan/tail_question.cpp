#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "probes/core/statistics.hpp"
#include "probes/run/csv.hpp"
#include "reports/import/import.hpp"
#include "reports/models/laws/series.hpp"
#include "reports/models/money/tail_latency.hpp"
#include "reports/plan/options.hpp"
#include "reports/plan/questions.hpp"

namespace assay::plan {

namespace {

namespace fs = std::filesystem;

/// Times of one rank alone, ascending.
struct OneRank {
  std::string subject;
  std::vector<double> times;  ///< s
};

/// By workload: every kept sample of a run directory, every launch of another tool's log.
std::map<std::string, std::vector<double>> times_of_one_rank(const fs::path& path) {
  std::map<std::string, std::vector<double>> found;
  const auto is_wanted = [](const Record& row) {
    return row.ranks == 1 && (row.metric == "step_time" || row.metric == "time") &&
           row.unit == unit::seconds;
  };
  const auto add = [&](const Record& key, double value) {
    if (value > 0 && std::isfinite(value)) found[models::series_subject(key)].push_back(value);
  };
  if (fs::is_directory(path)) {
    // read_all checks that it is a run directory, and says what is wrong with it.
    (void)import::read_all({path});
    csv::read_samples(path / "samples.csv", [&](const Record& key, std::int64_t, double value) {
      if (is_wanted(key)) add(key, value);
    });
    return found;
  }
  for (const Record& record : import::read_all({path}).records)
    if (is_wanted(record)) add(record, record.median);
  return found;
}

OneRank measured(const fs::path& path, const std::string& wanted) {
  auto all = times_of_one_rank(path);
  std::string subjects;
  std::vector<const std::string*> matching;
  for (const auto& [subject, times] : all) {
    subjects += (subjects.empty() ? "" : "; ") + subject;
    if (subject.find(wanted) != std::string::npos) matching.push_back(&subject);
    if (subject == wanted) {
      matching = {&subject};
      break;
    }
  }
  if (all.empty())
    throw InputError(path.string(), 0, "", "holds no times of one rank alone",
                     "a workload measured at 1 rank");
  if (matching.size() != 1)
    throw InputError(path.string(), 0, "",
                     fmt::format("{} workloads match \"{}\"", matching.size(), wanted),
                     fmt::format("--subject with one of: {}", subjects));
  OneRank rank{*matching.front(), std::move(all[*matching.front()])};
  std::sort(rank.times.begin(), rank.times.end());
  return rank;
}

Document from_times(const OneRank& rank, const std::vector<double>& fan_outs, double q) {
  Document document{.header = fmt::format(
                        "times in s; a request waits for the slowest of N; the {:g} quantile of "
                        "that, from {} times of one rank",
                        q, rank.times.size()),
                    .columns = {"fan_out", "slowest_median_s", "slowest_quantile_s", "low_s",
                                "high_s", "times_one_rank", "note"}};
  // A tail that the times of one rank do not reach is not that of their largest.
  const auto alone = models::slowest_quantile(rank.times, q, 1);
  std::optional<double> last_known, first_unknown;
  for (const double n : fan_outs) {
    const auto middle = models::slowest_quantile(rank.times, 0.5, n);
    const auto tail = models::slowest_quantile(rank.times, q, n);
    const Interval interval =
        tail ? models::slowest_quantile_interval(rank.times, q, n) : Interval{};
    document.rows.push_back(
        {n, cell(middle), cell(tail), number(interval.low), number(interval.high),
         tail ? Cell(*tail / *alone) : Cell(),
         tail ? std::string()
              : fmt::format("needs {:.0f} times of one rank", models::samples_for_slowest(q, n))});
    if (tail) last_known = n;
    if (!tail && !first_unknown) first_unknown = n;
  }
  document.sentences.push_back(
      alone ? fmt::format("{}: the {:g} quantile of one rank is {}", rank.subject, q,
                          format(Seconds(*alone)))
            : fmt::format(
                  "{}: {} times do not reach the {:g} quantile of one rank; the largest is {}",
                  rank.subject, rank.times.size(), q, format(Seconds(rank.times.back()))));
  if (last_known)
    document.sentences.push_back(
        fmt::format("of the slowest of {:g} it is {}", *last_known,
                    format(Seconds(*models::slowest_quantile(rank.times, q, *last_known)))));
  if (first_unknown)
    document.sentences.push_back(fmt::format(
        "from {:g} on nobody saw that tail: {} times do not reach it, and it is not extrapolated",
        *first_unknown, rank.times.size()));
  document.sentences.emplace_back(
      "the ranks are taken to be late independently of each other; what delays all of them at once "
      "is not made worse by their number");
  return document;
}

Document from_share(double share, const std::vector<double>& fan_outs) {
  Document document{.header = "shares of requests; a request is slow when one of its N parts is",
                    .columns = {"fan_out", "slow_share"}};
  std::optional<double> turn;
  for (const double n : fan_outs) {
    const double slow = models::slow_probability(share, n);
    document.rows.push_back({n, slow});
    if (!turn && slow >= 0.5) turn = n;
  }
  document.sentences.push_back(
      turn ? fmt::format("from {:g} on every second request is slow", *turn)
           : fmt::format("up to {:g} fewer than half of the requests are slow", fan_outs.back()));
  return document;
}

ExitCode answer_tail(const std::vector<std::string>& arguments) {
  OptionList options(tail_question());
  options
      .add("from", "PATH",
           "Times of one rank: a run directory (every sample) or a ranks,time CSV (every launch)")
      .add("subject", "TEXT", "Which of its workloads, where there are several")
      .add("slow", "X", "Instead of --from: the share of one part's answers that are slow")
      .add_default("fan-out", "1,2,4,8,16,32,64,128", "LIST", "Parts a request waits for")
      .add_default("quantile", "0.99", "X", "Of the slowest part, above 0 and below 1")
      .add_common();
  if (!options.parse(arguments, "from")) return ExitCode::done;
  if (options.has("from") == options.has("slow"))
    throw UsageError("assay plan tail: expected either --from PATH or --slow X");
  const std::vector<double> fan_outs = options.counts("fan-out");
  if (options.has("slow")) {
    const double share = options.not_negative("slow");
    if (share > 1) throw options.wrong("slow", "a share from 0 to 1");
    print(from_share(share, fan_outs), options.format());
    return ExitCode::done;
  }
  const double q = options.positive("quantile");
  if (q >= 1) throw options.wrong("quantile", "a share above 0 and below 1");
  const OneRank rank =
      measured(options.text("from"), options.has("subject") ? options.text("subject") : "");
  const Document document = from_times(rank, fan_outs, q);
  print(document, options.format());
  const bool answered = models::slowest_quantile(rank.times, q, fan_outs.front()).has_value();
  return answered ? ExitCode::done : ExitCode::inconclusive;
}

}  // namespace

const Command& tail_question() {
  static const Command command{
      .about =
          Description{.kind = "command",
                      .name = "plan tail",
                      .summary =
                          "The tail of the slowest of N, from one rank's measured times. Exit 2 "
                          "where they do not reach it."},
      .usage = "assay plan tail PATH [--fan-out LIST] [--quantile X] [options]",
      .example =
          "assay plan tail assay-results/20240101T000000Z-host --subject synthetic --fan-out "
          "1:64:1\n"
          "assay plan tail --slow 0.01 --fan-out 1,10,69,100",
      .run = answer_tail};
  return command;
}

}  // namespace assay::plan
