#pragma once
/// @file
/// The clock frequency of the core this thread runs on, under the load whose clock is wanted.
///
/// Method: a chain of dependent register additions takes exactly one cycle each on every core of
/// the supported architectures (register plus register: additions of a small constant are removed
/// by the renamer of Intel Golden Cove and later). Three slices of some 35 us; the fastest counts,
/// since an interrupt can only lengthen one. The chain leaves most issue slots free, so
/// instructions of the burst are woven into it: a core that clocks down for wide vectors clocks up
/// again within microseconds. Seen on a Xeon with AVX-512: 3.59 GHz for the chain alone, 3.36 GHz
/// with one 512-bit FMA per two additions, and the same 3.36 GHz implied by the full FMA burst; the
/// chain alone would have shown 3.75 of 4 FLOP per cycle. Why not: CPUID leaves 0x15/0x16 and
/// /proc/cpuinfo may be zero or nominal in a virtual machine; the time stamp counter runs at its
/// own rate; performance counters are absent in most rented machines. Not measured: the clock a
/// moment later. Bracket a burst with two readings.

#include <cstdint>

#include "probes/core/units.hpp"

namespace assay {

inline constexpr std::uint64_t additions_per_block = 16;

/// 16 additions, each needing the one before. As assembly, so that no optimiser and no debug build
/// changes their number; an unknown architecture gets opaque additions, right when optimised.
__attribute__((always_inline)) inline void add_block(std::uint64_t& sum, std::uint64_t addend) {
#if defined(__x86_64__)
  asm volatile(".rept 16\n\tadd %1, %0\n\t.endr" : "+r"(sum) : "r"(addend) : "cc");
#elif defined(__aarch64__)
  asm volatile(".rept 16\n\tadd %0, %0, %1\n\t.endr" : "+r"(sum) : "r"(addend));
#else
  for (std::uint64_t i = 0; i < additions_per_block; ++i) {
    sum += addend;
    asm volatile("" : "+r"(sum));
  }
#endif
}

/// Runs that many dependent additions, a multiple of 64, with instructions of some burst between
/// them.
using AdditionChain = void (*)(std::uint64_t additions);

/// The chain alone: the clock of scalar code.
void additions_alone(std::uint64_t additions);

/// Takes 100 us at 3 GHz. The caller is pinned.
[[nodiscard]] Hertz measure_clock(AdditionChain chain = additions_alone);

}  // namespace assay
