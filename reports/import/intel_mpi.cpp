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

/// By their names in lower case.
const std::map<std::string, Benchmark>& known_benchmarks() {
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
      {"window", {"network.alpha_beta", "window_creation"}},
      {"accumulate", {"network.alpha_beta", "accumulate_all"}},
      {"one_put_all", {"network.alpha_beta", "one_put_all"}},
      {"one_get_all", {"network.alpha_beta", "one_get_all"}},
      {"all_put_all", {"network.alpha_beta", "all_put_all"}},
      {"all_get_all", {"network.alpha_beta", "all_get_all"}},
      {"put_local", {"network.alpha_beta", "put_local"}},
      {"put_all_local", {"network.alpha_beta", "put_all_local"}},
      {"exchange_put", {"network.alpha_beta", "exchange_put"}},
      {"exchange_get", {"network.alpha_beta", "exchange_get"}},
      {"fetch_and_op", {"network.alpha_beta", "fetch_and_op"}},
      {"compare_and_swap", {"network.alpha_beta", "compare_and_swap"}},
      {"get_accumulate", {"network.alpha_beta", "get_accumulate"}},
      {"truly_passive_put", {"network.alpha_beta", "truly_passive_put"}},
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
      {"reduce_local", {"collective.reduce_local", "sum"}},
      {"barrier", {"collective.barrier", "", true}}};
  return known;
}

