#ifdef ASSAY_HAVE_PMIX

#include "probes/network/launch/pmix_client.hpp"

#include <fmt/format.h>
#include <time.h>

#include <cstring>
#include <iterator>
#include <mutex>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"

namespace assay::network {

namespace {

constexpr pmix_status_t rank_failed_event = PMIX_EXTERNAL_ERR_BASE - 77;
constexpr const char* failure_key = "assay.failure";
constexpr Seconds patience = 10_s;  ///< With a server that does not find what it has.

void require(pmix_status_t status, const char* call) {
  if (status != PMIX_SUCCESS)
    throw RunError(fmt::format("PMIx: {} failed: {}", call, PMIx_Error_string(status)));
}

/// What events said, from PMIx's own thread to ours.
class EventBox {
 public:
  void put(Failure failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }
  std::optional<Failure> get() {
    const std::lock_guard lock(mutex_);
    return failure_;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    failure_.reset();
  }

 private:
  std::mutex mutex_;
  std::optional<Failure> failure_;
};

EventBox& events() {
  static EventBox box;
  return box;
}

void on_event(size_t, pmix_status_t status, const pmix_proc_t* source, pmix_info_t* info,
              size_t count, pmix_info_t*, size_t, pmix_event_notification_cbfunc_fn_t done,
              void* data) {
  if (status == rank_failed_event) {
    for (size_t i = 0; i < count; ++i)
      if (std::strcmp(info[i].key, failure_key) == 0 && info[i].value.type == PMIX_BYTE_OBJECT)
        events().put(decode_failure({info[i].value.data.bo.bytes, info[i].value.data.bo.size}));
  } else {
    const int rank = source ? static_cast<int>(source->rank) : -1;
    events().put({Failure::Kind::peer_lost, rank, false,
                  fmt::format("the launcher reports that rank {} is gone ({})", rank,
                              PMIx_Error_string(status))});
  }
  if (done) done(PMIX_EVENT_ACTION_COMPLETE, nullptr, 0, nullptr, nullptr, data);
}

void register_events() {
  pmix_status_t codes[] = {rank_failed_event, PMIX_ERR_PROC_ABORTED, PMIX_ERR_LOST_CONNECTION};
  PMIx_Register_event_handler(codes, std::size(codes), nullptr, 0, on_event, nullptr, nullptr);
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

}  // namespace

std::unique_ptr<PmixClient> PmixClient::connect() {
  pmix_proc_t me;
  const pmix_status_t status = PMIx_Init(&me, nullptr, 0);
  if (status == PMIX_ERR_UNREACH) return nullptr;
  require(status, "init");
  return std::unique_ptr<PmixClient>(new PmixClient(me));
}

PmixClient::PmixClient(const pmix_proc_t& me) : me_(me), size_(job_size(me)) {
  register_events();
}

PmixClient::~PmixClient() {
  PMIx_Finalize(nullptr, 0);
}

PmixClient::Meeting PmixClient::meet(std::string_view mine) {
  Meeting meeting(*this, fmt::format("assay.{}", meetings_++));
  put(meeting.key_, mine);
  require(PMIx_Commit(), "commit");
  const pmix_proc_t job = whole_job(me_);
  pmix_info_t collect;
  bool yes = true;
  PMIX_INFO_LOAD(&collect, PMIX_COLLECT_DATA, &yes, PMIX_BOOL);
  require(PMIx_Fence_nb(&job, 1, &collect, 1, &Meeting::answered,
                        new std::shared_ptr<std::atomic<int>>(meeting.status_)),
          "fence");
  return meeting;
}

void PmixClient::Meeting::answered(pmix_status_t status, void* data) {
  const std::unique_ptr<std::shared_ptr<std::atomic<int>>> state(
      static_cast<std::shared_ptr<std::atomic<int>>*>(data));
  **state = status;
}

bool PmixClient::Meeting::is_done() const {
  const int status = *status_;
  if (status == pending) return false;
  require(status, "fence");
  return true;
}

std::vector<std::string> PmixClient::Meeting::all() const {
  std::vector<std::string> bytes;
  for (int rank = 0; rank < client_.size(); ++rank) bytes.push_back(client_.get(rank, key_));
  return bytes;
}

void PmixClient::put(const std::string& key, std::string_view bytes) const {
  pmix_value_t value;
  PMIX_VALUE_CONSTRUCT(&value);
  value.type = PMIX_BYTE_OBJECT;
  value.data.bo.bytes = const_cast<char*>(bytes.data());  // PMIx copies it.
  value.data.bo.size = bytes.size();
  require(PMIx_Put(PMIX_GLOBAL, key.c_str(), &value), "put");
}

std::string PmixClient::get(int rank, const std::string& key) const {
  pmix_proc_t proc;
  PMIX_PROC_LOAD(&proc, me_.nspace, static_cast<pmix_rank_t>(rank));
  pmix_info_t immediate;
  bool yes = true;
  PMIX_INFO_LOAD(&immediate, PMIX_IMMEDIATE, &yes, PMIX_BOOL);
  // What a meeting brought is here. Yet on a busy host the server of Open MPI 4.1.4 does not find
  // it at times, then asks the other hosts and says after two seconds that it got no answer. So it
  // is told not to ask, and asked again.
  pmix_value_t* value = nullptr;
  pmix_status_t status = PMIX_ERR_NOT_FOUND;
  for (const Deadline deadline(patience); status != PMIX_SUCCESS && !deadline.passed();) {
    status = PMIx_Get(&proc, key.c_str(), &immediate, 1, &value);
    if (status == PMIX_SUCCESS) break;
    const timespec interval{0, 1'000'000};
    nanosleep(&interval, nullptr);
  }
  require(status, fmt::format("get of {} of rank {}", key, rank).c_str());
  std::string bytes;
  if (value->type == PMIX_BYTE_OBJECT && value->data.bo.size > 0)
    bytes.assign(value->data.bo.bytes, value->data.bo.size);
  PMIX_VALUE_RELEASE(value);
  return bytes;
}

void PmixClient::notify(const Failure& failure) const {
  struct Notice {
    std::string bytes;
    pmix_info_t info;
  };
  auto* const notice = new Notice{encode(failure), {}};  // Until PMIx has sent it.
  PMIX_INFO_CONSTRUCT(&notice->info);
  std::strncpy(notice->info.key, failure_key, PMIX_MAX_KEYLEN);
  notice->info.value.type = PMIX_BYTE_OBJECT;
  notice->info.value.data.bo.bytes = notice->bytes.data();
  notice->info.value.data.bo.size = notice->bytes.size();
  const auto sent = [](pmix_status_t, void* data) { delete static_cast<Notice*>(data); };
  if (PMIx_Notify_event(rank_failed_event, &me_, PMIX_RANGE_LOCAL, &notice->info, 1, sent,
                        notice) != PMIX_SUCCESS)
    delete notice;
}

std::optional<Failure> PmixClient::failure() {
  return events().get();
}
void PmixClient::forget_failure() {
  events().clear();
}

}  // namespace assay::network

#endif
