#include <fmt/format.h>
#include <papi.h>

#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "probes/counters/event_counter.hpp"
#include "probes/host/kernel_setting.hpp"
#include "probes/host/provenance.hpp"

namespace assay::counters {
namespace {

namespace fs = std::filesystem;
constexpr const char* paranoid_file = "/proc/sys/kernel/perf_event_paranoid";

std::string papi_error(int code) {
  const char* text = PAPI_strerror(code);
  return text != nullptr ? text : fmt::format("PAPI error {}", code);
}

/// What a refused event may be due to.
std::string paranoid_hint() {
  const auto level = kernel_setting(paranoid_file);
  return level ? fmt::format(" (perf_event_paranoid is {}; 2 or less is needed)", *level) : "";
}

/// An event set with one event, for the time of one count.
class EventSet {
 public:
  EventSet() { code_ = PAPI_create_eventset(&set_); }
  ~EventSet() {
    if (code_ != PAPI_OK) return;
    PAPI_cleanup_eventset(set_);
    PAPI_destroy_eventset(&set_);
  }
  EventSet(const EventSet&) = delete;
  EventSet& operator=(const EventSet&) = delete;

  [[nodiscard]] int add(const std::string& event) {
    return code_ != PAPI_OK ? code_ : PAPI_add_named_event(set_, event.c_str());
  }
  [[nodiscard]] int start() { return PAPI_start(set_); }
  [[nodiscard]] int stop(long long& value) { return PAPI_stop(set_, &value); }

 private:
  int set_ = PAPI_NULL;
  int code_;
};

class PapiCounter final : public EventCounter {
 public:
  Outcome<double> count(const std::string& event, const std::function<void()>& body) override {
    EventSet set;
    if (const int code = set.add(event); code != PAPI_OK)
      return unsupported(fmt::format("{}: {}", event, papi_error(code)));
    if (const int code = set.start(); code != PAPI_OK)
      return unsupported(fmt::format("{}: {}{}", event, papi_error(code), paranoid_hint()));
    body();
    long long value = 0;
    if (const int code = set.stop(value); code != PAPI_OK)
      return unsupported(fmt::format("{}: {}", event, papi_error(code)));
    return static_cast<double>(value);
  }
};

/// Once per process; PAPI prints nothing and stays initialised.
int initialise_papi() {
  static std::once_flag once;
  static int version = 0;
  std::call_once(once, [] {
    PAPI_set_debug(PAPI_QUIET);
    version = PAPI_library_init(PAPI_VER_CURRENT);
  });
  return version;
}

nlohmann::json fingerprint() {
  nlohmann::json part = nlohmann::json::object();
  part["version"] =
      fmt::format("{}.{}.{}", PAPI_VERSION_MAJOR(PAPI_VERSION), PAPI_VERSION_MINOR(PAPI_VERSION),
                  PAPI_VERSION_REVISION(PAPI_VERSION));
  part["cpu_pmu"] = has_cpu_pmu(pmu_devices);
  const auto paranoid = kernel_setting(paranoid_file);
  part["perf_event_paranoid"] = paranoid ? nlohmann::json(*paranoid) : nlohmann::json();
  return part;
}

const bool papi_counter_registered = add_fingerprint_part("papi", fingerprint);

}  // namespace

bool has_cpu_pmu(const fs::path& devices) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(devices, error)) {
    const std::string name = entry.path().filename();
    if (name == "cpu" || name == "cpu_core" || name == "cpu_atom" || name.starts_with("armv") ||
        name.starts_with("riscv"))
      return true;
  }
  return false;
}

Outcome<std::shared_ptr<EventCounter>> open_papi(const fs::path& devices) {
  if (!has_cpu_pmu(devices))
    return unsupported(fmt::format(
        "no cpu PMU below {}: this virtual machine does not pass performance counters through",
        devices.string()));
  if (const int version = initialise_papi(); version != PAPI_VER_CURRENT)
    return unsupported(
        fmt::format("PAPI does not start: {}",
                    version < 0 ? papi_error(version) : "library and header differ in version"));
  if (PAPI_num_cmp_hwctrs(0) <= 0)
    return unsupported("PAPI's perf_event component has no counters" + paranoid_hint());
  return std::shared_ptr<EventCounter>(std::make_shared<PapiCounter>());
}

}  // namespace assay::counters
