#include "reports/gate/decide/roof_fraction.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>

#include "probes/core/units.hpp"
#include "probes/run/run_directory.hpp"

namespace assay::gate {
namespace {

class Roofs {
 public:
  explicit Roofs(const RunData& run) {
    for (const Record& record : run.records) {
      if (!carries_numbers(record.status) || !(record.median > 0)) continue;
      if (record.probe == "compute.peak_flops" && record.metric == "rate")
        raise(compute_[{record.dtype.str(), record.threads}], record.median);
      if (is_bandwidth_roof(record))
        raise(memory_[{record.level.str(), record.threads}], record.median);
      if (record.probe == "network.alpha_beta" && record.metric == "time" &&
          record.operation == "stream" && record.bytes > 0)
        raise(network_[record.provider.str()], static_cast<double>(record.bytes) / record.median);
    }
  }

  static bool is_bandwidth_roof(const Record& record) {
    return record.probe == "memory.bandwidth" && record.metric == "rate" &&
           record.operation.str().starts_with("triad");
  }

  [[nodiscard]] std::optional<double> of(const Record& record) const {
    if (record.unit == unit::one) return 1.0;
    if (record.probe == "compute.peak_flops" || is_bandwidth_roof(record)) return std::nullopt;
    if (record.unit == unit::flops_per_second) return flops_roof(record);
    if (record.unit != unit::bytes_per_second) return std::nullopt;
    if (!record.level.empty()) return find(memory_, {record.level.str(), record.threads});
    if (!record.provider.empty()) return find(network_, record.provider.str());
    return std::nullopt;
  }

 private:
  using Key = std::pair<std::string, std::int64_t>;

  static void raise(double& roof, double rate) { roof = std::max(roof, rate); }

  template <class Map>
  static std::optional<double> find(const Map& roofs, const typename Map::key_type& key) {
    const auto found = roofs.find(key);
    return found == roofs.end() ? std::nullopt : std::optional(found->second);
  }

  [[nodiscard]] std::optional<double> flops_roof(const Record& record) const {
    const auto peak = find(compute_, {record.dtype.str(), record.threads});
    if (record.probe != "roofline.check") return peak;
    const std::string& operation = record.operation.str();  // "ai=0.25"
    const auto bandwidth = find(memory_, {record.level.str(), record.threads});
    if (!peak || !bandwidth || !operation.starts_with("ai=")) return std::nullopt;
    return std::min(*peak, std::strtod(operation.c_str() + 3, nullptr) * *bandwidth);
  }

  std::map<Key, double> compute_, memory_;
  std::map<std::string, double> network_;
};

}  // namespace

NormalisedLaunch normalise(const RunData& run, const RunMetricsOptions& options) {
  const Roofs roofs(run);
  NormalisedLaunch result;
  RunData fractions = run;
  fractions.records.clear();
  fractions.models.clear();  // Fitted parameters are those of the machine.
  for (const Record& record : run.records) {
    const auto nature = options.nature(record);
    if (!nature) continue;
    if (nature->exact) {
      fractions.records.push_back(record);
      continue;
    }
    const std::optional<double> roof = roofs.of(record);
    if (!roof || *roof <= 0) {
      if (carries_numbers(record.status)) ++result.left_out;
      continue;
    }
    Record fraction = record;
    fraction.median /= *roof;
    // The instruction set and the matrix core belong to the machine that was set aside.
    fraction.isa = "";
    fraction.unit = unit::one;
    fractions.records.push_back(fraction);
  }
  RunMetricsOptions without_samples = options;
  without_samples.samples = false;
  result.launch = run_metrics(fractions, without_samples);
  for (auto& [name, reading] : result.launch.readings)
    if (reading.kind == MetricKind::measured) reading.kind = MetricKind::normalised;
  return result;
}

}  // namespace assay::gate
