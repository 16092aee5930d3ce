#include "tests/faults/fault_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <random>

namespace assay::test {
namespace {

constexpr std::array call_names{"read",   "pread",  "write",  "writev", "open",
                                "openat", "rename", "fsync",  "mmap",   "ftruncate",
                                "close",  "malloc", "thread", "fork"};
static_assert(call_names.size() == FAULT_CALLS);

std::vector<int> actions_of(int call) {
  switch (call) {
    case FAULT_READ:
    case FAULT_PREAD:
      return {EIO, EINTR, FAULT_SHORT};
    case FAULT_WRITE:
    case FAULT_WRITEV:
      return {EIO, ENOSPC, EINTR, FAULT_SHORT};
    case FAULT_OPEN:
      return {EIO, EMFILE, EINTR};
    case FAULT_OPENAT:
    case FAULT_FSYNC:
      return {EIO, ENOSPC, EINTR};
    case FAULT_RENAME:
      return {EIO, ENOSPC};
    case FAULT_FTRUNCATE:
    case FAULT_CLOSE:
      return {EIO, EINTR};
    case FAULT_THREAD:
      return {EAGAIN};
    case FAULT_FORK:
      return {EAGAIN, ENOMEM};
    default:
      return {ENOMEM};
  }
}

/// What ASSAY_FAULTS asks for.
struct Wish {
  std::size_t most;
  std::optional<int> call = {};  ///< None: of all functions.
  long at = 0;                   ///< 0: all of them.
};

Wish wish(std::size_t most) {
  const char* const text = std::getenv("ASSAY_FAULTS");
  if (text == nullptr) return {most};
  const std::string word = text, name = word.substr(0, word.find(':'));
  const auto call = std::find(call_names.begin(), call_names.end(), name);
  constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
  if (call == call_names.end())
    return {name == "all" ? all : static_cast<std::size_t>(std::atol(text))};
  return {all, static_cast<int>(call - call_names.begin()),
          name == word ? 0 : std::atol(word.c_str() + name.size() + 1)};
}

}  // namespace

std::string text_of(const Fault& fault) {
  const std::string action = fault.action == FAULT_SHORT  ? "a short count"
                             : fault.action == FAULT_KILL ? "SIGKILL"
                                                          : "errno " + std::to_string(fault.action);
  return std::string(call_names[fault.call]) + " number " + std::to_string(fault.at) + ": " +
         action;
}

int failures() {
  const auto* const result = testing::UnitTest::GetInstance()->current_test_info()->result();
  return static_cast<int>(result->total_part_count());
}

bool tries_all() {
  return std::getenv("ASSAY_FAULTS") != nullptr;
}

std::vector<Fault> spread(const std::vector<Fault>& all, std::size_t most) {
  if (all.size() <= most) return all;
  const char* const text = std::getenv("ASSAY_FAULTS_SEED");
  std::mt19937 engine(text == nullptr ? 1 : static_cast<unsigned>(std::atol(text)));
  const double stride = static_cast<double>(all.size()) / static_cast<double>(most);
  const double begin = std::uniform_real_distribution<double>(0, stride)(engine);
  std::vector<Fault> some;
  for (std::size_t i = 0; i < most; ++i) {
    const auto at = static_cast<std::size_t>(begin + stride * static_cast<double>(i));
    some.push_back(all[std::min(at, all.size() - 1)]);
  }
  return some;
}

std::vector<Fault> faults_of(const FaultRun& run, std::size_t most) {
  const Wish wanted = wish(most);
  std::vector<Fault> calls, allocations;
  for (int call = 0; call < FAULT_CALLS; ++call) {
    if (wanted.call && *wanted.call != call) continue;
    for (const int action : actions_of(call))
      for (long at = 1; at <= run.counts[static_cast<std::size_t>(call)]; ++at)
        if (wanted.at == 0 || wanted.at == at)
          (call == FAULT_MALLOC ? allocations : calls)
              .push_back({static_cast<fault_call>(call), action, at});
  }
  const std::size_t of_allocations = std::min(allocations.size(), wanted.most / 2);
  std::vector<Fault> some = spread(calls, wanted.most - of_allocations);
  const std::vector<Fault> more = spread(allocations, wanted.most - some.size());
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

std::vector<Fault> kills_of(const FaultRun& run, const std::vector<fault_call>& calls,
                            std::size_t most) {
  std::vector<Fault> kills;
  for (const fault_call call : calls) {
    std::vector<Fault> of_call;
    for (long at = 1; at <= run.counts[call]; ++at) of_call.push_back({call, FAULT_KILL, at});
    for (const Fault& kill : spread(of_call, tries_all() ? of_call.size() : most))
      kills.push_back(kill);
  }
  return kills;
}

void Tally::print(const std::string& command, const FaultRun& whole) const {
  std::printf("%s: %ld failing calls: %ld ends with the same result, %ld with a reason\n",
              command.c_str(), tried, same, refused);
  for (std::size_t call = 0; call < FAULT_CALLS; ++call)
    if (whole.counts[call] > 0) std::printf("  %s %ld", call_names[call], whole.counts[call]);
  std::printf("\n");
}

}  // namespace assay::test
