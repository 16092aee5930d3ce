// Tables of times with the names, separators and decimal marks that people use.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

using testing::HasSubstr;

TEST(TimesCsv, NamesAndUnits) {
  const std::pair<const char*, double> tables[] = {{"np,seconds\n4,2.5\n", 2.5},
                                                   {"Procs,Time (ms)\n4,2.5\n", 2.5e-3},
                                                   {"cores,time_us\n4,2.5\n", 2.5e-6},
                                                   {"nodes,time_s\n4,2.5\n", 2.5},
                                                   {"MPI ranks;Wall time [s]\n4;2,5\n", 2.5},
                                                   {"ranks\ttime\n4\t2.5\n", 2.5},
                                                   {"\"ranks\",\"time\"\n\"4\",\"2.5\"\n", 2.5},
                                                   {"n_procs,elapsed_ns\n4,2.5\n", 2.5e-9},
                                                   {"nprocs;runtime\n4;1.234,5\n", 1234.5},
                                                   {"ranks,time\n4,\"1,234.5\"\n", 1234.5},
                                                   {"gpus,walltime_min\n4,2\n", 120}};
  for (const auto& [text, seconds] : tables) {
    const RunData run = read_log(text);
    ASSERT_EQ(run.records.size(), 1u) << text;
    EXPECT_DOUBLE_EQ(run.records[0].median, seconds) << text;
    EXPECT_EQ(run.records[0].ranks, 4) << text;
  }
  EXPECT_EQ(read_log("nodes,time_s\n4,2.5\n").records[0].nodes, 4);
  EXPECT_THAT(listing_text(read_log("nprocs;runtime\n1;1.234,5\n2;700,5\n")),
              HasSubstr("numbers have a decimal comma and \".\" between thousands (line 2)"));
  EXPECT_THAT(listing_text(read_log("ranks,time,comment\n4,2.5,x\n")),
              HasSubstr("columns not used: comment"));
}

/// "operation, ranks: seconds" of each row with a number.
std::vector<std::string> times_of(const std::string& text) {
  std::vector<std::string> times;
  for (const Record& record : read_log(text).records)
    if (carries_numbers(record.status))
      times.push_back(
          fmt::format("{}, {}: {:g}", record.operation.str(), record.ranks, record.median));
  return times;
}

TEST(TimesCsv, AUnitOfItsOwnColumnCounts) {
  EXPECT_THAT(times_of("ranks,time,unit\n1,100,s\n2,52000,ms\n"),
              testing::ElementsAre(", 1: 100", ", 2: 52"));
  EXPECT_THAT(refusal_of("ranks,time,unit\n1,100,parsec\n"), HasSubstr("log:2: column unit"));
  EXPECT_THAT(refusal_of("ranks,time_ms,unit\n1,100,us\n"), HasSubstr("log:2: column unit"));
  EXPECT_THAT(refusal_of("# time in ms\nranks,time\n1,100\n"),
              HasSubstr("log:1: a comment that speaks of ms; expected the unit in the name of the "
                        "column of times (line 2), e.g. time_ms"));
  EXPECT_THAT(refusal_of("ranks,time\n#,ms\n1,100\n"), HasSubstr("speaks of ms"));
  EXPECT_THAT(times_of("# time in ms\nranks,time_ms\n1,100\n"), testing::ElementsAre(", 1: 0.1"));
}

TEST(TimesCsv, RanksPerNodeMultiplyNodes) {
  const RunData run = read_log("nodes,ppn,time\n1,4,100\n2,4,52\n");
  ASSERT_EQ(run.records.size(), 2u);
  EXPECT_EQ(run.records[1].ranks, 8);
  EXPECT_EQ(run.records[1].nodes, 2);
  EXPECT_THAT(refusal_of("ranks,nodes,ppn,time\n9,2,4,100\n"),
              HasSubstr("9 on 2 nodes of 4; expected 5 to 8"));
}

TEST(TimesCsv, ASweptSettingIsPartOfWhatWasMeasured) {
  EXPECT_THAT(times_of("ranks,threads,time\n1,1,100\n1,8,20\n2,1,52\n2,8,11\n"),
              testing::ElementsAre("threads=1, 1: 100", "threads=8, 1: 20", "threads=1, 2: 52",
                                   "threads=8, 2: 11"));
  EXPECT_THAT(times_of("ranks,time,machine\n1,100,a\n2,52,a\n1,10,b\n2,6,b\n"),
              testing::ElementsAre("machine=a, 1: 100", "machine=a, 2: 52", "machine=b, 1: 10",
                                   "machine=b, 2: 6"));
  // Repetitions, remarks and results are none.
  for (const char* more : {"run", "date", "loss"}) {
    const std::string text = fmt::format("ranks,time,{}\n1,100,1\n1,101,2\n2,52,{}\n2,53,{}\n",
                                         more, more == std::string("loss") ? "3" : "1",
                                         more == std::string("loss") ? "4" : "2");
    EXPECT_THAT(times_of(text), testing::ElementsAre(", 1: 100", ", 1: 101", ", 2: 52", ", 2: 53"))
        << more;
    EXPECT_THAT(listing_text(read_log(text)), HasSubstr(fmt::format("columns not used: {}", more)));
  }
}

