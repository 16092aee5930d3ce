#pragma once
/// @file
/// Ctrl-C: the first SIGINT or SIGTERM asks the run to end with what it has, the second ends it at
/// once. Every loop that lasts longer than 100 ms asks `interrupted()`.

namespace assay {

/// Installs the handlers. Called once by main, inherited by forked ranks.
void install_interrupt_handlers();
/// From now on the first signal ends the program (exit 5): for commands that only read, and replace
/// files in one step. Nothing would ask `interrupted()`.
void end_at_first_interrupt();
[[nodiscard]] bool interrupted();
/// Throws Interrupted if the user asked to stop.
void throw_if_interrupted();
/// For tests.
void set_interrupted(bool value);

}  // namespace assay
