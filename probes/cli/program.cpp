#include "probes/cli/program.hpp"

#include <cxxabi.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>
#include <vector>

#include "probes/cli/command.hpp"
#include "probes/cli/standard_streams.hpp"
#include "probes/core/commit.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/version.hpp"
#include "probes/run/file_writing.hpp"

namespace assay {
namespace {

void print_commands() {
  fmt::print(
      "Assay measures what a cluster can do before anyone pays for more of it.\n\nUsage: assay "
      "COMMAND [options]\n\n");
  for (const Command* command : Registry<Command>::all())
    fmt::print("  {:<9} {}\n", command->about.name, command->about.summary);
  fmt::print(
      "\nassay COMMAND --help shows the options of a command and an example. To start: assay run "
      "--profile quick\n");
}

ExitCode dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" ||
      arguments[0] == "help") {
    print_commands();
    return arguments.empty() ? ExitCode::bad_input : ExitCode::done;
  }
  if (arguments[0] == "--version") {
    fmt::print("assay {} ({})\n", build::version, ASSAY_COMMIT);
    return ExitCode::done;
  }
  const Command* command = Registry<Command>::find(arguments[0]);
  if (command == nullptr) {
    std::vector<std::string> names;
    for (const Command* known : Registry<Command>::all()) names.push_back(known->about.name);
    const std::string meant = nearest_name(arguments[0], names);
    throw UsageError(fmt::format("assay: no command '{}'; {}see assay --help", arguments[0],
                                 meant.empty() ? "" : fmt::format("did you mean {}? ", meant)));
  }
  return command->run({arguments.begin() + 1, arguments.end()});
}

/// Whether what this process finds wrong is found by all ranks.
bool run_alike = false;

/// Whether a launcher started this process as another than its first. Not the variables' business
/// whose launcher it is: a stale one only costs a message that the first says too.
bool is_further_rank() {
  for (const char* name : {"PMIX_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "PALS_RANKID",
                           "FLUX_TASK_RANK", "SLURM_PROCID", "RANK"})
    if (const char* const rank = std::getenv(name)) return std::atoi(rank) > 0;
  return false;
}

bool is_said_by_another() {
  return run_alike && is_further_rank();
}

constexpr const char* out_of_memory =
    "out of memory: the input, or what was asked for, is larger than this process may hold (ulimit "
    "-v, the cgroup or the machine)";

std::terminate_handler other_ends = nullptr;

/// Memory may end where no exception can pass: in a destructor that needs some (nlohmann::json's),
/// in a handler that words a message. Says why without any, and ends with a code, not a signal.
[[noreturn]] void end_without_memory() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (type == nullptr || *type != typeid(std::bad_alloc)) other_ends();
  for (const std::string_view part : {std::string_view("assay: error: "),
                                      std::string_view(out_of_memory), std::string_view("\n")})
    if (::write(STDERR_FILENO, part.data(), part.size()) < 0) break;
  ::_exit(static_cast<int>(ExitCode::bad_input));
}

ExitCode fail(ExitCode code, const std::string& message) {
  tell("assay: error: " + message);
  return code;
}

ExitCode run(const std::vector<std::string>& arguments) {
  try {
    return dispatch(arguments);
  } catch (const SaidElsewhere&) {
    return ExitCode::bad_input;
  } catch (const UsageError& error) {
    if (is_said_by_another()) return ExitCode::bad_input;
    return fail(ExitCode::bad_input, error.what());
  } catch (const InputError& error) {
    if (is_said_by_another()) return ExitCode::bad_input;
    return fail(ExitCode::bad_input, error.what());
  } catch (const RunError& error) {
    return fail(ExitCode::partial, error.what());
  } catch (const FileError& error) {
    return fail(ExitCode::bad_input, one_line(error.what()));
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::bad_input, out_of_memory);
  } catch (const std::system_error& error) {
    return fail(ExitCode::bad_input, fmt::format("the system refused: {}", one_line(error.what())));
  } catch (const std::exception& error) {
    return fail(ExitCode::bad_input, fmt::format("unexpected: {}", error.what()));
  }
}

}  // namespace

void ranks_run_alike() {
  run_alike = true;
}

void ranks_have_met() {
  run_alike = false;
}

int run_program(int argc, char** argv) {
  reserve_standard_streams();
  install_interrupt_handlers();
  other_ends = std::set_terminate(end_without_memory);
  // A file that grows beyond ulimit -f is an error of the write, not the end of the program.
  std::signal(SIGXFSZ, SIG_IGN);
  ExitCode code = run({argv + 1, argv + argc});
  if (const std::string fault = flush_standard_output(); !fault.empty()) {
    const std::string message = "standard output could not be written: " + fault;
    if (code == ExitCode::done)
      code = fail(ExitCode::bad_input, message);
    else
      fail(code, message);
  }
  return static_cast<int>(code);
}

}  // namespace assay
