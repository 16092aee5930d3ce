/// @file
/// HPL (and NVIDIA's HPL): rows "WR11C2R4 N NB P Q time Gflops", each with the verdict on its
/// residual.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "probes/core/number.hpp"
#include "reports/import/format.hpp"

namespace assay::import::linpack {

namespace {

bool is_header(const std::vector<std::string_view>& words) {
  return words.size() >= 7 && words[0] == "T/V" && words[1] == "N" && words[2] == "NB" &&
         words[3] == "P" && words[4] == "Q" && words[5] == "Time" &&
         lower(words[6]).starts_with("gflops");
}

class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Imported read() {
    for (const Line& line : document_.lines) take(line);
    settle();
    if (imported_.records.empty())
      document_.refuse(0, "", "no result", "rows of T/V N NB P Q Time Gflops");
    tell_shapes_apart();
    return std::move(imported_);
  }

 private:
  void take(const Line& line) {
    const std::vector<std::string_view> words = words_of(line.text);
    if (words.empty()) return;
    if (is_header(words)) {
      table_ = true;
      return;
    }
    if (words[0].starts_with("||")) {
      // ||Ax-b|| ... = 2.1e-03 ...... PASSED
      // HPL 1 checks three residuals of a row: one that fails is enough.
      failed_ |= words.back() == "FAILED";
      checked_ |= words.back() == "FAILED" || words.back() == "PASSED";
      return;
    }
    // "WR11C2R4", "WC01..." and the like; nothing else in HPL's output begins so.
    const bool is_row = table_ && words[0].size() > 2 && words[0].starts_with("W") &&
                        words[0].find_first_of("0123456789") != std::string_view::npos;
    if (is_row && words.size() < 7)
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                       "T/V N NB P Q Time Gflops");
    if (is_row) row(line, words);
  }

  /// Beyond 10 million on the largest machines.
  [[nodiscard]] std::int64_t order_in(const Line& line, std::string_view cell) const {
    const auto order = parse_whole_number(cell);
    if (!order || *order < 1 || *order > 1'000'000'000)
      document_.refuse(line.number, "N", fmt::format("\"{}\"", cell), "a whole number above 0");
    return *order;
  }

  void row(const Line& line, const std::vector<std::string_view>& words) {
    settle();
    const std::int64_t order = order_in(line, words[1]);
    const std::int64_t ranks = count_in(document_, line.number, "P", words[3]) *
                               count_in(document_, line.number, "Q", words[4]);
    const double time = seconds_in(document_, line.number, "Time", words[5]);
    const double rate = rate_in(document_, line.number, "Gflops", words[6], 1e9);
    const auto n = static_cast<double>(order);
    const double expected = (2.0 / 3.0 * n * n * n + 1.5 * n * n) / time;
    if (rate < 0.9 * expected || rate > 1.1 * expected)
      document_.refuse(line.number, "Gflops",
                       fmt::format("{:.4g} for N = {} in {:g} s", rate * 1e-9, order, time),
                       fmt::format("(2/3 N^3 + 3/2 N^2)/time = {:.4g} Gflops", expected * 1e-9));
    Record key{.probe = "workload.exec",
               .metric = "step_time",
               .unit = unit::seconds,
               .ranks = ranks,
               .dtype = "f64",
               .operation = fmt::format("HPL N={} NB={}", order, words[2]),
               .scaling = "strong",
               .launch = ""};
    Record flops = key;
    flops.metric = "rate";
    flops.unit = unit::flops_per_second;
    // Of one process, it is a roof of what it ran on; of several, that of nobody knows how many
    // nodes.
    if (ranks == 1) {
      flops.probe = "compute.peak_flops";
      flops.operation = "hpl";
    }
    pending_ = {with_value(key, time), with_value(flops, rate)};
    shape_ = fmt::format("{} P={} Q={}", words[0], words[3], words[4]);
  }

  /// With the verdict of the row before; without one the numbers stay unverified.
  void settle() {
    for (const Record& record : pending_) {
      shapes_.push_back(shape_);
      if (failed_)
        imported_.records.push_back(
            without_value(record, incorrect("the residual of HPL is too large (FAILED)")));
      else
        imported_.records.push_back(checked_ ? record
                                             : marked_untrusted(record, "HPL did not check it"));
    }
    pending_.clear();
    failed_ = checked_ = false;
  }

  /// Grids and variants of the algorithm that were tried at one number of ranks are no launches of
  /// each other: the fastest speaks for that number, the others by their own names.
  void tell_shapes_apart() {
    const auto subject = [](const Record& record) {
      return fmt::format("{} {} {}", record.metric.str(), record.operation.str(), record.ranks);
    };
    std::map<std::string, std::map<std::string, double>> best;
    for (std::size_t i = 0; i < shapes_.size(); ++i) {
      const Record& record = imported_.records[i];
      double& value = best[subject(record)].try_emplace(shapes_[i], 0).first->second;
      if (!carries_numbers(record.status)) continue;
      const double speed = record.metric == "step_time" ? 1 / record.median : record.median;
      value = std::max(value, speed);
    }
    std::map<std::string, int> launches;
    for (std::size_t i = 0; i < shapes_.size(); ++i) {
      Record& record = imported_.records[i];
      const std::map<std::string, double>& tried = best[subject(record)];
      const auto fastest =
          std::max_element(tried.begin(), tried.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
      if (tried.size() > 1 && fastest->first == shapes_[i] && record.metric == "step_time" &&
          launches[subject(record)] == 0)
        imported_.notes.push_back(fmt::format("{} ranks: {}, the fastest of {} shapes tried",
                                              record.ranks, fastest->first, tried.size()));
      if (tried.size() > 1 && fastest->first != shapes_[i])
        record.operation = record.operation.str() + " " + shapes_[i];
      record.launch = std::to_string(++launches[subject(record)]);
    }
  }

  const Document& document_;
  Imported imported_;
  std::vector<Record> pending_;
  std::string shape_;                ///< "WR11C2R4 P=2 Q=4", of the row that is pending.
  std::vector<std::string> shapes_;  ///< Of each record.
  bool table_ = false, failed_ = false, checked_ = false;
};

bool recognises(const Document& document) {
  return std::any_of(document.lines.begin(), document.lines.end(),
                     [](const Line& line) { return is_header(words_of(line.text)); });
}

const bool registered = Registry<Format>::add(
    {.about =
         format_description("hpl", "HPL 2 and NVIDIA's HPL: every row with its residual",
                            "Gflops must be (2/3 N^3 + 3/2 N^2)/time; FAILED leaves no number."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});

}  // namespace

}  // namespace assay::import::linpack
