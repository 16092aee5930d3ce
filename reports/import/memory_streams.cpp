/// @file
/// STREAM and BabelStream as text: a table of kernels with best rate and times.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probes/core/number.hpp"
#include "probes/core/units.hpp"
#include "reports/import/table.hpp"

namespace assay::import::memory_streams {

namespace {

/// What stands around the table.
struct Setting {
  std::int64_t threads = absent_count, ranks = absent_count;
  double elements = absent, element_bytes = 8, array_bytes = absent;
  std::string dtype = "f64";
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

/// BabelStream's --csv prints its table separated by commas, the rest as ever.
std::string with_blanks(const std::string& line) {
  std::string text = line;
  std::replace(text.begin(), text.end(), ',', ' ');
  return text;
}

class Reader {
 public:
  explicit Reader(const Document& document)
      : document_(document),
        table_(document, {"function", "bestratemb/s", "rate(mb/s)", "avgtime", "mintime", "maxtime",
                          "mbytes/sec", "mibytes/sec", "min(sec)", "max", "average", "num_times",
                          "n_elements", "sizeof", "max_mbytes_per_sec", "max_mibytes_per_sec",
                          "min_runtime", "max_runtime", "avg_runtime"}) {}

  Imported read() {
    for (const Line& line : document_.lines) take(line);
    finish();
    if (imported_.records.empty())
      document_.refuse(0, "", "no kernel was measured", "the table of STREAM");
    tell();
    return std::move(imported_);
  }

 private:
  struct Moved {
    std::size_t line;
    std::string name;
    double bytes, least;
  };

  void take(const Line& line) {
    const std::string low = lower(line.text);
    if (line.text.empty() || low.starts_with("---")) return;
    // A further run in the same file.
    if (!rows_.empty() && (low.starts_with("stream version") || low == "babelstream")) finish();
    settings(line, low);
    if (rows_.empty() && !table_.is_open()) {
      state_line(stated_, line.text);
      if (low.starts_with("using ")) state_words(stated_, line.text);
    }
    if (low.find("validation failed") != std::string::npos ||
        low.find("failed validation") != std::string::npos)
      setting_.failed = line.text.substr(0, 80);
    if (low.starts_with("function")) {
      if (!rows_.empty())
        document_.refuse(line.number, "", "a second table", "a title before each run of STREAM");
      is_csv_ = low.starts_with("function,");
      Line header = line;
      if (is_csv_) header.text = with_blanks(line.text);
      table_.header(header, "Function Best Rate MB/s Avg time Min time Max time");
      return check_columns(line);
    }
    if (table_.is_open() && is_kernel(low)) {
      Line cells = line;
      if (is_csv_) cells.text = with_blanks(line.text);
      if (!table_.take(cells))
        document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                         "a kernel, its rate and three times");
      return row();
    }
  }

  void settings(const Line& line, const std::string& low) {
    if (const auto threads = value_behind(line.text, "Number of Threads counted"))
      setting_.threads = count_in(document_, line.number, "threads", *threads);
    if (const auto size = value_behind(line.text, "Array size")) array_size(line, *size);
    if (const auto precision = value_behind(line.text, "Precision"))
      setting_.dtype = dtype_of(*precision);
    // "This system uses 4 bytes per array element." of one built with -DSTREAM_TYPE=float.
    constexpr std::string_view uses = "this system uses ";
    if (low.starts_with(uses)) {
      const auto words = words_of(std::string_view(line.text).substr(uses.size()));
      const std::int64_t size =
          count_in(document_, line.number, "bytes per element", words.front());
      setting_.element_bytes = static_cast<double>(size);
      setting_.dtype = size == 8 ? "f64" : size == 4 ? "f32" : fmt::format("{} bytes", size);
    }
    constexpr std::string_view across = "data is distributed across ";
    if (low.starts_with(across)) {
      const auto words = words_of(std::string_view(line.text).substr(across.size()));
      setting_.ranks = count_in(document_, line.number, "MPI ranks", words.front());
    }
  }