TEST(TimesCsv, WarmUpAndFailuresAreNoTimes) {
  EXPECT_THAT(times_of("ranks,time,warmup\n1,100,true\n1,50,false\n2,26,false\n"),
              testing::ElementsAre(", 1: 50", ", 2: 26"));
  EXPECT_THAT(times_of("ranks,phase,time\n1,warmup,100\n1,measure,50\n"),
              testing::ElementsAre(", 1: 50"));
  EXPECT_THAT(
      times_of("ranks,phase,time\n1,warmup,9\n1,a,5\n1,b,7\n2,a,3\n2,b,4\n"),
      testing::ElementsAre("phase=a, 1: 5", "phase=b, 1: 7", "phase=a, 2: 3", "phase=b, 2: 4"));
  EXPECT_THAT(times_of("ranks,time,timeout\n1,100,0\n2,60,1\n"), testing::ElementsAre(", 1: 100"));
  EXPECT_THAT(times_of("ranks,time,error\n1,100,\n2,52,segmentation fault\n"),
              testing::ElementsAre(", 1: 100"));
  EXPECT_THAT(times_of("ranks,time,error\n1,100,0.5\n2,52,0.25\n"),
              testing::ElementsAre(", 1: 100", ", 2: 52"))
      << "a deviation";
}

TEST(TimesCsv, NothingIsGuessed) {
  const std::pair<const char*, const char*> tables[] = {
      {"ranks;time\n1;1,234\n2;2,345\n",
       "log:2: \"1,234\" may have a decimal comma or one between"},
      {"ranks;time\n1;1,5\n2;2.345,5\n4;1.5\n", "log:4"},
      {"ranks;time\n1;1,5\n2;1,234.5\n", "log:3"},
      {"ranks;time\n1;1.234\n2;0.650\n4;1.234,5\n", "log:3: column time: \"0.650\""},
      {"ranks,time\n1,1,5\n", "log:2: 3 columns; expected 2, as the header has (a decimal comma"},
      {"ranks,time\n1,1e300\n", "log:2: column time: is 1e+300 s"},
      {"ranks,time\n1,nan\n", "log:2: column time: \"nan\""},
      {"ranks,time\n1,\n", "log:2: column time: is empty"},
      {"ranks,time\n1,0\n", "log:2: column time: is 0 s"},
      {"ranks,time\n1,-2\n", "log:2: column time"},
      {"ranks,time\n0,2\n", "log:2: column ranks"},
      {"ranks,time\n1e9,2\n", "log:2: column ranks"},
      {"ranks,time,scaling\n1,2,week\n", "log:2: column scaling"},
      {"ranks,np,time\n1,1,2\n", "log:1: column np: means the same as column ranks"},
      {"ranks,time,seconds\n1,1,2\n", "log:1: column seconds: means the same as column time"},
      {"ranks,time\n1,\"2\n", "log:2: a quote that is not closed"},
      {"ranks,time\n1,10.5\n2,5.5\n4,3", "log:4: ends without a line end"},
      {"ranks,time\n", "no times"}};
  for (const auto& [text, message] : tables)
    EXPECT_THAT(refusal_of(text), HasSubstr(message)) << text;
}

TEST(TimesCsv, ARunThatFailedHasNoTime) {
  for (const char* text :
       {"ranks,time,status\n1,10,ok\n2,0.1,FAILED\n", "ranks,time,exit_code\n1,10,0\n2,0.1,137\n",
        "ranks,time,Valid\n1,10,true\n2,0.1,false\n"}) {
    const RunData run = read_log(text);
    ASSERT_EQ(run.records.size(), 2u) << text;
    EXPECT_EQ(run.records[0].status, Status::ok) << text;
    EXPECT_EQ(run.records[1].status, Status::incorrect) << text;
    EXPECT_THAT(run.records[1].reason.str(), HasSubstr(" says ")) << text;
  }
  const RunData computed = read_log("ranks,time,result\n1,10,3.14159\n2,5,3.14159\n");
  EXPECT_EQ(computed.records[1].status, Status::ok);
  EXPECT_THAT(listing_text(computed), HasSubstr("columns not used: result"));
  EXPECT_THAT(refusal_of("ranks,time,status\n1,10,perhaps\n"),
              HasSubstr("log:2: column status: \"perhaps\"; expected ok or failed"));
}

TEST(TimesCsv, SizesOfTheProblemDecideWhatScales) {
  const RunData two = read_log("ranks,n,time\n1,100,10\n2,100,5\n1,200,20\n2,200,10\n");
  EXPECT_EQ(two.records[1].operation, "n=100");
  EXPECT_EQ(two.records[3].operation, "n=200");
  EXPECT_EQ(read_log("ranks,n,time\n1,100,10\n2,100,5\n").records[1].operation, "");
  EXPECT_THAT(refusal_of("ranks,problem_size,time\n1,100,10\n2,200,10\n4,400,10.5\n"),
              HasSubstr("column problem_size: is another one for every number of ranks; expected a "
                        "column scaling"));
  const RunData weak = read_log("ranks,n,time,scaling\n1,100,10,weak\n2,200,10,Weak scaling\n");
  EXPECT_EQ(weak.records[1].scaling, "weak");
  EXPECT_EQ(weak.records[1].operation, "");
}

TEST(TimesCsv, ScalingIsReadUnderAnyName) {
  EXPECT_EQ(read_log("ranks,time,type\n1,10,weak\n2,10.1,weak\n").records[1].scaling, "weak");
  EXPECT_THAT(refusal_of("ranks,time,weak\n1,10,1\n2,10.1,1\n"),
              HasSubstr("expected a column scaling with strong or weak"));
}

}  // namespace
}  // namespace assay::import