std::optional<Benchmark> benchmark_of(const std::string& name) {
  const std::map<std::string, Benchmark>& known = known_benchmarks();
  std::string low = lower(name);
  std::string groups;
  // Several groups at once share the wire: that is another measurement.
  if (low.starts_with("multi-")) {
    low.erase(0, 6);
    groups = " in several groups at once";
  }
  if (auto found = known.find(low); found != known.end()) {
    Benchmark benchmark = found->second;
    benchmark.operation += groups;
    return benchmark;
  }
  // IMB-NBC: Iallreduce; "_pure" ones without computing beside it.
  const bool is_pure = low.ends_with("_pure");
  if (is_pure) low.resize(low.size() - 5);
  if (low.starts_with("i"))
    if (const auto found = known.find(low.substr(1));
        found != known.end() && found->second.probe.starts_with("collective.")) {
      Benchmark benchmark = found->second;
      benchmark.probe.insert(benchmark.probe.find('.') + 1, "i");
      if (is_pure) benchmark.operation += benchmark.operation.empty() ? "pure" : " pure";
      benchmark.operation += groups;
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
    imported_.state_of_new(stated_);
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
    if (text.starts_with("# IMB-")) {
      imported_.state_of_new(stated_);
      stated_.clear();
      state(stated_, "call", text);
    }
    if (text.find("Benchmarking") != std::string_view::npos && text.front() == '#')
      return begin(line);
    if (const auto processes = value_behind(text, "processes")) return set_ranks(line, *processes);
    if (text.find("groups of") != std::string_view::npos) return groups(line);
    if (const auto mode = value_behind(text, "MODE")) return set_mode(line, *mode);
    const std::size_t first = text.find_first_not_of(" \t");
    if (first != std::string_view::npos && (text.find("[usec]") != std::string_view::npos ||
                                            lower(text).find("mbytes/sec") != std::string::npos))
      return header(line);
    if (text[first] == '#') return;
    if (table_.take(line)) return row();
    if (text.find("time-out") != std::string_view::npos) {
      imported_.notes.push_back(fmt::format("line {}: {}", line.number, text.substr(0, 80)));
      return;
    }
    if (benchmark_ && !table_.is_open() && looks_like_row(words_of(text), 3))
      document_.refuse(line.number, "", fmt::format("\"{}\"", text.substr(0, 80)),
                       "a header \"#bytes #repetitions ...\" before the first row");
    passed_over_.add(line);
  }

  void begin(const Line& line) {
    table_.end();
    const auto words = words_of(line.text);
    const auto at = std::find(words.begin(), words.end(), "Benchmarking");
    const std::string name(at != words.end() && at + 1 != words.end() ? *(at + 1) : words.back());
    benchmark_ = benchmark_of(name);
    if (!benchmark_)
      document_.refuse(line.number, "", fmt::format("unknown benchmark {}", name),
                       "a point-to-point, one-sided or collective benchmark of IMB");
    ranks_ = absent_count;
    groups_.clear();
    mode_.clear();
    name_ = lower(name);
  }

  /// "# ( 2 groups of 4 processes each running simultaneous )": the ranks are those of one group.
  void groups(const Line& line) {
    groups_ = " in several groups at once";
    const auto words = words_of(line.text);
    const auto of = std::find(words.begin(), words.end(), "of");
    if (of != words.end() && of + 1 != words.end() && !is_present(ranks_))
      ranks_ = count_in(document_, line.number, "processes", *(of + 1));
  }

  /// One-sided calls that are finished one by one, or many at a time, are two measurements.
  void set_mode(const Line& line, const std::string& mode) {
    if (mode != "AGGREGATE" && mode != "NON-AGGREGATE")
      document_.refuse(line.number, "MODE", fmt::format("\"{}\"", mode.substr(0, 40)),
                       "AGGREGATE or NON-AGGREGATE");
    mode_ = mode == "AGGREGATE" ? " aggregated" : "";
    table_.end();
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
    // One log may hold several runs.
    launch_ = std::to_string(++launches_[fmt::format("{} {} {}", name_, mode_, ranks_)]);
    if (!is_present(ranks_))
      document_.refuse(line.number, "", "a table without #processes", "# #processes = N before it");
  }

  void row() {
    Record key{.probe = benchmark_->probe,
               .ranks = ranks_,
               .operation = operation(),
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

  /// Of which Mbytes/sec is size over time.
  [[nodiscard]] bool is_one_message() const {
    const std::string& operation = benchmark_->operation;
    return groups_.empty() && (operation == "ping_pong" || operation == "ping_ping" ||
                               operation == "put" || operation == "get");
  }

  [[nodiscard]] std::string operation() const {
    const bool said = benchmark_->operation.find(groups_) != std::string::npos;
    return benchmark_->operation + mode_ + (said ? "" : groups_);
  }

  /// Of Uniband and Biband, which print no time. Its MB is 10^6 or 2^20 bytes, by version; the
  /// rate of messages tells.
  void add_rate(Record rate) {
    rate.metric = "rate";
    rate.unit = unit::bytes_per_second;
    const double printed = table_.number("mbytes/sec");
    if (!table_.has("msg/sec"))
      document_.refuse(table_.line(), "", "a table without a time", "a column of Msg/sec");
    if (printed == 0) return;  // Rounded.
    const double value = table_.number("msg/sec") * static_cast<double>(rate.bytes);
    require_agreement(document_, table_.line(), "mbytes/sec", value, 1.024e6 * printed,
                      "Mbytes/sec");
    imported_.records.push_back(
        with_value(rate, checked_rate(document_, table_.line(), "msg/sec", value)));
  }

  void add_time(const Record& time, const Record& key) {
    if (table_.has("mbytes/sec") && !table_.has("t[usec]") && !table_.has("t_avg[usec]") &&
        !table_.has("t_max[usec]"))
      return add_rate(key);
    if (table_.has("t_ovrl[usec]")) {
      if (table_.number("t_pure[usec]") > 0)
        imported_.records.push_back(with_value(time, table_.seconds("t_pure[usec]", 1e-6)));
      if (!table_.has("overlap[%]")) return;
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
    if (has_range && table_.has("t_avg[usec]") && table_.has("t_max[usec]"))
      require_order(document_, table_.line(), "t_avg[usec]", table_.number("t_min[usec]"),
                    table_.number("t_avg[usec]"), table_.number("t_max[usec]"));
    // Its MB is 10^6 or 2^20 bytes, by version: within what agreement allows.
    if (table_.has("t[usec]") && table_.has("mbytes/sec") && table_.number("mbytes/sec") >= 1 &&
        is_one_message())
      require_agreement(document_, table_.line(), "t[usec]", table_.seconds("t[usec]", 1e-6),
                        static_cast<double>(key.bytes) / (1.024e6 * table_.number("mbytes/sec")),
                        "Mbytes/sec");
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
  std::string name_, launch_, groups_, mode_;
  Stated stated_;
  std::map<std::string, int> launches_;
  PassedOver passed_over_;
};

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(), [](const Line& line) {
    return line.text.find('#') == line.text.find_first_not_of(" \t") &&
           (line.text.find("MPI Benchmark") != std::string::npos ||
            line.text.find("# Benchmarking ") != std::string::npos);
  });
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "intel-mpi-benchmarks",
         "Intel MPI Benchmarks 3 to 2021: MPI1, P2P, NBC, EXT and RMA, both modes, groups, defects",
         "The benchmark's name decides which columns its table must have."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});

}  // namespace

}  // namespace assay::import::intel_mpi
