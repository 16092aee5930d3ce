#include "probes/compute/gemm_verdict.hpp"

#include <fmt/format.h>

#include "probes/compute/physical_limit.hpp"

namespace assay::compute {

GemmVerdict judge_gemm(bool verified, RoofFraction fraction, double cpu_wall_ratio,
                       const BlasLibrary& library, const std::string& roof_isa) {
  const std::string named =
      library.core.empty() ? library.name : library.name + " with its " + library.core + " kernels";
  if (!verified) return {Status::incorrect, named + ": the product is wrong"};
  if (fraction.of_best > limit_tolerance)
    return {Status::incorrect, fmt::format("impossible: {} reaches {:.2f} of the {} FMA roof",
                                           named, fraction.of_best, roof_isa)};
  if (cpu_wall_ratio < 0.9)
    return {Status::untrusted,
            fmt::format("the threads ran for {:.0f} % of the time only", 100 * cpu_wall_ratio)};
  if (fraction.typical > limit_tolerance)
    return {Status::untrusted,
            fmt::format("{:.2f} of the {} FMA roof: something else had the cores while the roof "
                        "was measured",
                        fraction.typical, roof_isa)};
  if (fraction.typical < least_fraction_of_roof)
    return {Status::untrusted,
            fmt::format("BLAS mis-dispatched: {} reaches {:.2f} of the {} FMA roof", named,
                        fraction.typical, roof_isa)};
  return {};
}

}  // namespace assay::compute
