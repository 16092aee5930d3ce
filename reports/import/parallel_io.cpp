/// @file
/// IOR: the table "access bw(MiB/s) ... iter", one row per repetition.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/import/table.hpp"

namespace assay::import::parallel_io {

namespace {

const std::vector<std::string_view> known_columns = {
    "access",    "bw(mib/s)", "iops",     "latency(s)", "latency",  "block(kib)",
    "xfer(kib)", "open(s)",   "wr/rd(s)", "close(s)",   "total(s)", "iter"};

/// Not "access : single-shared-file", which is among the options.
bool is_header(const std::string& text) {
  return text.starts_with("access ") && text.find("bw(MiB/s)") != std::string::npos;
}

/// What a run was told besides sizes: "POSIX file-per-process".
struct Options {
  std::int64_t ranks = absent_count, nodes = absent_count;
  std::string interface, access, order;

  [[nodiscard]] std::string after(std::string_view operation) const {
    std::string text(operation);
    for (const std::string* word : {&interface, &access, &order})
      if (!word->empty()) text += " " + *word;
    return text;
  }
};

void read_option(const Document& document, const Line& line, Options& options) {
  if (line.text == "Options:" || line.text == "Summary:") options = {};
  for (const char* key : {"tasks", "clients"})
    if (const auto tasks = value_behind(line.text, key)) {
      const auto words = words_of(*tasks);
      if (!words.empty()) options.ranks = count_in(document, line.number, key, words.front());
    }
  if (const auto count = value_behind(line.text, "nodes"))
    options.nodes = count_in(document, line.number, "nodes", *count);
  const auto word = [&](const char* key, std::string& out) {
    if (const auto value = value_behind(line.text, key); value && !words_of(*value).empty())
      out = words_of(*value).front();
  };
  word("api", options.interface);
  word("access", options.access);
  if (options.access.ends_with(',')) options.access.pop_back();
  // "sequential offsets", and nothing else, goes without saying.
  for (const char* key : {"ordering in a file", "ordering"})
    if (const auto value = value_behind(line.text, key); value && value->starts_with("random"))
      options.order = "random";
}

Imported read(const Document& document) {
  Imported imported;
  std::string wrong, warning;
  TableReader table(document, known_columns);
  Options options;
  Stated stated;
  std::map<std::string, int> launches;
  for (const Line& line : document.lines) {
    read_option(document, line, options);
    if (line.text.starts_with("IOR-")) stated.clear();
    if (!table.is_open()) state_line(stated, line.text);
    for (const char* said : {"nodes", "tasks", "clients", "clients per node", "api", "access",
                             "repetitions", "fs", "used fs", "aggregate filesize"})
      stated.erase(said);
    if (is_header(line.text)) {
      table.header(line,
                   "access bw(MiB/s) block(KiB) xfer(KiB) open(s) wr/rd(s) close(s) total(s) iter");
      continue;
    }
    // IOR says so before the row of the repetition that it checked.
    if (line.text.find("Incorrect data on") != std::string::npos) wrong = line.text.substr(0, 80);
    if (line.text.find("WARNING: Using actual aggregate bytes moved") != std::string::npos)
      warning = "IOR warns that it moved other bytes than it was told to";
    const auto words = words_of(line.text);
    if (!table.is_open() || words.empty() || (words[0] != "write" && words[0] != "read")) {
      if (line.text.starts_with("Max Write") || line.text.starts_with("Summary")) table.end();
      continue;
    }
    // After an interrupted repetition IOR prints no columns behind the rate.
    if (words.size() != table.columns().size() || !table.take(line))
      document.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                      fmt::format("{}", fmt::join(table.columns(), " ")));
    Record rate{.probe = "storage.parallel",
                .metric = "rate",
                .unit = unit::bytes_per_second,
                .nodes = options.nodes,
                .ranks = options.ranks,
                .bytes = static_cast<std::int64_t>(table.number("xfer(kib)") * 1024),
                .operation = options.after(words[0])};
    rate.launch = std::to_string(++launches[fmt::format("{} {} {} {}", rate.operation.str(),
                                                        rate.ranks, rate.nodes, rate.bytes)]);
    rate = with_value(rate, table.rate("bw(mib/s)", 1048576.0));
    if (!warning.empty()) rate = marked_untrusted(rate, warning);
    warning.clear();
    imported.records.push_back(
        wrong.empty() ? rate
                      : without_value(rate, incorrect(fmt::format("IOR says \"{}\"", wrong))));
    imported.state_of_new(stated);
    wrong.clear();
  }
  if (imported.records.empty()) document.refuse(0, "", "no write or read", "the table of IOR");
  return imported;
}

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(),
                     [](const Line& line) { return is_header(line.text); });
}

const bool registered = Registry<Format>::add(
    {.about = format_description("ior", "IOR 2 to 4: every repetition of writing and reading",
                                 "Columns by their header; interrupted rows are refused."),
     .recognises = recognises,
     .read = read});

}  // namespace

}  // namespace assay::import::parallel_io
