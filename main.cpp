/// @file
/// The `assay` program: what is registered, nothing else. Each component registers its own command.

#include <unistd.h>

#include <cstdio>

#include "probes/cli/program.hpp"

int main(int argc, char** argv) {
  const int code = assay::run_program(argc, argv);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return code;  // the sanitizers have their say at the end
#else
  // Everything is written and checked. A library's own end may wait for ever: OpenBLAS joins threads
  // that never got their memory (ulimit -v).
  std::fflush(nullptr);
  _exit(code);
#endif
}
