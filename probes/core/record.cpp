#include "probes/core/record.hpp"

#include <array>
#include <cassert>
#include <utility>

#include "probes/core/statistics.hpp"

namespace assay {

Record with_samples(Record key, std::vector<double> values, double cpu_wall_ratio) {
  assert(!values.empty());
  const Summary summary = summarise(values);
  key.samples = static_cast<std::int64_t>(summary.count);
  key.median = summary.median;
  key.ci_low = summary.ci_low;
  key.ci_high = summary.ci_high;
  key.min = summary.min;
  key.max = summary.max;
  key.p05 = summary.p05;
  key.p95 = summary.p95;
  key.cpu_wall_ratio = cpu_wall_ratio;
  key.values = std::move(values);
  return key;
}

Record with_samples(Record key, Samples samples) {
  const double ratio = samples.cpu_wall_ratio;
  return with_samples(std::move(key), std::move(samples.values), ratio);
}

Record without_value(Record key, const NoValue& none) {
  assert(!carries_numbers(none.status) && !none.reason.empty());
  key.status = none.status;
  key.reason = none.reason;
  key.samples = absent_count;
  key.rounds = absent_count;
  key.median = key.ci_low = key.ci_high = key.min = key.max = key.p05 = key.p95 =
      key.cpu_wall_ratio = key.between_spread = absent;
  key.values.clear();
  return key;
}

Record marked_untrusted(Record row, std::string_view reason) {
  assert(!reason.empty());
  if (!carries_numbers(row.status)) return row;  // already worse
  row.reason = row.reason.empty() ? InternedString(reason)
                                  : InternedString(row.reason.str() + "; " + std::string(reason));
  row.status = Status::untrusted;
  return row;
}

const std::vector<Column>& measurement_columns() {
  using Kind = Column::Kind;
  const auto text = [](std::string_view name, bool key, InternedString Record::*member,
                       std::string_view description) {
    return Column{name, Kind::text, key, description, member, nullptr, nullptr};
  };
  const auto count = [](std::string_view name, bool key, std::int64_t Record::*member,
                        std::string_view description) {
    return Column{name, Kind::count, key, description, nullptr, member, nullptr};
  };
  const auto number = [](std::string_view name, double Record::*member,
                         std::string_view description) {
    return Column{name, Kind::number, false, description, nullptr, nullptr, member};
  };
  static const std::vector<Column> columns{
      text("probe", true, &Record::probe, "What measured it; a name of `assay list`."),
      text("metric", true, &Record::metric, "What was measured; `assay list` has its meaning."),
      text("unit", true, &Record::unit, "SI base unit of the values, or a currency code."),
      Column{"status", Kind::status, false,
             "ok, untrusted, unsupported, skipped, timed_out or incorrect."},
      text("reason", false, &Record::reason, "Why the status is not ok."),
      text("host", true, &Record::host, "Where; \"sender>receiver\" for a pair."),
      count("nodes", true, &Record::nodes, "Hosts that took part."),
      count("ranks", true, &Record::ranks, "Processes that took part."),
      count("threads", true, &Record::threads, "Threads per process."),
      count("bytes", true, &Record::bytes,
            "Message size, or working set of all threads, in bytes."),
      text("dtype", true, &Record::dtype, "Element type: f64, f32, bf16, i32, i8."),
      text("isa", true, &Record::isa,
           "Instruction set target of the kernel, or the core a BLAS chose."),
      text("level", true, &Record::level, "Level of the memory hierarchy: L1, L2, L3, DRAM."),
      text("operation", true, &Record::operation, "Kernel, traffic pattern or reduction."),
      text("provider", true, &Record::provider,
           "Fabric path: a libfabric provider, shared memory or threads."),
      text("algorithm", true, &Record::algorithm, "The concrete algorithm of a collective."),
      text("topology", true, &Record::topology,
           "Its family: ring, tree, hypercube, star, hierarchical, direct."),
      text("scaling", true, &Record::scaling, "strong or weak."),
      text("launch", true, &Record::launch, "Which replicate: a launch of fresh processes."),
      count("samples", false, &Record::samples, "Kept samples behind the row."),
      number("median", &Record::median, "Median of the samples: what is delivered."),
      number("ci_low", &Record::ci_low, "Lower end of the rank-based 95 % interval of the median."),
      number("ci_high", &Record::ci_high, "Upper end of it."),
      number("min", &Record::min, "Smallest sample."),
      number("max", &Record::max, "Largest sample."),
      number("p05", &Record::p05, "5 % quantile."),
      number("p95", &Record::p95, "95 % quantile."),
      number("cpu_wall_ratio", &Record::cpu_wall_ratio,
             "CPU time over wall time of the measuring threads."),
      count("session", false, &Record::session, "Which session of run.json wrote the row, from 1."),
      count("rounds", false, &Record::rounds,
            "Replicates (rounds or launches) behind the interval."),
      number("between_spread", &Record::between_spread,
             "Relative spread of the medians between replicates; 0.02 is 2 %."),
  };
  return columns;
}

namespace {
constexpr std::array<std::string_view, 4> label_names{"measured", "projected", "range", "scenario"};
}

std::string_view to_string(Label label) {
  return label_names[static_cast<std::size_t>(label)];
}

std::optional<Label> parse_label(std::string_view name) {
  for (std::size_t i = 0; i < label_names.size(); ++i)
    if (label_names[i] == name) return static_cast<Label>(i);
  return std::nullopt;
}

}  // namespace assay
