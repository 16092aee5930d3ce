#include "reports/models/roofline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "probes/run/run_directory.hpp"
#include "reports/models/core/rows.hpp"

namespace assay::models {

namespace {

struct FigureKey {
  InternedString host, dtype;
  std::int64_t threads;
  auto operator<=>(const FigureKey&) const = default;
};

Estimate<double> estimate_of(const Record& row) {
  return {row.median, row.ci_low, row.ci_high};
}

template <class Unit>
Estimate<Unit> as(const Estimate<double>& e) {
  return {Unit(e.value), Unit(e.low), Unit(e.high)};
}

bool usable(const Record& row, InternedString probe, InternedString metric) {
  return row.probe == probe && row.metric == metric && carries_numbers(row.status);
}

/// The fastest row of each operation: isa targets and buffer sizes compete, runs do not. An
/// untrusted row stands only where there is no other.
template <class Key>
void keep_faster(std::map<Key, const Record*>& best, const Key& key, const Record& row) {
  const auto rank = [](const Record& r) { return std::pair(r.status == Status::ok, r.median); };
  const Record*& slot = best[key];
  if (slot == nullptr || rank(row) > rank(*slot)) slot = &row;
}

/// Of logs, which name no host, the most threads that a roof was measured with are the whole device,
/// as in logs that name no number; one alone is one core.
class ThreadsOf {
 public:
  explicit ThreadsOf(const RunData& run) {
    for (const Record& row : run.records)
      if (row.host.empty()) most_[row.probe] = std::max(most_[row.probe], row.threads);
  }
  [[nodiscard]] std::int64_t operator()(const Record& row) const {
    const auto found = most_.find(row.probe);
    const bool is_most =
        found != most_.end() && row.host.empty() && row.threads == found->second && row.threads > 1;
    return is_most ? absent_count : row.threads;
  }

