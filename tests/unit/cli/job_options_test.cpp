// The job of a purchase as command lines, job files and run.json say it.
#include "probes/cli/job_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "probes/core/errors.hpp"
#include "tests/temporary_folder.hpp"

namespace assay {
namespace {

using ::testing::HasSubstr;

class JobOptions : public testing::Test {
 protected:
  [[nodiscard]] static JobTexts job(const std::vector<std::string>& arguments) {
    boost::program_options::options_description options;
    add_job_options(options);
    boost::program_options::variables_map values;
    boost::program_options::store(
        boost::program_options::command_line_parser(arguments).options(options).run(), values);
    return read_job(values);
  }
  [[nodiscard]] std::string file(const std::string& text) const {
    std::ofstream(folder_ / "job.toml") << text;
    return (folder_ / "job.toml").string();
  }
  static std::string message_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "nothing was thrown";
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(JobOptions, TheCommandLineWinsOverTheJobFile) {
  const JobTexts texts =
      job({"--job", file("steps = 1000\ndeadline = \"30h\"\nnodes = [1, 2]\n"), "--steps", "20"});
  EXPECT_EQ(job_number(texts, "steps"), 20);
  EXPECT_EQ(job_number(texts, "deadline"), 30 * 3600.0);
  EXPECT_EQ(texts.at("nodes").text, "1,2");
  EXPECT_EQ(job_number(texts, "results"), 1) << "its default";
  EXPECT_EQ(job_number(texts, "budget"), std::nullopt);
}

TEST_F(JobOptions, RunJsonGivesBackWhatWasSaid) {
  const JobTexts texts = job({"--deadline", "90min", "--results", "5"});
  const JobTexts again = job_from_json(to_json(texts), "run.json");
  EXPECT_EQ(job_number(again, "deadline"), 5400);
  EXPECT_EQ(job_number(again, "results"), 5);
  EXPECT_TRUE(job_from_json({{"of another version", "1"}, {"steps", 3}}, "run.json").empty());
  EXPECT_TRUE(job_from_json("text", "run.json").empty());
}

TEST_F(JobOptions, SayWhereWhatIsWrong) {
  const auto said = [&](const std::vector<std::string>& arguments) {
    return message_of([&] { (void)job(arguments); });
  };
  EXPECT_THAT(said({"--steps", "-4"}), HasSubstr("--steps -4; expected a number above 0"));
  EXPECT_THAT(said({"--steps", "nan"}), HasSubstr("--steps nan"));
  EXPECT_THAT(said({"--steps", "1e300"}), HasSubstr("--steps 1e300"));
  EXPECT_THAT(said({"--deadline", "30"}), HasSubstr("'30' has no unit"));
  EXPECT_THAT(said({"--deadline", "0h"}), HasSubstr("a time above 0"));
  EXPECT_THAT(said({"--job", file("steps = 1\nstpes = 2\n")}),
              HasSubstr("job.toml:2: column stpes: unknown key; expected steps"));
  EXPECT_THAT(said({"--job", file("steps = \"many\"\n")}),
              HasSubstr("job.toml: steps many; expected a number above 0"));
  EXPECT_THAT(said({"--job", file("[job]\nsteps = 1\n")}), HasSubstr("column job: unknown key"));
  EXPECT_THAT(said({"--job", file("steps = = 1\n")}), HasSubstr("job.toml:1"));
  EXPECT_THAT(said({"--job", "nowhere.toml"}), HasSubstr("nowhere.toml"));
}

}  // namespace
}  // namespace assay
