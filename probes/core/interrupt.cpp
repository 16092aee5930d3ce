#include "probes/core/interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "probes/core/errors.hpp"

namespace assay {
namespace {
std::atomic<bool> asked{false};
std::atomic<bool> ends_at_once{false};
static_assert(std::atomic<bool>::is_always_lock_free,
              "a signal handler may only touch lock-free atomics");

extern "C" void on_signal(int) {
  // The second time the user means it: 5 is ExitCode::partial.
  if (ends_at_once) {
    constexpr char message[] = "assay: error: interrupted\n";
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(5);
    _exit(5);
  }
  if (asked.exchange(true)) _exit(5);
}
}  // namespace

void install_interrupt_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: a blocking call returns with EINTR, so that its loop sees the request.
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void end_at_first_interrupt() {
  ends_at_once = true;
  throw_if_interrupted();  // It may have come already.
}

bool interrupted() {
  return asked.load(std::memory_order_relaxed);
}

void throw_if_interrupted() {
  if (interrupted()) throw Interrupted();
}

void set_interrupted(bool value) {
  asked = value;
}

}  // namespace assay
