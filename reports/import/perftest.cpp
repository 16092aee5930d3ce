/// @file
/// perftest: ib_write_bw, ib_read_lat and their kin, RDMA and raw Ethernet.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/import/json.hpp"
#include "reports/import/table.hpp"

namespace assay::import::perftest {

namespace {

using nlohmann::json;

const std::vector<std::string_view> known_columns = {"#bytes",
                                                     "bytes",
                                                     "#iterations",
                                                     "iterations",
                                                     "bwpeak[mb/sec]",
                                                     "bwaverage[mb/sec]",
                                                     "bwpeak[mib/sec]",
                                                     "bwaverage[mib/sec]",
                                                     "bwpeak[gb/sec]",
                                                     "bwaverage[gb/sec]",
                                                     "msgrate[mpps]",
                                                     "cpu_util[%]",
                                                     "t_min[usec]",
                                                     "t_max[usec]",
                                                     "t_typical[usec]",
                                                     "t_avg[usec]",
                                                     "t_stdev[usec]",
                                                     "99%percentile[usec]",
                                                     "99.9%percentile[usec]",
                                                     "tps average",
                                                     "tpsaverage"};

/// "RDMA_Write BW Test", "Send Bidirectional BW Test", "RDMA_Read Latency Test".
std::string operation_of(const Document& document, const Line& line) {
  const std::string low = lower(line.text);
  const bool both = low.find("bidirectional") != std::string::npos;
  const bool rate = low.find(" bw ") != std::string::npos;
  for (const auto& [word, name] : {std::pair("rdma_write", "write"),
                                   {"rdma_read", "read"},
                                   {"send", "send"},
                                   {"atomic", "atomic"},
                                   {"raw ethernet", "raw_ethernet"}})
    if (low.find(word) != std::string::npos)
      return fmt::format("rdma_{}{}", name,
                         !rate  ? "_latency"
                         : both ? "_bidirectional_stream"
                                : "_stream");
  document.refuse(line.number, "", fmt::format("unknown test \"{}\"", line.text.substr(0, 80)),
                  "a write, read, send or atomic test of perftest");
}

bool is_title(const std::string& text) {
  return text.ends_with(" BW Test") || text.ends_with(" Latency Test") ||
         text.ends_with("BW Test") || text.find(" BW  Test") != std::string::npos;
}

std::string first_word(const std::string& text) {
  const auto words = words_of(text);
  return words.empty() ? "" : std::string(words.front());
}

/// What is not the usual one queue pair of a reliable connection: " over 4 queue pairs", " UD".
std::string settings_of(const std::string& pairs, const std::string& connection) {
  std::string text;
  if (!pairs.empty() && pairs != "1") text += fmt::format(" over {} queue pairs", pairs);
  if (!connection.empty() && connection != "RC") text += " " + connection;
  return text;
}

class Reader {
 public:
  explicit Reader(const Document& document)
      : document_(document), table_(document, known_columns) {}

  Imported read() {
    for (const Line& line : document_.lines) take(line);
    if (imported_.records.empty())
      document_.refuse(0, "", "no measured sizes", "the table of a program of perftest");
    refuse_cut_number(document_, table_.row_lines());
    imported_.state_of_new(stated_);
    return std::move(imported_);
  }

 private:
  void take(const Line& line) {
    if (line.text.empty()) return;
    if (line.text.find("---") != std::string::npos) {
      after_table_ |= table_.is_open() && table_.line() > 0;
      return table_.end();
    }
    if (is_title(line.text)) {
      operation_ = operation_of(document_, line);
      settings_.clear();
      imported_.state_of_new(stated_);
      stated_.clear();
      after_table_ = false;
      return;
    }
    if (const auto pairs = value_behind(line.text, "Number of qps"); pairs)
      settings_ += settings_of(first_word(*pairs), "");
    if (const auto type = value_behind(line.text, "Connection type"); type)
      settings_ += settings_of("", first_word(*type));
    if (line.text.find("#bytes") != std::string::npos) {
      if (operation_.empty())
        document_.refuse(line.number, "", "a table without a title", "e.g. RDMA_Write BW Test");
      after_table_ = false;
      launch_ = std::to_string(++launches_[operation_ + settings_]);
      return table_.header(line, "#bytes #iterations BW peak[MB/sec] BW average[MB/sec] ...");
    }
    if (table_.take(line)) return row();
    if (after_table_ && looks_like_row(words_of(line.text), 5))
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                       "a header \"#bytes #iterations ...\" before the first row");
    state_line(stated_, line.text);
    for (const char* said : {"number of qps", "connection type"}) stated_.erase(said);
  }