 private:
  std::map<InternedString, std::int64_t> most_;
};

std::map<FigureKey, Roofline> compute_roofs(const RunData& run) {
  const ThreadsOf threads_of(run);
  const InternedString probe = "compute.peak_flops", metric = "rate";
  std::map<std::tuple<FigureKey, InternedString>, const Record*> best;
  for (const Record& row : run.records)
    if (usable(row, probe, metric))
      keep_faster(best, {{row.host, row.dtype, threads_of(row)}, row.operation}, row);
  std::map<FigureKey, Roofline> figures;
  for (const auto& [key, row] : best) {
    const FigureKey& figure = std::get<0>(key);
    Roofline& roofline = figures[figure];
    roofline.host = figure.host;
    roofline.dtype = figure.dtype;
    roofline.threads = static_cast<int>(figure.threads);
    roofline.compute.push_back({.operation = row->operation.str(),
                                .dtype = row->dtype.str(),
                                .isa = row->isa.str(),
                                .threads = roofline.threads,
                                .rate = as<FlopsPerSecond>(estimate_of(*row)),
                                .ceiling = FlopsPerSecond(row->max),
                                .trusted = row->status == Status::ok});
  }
  for (auto& [key, figure] : figures)
    std::sort(
        figure.compute.begin(), figure.compute.end(),
        [](const ComputeRoof& a, const ComputeRoof& b) { return a.rate.value < b.rate.value; });
  return figures;
}

/// By host and threads, one roof per level.
using MemoryKey = std::tuple<InternedString, std::int64_t, InternedString>;
std::map<MemoryKey, const Record*> memory_roofs(const RunData& run) {
  const InternedString probe = "memory.bandwidth", metric = "rate";
  const ThreadsOf threads_of(run);
  std::map<MemoryKey, const Record*> best;
  for (const Record& row : run.records)
    if (usable(row, probe, metric) && !row.level.empty())
      keep_faster(best, {row.host, threads_of(row), row.level}, row);
  return best;
}

/// FLOP/B of a square matrix product that reads A, B, C and writes C once: n/(2 x element size).
double gemm_intensity(const Record& row) {
  static const std::map<std::string, double, std::less<>> sizes{
      {"f64", 8}, {"f32", 4}, {"bf16", 2}, {"f16", 2}, {"i8", 1}};
  const auto size = sizes.find(row.dtype.str());
  if (size == sizes.end() || !is_present(row.bytes)) return absent;
  const double n = std::sqrt(static_cast<double>(row.bytes) / size->second);
  return n / (2 * size->second);
}

/// Everything but the metric of a point's rate and its intensity is equal.
using PointKey = std::tuple<InternedString, InternedString, InternedString, InternedString,
                            InternedString, InternedString, std::int64_t, std::int64_t>;
PointKey point_key(const Record& row) {
  return {row.probe,     row.host,      row.dtype,   row.level,
          row.operation, row.algorithm, row.threads, row.bytes};
}

void place(const Roofline& figure, RooflinePoint& point) {
  const ComputeRoof& top = figure.compute.back();
  const std::string level = point.level.empty() ? "DRAM" : point.level;
  const auto roof = std::find_if(figure.memory.begin(), figure.memory.end(),
                                 [&](const MemoryRoof& one) { return one.level == level; });
  point.attainable = figure.attainable(point.intensity, point.level);
  point.bound = point.attainable == top.rate.value ? top.operation : level;
  // Without the level's roof nobody knows whether memory binds below the compute roof.
  point.roof_trusted = top.trusted && roof != figure.memory.end() && roof->trusted;
  point.headroom = point.attainable / point.rate.value;
}

/// A probe that timed its roof in the same burst knows better than a roof of another minute: one
/// quantity has one value.
void take_own_roof(RooflinePoint& point, double fraction) {
  if (!(fraction > 0)) return;
  point.roof_gap = fraction * point.headroom - 1;
  point.headroom = 1 / fraction;
  point.attainable = point.rate.value / fraction;
}

/// A region of the user has a row for each launch; they are replicates of one point.
std::vector<Record> one_row_per_region(const RunData& run) {
  const InternedString region = "region", metric = "rate", flops = unit::flops_per_second;
  std::vector<Record> rows;
  std::map<PointKey, std::vector<const Record*>> regions;
  for (const Record& row : run.records) {
    if (row.metric != metric || row.unit != flops || !carries_numbers(row.status)) continue;
    if (row.probe == region)
      regions[point_key(row)].push_back(&row);
    else
      rows.push_back(row);
  }
  for (const auto& [key, launches] : regions) {
    std::vector<double> rates;
    for (const Record* row : launches) rates.push_back(row->median);
    rows.push_back(launches.size() == 1 ? *launches.front()
                                        : with_samples(*launches.front(), std::move(rates)));
  }
  return rows;
}

void add_points(const RunData& run, std::map<FigureKey, Roofline>& figures) {
  const InternedString intensity = "intensity", counted = "counted_intensity",
                       fraction = "fraction_of_roof";
  std::map<PointKey, std::pair<double, bool>> intensities;
  std::map<PointKey, double> fractions;
  for (const Record& row : run.records) {
    if (!carries_numbers(row.status)) continue;
    if (row.metric == intensity) intensities.try_emplace(point_key(row), row.median, false);
    if (row.metric == counted) intensities[point_key(row)] = {row.median, true};
    if (row.metric == fraction) fractions.try_emplace(point_key(row), row.median);
  }
  for (const Record& row : one_row_per_region(run)) {
    if (row.probe == "compute.peak_flops") continue;
    const auto figure = figures.find({row.host, row.dtype, row.threads});
    if (figure == figures.end() || figure->second.memory.empty()) continue;
    RooflinePoint point{.dtype = row.dtype.str(),
                        .level = row.level.str(),
                        .threads = static_cast<int>(row.threads),
                        .rate = as<FlopsPerSecond>(estimate_of(row))};
    if (const auto found = intensities.find(point_key(row)); found != intensities.end()) {
      point.intensity = FlopsPerByte(found->second.first);
      point.counted = found->second.second;
    } else if (row.probe == "compute.gemm") {
      point.intensity = FlopsPerByte(gemm_intensity(row));
    } else {
      continue;
    }
    if (!(point.intensity.value() > 0) || !(row.median > 0)) continue;
    point.name = row.probe.str();
    // "compute.gemm gemm" says nothing more than "compute.gemm".
    if (!point.name.ends_with("." + row.operation.str())) point.name += " " + row.operation.str();
    if (!row.level.empty()) point.name += " " + row.level.str();
    place(figure->second, point);
    if (const auto found = fractions.find(point_key(row)); found != fractions.end())
      take_own_roof(point, found->second);
    figure->second.points.push_back(std::move(point));
  }
}

std::vector<ModelRow> roofline_rows(const FitInput& input) {
  std::vector<ModelRow> rows;
  for (const Roofline& figure : rooflines(input.run)) {
    RowWriter out(
        "roofline",
        (figure.host.empty() ? "" : figure.host + " ") + figure.dtype +
            (figure.threads < 1 ? " whole device" : fmt::format(" {} threads", figure.threads)));
    for (const ComputeRoof& roof : figure.compute)
      out.add(
          "peak " + roof.operation, unit::flops_per_second,
          Estimate<double>{roof.rate.value.value(), roof.rate.low.value(), roof.rate.high.value()},
          Label::measured, roof.isa);
    for (const MemoryRoof& roof : figure.memory) {
      out.add(
          "bandwidth " + roof.level, unit::bytes_per_second,
          Estimate<double>{roof.rate.value.value(), roof.rate.low.value(), roof.rate.high.value()},
          Label::measured, roof.operation);
      out.add("ridge " + roof.level, unit::flops_per_byte, figure.ridge(roof).value());
    }
    for (const RooflinePoint& point : figure.points)
      out.add("headroom " + point.name, unit::one, point.headroom, Label::measured,
              fmt::format("{:.4g} FLOP/B{}, bound by {}", point.intensity.value(),
                          point.counted ? " (counted)" : "", point.bound));
    append(rows, out.take());
  }
  return rows;
}

}  // namespace

std::string Roofline::cores_in_words() const {
  if (threads < 1) return "whole device";
  return threads == 1 ? "one core" : fmt::format("{} cores", threads);
}

FlopsPerSecond Roofline::attainable(FlopsPerByte intensity, const std::string& level) const {
  const FlopsPerSecond peak = compute.back().rate.value;
  const std::string wanted = level.empty() ? "DRAM" : level;
  for (const MemoryRoof& roof : memory)
    if (roof.level == wanted) return std::min(peak, intensity * roof.rate.value);
  return peak;
}

FlopsPerByte Roofline::ridge(const MemoryRoof& roof) const {
  return compute.back().rate.value / roof.rate.value;
}

std::vector<Roofline> rooflines(const RunData& run) {
  std::map<FigureKey, Roofline> figures = compute_roofs(run);
  const auto roofs = memory_roofs(run);
  for (auto& [key, figure] : figures)
    for (const char* level : {"L1", "L2", "L3", "DRAM"})
      if (const auto roof = roofs.find({key.host, key.threads, level}); roof != roofs.end())
        figure.memory.push_back({.level = level,
                                 .operation = roof->second->operation.str(),
                                 .threads = figure.threads,
                                 .rate = as<BytesPerSecond>(estimate_of(*roof->second)),
                                 .trusted = roof->second->status == Status::ok});
  add_points(run, figures);
  std::vector<Roofline> all;
  for (auto& [key, figure] : figures)
    if (!figure.memory.empty()) all.push_back(std::move(figure));
  return all;
}

const bool roofline_registered = Registry<Model>::add(
    {.about = {.kind = "model",
               .name = "roofline",
               .summary = "Compute and memory roofs of a host, and what is measured under them.",
               .metrics = {{"peak", std::string(unit::flops_per_second), "A compute roof.",
                            Better::higher},
                           {"bandwidth", std::string(unit::bytes_per_second), "A memory roof.",
                            Better::higher},
                           {"ridge", std::string(unit::flops_per_byte),
                            "Intensity where the two meet.", Better::lower},
                           {"headroom", std::string(unit::one),
                            "Attainable over measured; below 1 a roof is wrong.", Better::lower}},
               .verification =
                   "The roof check's points must lie on min(peak, intensity x bandwidth)."},
     .fit = roofline_rows});

}  // namespace assay::models
