/// @file
/// nccl-tests and rccl-tests as text: a list of ranks, a header with the columns of both
/// directions, rows.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "probes/core/number.hpp"
#include "reports/import/nccl_rows.hpp"

namespace assay::import::nccl_tests {

namespace {

constexpr std::string_view program_names[] = {
    "all_reduce_perf", "all_gather_perf", "reduce_scatter_perf", "alltoallv_perf",
    "alltoall_perf",   "gather_perf",     "scatter_perf",        "broadcast_perf",
    "sendrecv_perf",   "hypercube_perf",  "reduce_perf"};

/// The program that a line names: a command line, or the program's own words.
std::string program_in(std::string_view text) {
  for (const std::string_view name : program_names)
    if (const std::size_t at = text.find(name); at != std::string_view::npos) {
      const char before = at == 0 ? ' ' : text[at - 1];
      if (before == '_' || (before >= 'a' && before <= 'z')) continue;
      return std::string(name);
    }
  return "";
}

/// "NCCL_ALGO=Ring", "... NCCL INFO NCCL_ALGO set by environment to Ring".
void state_environment(Stated& stated, std::string_view line) {
  const std::size_t at = line.find("NCCL_");
  if (at == std::string_view::npos) return;
  const std::size_t end =
      std::min(line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", at), line.size());
  const std::string_view name = line.substr(at, end - at), rest = line.substr(end);
  constexpr std::string_view set = " set by environment to ";
  if (rest.starts_with('='))
    state(stated, name,
          words_of(rest.substr(1)).empty() ? std::string_view() : words_of(rest.substr(1)).front());
  if (rest.starts_with(set)) state(stated, name, rest.substr(set.size()));
}

/// Of "# nThread 1 nGpus 8 minBytes 8 maxBytes 64 step: 2(factor) warmup iters: 5 ... graph: 0":
/// what stands behind the range of sizes.
void state_test(Stated& stated, std::string_view line) {
  const auto words = words_of(line);
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i].ends_with(':') && words[i] != "step:") {
      const bool is_two =
          words[i] == "iters:" && (words[i - 1] == "warmup" || words[i - 1] == "agg");
      state(stated,
            is_two ? fmt::format("{} iters", words[i - 1])
                   : std::string(words[i].substr(0, words[i].size() - 1)),
            words[i + 1]);
    }
}

class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Imported read() {
    for (const Line& line : document_.lines) take(line);
    end_run();
    if (imported_.records.empty())
      document_.refuse(0, "", "no measured sizes", "the table of an nccl-tests program");
    refuse_cut_number(document_, row_lines_);
    passed_over_.tell(imported_.notes);
    return std::move(imported_);
  }

