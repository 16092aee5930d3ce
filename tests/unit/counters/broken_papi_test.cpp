/// A PAPI that does not start. Its own process, as a process starts PAPI once.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <papi.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "probes/counters/event_counter.hpp"

namespace {

constexpr const char* broken = "ASSAY_TEST_BROKEN_PAPI";

}  // namespace

/// Before the library's: the program's own symbols come first.
extern "C" int PAPI_library_init(int version) {
  if (std::getenv(broken) != nullptr) return PAPI_ESYS;
  using Function = int (*)(int);
  const auto original = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "PAPI_library_init"));
  return original != nullptr ? original(version) : PAPI_ENOSUPP;
}

namespace assay::counters {
namespace {

[[noreturn]] void open_broken_papi() {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(testing::TempDir()) / ("broken_papi_" + std::to_string(getpid()));
  fs::create_directories(root / "cpu");
  setenv(broken, "1", 1);
  const auto counter = open_papi(root);
  fs::remove_all(root);
  const bool said = !counter && counter.status() == Status::unsupported &&
                    counter.reason().starts_with("PAPI does not start");
  _exit(said ? 0 : 1);
}

TEST(BrokenPapiDeathTest, IsUnsupportedWithItsReason) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(open_broken_papi(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace assay::counters
