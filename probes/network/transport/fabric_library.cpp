#include "probes/network/transport/fabric_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <signal.h>

#include <array>
#include <cstddef>
#include <cstdlib>

#include "probes/core/errors.hpp"

namespace assay::network {

namespace {

/// Keeps the handlers of this process over a call that may install others, and holds SIGINT and
/// SIGTERM back meanwhile, so that none of them meets a foreign handler.
class KeepSignalHandlers {
 public:
  KeepSignalHandlers() {
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &held, &mask_);
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], nullptr, &actions_[i]);
  }
  KeepSignalHandlers(const KeepSignalHandlers&) = delete;
  KeepSignalHandlers& operator=(const KeepSignalHandlers&) = delete;
  ~KeepSignalHandlers() {
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &actions_[i], nullptr);
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }

 private:
  static constexpr std::array signals = {SIGINT, SIGTERM, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
  std::array<struct sigaction, signals.size()> actions_{};
  sigset_t mask_{};
};

constexpr const char* default_name = "libfabric.so.1";

/// The bundle brings its own; with --system-libfabric its start script names the system's.
const char* file_name() {
  const char* const chosen = std::getenv("ASSAY_LIBFABRIC");
  return chosen && *chosen ? chosen : default_name;
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (!function) throw RunError(fmt::format("{} has no {}", file_name(), name));
}

FabricLibrary load() {
  const KeepSignalHandlers kept;
  void* const library = dlopen(file_name(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw RunError(fmt::format("libfabric cannot be loaded: {}", dlerror()));
  FabricLibrary found{};
  find(library, "fi_getinfo", found.getinfo);
  find(library, "fi_freeinfo", found.freeinfo);
  find(library, "fi_dupinfo", found.dupinfo);
  find(library, "fi_fabric", found.fabric);
  find(library, "fi_strerror", found.strerror);
  find(library, "fi_version", found.version);
  return found;  // Never unloaded: providers leave threads and handlers behind.
}

}  // namespace

const FabricLibrary& fabric_library() {
  static const FabricLibrary library = load();
  return library;
}

}  // namespace assay::network
