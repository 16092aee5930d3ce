#pragma once
/// @file
/// A run directory made of numbers with a known shape, written by the real writer: what the tests
/// of the report read. Nothing in it was measured.

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "probes/run/run_directory.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::made_up {

namespace fs = std::filesystem;

using Folder = test::TemporaryFolder;

struct Shape {
  std::string host = "trial-1";
  std::string start = "2025-11-20T10:00:00Z";
  int largest_ranks = 8;
  int launches = 5;
  double speed = 1;  ///< Of everything, relative.
  int samples = 31;  ///< Per point.
  bool network = true;
  bool workload = true;
};

inline nlohmann::json host_json(const std::string& name) {
  using nlohmann::json;
  json caches = json::array();
  for (int pu = 0; pu < 8; ++pu) {
    caches.push_back({{"level", 1}, {"size_B", 49152}, {"pus", {pu}}});
    caches.push_back({{"level", 2}, {"size_B", 2097152}, {"pus", {pu}}});
  }
  caches.push_back({{"level", 3}, {"size_B", 31457280}, {"pus", {0, 1, 2, 3}}});
  caches.push_back({{"level", 3}, {"size_B", 31457280}, {"pus", {4, 5, 6, 7}}});
  return {{"host", name},
          {"cpu_model", "Example CPU 8 cores"},
          {"packages", 2},
          {"cores", 8},
          {"one_pu_per_core", {0, 1, 2, 3, 4, 5, 6, 7}},
          {"caches", caches},
          {"numa_nodes",
           {{{"os_index", 0}, {"memory_B", 34359738368.0}, {"pus", {0, 1, 2, 3}}},
            {{"os_index", 1}, {"memory_B", 34359738368.0}, {"pus", {4, 5, 6, 7}}}}},
          {"memory_B", 68719476736.0},
          {"memory_cap_B", 66571993088.0},
          {"kernel", "Linux 6.1"},
          {"distribution", "Debian GNU/Linux 12"},
          {"hypervisor", false},
          {"governor", "performance"},
          {"environment", {{"FI_PROVIDER", "tcp"}}},
          {"user", "ada"},
          {"address", "192.168.7.42"}};
}

class Writer {
 public:
  Writer(const fs::path& directory, const Shape& shape, bool append = false)
      : writer_(directory, append), shape_(shape) {
    writer_.set("start", shape.start);
    writer_.set("options", {{"profile", "standard"}, {"output", "/home/ada/results"}});
    writer_.set("hosts", nlohmann::json::array({host_json(shape.host)}));
    writer_.put_check({"steal", shape.host, ValidityCheck::Verdict::passed,
                       "0.1 % of CPU time went to other guests", ""});
    writer_.put_check({"governor", shape.host, ValidityCheck::Verdict::warning,
                       "powersave on " + shape.host, "set it to performance"});
  }

  /// One point around `value`.
  void put(Record key, double value, double noise = 0.01) {
    std::lognormal_distribution<double> spread(0, noise);
    std::vector<double> values;
    for (int i = 0; i < shape_.samples; ++i) values.push_back(value * spread(random_));
    if (key.host.empty()) key.host = shape_.host;
    writer_.put(with_samples(std::move(key), std::move(values)));
  }
  void put(const Record& record) { writer_.put(record); }
  RunWriter& writer() { return writer_; }
  double launch_noise() { return std::lognormal_distribution<double>(0, 0.012)(random_); }

 private:
  RunWriter writer_;
  Shape shape_;
  std::mt19937_64 random_{42};
};

inline Record point(const char* probe, const char* metric, const char* unit_name) {
  Record key;
  key.probe = probe;
  key.metric = metric;
  key.unit = unit_name;
  key.launch = "1";
  key.nodes = 1;
  key.ranks = 1;
  return key;
}

inline void put_node(Writer& run, const Shape& shape) {
  for (const std::int64_t threads : {1, 8}) {
    const auto all = static_cast<double>(threads) * shape.speed;
    for (const auto& [dtype, factor] : {std::pair("f64", 1.0), std::pair("f32", 2.0)})
      for (const auto& [operation, part] : {std::pair("fma", 1.0), std::pair("fma_add", 0.75)}) {
        Record key = point("compute.peak_flops", "rate", "FLOP/s");
        key.dtype = dtype, key.operation = operation, key.isa = "AVX3", key.threads = threads;
        run.put(key, 90e9 * factor * part * all);
      }
    struct Level {
      const char* name;
      std::int64_t bytes;
      double rate;
    };
    for (const Level& level : {Level{"L1", 24 << 10, 350e9}, Level{"L2", 1 << 20, 140e9},
                               Level{"L3", 12 << 20, 30e9}, Level{"DRAM", 1 << 30, 11e9}})
      for (const auto& [operation, part] : {std::pair("read", 1.0), std::pair("triad", 0.8)}) {
        Record key = point("memory.bandwidth", "rate", "B/s");
        key.level = level.name, key.operation = operation, key.dtype = "f64", key.threads = threads,
        key.bytes = level.bytes * threads;
        run.put(key, level.rate * part * all);
      }
  }
  for (int power = 12; power <= 28; ++power) {
    Record key = point("memory.latency", "time", "s");
    key.bytes = std::int64_t{1} << power, key.threads = 1, key.operation = "random";
    run.put(key, power < 16 ? 1.2e-9 : power < 21 ? 4.6e-9 : power < 25 ? 30e-9 : 110e-9);
  }
}

