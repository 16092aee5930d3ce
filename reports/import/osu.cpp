#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "probes/core/errors.hpp"
#include "reports/import/import.hpp"

namespace assay::import {

namespace {

/// What the "# OSU MPI ... Test" line says the numbers are.
struct Kind {
  std::string probe, metric, unit, operation;
  double scale = 1;  ///< Printed unit in SI.
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Kind kind_of(const std::string& title, const std::string& file, std::size_t line) {
  const std::string name = lower(title);
  const auto has = [&](const char* word) { return name.find(word) != std::string::npos; };
  const std::string microseconds(unit::seconds), rate(unit::bytes_per_second);
  for (const char* collective : {"allreduce", "reduce_scatter", "allgather", "alltoall"})
    if (has(collective))
      return {fmt::format("collective.{}", collective), "time", microseconds,
              collective[0] == 'a' && has("allreduce") ? "sum" : "", 1e-6};
  if (has("bcast") || has("broadcast"))
    return {"collective.broadcast", "time", microseconds, "", 1e-6};
  if (has("bi-directional bandwidth") || has("bidirectional bandwidth"))
    return {"network.alpha_beta", "rate", rate, "exchange", 1e6};
  if (has("bandwidth")) return {"network.alpha_beta", "rate", rate, "stream", 1e6};
  if (has("latency")) return {"network.alpha_beta", "time", microseconds, "ping_pong", 1e-6};
  throw InputError(
      file, line, "", fmt::format("unknown test \"{}\"", title),
      "a latency, bandwidth, allreduce, reduce_scatter, allgather, alltoall or bcast test");
}

}  // namespace

std::vector<Record> read_osu(const std::filesystem::path& path) {
  const std::string file = path.string();
  std::ifstream in(path);
  std::vector<Record> records;
  std::optional<Kind> kind;
  std::size_t number = 0;
  int launch = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find("# OSU ") != std::string::npos) {
      kind = kind_of(line, file, number);
      ++launch;  // one log may hold several runs of a test: each is a launch
      continue;
    }
    if (line.empty() || line.front() == '#' || !kind) continue;
    std::istringstream cells(line);
    double size = 0, value = 0;
    if (!(cells >> size >> value) || size < 0 || !(value > 0))
      throw InputError(file, number, "", fmt::format("\"{}\"", line), "a size and a value above 0");
    const double scaled = value * kind->scale;
    records.push_back({.probe = kind->probe,
                       .metric = kind->metric,
                       .unit = kind->unit,
                       .bytes = static_cast<std::int64_t>(size),
                       .operation = kind->operation,
                       .provider = "imported",
                       .launch = std::to_string(launch),
                       .samples = 1,
                       .median = scaled});
  }
  if (records.empty())
    throw InputError(file, 0, "", "no measured sizes", "lines of size and value");
  return records;
}

}  // namespace assay::import
