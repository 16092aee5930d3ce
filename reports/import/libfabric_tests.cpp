/// @file
/// fi_pingpong and fabtests: "bytes #sent #ack total time MB/sec usec/xfer Mxfers/sec".

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probes/core/number.hpp"
#include "reports/import/table.hpp"

namespace assay::import::libfabric_tests {

namespace {

const std::vector<std::string_view> known_columns = {"name",      "bytes",      "iters", "#sent",
                                                     "#ack",      "total",      "time",  "mb/sec",
                                                     "usec/xfer", "mxfers/sec", "gb/sec"};

/// "64", "4k", "1m", "1.50k": these programs shorten by powers of 1024.
std::int64_t shortened_bytes(const Document& document, std::size_t line, std::string_view cell) {
  double factor = 1;
  std::string_view digits = cell;
  if (!digits.empty()) {
    const char last = digits.back();
    factor = last == 'k' || last == 'K'   ? 1024.0
             : last == 'm' || last == 'M' ? 1048576.0
             : last == 'g' || last == 'G' ? 1073741824.0
                                          : 1;
    if (factor > 1) digits.remove_suffix(1);
  }
  const auto value = parse_number(digits);
  if (!value || *value < 0 || *value * factor > 1e15)
    document.refuse(line, "bytes", fmt::format("\"{}\"", cell), "a size such as 64, 4k, 1m");
  return static_cast<std::int64_t>(std::llround(*value * factor));
}

/// The program's name decides what a transfer is; without it, the caller's table cannot tell.
std::string operation_of(const Document& document, bool acknowledged) {
  if (acknowledged) return "ping_pong";  // Only fi_pingpong counts #ack.
  for (const Line& line : document.lines) {
    if (line.text.find("_bw") != std::string::npos && line.text.find("fi_") != std::string::npos)
      return "stream";
    if (line.text.find("pingpong") != std::string::npos) return "ping_pong";
  }
  return "";
}

Imported read(const Document& document) {
  Imported imported;
  TableReader table(document, known_columns);
  PassedOver passed_over;
  std::string operation;
  int launch = 0;
  for (const Line& line : document.lines) {
    if (line.text.empty()) continue;
    if (line.text.find("usec/xfer") != std::string::npos) {
      table.header(line, "bytes iters total time MB/sec usec/xfer Mxfers/sec");
      operation = operation_of(document, table.has("#ack"));
      if (operation.empty()) {
        operation = "transfer";
        imported.notes.push_back(
            "the log does not name its program: transfers, perhaps of a ping-pong");
      }
      ++launch;
      continue;
    }
    if (!table.take(line)) {
      passed_over.add(line);
      continue;
    }
    Record time{.probe = "network.alpha_beta",
                .metric = "time",
                .unit = unit::seconds,
                .ranks = 2,
                .bytes = shortened_bytes(document, line.number, table.cell("bytes")),
                .operation = operation,
                .provider = "libfabric (imported)",
                .launch = std::to_string(launch)};
    time = with_value(time, table.seconds("usec/xfer", 1e-6));
    for (const auto& [column, scale] : {std::pair("mb/sec", 1e6), {"gb/sec", 1.25e8}})
      if (table.has(column) && table.number(column) >= 1)
        require_agreement(document, line.number, "usec/xfer", time.median,
                          static_cast<double>(time.bytes) / (scale * table.number(column)),
                          "MB/sec");
    // "=10" where as many came back as were sent; another sign or number says how many did not.
    if (table.has("#ack") && table.cell("#ack") != fmt::format("={}", table.cell("#sent")))
      time = marked_untrusted(
          time, fmt::format("{} sent, acknowledged: {}", table.cell("#sent"), table.cell("#ack")));
    imported.records.push_back(time);
  }
  if (imported.records.empty())
    document.refuse(0, "", "no measured sizes", "the table of fi_pingpong");
  refuse_cut_number(document, table.row_lines());
  passed_over.tell(imported.notes);
  return imported;
}

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(), [](const Line& line) {
    return line.text.find("usec/xfer") != std::string::npos &&
           line.text.find("bytes") != std::string::npos;
  });
}

const bool registered = Registry<Format>::add(
    {.about = format_description("fabtests", "fi_pingpong and the programs of fabtests",
                                 "Columns by their header; sizes are shortened by powers of 1024."),
     .recognises = recognises,
     .read = read});

}  // namespace

}  // namespace assay::import::libfabric_tests
