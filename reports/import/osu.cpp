/// @file
/// OSU micro-benchmarks (and OMB-Py): "# OSU MPI Allreduce Latency Test v7.2", a header "# Size
/// ...", rows.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "probes/core/number.hpp"
#include "reports/import/format.hpp"
#include "reports/import/launch_line.hpp"

namespace assay::import::osu {

namespace {

/// What the title says the numbers are.
struct Program {
  std::string probe, operation;
  bool is_rate = false;
  bool has_size = true;
  bool non_blocking = false;
  std::int64_t ranks = absent_count;
  double messages = 1;  ///< Of that size on the wire at once, for the time that a rate implies.
};

const std::vector<std::string_view> known_columns = {"size",
                                                     "avglatency(us)",
                                                     "latency(us)",
                                                     "minlatency(us)",
                                                     "maxlatency(us)",
                                                     "iterations",
                                                     "bandwidth(mb/s)",
                                                     "mb/s",
                                                     "messages/s",
                                                     "messages/sec",
                                                     "overall(us)",
                                                     "compute(us)",
                                                     "coll.init(us)",
                                                     "mpi_test(us)",
                                                     "mpi_wait(us)",
                                                     "purecomm.(us)",
                                                     "mincomm.(us)",
                                                     "maxcomm.(us)",
                                                     "overlap(%)",
                                                     "validation",
                                                     "p50taillat(us)",
                                                     "p90taillat(us)",
                                                     "p95taillat(us)",
                                                     "p99taillat(us)",
                                                     "p50tailbw(mb/s)",
                                                     "p90tailbw(mb/s)",
                                                     "p95tailbw(mb/s)",
                                                     "p99tailbw(mb/s)",
                                                     "p50(us)",
                                                     "p90(us)",
                                                     "p95(us)",
                                                     "p99(us)",
                                                     "avg(us)",
                                                     "min(us)",
                                                     "max(us)",
                                                     "bi-bandwidth(mb/s)"};

const char* const known_tests =
    "a point-to-point, one-sided or collective latency or bandwidth test of OSU";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// "allreduce latency" of "# OSU MPI-CUDA Non-blocking Allreduce Latency Test v7.2".
std::string test_of(std::string_view title, bool& non_blocking) {
  std::string text = lower(title);
  text.erase(0, text.find("# o"));
  for (const char* end : {" test", " (version", " v1", " v2", " v3", " v4", " v5", " v6", " v7"})
    text.resize(std::min(text.find(end), text.size()));
  std::string test;
  for (const std::string_view word : words_of(text)) {
    if (word == "#" || word == "osu" || word == "omb" || word == "omb-py" || word == "python" ||
        word == "mpi" || word == "nccl" || word == "rccl" || word == "xccl" || word == "java" ||
        word.starts_with("mpi-"))
      continue;
    if (word == "one" || word == "sided" || word == "one-sided" || word == "personalized" ||
        word == "exchange")
      continue;
    std::string plain(word.starts_with("mpi_") ? word.substr(4) : word);
    if (plain == "non-blocking" || plain == "nonblocking") {
      non_blocking = true;
      continue;
    }
    test += (test.empty() ? "" : " ") + plain;
  }
  replace_all(test, "all-to-all", "alltoall");
  replace_all(test, "bidirectional", "bi-directional");
  replace_all(test, "broadcast", "bcast");
  return test;
}

std::optional<Program> collective_of(std::string name) {
  std::string operation;
  for (const char* kind : {"neighborhood ", "persistent "})
    if (name.starts_with(kind)) {
      operation = std::string(kind).substr(0, std::string_view(kind).size() - 1);
      name.erase(0, std::string_view(kind).size());
    }
  static const char* const names[] = {"allgather",
                                      "allgatherv",
                                      "allreduce",
                                      "alltoall",
                                      "alltoallv",
                                      "alltoallw",
                                      "barrier",
                                      "bcast",
                                      "gather",
                                      "gatherv",
                                      "reduce",
                                      "reduce_scatter",
                                      "reduce_scatter_block",
                                      "scatter",
                                      "scatterv"};
  if (name == "all-to-allv") name = "alltoallv";
  if (name == "all-to-allw") name = "alltoallw";
  if (name == "reduce-scatter") name = "reduce_scatter";
  if (std::find_if(std::begin(names), std::end(names),
                   [&](const char* each) { return name == each; }) == std::end(names))
    return std::nullopt;
  Program program;
  if (operation.empty() && (name == "allreduce" || name == "reduce" || name == "reduce_scatter"))
    operation = "sum";
  program.probe = "collective." + (name == "bcast" ? "broadcast" : name);
  program.operation = operation;
  program.has_size = name != "barrier";
  return program;
}

std::optional<Program> point_to_point_of(const std::string& test) {
  const auto made = [](std::string operation, bool is_rate, std::int64_t ranks = 2,
                       double messages = 1) {
    return Program{.probe = "network.alpha_beta",
                   .operation = std::move(operation),
                   .is_rate = is_rate,
                   .ranks = ranks,
                   .messages = messages};
  };
  if (test == "latency") return made("ping_pong", false);
  if (test == "persistent latency") return made("persistent_ping_pong", false);
  if (test == "partitioned latency") return made("partitioned_ping_pong", false);
  if (test == "bandwidth") return made("stream", true);
  if (test == "persistent bandwidth") return made("persistent_stream", true);
  if (test == "bi-directional bandwidth") return made("bidirectional_stream", true, 2, 2);
  if (test == "persistent bi-directional bandwidth")
    return made("persistent_bidirectional_stream", true, 2, 2);
  if (test == "multi latency") return made("multi_pair_ping_pong", false, absent_count);
  if (test == "multi-threaded latency") return made("multi_threaded_ping_pong", false);
  if (test == "multi-process latency") return made("multi_process_ping_pong", false, absent_count);
  if (test == "multiple bandwidth / message rate")
    return made("multi_pair_stream", true, absent_count, 0);
  for (const char* one_sided :
       {"put", "get", "accumulate", "get_accumulate", "fetch_and_op", "compare_and_swap"}) {
    const std::string name = one_sided;
    if (test == name + " latency") return made(name, false);
    if (test == name + " bandwidth") return made(name + "_stream", true);
    if (test == name + " bi-directional bandwidth")
      return made(name + "_bidirectional_stream", true, 2, 2);
  }
  return std::nullopt;
}

Program program_of(const Document& document, const Line& title) {
  bool non_blocking = false;
  const std::string test = test_of(title.text, non_blocking);
  std::optional<Program> program = non_blocking ? std::nullopt : point_to_point_of(test);
  if (!program && test.ends_with(" latency")) {
    program = collective_of(test.substr(0, test.size() - 8));
    if (program && non_blocking) {
      program->non_blocking = true;
      program->probe.insert(program->probe.find('.') + 1, "i");
    }
  }
  if (!program)
    document.refuse(title.number, "", fmt::format("unknown test \"{}\"", title.text.substr(0, 120)),
                    known_tests);
  return *program;
}

/// Reads one document, table by table.
class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Imported read() {
    for (const Line& line : document_.lines) take(line);
    end_table();
    imported_.state_of_new(stated_);
    if (imported_.records.empty())
      document_.refuse(0, "", "no measured sizes", "lines of size and value");
    refuse_cut_number(document_, rows_);
    passed_over_.tell(imported_.notes);
    return std::move(imported_);
  }

