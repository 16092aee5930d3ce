#pragma once
/// @file
/// Arithmetic kernels that keep the floating-point pipes full and touch no memory.
///
/// A kernel holds `chains` independent accumulator vectors in registers and applies one operation
/// to each in turn, so that the latency of one hides behind the others. Per accumulator x:
///   fma          x <- m*x + c             with m = -1, c = 1.25
///   fma_add      half of the chains fma, half x <- x + c, x - c (1 : 1 instructions)
///   fma_add_2_1  two thirds fma, one third add
///   dot          x <- x + sum of products of narrow inputs, of alternating sign
/// Every operation undoes itself after two steps, and all values are exact in the accumulator's
/// type: after any number of rounds each lane of each chain must hold exactly its start value. The
/// start values are distinct and read from memory: a compiler that could see equal ones would merge
/// the chains and the kernel would "run" at several times the physical limit (seen with GCC: 3x).
/// Source:       as Flops (Mysticial) and likwid-bench peakflops; method in README.md.
/// Not measured: the power that dense mantissas draw; a chip at its power limit may clock lower in
/// dgemm.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/units.hpp"
#include "probes/host/cycle_clock.hpp"

namespace assay::compute {

enum class Operation { fma, fma_add, fma_add_2_1, dot };
[[nodiscard]] std::string_view to_string(Operation operation);

/// The type of one accumulator lane.
enum class Accumulator { f64, f32, i32 };
[[nodiscard]] constexpr std::size_t size_of(Accumulator type) {
  return type == Accumulator::f64 ? 8 : 4;
}

struct FlopKernel {
  Operation operation;
  std::string dtype;   ///< Of the inputs: f64, f32, bf16, i8.
  std::string isa;     ///< Highway target or instruction set, e.g. "AVX3", "AVX512_BF16".
  bool native = true;  ///< False: the instruction set lacks it and several instructions stand in.
  Accumulator accumulator;
  int chains;
  std::size_t lanes;      ///< Accumulator lanes of one vector.
  Flops flops_per_round;  ///< Of all chains and lanes.
  /// What no core can exceed; see physical_limit.hpp.
  double limit_flops_per_cycle_per_lane;
  /// Reads chains*lanes start values, does `rounds` rounds, writes as many final values.
  void (*run)(const void* starts, void* finals, std::uint64_t rounds);
  /// Dependent additions among this kernel's instructions, to read the clock under its load.
  AdditionChain clock_chain = additions_alone;
};

/// Every kernel that this machine can run.
[[nodiscard]] std::vector<FlopKernel> flop_kernels();

/// The accumulators of one thread: start values, final values, and whether they are right.
class KernelState {
 public:
  /// Distinct start values, exact under every operation.
  explicit KernelState(const FlopKernel& kernel);
  [[nodiscard]] const void* starts() const { return starts_.data(); }
  [[nodiscard]] void* finals() { return finals_.data(); }
  /// True when each accumulator holds exactly its start value, and no two chains hold the same.
  [[nodiscard]] bool verified() const;

 private:
  std::size_t chain_bytes_;
  std::vector<std::byte> starts_, finals_;
};

}  // namespace assay::compute
