/// @file
/// STREAM and BabelStream as text: a table of kernels with best rate and times.

#include <fmt/format.h>

#include <algorithm>

#include "probes/core/number.hpp"
#include "reports/import/table.hpp"

namespace assay::import::memory_streams {

namespace {

/// What stands around the table.
struct Setting {
  bool babel = false;
  std::int64_t threads = absent_count;
  double array_bytes = absent;
  std::string dtype = "f64", device;
  std::string failed;  ///< The line that says the arrays are wrong.
};

double size_in(const Document& document, const Line& line, const std::string& text) {
  const auto words = words_of(text);
  const std::optional<double> value = words.empty() ? std::nullopt : parse_number(words.front());
  if (!value || words.size() < 2)
    document.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                    "a number and its unit");
  const std::string unit = lower(words[1]);
  for (const auto& [name, scale] : {std::pair("mb", 1e6),
                                    {"gb", 1e9},
                                    {"kb", 1e3},
                                    {"mib", 1048576.0},
                                    {"gib", 1073741824.0},
                                    {"kib", 1024.0}})
    if (unit == name) return *value * scale;
  return absent;
}

class Reader {
 public:
  explicit Reader(const Document& document)
      : document_(document),
        table_(document, {"function", "bestratemb/s", "rate(mb/s)", "avgtime", "mintime", "maxtime",
                          "mbytes/sec", "mibytes/sec", "min(sec)", "max", "average"}) {}

  Imported read() {
    for (const Line& line : document_.lines) take(line);
    if (rows_.empty()) document_.refuse(0, "", "no kernel was measured", "the table of STREAM");
    finish();
    passed_over_.tell(imported_.notes);
    return std::move(imported_);
  }

 private:
  void take(const Line& line) {
    const std::string low = lower(line.text);
    if (line.text.empty() || low.starts_with("---")) return;
    if (low.find("babelstream") != std::string::npos) setting_.babel = true;
    if (const auto threads = value_behind(line.text, "Number of Threads counted"))
      setting_.threads = count_in(document_, line.number, "threads", *threads);
    if (const auto size = value_behind(line.text, "Array size")) array_size(line, *size);
    if (const auto precision = value_behind(line.text, "Precision"))
      setting_.dtype = dtype_of(*precision);
    if (low.find("validation failed") != std::string::npos ||
        low.find("failed validation") != std::string::npos)
      setting_.failed = line.text.substr(0, 80);
    if (low.starts_with("function")) {
      if (table_.is_open() || !rows_.empty())
        document_.refuse(line.number, "", "a second table", "one run of STREAM in a file");
      return table_.header(line, "Function Best Rate MB/s Avg time Min time Max time");
    }
    if (table_.is_open() && is_kernel(low)) {
      if (!table_.take(line))
        document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                         "a kernel, its rate and three times");
      return row();
    }
  }

  static bool is_kernel(const std::string& low) {
    return std::any_of(std::begin(kernels), std::end(kernels),
                       [&](const char* kernel) { return low.starts_with(kernel); });
  }

  void array_size(const Line& line, const std::string& text) {
    if (text.find("elements") != std::string::npos) {
      const auto words = words_of(text);
      setting_.array_bytes = 8 * number_in(document_, line.number, "Array size", words.front());
    } else {
      setting_.array_bytes = size_in(document_, line, text);
    }
  }

  void row() {
    std::string kernel = lower(table_.cell("function"));
    if (kernel.ends_with(":")) kernel.pop_back();
    double best = 0, average = 0, least = 0;
    for (const auto& [column, scale] : {std::pair("bestratemb/s", 1e6),
                                        {"rate(mb/s)", 1e6},
                                        {"mbytes/sec", 1e6},
                                        {"mibytes/sec", 1048576.0}})
      if (table_.has(column)) best = table_.rate(column, scale);
    average = table_.seconds(table_.has("avgtime") ? "avgtime" : "average", 1);
    least = table_.seconds(table_.has("mintime") ? "mintime" : "min(sec)", 1);
    if (average < 0.99 * least)
      document_.refuse(table_.line(), "", "an average time below the least", "min <= average");
    Record rate{.probe = "memory.bandwidth",
                .metric = "rate",
                .unit = unit::bytes_per_second,
                .dtype = setting_.dtype,
                .level = "DRAM",
                .operation = kernel};
    // The rate that was delivered belongs to the average time; the best one is a ceiling.
    rows_.push_back(with_value(rate, best * std::min(1.0, least / average), absent, best));
  }

  void finish() {
    for (Record& row : rows_) {
      if (is_present(setting_.array_bytes))
        row.bytes = static_cast<std::int64_t>(setting_.array_bytes);
      if (!setting_.failed.empty()) row = without_value(row, incorrect(setting_.failed));
      imported_.records.push_back(row);
    }
    imported_.notes.push_back(
        "rates are those of the average time, the best one is listed as most; that the arrays are "
        "larger than the caches is taken on trust (level DRAM)");
    if (is_present(setting_.threads))
      imported_.notes.push_back(fmt::format("{} threads", setting_.threads));
  }

  static constexpr const char* kernels[] = {"copy",  "mul", "scale",  "add",
                                            "triad", "dot", "nstream"};
  const Document& document_;
  TableReader table_;
  Imported imported_;
  Setting setting_;
  std::vector<Record> rows_;
  PassedOver passed_over_;
};

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(), [](const Line& line) {
    const std::string low = lower(line.text.substr(0, 200));
    return low.starts_with("function") &&
           (low.find("rate") != std::string::npos || low.find("bytes/sec") != std::string::npos);
  });
}

const bool registered = Registry<Format>::add(
    {.about = format_description("stream", "STREAM 4 and 5, and BabelStream as text",
                                 "The average time must not be below the least; a failed "
                                 "validation leaves no number."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});

}  // namespace

}  // namespace assay::import::memory_streams