  void check_columns(const Line& line) {
    const auto has_one = [&](std::initializer_list<const char*> names) {
      return std::any_of(names.begin(), names.end(),
                         [&](const char* name) { return table_.has(name); });
    };
    if (!has_one({"bestratemb/s", "rate(mb/s)", "mbytes/sec", "mibytes/sec", "max_mbytes_per_sec",
                  "max_mibytes_per_sec"}) ||
        !has_one({"avgtime", "average", "avg_runtime"}) ||
        !has_one({"mintime", "min(sec)", "min_runtime"}))
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 100)),
                       "columns of a rate, an average and a least time");
  }

  static bool is_kernel(const std::string& low) {
    return std::any_of(std::begin(kernels), std::end(kernels),
                       [&](const char* kernel) { return low.starts_with(kernel); });
  }

  void array_size(const Line& line, const std::string& text) {
    const auto words = words_of(text);
    std::string_view count = words.empty() ? std::string_view() : words.front();
    // "Array size = 80000000 (elements), Offset", before 5.10 "Array size = 2000000, Offset".
    const bool old = count.ends_with(',');
    if (old) count.remove_suffix(1);
    if (old || text.find("elements") != std::string::npos)
      setting_.elements = number_in(document_, line.number, "Array size", count);
    else
      setting_.array_bytes = size_in(document_, line, text);
  }

  [[nodiscard]] double time(std::initializer_list<const char*> names) const {
    for (const char* name : names)
      if (table_.has(name)) return table_.seconds(name, 1);
    return absent;
  }

  void row() {
    std::string kernel = lower(table_.cell("function"));
    if (kernel.ends_with(":")) kernel.pop_back();
    double best = 0;
    for (const auto& [column, scale] : {std::pair("bestratemb/s", 1e6),
                                        {"rate(mb/s)", 1e6},
                                        {"mbytes/sec", 1e6},
                                        {"mibytes/sec", 1048576.0},
                                        {"max_mbytes_per_sec", 1e6},
                                        {"max_mibytes_per_sec", 1048576.0}})
      if (table_.has(column)) best = table_.rate(column, scale);
    const double average = time({"avgtime", "average", "avg_runtime"});
    const double least = time({"mintime", "min(sec)", "min_runtime"});
    if (average < 0.99 * least)
      document_.refuse(table_.line(), "", "an average time below the least", "min <= average");
    if (table_.has("n_elements") && table_.has("sizeof")) {
      setting_.array_bytes = table_.number("n_elements") * table_.number("sizeof");
      if (table_.cell("sizeof") == "4") setting_.dtype = "f32";
    }
    Record rate{.probe = "memory.bandwidth",
                .metric = "rate",
                .unit = unit::bytes_per_second,
                .operation = kernel,
                .launch = std::to_string(launch_)};
    moved_.push_back({table_.line(), kernel, best * least, least});
    // The rate that was delivered belongs to the average time; the best one is a ceiling.
    rows_.push_back(with_value(rate, best * std::min(1.0, least / average), absent, best));
  }

  /// The rows of one run, with what stood around them.
  void finish() {
    if (is_present(setting_.elements))
      setting_.array_bytes = setting_.elements * setting_.element_bytes;
    // Three arrays that a cache may hold measure the cache, and a sum over ranks is that of nobody
    // knows how many nodes: neither is the roof of a node's memory.
    constexpr double beyond_caches = 128.0 * 1048576;
    const bool small = is_present(setting_.array_bytes) && 3 * setting_.array_bytes < beyond_caches;
    const bool is_roof = !small && !(setting_.ranks > 1);
    for (const Moved& kernel : moved_) check_moved(kernel);
    moved_.clear();
    for (Record& row : rows_) {
      row.dtype = setting_.dtype;
      if (is_roof) row.level = "DRAM";
      if (setting_.ranks > 1) row.ranks = setting_.ranks;
      row.threads = setting_.threads;
      if (is_present(setting_.array_bytes)) row.bytes = std::llround(setting_.array_bytes);
      if (!setting_.failed.empty()) row = without_value(row, incorrect(setting_.failed));
      imported_.records.push_back(row);
    }
    if (!rows_.empty() && small)
      imported_.notes.push_back(fmt::format("arrays of {}: caches may hold them: no roof",
                                            format_bytes(Bytes(setting_.array_bytes))));
    if (!rows_.empty() && setting_.ranks > 1)
      imported_.notes.push_back(
          fmt::format("the sum over {} ranks; the log does not say on how many nodes: no roof",
                      setting_.ranks));
    if (!rows_.empty()) ++launch_;
    for (const char* said : {"number of threads counted", "array size", "total size"})
      stated_.erase(said);
    imported_.state_of_new(stated_);
    stated_.clear();
    rows_.clear();
    table_.end();
    setting_ = Setting{};
  }

  /// Bytes that a kernel moves in its least time, by its rate and by the arrays.
  void check_moved(const Moved& kernel) const {
    // The times of small arrays have few digits.
    if (!is_present(setting_.array_bytes) || kernel.least < 1e-4) return;
    const double arrays = kernel.name == "add" || kernel.name == "triad" ? 3
                          : kernel.name == "nstream"                     ? 4
                                                                         : 2;
    require_agreement(document_, kernel.line, "rate", kernel.bytes / kernel.least,
                      arrays * setting_.array_bytes / kernel.least,
                      fmt::format("{:g} arrays in the least time", arrays));
  }

  void tell() {
    imported_.notes.push_back(
        "rates are those of the average time, the best one is listed as most; that the arrays are "
        "larger than the caches is taken on trust (level DRAM)");
  }

  static constexpr const char* kernels[] = {"copy",  "mul", "scale",  "add",
                                            "triad", "dot", "nstream"};
  const Document& document_;
  TableReader table_;
  Imported imported_;
  Setting setting_;
  std::vector<Record> rows_;
  std::vector<Moved> moved_;
  Stated stated_;
  bool is_csv_ = false;
  int launch_ = 1;
};

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(), [](const Line& line) {
    const std::string low = lower(line.text.substr(0, 200));
    return low.starts_with("function") &&
           (low.find("rate") != std::string::npos || low.find("bytes/sec") != std::string::npos ||
            low.find("bytes_per_sec") != std::string::npos);
  });
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "stream",
         "STREAM 5, MPI and float too, and BabelStream 3 to 5, text and CSV; several runs",
         "The average time must not be below the least; a failed "
         "validation leaves no number."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});

}  // namespace

}  // namespace assay::import::memory_streams