  void row() {
    Record key{.probe = "network.alpha_beta",
               .ranks = 2,
               .bytes = table_.bytes(table_.has("bytes") ? "bytes" : "#bytes"),
               .operation = operation_ + settings_,
               .provider = "verbs (imported)",
               .launch = launch_};
    Record time = key, rate = key;
    time.metric = "time";
    time.unit = unit::seconds;
    rate.metric = "rate";
    rate.unit = unit::bytes_per_second;
    // MB here is 2^20 bytes, Gb 10^9 bits: perftest's own definition.
    for (const auto& [average, peak, scale] :
         {std::tuple("bwaverage[mb/sec]", "bwpeak[mb/sec]", 1048576.0),
          std::tuple("bwaverage[mib/sec]", "bwpeak[mib/sec]", 1048576.0),
          std::tuple("bwaverage[gb/sec]", "bwpeak[gb/sec]", 1.25e8)}) {
      if (!table_.has(average)) continue;
      const double value = table_.rate(average, scale);
      // With a fixed duration no peak is taken.
      const double most =
          table_.has(peak) && table_.number(peak) > 0 ? table_.rate(peak, scale) : absent;
      if (table_.has("msgrate[mpps]"))
        require_agreement(document_, table_.line(), average, value,
                          1e6 * table_.number("msgrate[mpps]") * static_cast<double>(key.bytes),
                          "message rate times size");
      imported_.records.push_back(with_value(rate, value, absent, most));
      if (key.bytes > 0 && operation_.find("bidirectional") == std::string::npos)
        imported_.records.push_back(
            with_value(time, checked_seconds(document_, table_.line(), average,
                                             static_cast<double>(key.bytes) / value)));
      return;
    }
    for (const char* column : {"t_typical[usec]", "t_avg[usec]"})
      if (table_.has(column)) {
        const bool has_range = table_.has("t_min[usec]") && table_.has("t_max[usec]");
        if (has_range)
          require_order(document_, table_.line(), column, table_.number("t_min[usec]"),
                        table_.number(column), table_.number("t_max[usec]"));
        imported_.records.push_back(
            with_value(time, table_.seconds(column, 1e-6),
                       has_range ? table_.seconds("t_min[usec]", 1e-6) : absent,
                       has_range ? table_.seconds("t_max[usec]", 1e-6) : absent));
        return;
      }
    document_.refuse(table_.line(), "", "a table without a bandwidth or a latency",
                     "BW average[MB/sec] or t_typical[usec]");
  }

  const Document& document_;
  TableReader table_;
  Imported imported_;
  std::string operation_, settings_, launch_;
  std::map<std::string, int> launches_;
  Stated stated_;
  bool after_table_ = false;
};

const json& number_among(const json& results, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const json& value = member(results, name); !value.is_null()) return value;
  return member(results, "");
}

const char* const expected_json = "test_info and results as perftest's --out_json writes them";

/// "RDMA_Write_Bidirectional_BW_Test": as the title of the text, with other separators.
std::string operation_of_json(const Document& document, const json& info) {
  std::string test = text_at(info, "test");
  if (test.empty()) document.refuse(0, "/test_info/test", "is missing", expected_json);
  std::replace(test.begin(), test.end(), '_', ' ');
  for (const auto& [from, to] : {std::pair("RDMA Write", "RDMA_Write"), {"RDMA Read", "RDMA_Read"}})
    if (const std::size_t at = test.find(from); at != std::string::npos)
      test.replace(at, std::string_view(from).size(), to);
  return operation_of(document, Line{0, test});
}