 private:
  void take(const Line& line) {
    const std::vector<std::string_view> words = words_of(line.text);
    if (words.empty()) return;
    // Behind a table it is that of the next test.
    state_environment(!rows_.empty() && columns_.empty() ? next_stated_ : stated_, line.text);
    if (line.text.find("rccl") != std::string::npos) library_ = "rccl";
    if (words.front().front() == '#') return comment(line, words);
    if (!columns_.empty() && looks_like_row(words, columns_.size())) return row(line, words);
    // Numbers where no table is: neither a row nor chatter.
    if (columns_.empty() && words.size() >= 8 && parse_number(words[0]) && parse_number(words[1]))
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                       "a header \"# size count type ...\" before the first row");
    if (const std::string program = program_in(line.text); !program.empty()) {
      end_run();
      run_.program = program;
      return;
    }
    passed_over_.add(line);
  }

  void comment(const Line& line, const std::vector<std::string_view>& words) {
    const std::string_view text = line.text;
    const auto says = [&](const char* what) { return text.find(what) != std::string_view::npos; };
    if (says("busbw")) return header(line);
    if (says("(GB/s)")) return units(line, words);
    if (says("Out of bounds")) return out_of_bounds(line, words);
    if (words.size() > 2 && words[1] == "Rank") return rank(line, words);
    if (says("Collective test concluded") || says("Avg bus bandwidth")) {
      columns_.clear();
      return;
    }
    if (says("Collective test starting")) {
      end_run();
      const std::string program = program_in(text);
      // A program that this does not know must not become one that it knows.
      run_.program = program.empty() ? std::string(words.back()) : program;
      return;
    }
    if (says("nThread") || says("Using devices")) {
      begin(says("nThread"));
      if (says("nThread")) state_test(stated_, text);
      return;
    }
    if (const std::string program = program_in(text); !program.empty()) run_.program = program;
  }

  /// "# nThread ..." comes before "# Using devices": both begin a run, together only one.
  void begin(bool is_settings) {
    const bool had_settings = has_settings_;
    if (!rows_.empty() || !run_.hosts.empty() || (is_settings && had_settings)) {
      const std::string program = rows_.empty() ? run_.program : "";
      end_run();
      run_.program = program;
    }
    has_settings_ = has_settings_ || is_settings;
  }

  void rank(const Line& line, const std::vector<std::string_view>& words) {
    const std::optional<std::int64_t> number = parse_whole_number(words[2]);
    const auto on = std::find(words.begin(), words.end(), "on");
    if (!number || on == words.end() || on + 1 == words.end())
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                       "# Rank NUMBER ... on HOST device ...");
    if (!rows_.empty()) end_run();
    if (*number != listed_)
      document_.refuse(line.number, "", fmt::format("rank {}", *number),
                       fmt::format("rank {}, the next of the list", listed_));
    ++listed_;
    // Each group is a communicator of its own (NCCL_TESTS_SPLIT); rank 0 prints for its group.
    const auto group = std::find(words.begin(), words.end(), "Group");
    const std::string name(group == words.end() || group + 1 == words.end() ? "" : *(group + 1));
    if (listed_ == 1) group_ = name;
    if (name != group_) {
      run_.has_other_groups = true;
      return;
    }
    run_.ranks = std::max<std::int64_t>(run_.ranks, 0) + 1;
    run_.hosts.insert(std::string(*(on + 1)));
  }

  void header(const Line& line) {
    columns_.clear();
    // A second table of one run (-N cycles) has the ranks of the first.
    for (const std::string_view word : words_of(line.text)) {
      if (word == "#") continue;
      std::string name = lower(word);
      if (name == "bytes") name = "size";
      if (name == "n") name = "count";
      if (name == "op") name = "redop";
      if (name == "res") name = "error";
      static const char* const known[] = {"size",   "count", "type",    "redop",
                                          "root",   "time",  "algbw",   "busbw",
                                          "#wrong", "error", "cputime", "timestamp"};
      if (std::find(std::begin(known), std::end(known), name) == std::end(known))
        document_.refuse(line.number, "", fmt::format("unknown column \"{}\"", word),
                         "size count type redop root time algbw busbw #wrong");
      columns_.push_back(name);
    }
    const auto times = std::count_if(columns_.begin(), columns_.end(), [](const std::string& name) {
      return name == "time" || name == "cputime";
    });
    if (columns_.front() != "size" || times < 1 || times > 2)
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                       "size count type redop root time algbw busbw #wrong, once or twice");
    run_.cpu_time = std::find(columns_.begin(), columns_.end(), "cputime") != columns_.end();
    unit_known_ = false;
  }

  void units(const Line& line, const std::vector<std::string_view>& words) {
    for (const std::string_view word : words)
      if (word.front() == '(' && word != "(B)" && word != "(elements)" && word != "(us)" &&
          word != "(GB/s)")
        document_.refuse(line.number, "", fmt::format("unit {}", word), "(B), (us) and (GB/s)");
    unit_known_ = true;
  }

  void out_of_bounds(const Line& line, const std::vector<std::string_view>& words) {
    const auto colon = std::find(words.begin(), words.end(), ":");
    if (colon == words.end() || colon + 1 == words.end())
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                       "# Out of bounds values : COUNT OK or FAILED");
    run_.out_of_bounds =
        static_cast<std::int64_t>(number_in(document_, line.number, "out of bounds", *(colon + 1)));
    const bool failed = line.text.find("FAILED") != std::string::npos;
    if (failed && run_.out_of_bounds == 0) run_.out_of_bounds = 1;
    columns_.clear();
  }

  void row(const Line& line, const std::vector<std::string_view>& words) {
    std::vector<std::string> columns = columns_;
    const std::size_t half = columns.size() - direction_size();
    // A replayed trace has no numbers out of place.
    const bool only_in_place = words.size() == half && second_direction() > 0;
    if (words.size() != columns.size() && !only_in_place && !has_timestamp(words))
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 100)),
                       fmt::format("{}, as the header has", fmt::join(columns_, " ")));
    row_lines_.push_back(line.number);
    NcclCells cells{.line = line.number};
    std::size_t i = 0;
    int direction = only_in_place ? 1 : 0;
    bool open = false;
    for (std::size_t c = 0; c < columns.size() && i < words.size(); ++c) {
      const std::string& name = columns[c];
      if (only_in_place && c >= first_direction() && c < first_direction() + direction_size())
        continue;
      const std::string_view word = words[i++];
      if (name == "size") cells.bytes = bytes_in(document_, line.number, name, word);
      if (name == "count") static_cast<void>(bytes_in(document_, line.number, name, word));
      if (name == "type") cells.dtype = word;
      if (name == "redop") cells.operation = word;
      if (name == "root") cells.root = word;
      if (name == "time" || name == "cputime") {
        if (open) push(cells, direction++);
        open = true;
        cells.check = NcclCells::Check::none;
        read_time(line, word, cells);
      }
      if (name == "algbw") cells.algorithm_rate = read_rate(line, name, word);
      if (name == "busbw") cells.bus_rate = read_rate(line, name, word);
      if (name == "#wrong" || name == "error") read_check(line, name, word, cells);
    }
    if (open) push(cells, direction);
  }

  void read_time(const Line& line, std::string_view word, NcclCells& cells) {
    const double printed = number_in(document_, line.number, "time", word);
    // A row of zero bytes may well take no time at all.
    cells.seconds = printed == 0 && cells.bytes == 0
                        ? 0
                        : seconds_in(document_, line.number, "time", word, 1e-6);
  }

  /// Rounded, that of a small message is 0.
  [[nodiscard]] double read_rate(const Line& line, const std::string& name,
                                 std::string_view word) const {
    const double printed = number_in(document_, line.number, name, word);
    return printed == 0 ? 0 : checked_rate(document_, line.number, name, 1e9 * printed);
  }

  void read_check(const Line& line, const std::string& name, std::string_view word,
                  NcclCells& cells) {
    if (lower(word) == "n/a") return;
    // rccl-tests marks what exceeds its threshold: "1e+00*".
    const bool exceeds = name == "error" && word.ends_with('*');
    if (exceeds) word.remove_suffix(1);
    const double value = number_in(document_, line.number, name, word);
    if (exceeds) {
      cells.check = NcclCells::Check::exceeded;
      cells.wrong = word;
      return;
    }
    // Before #wrong there was the largest difference, a number of rounding errors.
    cells.check = name == "error" ? NcclCells::Check::bounds
                  : value == 0    ? NcclCells::Check::right
                                  : NcclCells::Check::wrong;
    if (cells.check == NcclCells::Check::wrong) cells.wrong = word;
  }

  void push(NcclCells cells, int direction) {
    cells.in_place = direction > 0;
    if (!unit_known_) settle_unit(cells);
    rows_.push_back(std::move(cells));
  }

  /// NCCL 1's programs printed no unit, and milliseconds: the algorithm bandwidth tells.
  void settle_unit(NcclCells& cells) const {
    if (cells.algorithm_rate < 1e8) return;
    const double as_us = static_cast<double>(cells.bytes) / cells.seconds / cells.algorithm_rate;
    if (as_us > 900 && as_us < 1100) cells.seconds *= 1000;
  }

  [[nodiscard]] std::size_t first_direction() const {
    return static_cast<std::size_t>(
        std::find_if(columns_.begin(), columns_.end(),
                     [](const std::string& name) { return name == "time" || name == "cputime"; }) -
        columns_.begin());
  }
  [[nodiscard]] std::size_t second_direction() const {
    const std::size_t first = first_direction();
    for (std::size_t i = first + 1; i < columns_.size(); ++i)
      if (columns_[i] == columns_[first]) return i;
    return 0;
  }
  [[nodiscard]] std::size_t direction_size() const {
    const std::size_t second = second_direction();
    return second == 0 ? columns_.size() - first_direction() : second - first_direction();
  }
  /// A time stamp has a blank in it.
  [[nodiscard]] bool has_timestamp(const std::vector<std::string_view>& words) const {
    return columns_.back() == "timestamp" && words.size() == columns_.size() + 1;
  }

  void end_run() {
    if (!rows_.empty()) {
      const std::string key = fmt::format("{} {} {}", run_.program, run_.ranks, run_.hosts.size());
      run_.launch = std::to_string(++launches_[key]);
      run_.library = library_;
      add_nccl_run(document_, run_, rows_, imported_);
    }
    imported_.state_of_new(stated_);
    if (!rows_.empty()) stated_ = std::move(next_stated_);
    if (!rows_.empty()) next_stated_.clear();
    rows_.clear();
    columns_.clear();
    run_ = NcclRun{};
    has_settings_ = false;
    listed_ = 0;
    group_.clear();
  }

  const Document& document_;
  Imported imported_;
  NcclRun run_;
  std::string library_ = "nccl", group_;
  Stated stated_, next_stated_;
  std::int64_t listed_ = 0;  ///< Ranks of all groups.
  std::vector<NcclCells> rows_;
  std::vector<std::string> columns_;
  std::vector<std::size_t> row_lines_;
  std::map<std::string, int> launches_;
  bool has_settings_ = false, unit_known_ = false;
  PassedOver passed_over_;
};

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(), [](const Line& line) {
    const std::size_t first = line.text.find_first_not_of(" \t");
    return first != std::string::npos && line.text[first] == '#' &&
           line.text.find("busbw") != std::string::npos;
  });
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "nccl-tests",
         "nccl-tests and rccl-tests as text: all programs, #wrong and error columns, layouts "
         "without redop or root, several runs in one log",
         "Size over time is held against the algorithm bandwidth, the bus bandwidth against the "
         "factor of its collective; wrong values leave no number."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});

}  // namespace

}  // namespace assay::import::nccl_tests
