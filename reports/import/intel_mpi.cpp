/// @file
/// Intel MPI Benchmarks (IMB-MPI1, -NBC, -RMA, -P2P): "# Benchmarking Allreduce", "# #processes =
/// 4", a header, rows.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "reports/import/table.hpp"

namespace assay::import::intel_mpi {

namespace {

struct Benchmark {
  std::string probe, operation;
  bool one_size = false;  ///< Barrier: no bytes.
};

std::optional<Benchmark> benchmark_of(const std::string& name) {
  static const std::map<std::string, Benchmark> known{
      {"pingpong", {"network.alpha_beta", "ping_pong"}},
      {"pingpongspecificsource", {"network.alpha_beta", "ping_pong_specific_source"}},
      {"pingping", {"network.alpha_beta", "ping_ping"}},
      {"pingpinganysource", {"network.alpha_beta", "ping_ping_any_source"}},
      {"pingponganysource", {"network.alpha_beta", "ping_pong_any_source"}},
      {"sendrecv", {"network.alpha_beta", "sendrecv"}},
      {"exchange", {"network.alpha_beta", "exchange_both_neighbours"}},
      {"uniband", {"network.alpha_beta", "uniband"}},
      {"biband", {"network.alpha_beta", "biband"}},
      {"unidir_put", {"network.alpha_beta", "put"}},
      {"unidir_get", {"network.alpha_beta", "get"}},
      {"bidir_put", {"network.alpha_beta", "bidirectional_put"}},
      {"bidir_get", {"network.alpha_beta", "bidirectional_get"}},
      {"allreduce", {"collective.allreduce", "sum"}},
      {"reduce", {"collective.reduce", "sum"}},
      {"reduce_scatter", {"collective.reduce_scatter", "sum"}},
      {"reduce_scatter_block", {"collective.reduce_scatter_block", "sum"}},
      {"allgather", {"collective.allgather", ""}},
      {"allgatherv", {"collective.allgatherv", ""}},
      {"scatter", {"collective.scatter", ""}},
      {"scatterv", {"collective.scatterv", ""}},
      {"gather", {"collective.gather", ""}},
      {"gatherv", {"collective.gatherv", ""}},
      {"alltoall", {"collective.alltoall", ""}},
      {"alltoallv", {"collective.alltoallv", ""}},
      {"bcast", {"collective.broadcast", ""}},
      {"barrier", {"collective.barrier", "", true}}};
  std::string low = lower(name);
  if (const auto found = known.find(low); found != known.end()) return found->second;
  // IMB-NBC: Iallreduce; "_pure" ones without computing beside it.
  if (low.ends_with("_pure")) low.resize(low.size() - 5);
  if (low.starts_with("i"))
    if (const auto found = known.find(low.substr(1));
        found != known.end() && found->second.probe.starts_with("collective.")) {
      Benchmark benchmark = found->second;
      benchmark.probe.insert(benchmark.probe.find('.') + 1, "i");
      return benchmark;
    }
  return std::nullopt;
}

const std::vector<std::string_view> known_columns = {
    "#bytes",       "bytes",        "#repetitions", "repetitions", "t[usec]",
    "mbytes/sec",   "t_min[usec]",  "t_max[usec]",  "t_avg[usec]", "defects",
    "t_ovrl[usec]", "t_pure[usec]", "t_cpu[usec]",  "overlap[%]",  "msg/sec"};

class Reader {
 public:
  explicit Reader(const Document& document)
      : document_(document), table_(document, known_columns) {}

  Imported read() {
    for (const Line& line : document_.lines) take(line);
    if (imported_.records.empty())
      document_.refuse(0, "", "no measured sizes", "the tables of Intel MPI Benchmarks");
    refuse_cut_number(document_, table_.row_lines());
    passed_over_.tell(imported_.notes);
    return std::move(imported_);
  }

 private:
  void take(const Line& line) {
    const std::string_view text = line.text;
    if (text.empty()) return;
    if (text.find("Benchmarking") != std::string_view::npos && text.front() == '#')
      return begin(line);
    if (const auto processes = value_behind(text, "processes")) return set_ranks(line, *processes);
    if (text.find("groups of") != std::string_view::npos) {
      // Several groups at once share the wire: that is another measurement.
      groups_ = " in several groups at once";
      return;
    }
    const std::size_t first = text.find_first_not_of(" \t");
    if (first != std::string_view::npos && text.find("[usec]") != std::string_view::npos)
      return header(line);
    if (text[first] == '#') return;
    if (table_.take(line)) return row();
    if (text.find("time-out") != std::string_view::npos) {
      imported_.notes.push_back(fmt::format("line {}: {}", line.number, text.substr(0, 80)));
      return;
    }
    passed_over_.add(line);
  }

