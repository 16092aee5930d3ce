/// @file
/// PMIx. Every fence is of all ranks of the job and says so by the wildcard: Slurm 22.05 builds the
/// ring of a fence from a list of ranks with a host twice in it, where a host has two, and never
/// ends. Source: PMIx standard 4.1, chapters 5 (put, commit, get) and 6 (fence).

#include "probes/network/launch/process_manager.hpp"

#ifndef ASSAY_HAVE_PMIX

namespace assay::network {
bool is_built_with_pmix() {
  return false;
}
std::unique_ptr<ProcessManager> connect_to_pmix() {
  return nullptr;
}
}  // namespace assay::network

#else

#include <fmt/format.h>
#include <pmix.h>
#include <time.h>

#include <atomic>
#include <cstring>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"

namespace assay::network {

namespace {

constexpr Seconds lookup_patience = 10_s;  ///< With a server that does not find what it has.
constexpr int fence_pending = 1;           ///< PMIx statuses are 0 or negative.

void require(pmix_status_t status, const char* call) {
  if (status != PMIX_SUCCESS)
    throw RunError(fmt::format("PMIx: {} failed: {}", call, PMIx_Error_string(status)));
}

void nap_nanoseconds(long nanoseconds) {
  const timespec span{0, nanoseconds};
  nanosleep(&span, nullptr);
}

/// A process that ends is noticed by its connection; a launcher's word of it must not end us too.
void on_event(size_t, pmix_status_t, const pmix_proc_t*, pmix_info_t*, size_t, pmix_info_t*, size_t,
              pmix_event_notification_cbfunc_fn_t done, void* data) {
  if (done) done(PMIX_EVENT_ACTION_COMPLETE, nullptr, 0, nullptr, nullptr, data);
}

pmix_proc_t whole_job(const pmix_proc_t& member) {
  pmix_proc_t job;
  PMIX_PROC_LOAD(&job, member.nspace, PMIX_RANK_WILDCARD);
  return job;
}

int job_size(const pmix_proc_t& member) {
  const pmix_proc_t job = whole_job(member);
  pmix_value_t* value = nullptr;
  require(PMIx_Get(&job, PMIX_JOB_SIZE, nullptr, 0, &value), "get of the job size");
  const auto size = static_cast<int>(value->data.uint32);
  PMIX_VALUE_RELEASE(value);
  return size;
}

class PmixManager final : public ProcessManager {
 public:
  explicit PmixManager(const pmix_proc_t& me) : me_(me), size_(job_size(me)) {
    pmix_status_t codes[] = {PMIX_ERR_PROC_ABORTED, PMIX_ERR_LOST_CONNECTION};
    PMIx_Register_event_handler(codes, std::size(codes), nullptr, 0, on_event, nullptr, nullptr);
  }
  ~PmixManager() override { PMIx_Finalize(nullptr, 0); }

  int rank() const override { return static_cast<int>(me_.rank); }
  int size() const override { return size_; }

  std::vector<std::string> share(const std::string& mine, Seconds limit) override {
    const std::string key = fmt::format("assay.{}", shared_++);
    put(key, mine);
    require(PMIx_Commit(), "commit");
    fence(limit);
    std::vector<std::string> all;
    for (int other = 0; other < size_; ++other) all.push_back(get(other, key));
    return all;
  }

 private:
  void put(const std::string& key, const std::string& text) const {
    pmix_value_t value;
    PMIX_VALUE_CONSTRUCT(&value);
    value.type = PMIX_BYTE_OBJECT;
    value.data.bo.bytes = const_cast<char*>(text.data());  // PMIx copies it.
    value.data.bo.size = text.size();
    require(PMIx_Put(PMIX_GLOBAL, key.c_str(), &value), "put");
  }

  void fence(Seconds limit) const {
    // Shared with PMIx's thread, which may answer after we gave up.
    using Status = std::shared_ptr<std::atomic<int> >;
    const auto status = std::make_shared<std::atomic<int> >(fence_pending);
    const pmix_proc_t job = whole_job(me_);
    pmix_info_t collect;
    bool yes = true;
    PMIX_INFO_LOAD(&collect, PMIX_COLLECT_DATA, &yes, PMIX_BOOL);
    const auto answered = [](pmix_status_t result, void* data) {
      const std::unique_ptr<Status> state(static_cast<Status*>(data));
      **state = result;
    };
    require(PMIx_Fence_nb(&job, 1, &collect, 1, answered, new Status(status)), "fence");
    for (const Deadline deadline(limit); *status == fence_pending; nap_nanoseconds(2'000'000)) {
      throw_if_interrupted();
      if (deadline.passed())
        throw TimedOut(
            fmt::format("rank {} waited {} for the other ranks to answer the launcher's fence",
                        rank(), format(limit)));
    }
    require(*status, "fence");
  }

  [[nodiscard]] std::string get(int other, const std::string& key) const {
    pmix_proc_t proc;
    PMIX_PROC_LOAD(&proc, me_.nspace, static_cast<pmix_rank_t>(other));
    pmix_info_t immediate;
    bool yes = true;
    PMIX_INFO_LOAD(&immediate, PMIX_IMMEDIATE, &yes, PMIX_BOOL);
    // What a fence brought is here. Yet on a busy host the server of Open MPI 4.1.4 does not find
    // it at times, then asks the other hosts and says after two seconds that it got no answer. So
    // it is told not to ask, and asked again.
    pmix_value_t* value = nullptr;
    pmix_status_t status = PMIX_ERR_NOT_FOUND;
    for (const Deadline deadline(lookup_patience); !deadline.passed(); nap_nanoseconds(1'000'000)) {
      status = PMIx_Get(&proc, key.c_str(), &immediate, 1, &value);
      if (status == PMIX_SUCCESS) break;
    }
    require(status, fmt::format("get of {} of rank {}", key, other).c_str());
    std::string text;
    if (value->type == PMIX_BYTE_OBJECT && value->data.bo.size > 0)
      text.assign(value->data.bo.bytes, value->data.bo.size);
    PMIX_VALUE_RELEASE(value);
    return text;
  }

  pmix_proc_t me_;
  int size_ = 0;
  int shared_ = 0;
};

}  // namespace

bool is_built_with_pmix() {
  return true;
}

std::unique_ptr<ProcessManager> connect_to_pmix() {
  pmix_proc_t me;
  const pmix_status_t status = PMIx_Init(&me, nullptr, 0);
  if (status == PMIX_ERR_UNREACH) return nullptr;
  require(status, "init");
  return std::make_unique<PmixManager>(me);
}

}  // namespace assay::network

#endif
