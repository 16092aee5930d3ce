/// @file
/// libhwy measures the resolution of its timer while it is loaded, for its own benchmarks, with an
/// instruction (rdtscp) that not every emulator knows: under valgrind the program ended before
/// main. Nothing here uses that timer, so this definition, which comes before the library's,
/// measures nothing.

namespace hwy::platform {

// NOLINTNEXTLINE(misc-use-internal-linkage)
double TimerResolution() {
  return 1e-9;
}

}  // namespace hwy::platform