inline void put_network(Writer& run, const Shape& shape) {
  for (const char* operation : {"ping_pong", "loaded_exchange"})
    for (int power = 0; power <= 22; power += 2) {
      Record key = point("network.alpha_beta", "time", "s");
      key.bytes = std::int64_t{1} << power, key.operation = operation, key.provider = "tcp;ofi_rxm",
      key.ranks = 2, key.nodes = 2;
      run.put(key,
              (14e-6 + static_cast<double>(key.bytes) / 2.2e9) * (operation[0] == 'l' ? 1.4 : 1.0));
    }
  for (int from = 1; from <= 4; ++from)
    for (int to = 1; to <= 4; ++to)
      if (from != to) {
        Record key = point("network.pairs", "time", "s");
        key.host =
            shape.host + "-" + std::to_string(from) + ">" + shape.host + "-" + std::to_string(to);
        key.bytes = 65536, key.operation = "round_parallel", key.provider = "tcp;ofi_rxm",
        key.ranks = 4, key.nodes = 4;
        run.put(key, from == 3 ? 80e-6 : 44e-6);
      }
  for (const char* algorithm : {"ring", "recursive_doubling"})
    for (int power = 3; power <= 23; power += 4) {
      Record key = point("collective.allreduce", "time", "s");
      key.bytes = std::int64_t{1} << power, key.algorithm = algorithm,
      key.topology = algorithm[2] == 'n' ? "ring" : "hypercube";
      key.provider = "tcp;ofi_rxm", key.ranks = 4, key.nodes = 4, key.dtype = "f32",
      key.operation = "sum";
      const double predicted = algorithm[2] == 'n'
                                   ? 6 * 20e-6 + 1.5 * static_cast<double>(key.bytes) / 1.6e9
                                   : 2 * (20e-6 + static_cast<double>(key.bytes) / 1.6e9);
      run.put(key, 1.1 * predicted, 0.03);
      key.metric = "predicted_time";
      run.put(key, predicted, 0.001);
    }
}

/// All-reduce times as another library's program writes them: no topology, no prediction.
inline void put_baselines(Writer& run, double factor = 1.5) {
  for (int power = 3; power <= 23; power += 4) {
    Record key = point("collective.allreduce", "time", "s");
    key.bytes = std::int64_t{1} << power, key.algorithm = "openmpi", key.provider = "tcp";
    key.ranks = 4, key.nodes = 4, key.dtype = "f32", key.operation = "sum";
    run.put(key, factor * (50e-6 + static_cast<double>(key.bytes) / 1.6e9), 0.03);
  }
}

inline void put_workload(Writer& run, const Shape& shape) {
  for (const char* scaling : {"strong", "weak"})
    for (int ranks = 1; ranks <= shape.largest_ranks; ranks *= 2)
      for (int launch = 1; launch <= shape.launches; ++launch) {
        Record key = point("workload.gradient", "step_time", "s");
        key.ranks = ranks, key.nodes = ranks, key.scaling = scaling, key.provider = "tcp;ofi_rxm",
        key.algorithm = "ring", key.topology = "ring";
        key.dtype = "f64", key.bytes = 400, key.launch = std::to_string(launch);
        const bool strong = scaling[0] == 's';
        const double compute = 0.1 / (strong ? ranks : 1) / shape.speed,
                     exposed = ranks > 1 ? 2 * (ranks - 1) * 20e-6 : 0;
        run.put(key, (0.002 + compute + exposed) * run.launch_noise());
        key.metric = "compute_time";
        run.put(key, compute);
        key.metric = "exposed_time";
        run.put(key, exposed + 1e-6);
        key.metric = "load_balance", key.unit = "1";
        run.put(key, 1 - 0.02 * std::log2(ranks));
      }
}

/// A whole run of that shape.
inline void write_run(const fs::path& directory, const Shape& shape = {}) {
  Writer run(directory, shape);
  put_node(run, shape);
  if (shape.network) put_network(run, shape);
  if (shape.workload) put_workload(run, shape);
  run.writer().finish("complete");
}

}  // namespace assay::made_up