 private:
  static bool is_title(std::string_view text) {
    return text.find("# OSU ") != std::string_view::npos ||
           text.find("# OMB") != std::string_view::npos;
  }

  void take(const Line& line) {
    if (line.text.empty()) return;
    if (is_title(line.text)) return start_program(line);
    // A shell that shows its commands: the launch of the next test.
    if (names_launcher(line.text) || line.text.find("osu_") != std::string::npos)
      launch_of_next(line);
    const std::size_t first = line.text.find_first_not_of(" \t");
    if (line.text[first] == '#') return comment(line);
    const std::vector<std::string_view> words = words_of(line.text);
    if (columns_.empty()) {
      // Before its header no line is a row, but one that could be is no chatter either.
      if (program_ && looks_like_row(words, 2))
        document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                         "a header \"# Size ...\" before the first row");
      return passed_over_.add(line);
    }
    if (!looks_like_row(words, columns_.size())) return passed_over_.add(line);
    row(line, words);
  }

  /// "+ mpirun -np 4 ./osu_allreduce", whose output comes next.
  void launch_of_next(const Line& line) {
    launched_ = launched_nodes_ = absent_count;
    next_stated_.clear();
    const auto launched = launched_program(line.text, "osu_");
    if (!launched) return;
    if (launched->ranks > 0) launched_ = launched->ranks;
    if (launched->nodes > 0) launched_nodes_ = launched->nodes;
    launch_line_ = line.number;
    state(next_stated_, "launch", launched->without_counts);
  }