  void begin(const Line& line) {
    table_.end();
    const auto words = words_of(line.text);
    const std::string name(words.back());
    benchmark_ = benchmark_of(name);
    if (!benchmark_)
      document_.refuse(line.number, "", fmt::format("unknown benchmark {}", name),
                       "a point-to-point, one-sided or collective benchmark of IMB");
    ranks_ = absent_count;
    groups_.clear();
    launch_ = std::to_string(++launches_[name]);
  }

  void set_ranks(const Line& line, const std::string& processes) {
    const auto words = words_of(processes);
    if (words.empty()) document_.refuse(line.number, "#processes", "is empty", "a number");
    ranks_ = count_in(document_, line.number, "#processes", words.front());
  }

  void header(const Line& line) {
    if (!benchmark_)
      document_.refuse(line.number, "", "a table before any benchmark", "# Benchmarking NAME");
    Line with_mark = line;
    // "#bytes" and "#repetitions" carry the mark in their names.
    table_.header(with_mark, "the columns of IMB: #bytes #repetitions t[usec] ...");
    if (benchmark_->one_size == (table_.has("bytes") || table_.has("#bytes")))
      document_.refuse(line.number, "",
                       benchmark_->one_size ? "a column of bytes" : "no column of bytes",
                       "the table that this benchmark prints");
    if (!is_present(ranks_))
      document_.refuse(line.number, "", "a table without #processes", "# #processes = N before it");
  }

  void row() {
    Record key{.probe = benchmark_->probe,
               .ranks = ranks_,
               .operation = benchmark_->operation + groups_,
               .provider = "mpi (imported)",
               .launch = launch_};
    // Two ranks that send and receive at once are what a step of a collective does.
    if (key.operation == "sendrecv" && ranks_ == 2) key.operation = "exchange";
    if (!benchmark_->one_size) key.bytes = table_.bytes(table_.has("bytes") ? "bytes" : "#bytes");
    Record time = key;
    time.metric = "time";
    time.unit = unit::seconds;
    if (table_.has("defects") && table_.number("defects") > 0) {
      imported_.records.push_back(without_value(
          time, incorrect(fmt::format("IMB counted {} defects", table_.cell("defects")))));
      return;
    }
    add_time(time, key);
  }

  void add_time(const Record& time, const Record& key) {
    if (table_.has("t_ovrl[usec]")) {
      if (table_.number("t_pure[usec]") > 0)
        imported_.records.push_back(with_value(time, table_.seconds("t_pure[usec]", 1e-6)));
      Record share = key;
      share.metric = "overlap";
      share.unit = unit::one;
      imported_.records.push_back(with_value(share, table_.number("overlap[%]") / 100));
      return;
    }
    // A collective takes as long as its latest rank.
    const char* column = table_.has("t_max[usec]") ? "t_max[usec]"
                         : table_.has("t[usec]")   ? "t[usec]"
                                                   : "t_avg[usec]";
    if (table_.number(column) == 0) return;  // Rounded: less than 5 ns.
    const bool has_range = table_.has("t_min[usec]");
    imported_.records.push_back(with_value(
        time, table_.seconds(column, 1e-6),
        has_range && table_.number("t_min[usec]") > 0 ? table_.seconds("t_min[usec]", 1e-6)
                                                      : absent,
        has_range ? table_.seconds("t_max[usec]", 1e-6) : absent));
  }

  const Document& document_;
  TableReader table_;
  Imported imported_;
  std::optional<Benchmark> benchmark_;
  std::int64_t ranks_ = absent_count;
  std::string launch_, groups_;
  std::map<std::string, int> launches_;
  PassedOver passed_over_;
};

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(), [](const Line& line) {
    return line.text.starts_with("#") && (line.text.find("MPI Benchmark") != std::string::npos ||
                                          line.text.find("# Benchmarking ") != std::string::npos);
  });
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "intel-mpi-benchmarks",
         "Intel MPI Benchmarks 3 to 2021: MPI1, NBC and RMA, all collectives, Barrier, defects",
         "The benchmark's name decides which columns its table must have."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});

}  // namespace

}  // namespace assay::import::intel_mpi
