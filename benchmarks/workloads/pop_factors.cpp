#include "benchmarks/workloads/pop_factors.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace assay::workloads {

PopFactors pop_factors(const std::vector<std::vector<double>>& compute,
                       std::span<const double> step_times) {
  PopFactors factors;
  for (std::size_t step = 0; step < step_times.size(); ++step) {
    double sum = 0, slowest = 0;
    for (const std::vector<double>& of_rank : compute) {
      assert(of_rank.size() == step_times.size());
      sum += of_rank[step];
      slowest = std::max(slowest, of_rank[step]);
    }
    const double balance = sum / static_cast<double>(compute.size()) / slowest;
    // The clocks of two hosts differ a little, so that computing may seem longer than its step.
    const double communication = std::min(1.0, slowest / step_times[step]);
    factors.slowest_compute.push_back(slowest);
    factors.load_balance.push_back(balance);
    factors.communication_efficiency.push_back(communication);
    factors.parallel_efficiency.push_back(balance * communication);
  }
  return factors;
}

PopFactors pop_factors(network::Communicator& communicator, std::span<const double> own_compute,
                       std::span<const double> step_times) {
  std::vector<std::vector<double>> compute;
  for (const auto& bytes : communicator.gather_all(std::as_bytes(own_compute))) {
    compute.emplace_back(own_compute.size());
    std::memcpy(compute.back().data(), bytes.data(), bytes.size());
  }
  return pop_factors(compute, step_times);
}

}  // namespace assay::workloads