/// The file does not say whether it is in MB/s or Gb/s (--report_gbits): the message rate does.
double rate_of_json(const Document& document, const json& results, double bytes) {
  const std::string where = "/results";
  const double average = number_at(document, results, "BW_average", where, expected_json);
  const double messages = number_at(document, results, "MsgRate", where, expected_json);
  const double rate = messages * 1e6 * bytes;
  for (const double scale : {1048576.0, 1.25e8})
    if (rate > 0 && average * scale > 0.9 * rate && average * scale < 1.1 * rate)
      return checked_rate(document, 0, "/results/BW_average", average * scale);
  document.refuse(0, "/results/BW_average",
                  fmt::format("{:g}, with {:g} million messages a second of {:g} bytes", average,
                              messages, bytes),
                  "their product in MB/s or Gb/s");
}

std::string shown_number(const json& value) {
  const auto number = number_of(value);
  return number ? fmt::format("{:g}", *number) : "";
}

Imported read_json(const Document& document) {
  const json& results = member(*document.json, "results");
  const double bytes = number_at(document, results, "MsgSize", "/results", expected_json);
  if (bytes < 0 || bytes > 9e15 || bytes != std::floor(bytes))
    document.refuse(0, "/results/MsgSize", fmt::format("is {:g}", bytes), "a number of bytes");
  const json& info = member(*document.json, "test_info");
  Record key{.probe = "network.alpha_beta",
             .ranks = 2,
             .bytes = static_cast<std::int64_t>(bytes),
             .operation = operation_of_json(document, info) +
                          settings_of(shown_number(member(info, "Number_of_qps")),
                                      text_at(info, "Connection_type")),
             .provider = "verbs (imported)",
             .launch = "1"};
  Record time = key, rate = key;
  time.metric = "time";
  time.unit = unit::seconds;
  rate.metric = "rate";
  rate.unit = unit::bytes_per_second;
  Stated stated;
  for (const auto& [name, value] : info.items())
    if (name != "test" && name != "Number_of_qps" && name != "Connection_type" &&
        value.is_primitive())
      state(stated, name, value.is_string() ? value.get<std::string>() : value.dump());
  Imported imported;
  if (results.contains("BW_average")) {
    const double value = rate_of_json(document, results, bytes);
    imported.records.push_back(with_value(rate, value));
    if (bytes > 0 && std::string_view(key.operation).find("bidirectional") == std::string::npos)
      imported.records.push_back(
          with_value(time, checked_seconds(document, 0, "/results/BW_average", bytes / value)));
    imported.state_of_new(stated);
    return imported;
  }
  const auto usec = number_of(number_among(results, {"t_typical", "t_avg"}));
  if (!usec)
    document.refuse(0, "/results", "holds neither BW_average nor t_typical", expected_json);
  imported.records.push_back(
      with_value(time, checked_seconds(document, 0, "/results/t_typical", *usec * 1e-6)));
  imported.state_of_new(stated);
  return imported;
}

bool is_json(const Document& document) {
  return document.json && document.json->is_object() &&
         member(*document.json, "test_info").is_object() &&
         member(*document.json, "results").is_object();
}

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(), [](const Line& line) {
    return line.text.find("#bytes") != std::string::npos &&
           line.text.find("#iterations") != std::string::npos;
  });
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "perftest", "ib_write_bw, ib_read_lat and the other programs of perftest, MB or Gb",
         "The title names the operation and the header the unit."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});
const bool json_registered = Registry<Format>::add(
    {.about = format_description("perftest-json", "perftest's --out_json",
                                 "Bandwidth must be message rate times size, in MB/s or Gb/s."),
     .recognises = is_json,
     .read = read_json});

}  // namespace

}  // namespace assay::import::perftest