  void start_program(const Line& line) {
    end_table();
    imported_.state_of_new(stated_);
    stated_ = std::move(next_stated_);
    next_stated_.clear();
    program_ = program_of(document_, line);
    title_line_ = line.number;
    dtype_.clear();
    columns_.clear();
    sizes_.clear();
    pairs_ = absent_count;
    if (!is_present(program_->ranks) && is_present(launched_)) {
      program_->ranks = launched_;
      imported_.notes.push_back(fmt::format("line {}: {} ranks, as line {} launches", line.number,
                                            launched_, launch_line_));
    }
    nodes_ = is_present(launched_) ? launched_nodes_ : absent_count;
    launched_ = launched_nodes_ = absent_count;
    launch_ = std::to_string(++launches_[fmt::format("{} {} {}", program_->probe,
                                                     program_->operation, program_->ranks)]);
  }

  void end_table() {
    if (program_ && table_rows_ == 0)
      imported_.notes.push_back(
          fmt::format("line {}: a test that printed no measured size", title_line_));
    table_rows_ = 0;
  }

  void comment(const Line& line) {
    const std::string low = lower(line.text);
    if (const std::size_t at = low.find("pairs:"); at != std::string::npos) {
      const auto words = words_of(std::string_view(line.text).substr(at + 6));
      if (!words.empty()) pairs_ = count_in(document_, line.number, "pairs", words.front());
    }
    if (const std::size_t at = low.find("datatype:"); at != std::string::npos) {
      const auto words = words_of(std::string_view(low).substr(at + 9));
      if (!words.empty()) dtype_ = dtype_of(words.front().substr(0, words.front().find('.')));
    }
    if (!program_) return;
    if (columns_.empty() && low.find("(us)") == std::string::npos &&
        low.find("mb/s") == std::string::npos) {
      state_line(stated_, line.text);
      if (low.find(':') == std::string::npos) state_words(stated_, line.text);
    }
    const std::string after = low.substr(std::min(low.find_first_not_of("# \t"), low.size()));
    const bool is_header = after.starts_with("size") || low.find("(us)") != std::string::npos ||
                           low.find("mb/s") != std::string::npos;
    if (!is_header) return;
    const HeaderMatch match = match_header(line.text, known_columns);
    if (!match.unknown.empty())
      document_.refuse(line.number, "", fmt::format("unknown column at \"{}\"", match.unknown),
                       "the columns of an OSU test: Size, Latency (us), Bandwidth (MB/s) ...");
    columns_ = match.columns;
    check_columns(line.number);
  }

  [[nodiscard]] std::optional<std::size_t> column(std::initializer_list<const char*> names) const {
    for (const char* name : names)
      for (std::size_t i = 0; i < columns_.size(); ++i)
        if (columns_[i] == name) return i;
    return std::nullopt;
  }

  /// The column of the result: what the title promises.
  [[nodiscard]] std::optional<std::size_t> value_column() const {
    if (program_->is_rate) return column({"bandwidth(mb/s)", "mb/s", "bi-bandwidth(mb/s)"});
    if (program_->non_blocking) return column({"purecomm.(us)"});
    return column({"avglatency(us)", "latency(us)", "avg(us)"});
  }

  void check_columns(std::size_t line) {
    if (program_->has_size != column({"size"}).has_value())
      document_.refuse(line, "",
                       program_->has_size ? "a header without Size" : "a header with Size",
                       "the header that this test prints");
    if (!value_column())
      document_.refuse(line, "", "a header without the result of its test",
                       program_->is_rate        ? "a column of MB/s"
                       : program_->non_blocking ? "a column Pure Comm.(us)"
                                                : "a column Latency (us) or Avg Latency(us)");
  }

