#pragma once
/// @file
/// What to make of a gemm figure. Pure.

#include <string>

#include "probes/compute/blas_library.hpp"
#include "probes/core/outcome.hpp"

namespace assay::compute {

struct GemmVerdict {
  Status status = Status::ok;
  std::string reason;
};

/// Below this a tuned library chose kernels of an older CPU: Debian's OpenBLAS 0.3.21 takes
/// Haswell's on Zen 5 and reaches 0.46; with the right ones, 0.77.
inline constexpr double least_fraction_of_roof = 0.70;

/// What the products reach of the FMA roof.
struct RoofFraction {
  double typical;  ///< Median over pairs of a product and the burst after it.
  double of_best;  ///< The fastest product over the fastest burst of all: above 1 cannot be.
};

/// incorrect when the product is wrong or the fastest beats the roof; untrusted when the pairs
/// alone say so (something else had the cores during the bursts) and, with "BLAS mis-dispatched",
/// when slow although the cores were ours.
[[nodiscard]] GemmVerdict judge_gemm(bool verified, RoofFraction fraction, double cpu_wall_ratio,
                                     const BlasLibrary& library, const std::string& roof_isa);

}  // namespace assay::compute
