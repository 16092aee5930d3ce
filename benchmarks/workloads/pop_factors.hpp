#pragma once
/// @file
/// Multiplicative factors of parallel efficiency, from how long each rank computed in each step.
///
///   load balance              = mean over ranks(compute) / max over ranks(compute)
///   communication efficiency  = max over ranks(compute) / time of the step
///   parallel efficiency       = load balance x communication efficiency
///
/// Source: POP centre of excellence, co-design.pop-coe.eu/metrics; Rosas, Gimenez, Labarta,
/// "Scalability prediction for fundamental performance factors", 2014. Compute scalability, the
/// fourth factor, compares rank counts: reports/models/laws/pop.cpp. Not told apart: transfer and
/// serialisation, which needs the time on an ideal network.

#include <span>
#include <vector>

#include "probes/network/transport/communicator.hpp"

namespace assay::workloads {

/// One value per step.
struct PopFactors {
  std::vector<double> slowest_compute;           ///< s, max over ranks.
  std::vector<double> load_balance;              ///< 1
  std::vector<double> communication_efficiency;  ///< 1, at most 1
  std::vector<double> parallel_efficiency;       ///< 1
};

/// @param compute of each rank the compute time of each step, s. @pre equally many steps
/// everywhere, all of them positive
[[nodiscard]] PopFactors pop_factors(const std::vector<std::vector<double>>& compute,
                                     std::span<const double> step_times);

/// The same from this rank's own times. Collective.
[[nodiscard]] PopFactors pop_factors(network::Communicator& communicator,
                                     std::span<const double> own_compute,
                                     std::span<const double> step_times);

}  // namespace assay::workloads
