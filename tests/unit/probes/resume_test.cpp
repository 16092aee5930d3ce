#include "probes/resume.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "probes/core/commit.hpp"

namespace assay {
namespace {

using testing::HasSubstr;

nlohmann::json stored() {
  return {{"tool", {{"commit", ASSAY_COMMIT}}},
          {"command", "suite"},
          {"journal", {{"steps", nlohmann::json::array()}}},
          {"options", {{"launches", 5}, {"output", "here"}, {"time-budget", "10m"}}}};
}

TEST(Resume, TheSameCommandGoesOn) {
  EXPECT_EQ(
      resume_obstacle(stored(), "suite", {{"launches", 5}, {"output", "there"}, {"resume", true}}),
      "")
      << "where it is written and how long it may take are not what is measured";
}

TEST(Resume, AnotherPlanDoesNot) {
  EXPECT_THAT(resume_obstacle(stored(), "suite", {{"launches", 3}}),
              HasSubstr("--launches 5, now 3"));
  EXPECT_THAT(resume_obstacle(stored(), "suite", {{"launches", 5}, {"bytes", "8B"}}),
              HasSubstr("--bytes not given, now 8B"));
  EXPECT_THAT(resume_obstacle(stored(), "run", {{"launches", 5}}), HasSubstr("assay suite"));
}

TEST(Resume, AnotherBuildOrNoJournalDoesNot) {
  nlohmann::json other = stored();
  other["tool"]["commit"] = "of last year";
  EXPECT_THAT(resume_obstacle(other, "suite", {{"launches", 5}}), HasSubstr("another build"));
  other = stored();
  other.erase("journal");
  EXPECT_THAT(resume_obstacle(other, "suite", {{"launches", 5}}), HasSubstr("journal"));
}

}  // namespace
}  // namespace assay
