#include "probes/counters/region_counter.hpp"

#include <papi.h>
#include <pthread.h>

#include <cmath>

#include "probes/counters/event_counter.hpp"
#include "probes/counters/self_test.hpp"

namespace assay::counters {
namespace {

constexpr const char* flops_event = "PAPI_DP_OPS";

/// One running event of one thread.
class ThreadEvent {
 public:
  ThreadEvent() {
    is_running_ = PAPI_create_eventset(&set_) == PAPI_OK &&
                  PAPI_add_named_event(set_, flops_event) == PAPI_OK && PAPI_start(set_) == PAPI_OK;
  }
  ~ThreadEvent() {
    long long last = 0;
    if (is_running_) PAPI_stop(set_, &last);
    if (set_ == PAPI_NULL) return;
    PAPI_cleanup_eventset(set_);
    PAPI_destroy_eventset(&set_);
  }
  ThreadEvent(const ThreadEvent&) = delete;
  ThreadEvent& operator=(const ThreadEvent&) = delete;

  [[nodiscard]] double read() const {
    long long value = 0;
    return is_running_ && PAPI_read(set_, &value) == PAPI_OK ? static_cast<double>(value) : NAN;
  }

 private:
  int set_ = PAPI_NULL;
  bool is_running_ = false;
};

class PapiRegionCounter final : public RegionCounter {
 public:
  double flops() override {
    thread_local const ThreadEvent event;
    return event.read();
  }
  std::string_view dtype() const override { return "f64"; }
};

}  // namespace

Outcome<std::string> trusted_flops_event(EventCounter& counter) {
  for (const EventVerdict& verdict : self_test(counter))
    if (verdict.event == flops_event) {
      if (verdict.test.status() == Status::ok) return std::string(flops_event);
      return unsupported(verdict.test.reason());
    }
  return unsupported(std::string(flops_event) + " has no known work to test it with");
}

Outcome<std::string> count_regions() {
  const auto papi = open_papi();
  if (!papi) return NoValue{papi.status(), papi.reason()};
  if (const int code = PAPI_thread_init(pthread_self); code != PAPI_OK)
    return unsupported(std::string("PAPI cannot count threads: ") + PAPI_strerror(code));
  Outcome<std::string> event = trusted_flops_event(**papi);
  if (event.status() == Status::ok) set_region_counter(std::make_shared<PapiRegionCounter>());
  return event;
}

}  // namespace assay::counters
