/// @file
/// The `assay` program: what is registered, nothing else. Each component registers its own command.

#include "probes/cli/program.hpp"

int main(int argc, char** argv) {
  return assay::run_program(argc, argv);
}
