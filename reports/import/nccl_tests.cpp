#include <fmt/format.h>

#include <fstream>
#include <set>
#include <sstream>

#include "probes/core/errors.hpp"
#include "reports/import/import.hpp"

namespace assay::import {

namespace {

std::string probe_of(const std::string& line, const std::string& known) {
  static const std::pair<const char*, const char*> tests[] = {
      {"all_reduce", "collective.allreduce"},
      {"reduce_scatter", "collective.reduce_scatter"},
      {"all_gather", "collective.allgather"},
      {"alltoall", "collective.alltoall"},
      {"broadcast_perf", "collective.broadcast"}};
  for (const auto& [word, probe] : tests)
    if (line.find(word) != std::string::npos) return probe;
  return known;
}

/// One direction of a data line: time, algorithm and bus bandwidth, number of wrong values.
struct Cells {
  double time_us = 0, algorithm_gbps = 0, bus_gbps = 0;
  std::string wrong;
};

void add(const Record& key, const Cells& cells, std::vector<Record>& records) {
  Record time = key, bus = key;
  time.metric = "time";
  time.unit = unit::seconds;
  bus.metric = "bus_bandwidth";
  bus.unit = unit::bytes_per_second;
  if (cells.wrong != "0" && cells.wrong != "N/A") {
    const NoValue none = incorrect(fmt::format("nccl-tests counted {} wrong values", cells.wrong));
    records.push_back(without_value(time, none));
    return;
  }
  time.median = cells.time_us * 1e-6;
  bus.median = cells.bus_gbps * 1e9;
  const bool checked = cells.wrong == "0";
  records.push_back(checked ? time : marked_untrusted(time, "nccl-tests did not check the result"));
  records.push_back(checked ? bus : marked_untrusted(bus, "nccl-tests did not check the result"));
}

}  // namespace

std::vector<Record> read_nccl_tests(const std::filesystem::path& path) {
  const std::string file = path.string();
  std::ifstream in(path);
  std::vector<Record> records;
  std::string probe = "collective.allreduce";
  std::int64_t ranks = 0;
  std::set<std::string> hosts;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::istringstream words(line);
    std::string first, second;
    words >> first >> second;
    if (first == "#" && second == "Rank") {
      ++ranks;
      if (const std::size_t on = line.find(" on "); on != std::string::npos) {
        std::istringstream host(line.substr(on + 4));
        host >> first;
        hosts.insert(first);
      }
      continue;
    }
    if (first.empty() || first.front() == '#') {
      probe = probe_of(line, probe);
      continue;
    }
    if (first.find_first_not_of("0123456789") != std::string::npos)
      continue;  // a launcher's own line
    std::istringstream cells(line);
    Record key{.probe = probe, .provider = "nccl", .samples = 1};
    key.ranks = ranks > 0 ? ranks : absent_count;
    key.nodes = hosts.empty() ? absent_count : static_cast<std::int64_t>(hosts.size());
    double count = 0;
    std::string dtype, operation, root;
    Cells out_of_place, in_place;
    const auto read = [&](Cells& into) -> bool {
      return static_cast<bool>(cells >> into.time_us >> into.algorithm_gbps >> into.bus_gbps >>
                               into.wrong);
    };
    if (!(cells >> key.bytes >> count >> dtype >> operation >> root) || !read(out_of_place))
      throw InputError(file, number, "", fmt::format("\"{}\"", line),
                       "size count type redop root time algbw busbw #wrong");
    key.dtype = dtype == "float"    ? "f32"
                : dtype == "double" ? "f64"
                : dtype == "half"   ? "f16"
                                    : dtype;
    key.operation = operation;
    if (key.bytes == 0) continue;
    key.launch = "1";
    add(key, out_of_place, records);
    key.launch = "1 in place";
    if (read(in_place)) add(key, in_place, records);
  }
  if (records.empty())
    throw InputError(file, 0, "", "no measured sizes", "the table of an nccl-tests program");
  return records;
}

}  // namespace assay::import
