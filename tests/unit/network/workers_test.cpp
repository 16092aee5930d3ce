#include "probes/network/launch/workers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"

namespace assay::network {
namespace {

/// What asks a fabric may never hear from it: whoever waits keeps to the limit that was given.
TEST(RunInChild, WhatDoesNotAnswerIsGivenUpAtTheLimit) {
  const Seconds start = now();
  try {
    (void)run_in_child(
        []() -> std::string {
          while (true) pause();
        },
        200_ms);
    FAIL() << "it came back";
  } catch (const TimedOut& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("took longer than 200 ms"));
  }
  EXPECT_LT((now() - start).value(), 20.0);
}

TEST(RunInChild, WhatDiesIsSaid) {
  EXPECT_THROW((void)run_in_child([]() -> std::string { _exit(3); }, 20_s), RunError);
}

}  // namespace
}  // namespace assay::network
