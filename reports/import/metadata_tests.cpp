/// @file
/// mdtest: "SUMMARY rate: (of 3 iterations)" and rows of operations with Max, Min, Mean, Std Dev.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/import/table.hpp"

namespace assay::import::metadata_tests {

namespace {

/// "File creation" and its numbers; the numbers begin where a word is one.
struct Row {
  std::string operation;
  std::vector<std::string_view> cells;
};
Row row_of(std::string_view line) {
  Row row;
  for (const std::string_view word : words_of(line)) {
    if (word == ":") continue;
    const bool number = word.find_first_of("0123456789") == 0 || !row.cells.empty();
    if (number)
      row.cells.push_back(word);
    else
      row.operation += (row.operation.empty() ? "" : " ") + lower(word);
  }
  return row;
}

bool is_summary(const std::string& text) {
  return text.starts_with("SUMMARY") && text.find("iterations)") != std::string::npos;
}

class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Imported read() {
    for (const Line& line : document_.lines) take(line);
    if (imported_.records.empty())
      document_.refuse(0, "", "no operation", "the rows below SUMMARY rate of mdtest");
    imported_.state_of_new(stated_);
    return std::move(imported_);
  }

 private:
  void take(const Line& line) {
    if (const auto command = value_behind(line.text, "Command line used")) {
      imported_.state_of_new(stated_);
      stated_.clear();
      state(stated_, "command", *command);
    }
    if (const std::size_t at = line.text.find(" was launched with "); at != std::string::npos)
      return launched(line, at);
    if (is_summary(line.text)) {
      // mdtest also sums up times, in the same columns.
      is_rate_ = line.text.find("rate") != std::string::npos;
      state_ = State::header;
      return;
    }
    if (state_ == State::none) return;
    if (line.text.find_first_not_of(" -\t") == std::string::npos) {
      if (state_ == State::rows && line.text.empty()) state_ = State::none;
      return;
    }
    if (state_ == State::header) return header(line);
    if (line.text.starts_with("-- ")) {
      state_ = State::none;
      return;
    }
    row(line);
  }

  void launched(const Line& line, std::size_t at) {
    const auto words = words_of(std::string_view(line.text).substr(at));
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i].starts_with("node"))
        nodes_ = count_in(document_, line.number, "nodes", words[i - 1]);
      if (words[i].starts_with("task") && i > 1)
        ranks_ = count_in(document_, line.number, "tasks",
                          words[i - 1] == "total" ? words[i - 2] : words[i - 1]);
    }
  }

  void header(const Line& line) {
    const HeaderMatch match = match_header(
        line.text, {"operation", "max", "min", "mean", "stddev", "perrank:", "periteration:"});
    const std::vector<std::string> plain{"operation", "max", "min", "mean", "stddev"};
    if (!match.unknown.empty() || match.columns != plain)
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 100)),
                       "Operation Max Min Mean Std Dev");
    state_ = State::rows;
    ++launch_;
  }

  void row(const Line& line) {
    const Row row = row_of(line.text);
    if (row.operation.empty() || row.cells.size() != 4)
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                       "an operation and Max Min Mean Std Dev");
    if (!is_rate_) return;
    const double most = number_in(document_, line.number, "Max", row.cells[0]);
    const double least = number_in(document_, line.number, "Min", row.cells[1]);
    const double mean = number_in(document_, line.number, "Mean", row.cells[2]);
    static_cast<void>(number_in(document_, line.number, "Std Dev", row.cells[3]));
    if (most == 0) return;  // What was not tested.
    static_cast<void>(checked_rate(document_, line.number, "Max", most));
    if (mean > 1.001 * most || mean < 0.999 * least)
      document_.refuse(line.number, "Mean", fmt::format("{}", row.cells[2]), "Min <= Mean <= Max");
    Record rate{.probe = "storage.metadata",
                .metric = "operations",
                .unit = unit::hertz,
                .nodes = nodes_,
                .ranks = ranks_,
                .operation = row.operation,
                .launch = std::to_string(launch_)};
    imported_.records.push_back(with_value(rate, checked_rate(document_, line.number, "Mean", mean),
                                           least > 0 ? least : absent, most));
  }

  enum class State { none, header, rows };
  const Document& document_;
  Imported imported_;
  State state_ = State::none;
  Stated stated_;
  bool is_rate_ = false;
  std::int64_t ranks_ = absent_count, nodes_ = absent_count;
  int launch_ = 0;
};

bool recognises(const Document& document) {
  bool mdtest = false, summary = false;
  for (const Line& line : document.lines) {
    mdtest |= line.text.find("mdtest") != std::string::npos ||
              line.text.find("   File creation ") != std::string::npos ||
              line.text.find("   Directory creation ") != std::string::npos;
    summary |= is_summary(line.text);
  }
  return mdtest && summary;
}

const bool registered = Registry<Format>::add(
    {.about = format_description("mdtest", "mdtest 1.9 to 4: the summary of rates",
                                 "Four numbers for each operation, the mean within its range."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});

}  // namespace

}  // namespace assay::import::metadata_tests
