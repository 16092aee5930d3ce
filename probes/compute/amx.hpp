#pragma once
/// @file
/// Matrix tiles of x86 (AMX): whether this process may use them, and their kernels.
///
/// The kernel grants the tile registers on request (arch_prctl), per process. A sandbox may answer
/// the request with a signal rather than an error, and a hypervisor may hide the tiles behind a
/// CPUID that shows them: so a forked child asks and multiplies first, and only its exit status
/// decides. One tile instruction: 16 x 16 f32 += (16 x 32 bf16)(32 x 16 bf16), 16384 FLOP in 16
/// cycles; i8 twice that. Source:       Intel 64 and IA-32 Optimization Reference Manual, chapter
/// "Intel AMX"; Linux Documentation/
///               arch/x86/xstate.rst.
/// Not measured: loading and storing of tiles, which bounds real products.

#include <optional>
#include <string>

#include "probes/compute/flop_kernel.hpp"
#include "probes/core/outcome.hpp"

namespace assay::compute {

struct AmxSupport {
  bool bf16 = false;
  bool i8 = false;
};
/// Asked once per process. unsupported with the reason: no such CPU, refused, killed by a signal.
[[nodiscard]] const Outcome<AmxSupport>& amx_support();

/// Runs `attempt` in a forked child. Nothing when it returned 0; else how it ended, in words.
/// @pre `attempt` does only what is allowed between fork and exit of a process with threads.
[[nodiscard]] std::optional<std::string> fails_in_child(int (*attempt)());

}  // namespace assay::compute
