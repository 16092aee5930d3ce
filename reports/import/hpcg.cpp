/// @file
/// HPCG's result file (3.0 "key: value", 3.1 "section::key=value").

#include <fmt/format.h>

#include <algorithm>

#include "reports/import/format.hpp"

namespace assay::import::hpcg {

namespace {

/// The text behind the last of the words, and = or :.
std::optional<std::string> behind(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  if (at == std::string::npos) return std::nullopt;
  std::size_t value = at + words.size();
  while (value < text.size() && (text[value] == '=' || text[value] == ':' || text[value] == ' '))
    ++value;
  return text.substr(value);
}

Imported read(const Document& document) {
  Imported imported;
  Record key{.probe = "workload.exec",
             .metric = "rate",
             .unit = unit::flops_per_second,
             .dtype = "f64",
             .operation = "HPCG",
             .launch = "1"};
  bool found = false;
  Stated stated;
  bool local = false;
  for (const Line& line : document.lines) {
    if (line.text.find("Dimensions") != std::string::npos)
      local = line.text.find("Local Domain Dimensions") != std::string::npos;
    for (const char* side : {"nx", "ny", "nz"})
      if (const std::size_t at = line.text.find(side); local && at != std::string::npos)
        state(stated, std::string("local ") + side,
              line.text.substr(
                  std::min(line.text.find_first_of("0123456789", at), line.text.size())));
    if (const auto ranks = behind(line.text, "Distributed Processes"))
      key.ranks = count_in(document, line.number, "Distributed Processes", *ranks);
    if (const auto threads = behind(line.text, "Threads per processes"))
      key.threads = count_in(document, line.number, "Threads per processes", *threads);
    if (line.text.find("HPCG result is INVALID") != std::string::npos ||
        line.text.find("HPCG result is=INVALID") != std::string::npos) {
      imported.records.push_back(without_value(key, incorrect("HPCG says the result is INVALID")));
      found = true;
    }
    const auto rate = behind(line.text, "HPCG result is VALID with a GFLOP/s rat");
    if (!rate) continue;
    // "rate of=" and "rating of:" of its versions.
    const std::size_t of = rate->find("of");
    const std::string number =
        of == std::string::npos
            ? ""
            : rate->substr(std::min(rate->find_first_not_of("=: ", of + 2), rate->size()));
    if (found) document.refuse(line.number, "", "a second result", "one run of HPCG in a file");
    found = true;
    imported.records.push_back(
        with_value(key, rate_in(document, line.number, "GFLOP/s rating", number, 1e9)));
  }
  imported.state_of_new(stated);
  if (!found)
    document.refuse(0, "", "no result", "HPCG result is VALID with a GFLOP/s rate of ...");
  return imported;
}

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(), [](const Line& line) {
    return line.text.find("HPCG result is") != std::string::npos ||
           line.text.starts_with("HPCG-Benchmark");
  });
}

const bool registered = Registry<Format>::add(
    {.about = format_description("hpcg", "HPCG 3.0 and 3.1 result files",
                                 "Only a result that HPCG calls VALID has a number."),
     .recognises = recognises,
     .read = read});

}  // namespace

}  // namespace assay::import::hpcg
