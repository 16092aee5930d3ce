#pragma once
/// @file
/// A kernel of chosen arithmetic intensity: k fused multiply-adds for each f64 it loads.
///
///   v = a[i];  k-1 times: v = c - v;  s = s - v        FLOP = 2k, bytes = 8, intensity = k/4
///   FLOP/B
/// All FLOPs are FMAs in at least eight independent chains, so the compute roof is the FMA roof;
/// nothing is stored, so the memory roof is that of reading. Values are small multiples of 1/4:
/// every sum is exact. Source: the Empirical Roofline Toolkit's kernel, without its stores.

#include <array>
#include <cstddef>
#include <cstdint>

#include "probes/core/units.hpp"

namespace assay::memory {

/// The k that exist. Intensities 0.25 to 16 FLOP/B.
inline constexpr std::array<int, 7> fma_counts{1, 2, 4, 8, 16, 32, 64};
inline constexpr std::size_t intensity_granule = 256;

[[nodiscard]] FlopsPerByte intensity_of(int fmas);

/// Gives the sum s over all passes. @pre fmas is one of fma_counts; elements a multiple of the
/// granule
[[nodiscard]] double run_intensity_kernel(int fmas, const double* a, std::size_t elements,
                                          std::size_t passes);
/// What it must give for elements 1, 2, ... 7, 1, 2 ... (see initial_element).
[[nodiscard]] double expected_intensity_sum(int fmas, std::size_t elements, std::size_t passes);
/// A period of seven: with one of eight, the exclusive or of whole vectors (the checksum of the
/// read kernel) would be zero.
[[nodiscard]] constexpr double initial_element(std::size_t index) {
  return static_cast<double>(1 + index % 7);
}

/// In the place of k: the read kernel, and multiply-adds in registers only.
inline constexpr int reading = -1, in_registers = 0;

/// The clock of this core among instructions of that kernel, see cycle_clock.hpp; 100 us. To be
/// called right after the kernel: a core clocks down for 512-bit multiply-adds, and further when
/// loads feed them. Seen on a Xeon: 3.39 GHz in registers, 2.89 GHz with a load for every two.
/// @pre fmas is one of fma_counts, `reading` or `in_registers`
[[nodiscard]] Hertz clock_among(int fmas);

/// The compute roof of the same instruction: FMAs in registers only. Gives the FLOPs done; `seed`
/// holds at least 256 distinct values; `result` receives what a compiler must not drop.
[[nodiscard]] Flops run_register_fmas(const double* seed, std::size_t rounds, double* result);

}  // namespace assay::memory