  void row(const Line& line, const std::vector<std::string_view>& words) {
    if (words.size() != columns_.size())
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                       fmt::format("{} columns, as the header has", columns_.size()));
    ++table_rows_;
    rows_.push_back(line.number);
    Record key{.probe = program_->probe,
               .nodes = nodes_,
               .ranks = is_present(pairs_) ? 2 * pairs_ : program_->ranks,
               .dtype = dtype_,
               .operation = program_->operation,
               .provider = "mpi (imported)",
               .launch = launch_};
    if (const auto size = column({"size"})) {
      key.bytes = bytes_in(document_, line.number, "Size", words[*size]);
      if (!sizes_.insert(key.bytes).second)
        document_.refuse(line.number, "Size", fmt::format("{} for the second time", key.bytes),
                         "each size once in a table: several processes wrote into this one");
    }
    bool failed = false;
    if (const auto validation = column({"validation"})) {
      const std::string verdict = lower(words[*validation]);
      if (verdict != "pass" && verdict != "fail" && verdict != "passed" && verdict != "failed" &&
          verdict != "-" && verdict != "n/a")
        document_.refuse(line.number, "Validation", fmt::format("\"{}\"", words[*validation]),
                         "Pass or Fail");
      failed = verdict.starts_with("fail");
    }
    add(line, words, key, failed);
  }

  double cell(const Line& line, const std::vector<std::string_view>& words,
              std::initializer_list<const char*> names) {
    const auto index = column(names);
    return index ? seconds_in(document_, line.number, columns_[*index], words[*index], 1e-6)
                 : absent;
  }

  void add(const Line& line, const std::vector<std::string_view>& words, const Record& key,
           bool failed) {
    const std::size_t at = *value_column();
    Record time = key, rate = key;
    time.metric = "time";
    time.unit = unit::seconds;
    rate.metric = "rate";
    rate.unit = unit::bytes_per_second;
    if (failed) {
      imported_.records.push_back(without_value(program_->is_rate ? rate : time,
                                                incorrect("OSU's own validation says Fail")));
      return;
    }
    if (!program_->is_rate) {
      const double seconds = seconds_in(document_, line.number, columns_[at], words[at], 1e-6);
      const double least = cell(line, words, {"minlatency(us)", "mincomm.(us)", "min(us)"});
      const double most = cell(line, words, {"maxlatency(us)", "maxcomm.(us)", "max(us)"});
      require_order(document_, line.number, columns_[at], least, seconds, most);
      imported_.records.push_back(with_value(time, seconds, least, most));
      if (const auto overlap = column({"overlap(%)"})) {
        Record share = key;
        share.metric = "overlap";
        share.unit = unit::one;
        imported_.records.push_back(with_value(
            share, number_in(document_, line.number, "Overlap(%)", words[*overlap]) / 100));
      }
      return;
    }
    const double number = number_in(document_, line.number, columns_[at], words[at]);
    if (number == 0) return;  // A rounded one: too small a message for two decimals.
    const double value = checked_rate(document_, line.number, columns_[at], number * 1e6);
    if (const auto messages = column({"messages/s", "messages/sec"}); messages && number >= 1)
      require_agreement(
          document_, line.number, columns_[at], value,
          static_cast<double>(key.bytes) *
              number_in(document_, line.number, columns_[*messages], words[*messages]),
          "messages per second times size");
    imported_.records.push_back(with_value(rate, value));
    // What a message of a window takes: the inverse of its rate.
    if (program_->messages > 0 && key.bytes > 0)
      imported_.records.push_back(with_value(
          time, checked_seconds(document_, line.number, columns_[at],
                                program_->messages * static_cast<double>(key.bytes) / value)));
  }

  const Document& document_;
  Imported imported_;
  std::optional<Program> program_;
  std::vector<std::string> columns_;
  std::string launch_, dtype_;
  std::map<std::string, int> launches_;  ///< One log may hold several runs of a test.
  std::vector<std::size_t> rows_;
  std::set<std::int64_t> sizes_;  ///< Of the table that is open.
  std::int64_t pairs_ = absent_count, launched_ = absent_count, nodes_ = absent_count,
               launched_nodes_ = absent_count;
  Stated stated_, next_stated_;
  std::size_t launch_line_ = 0, title_line_ = 0, table_rows_ = 0;
  PassedOver passed_over_;
};

bool recognises(const Document& document) {
  for (const Line& line : document.lines)
    if (line.text.find("# OSU ") != std::string::npos ||
        line.text.find("# OMB") != std::string::npos)
      return true;
  return false;
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "osu",
         "OSU micro-benchmarks 2 to 7: point-to-point, one-sided, blocking, non-blocking, "
         "persistent and neighbourhood collectives, barrier; validation and full (-f) columns",
         "The title names the test and the header the columns; both must be known and agree."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});

}  // namespace

}  // namespace assay::import::osu
