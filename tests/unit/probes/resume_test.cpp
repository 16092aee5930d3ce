#include "probes/resume.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "probes/core/commit.hpp"

namespace assay {
namespace {

using testing::HasSubstr;

const nlohmann::json this_host = {{"host", "n1"}, {"cpu_model", "Xeon"}, {"cores", 8}};

nlohmann::json stored() {
  return {{"journal", {{"steps", nlohmann::json::array()}}},
          {"sessions",
           {{{"tool", {{"commit", ASSAY_COMMIT}}},
             {"command", "suite"},
             {"hosts", {this_host}},
             {"options", {{"launches", 5}, {"output", "here"}, {"time-budget", "10m"}}}}}}};
}

std::string refusal(const nlohmann::json& run, const std::string& command,
                    const nlohmann::json& options, const nlohmann::json& host = this_host) {
  return resume_refusal(run, command, options, host);
}

TEST(Resume, TheSameCommandGoesOn) {
  EXPECT_EQ(refusal(stored(), "suite", {{"launches", 5}, {"output", "there"}, {"resume", true}}),
            "")
      << "where it is written and how long it may take are not what is measured";
}

TEST(Resume, AnotherPlanDoesNot) {
  EXPECT_THAT(refusal(stored(), "suite", {{"launches", 3}}), HasSubstr("--launches 5, now 3"));
  EXPECT_THAT(refusal(stored(), "suite", {{"launches", 5}, {"bytes", "8B"}}),
              HasSubstr("--bytes not given, now 8B"));
  EXPECT_THAT(refusal(stored(), "run", {{"launches", 5}}), HasSubstr("assay suite"));
}

TEST(Resume, AnotherBuildOrNoJournalDoesNot) {
  nlohmann::json other = stored();
  other["sessions"][0]["tool"]["commit"] = "of last year";
  EXPECT_THAT(refusal(other, "suite", {{"launches", 5}}), HasSubstr("another build"));
  other = stored();
  other.erase("journal");
  EXPECT_THAT(refusal(other, "suite", {{"launches", 5}}), HasSubstr("journal"));
}

TEST(Resume, AnotherMachineDoesNot) {
  EXPECT_EQ(refusal(stored(), "suite", {{"launches", 5}},
                    {{"host", "n2"}, {"cpu_model", "Xeon"}, {"cores", 8}}),
            "it was measured on n1, this is n2");
  EXPECT_EQ(refusal(stored(), "suite", {{"launches", 5}},
                    {{"host", "n1"}, {"cpu_model", "Xeon"}, {"cores", 16}}),
            "it was measured where n1 had cores 8, now 16");
}

TEST(Resume, TheSessionThatIsGoneOnWithIsTheLastThatBegan) {
  nlohmann::json run = stored();
  nlohmann::json appended = run["sessions"][0];
  appended["options"]["launches"] = 7;
  run["sessions"].push_back(appended);
  EXPECT_EQ(refusal(run, "suite", {{"launches", 7}}), "");
  appended["resumes"] = true;
  appended["options"]["launches"] = 9;
  run["sessions"].push_back(appended);
  EXPECT_EQ(refusal(run, "suite", {{"launches", 7}}), "") << "the third went on with the second";
}

TEST(Resume, SecretsAreComparedAsTheyWereWritten) {
  nlohmann::json run = stored();
  run["sessions"][0]["options"]["command"] = "./train --token [masked]";
  EXPECT_EQ(refusal(run, "suite", {{"launches", 5}, {"command", "./train --token abc"}}), "");
}

}  // namespace
}  // namespace assay
