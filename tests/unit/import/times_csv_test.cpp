// Tables of times with the names, separators and decimal marks that people use.
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

TEST(TimesCsv, NothingIsGuessed) {
  const std::pair<const char*, const char*> tables[] = {
      {"ranks;time\n1;1,234\n2;2,345\n",
       "log:2: \"1,234\" may have a decimal comma or one between"},
      {"ranks;time\n1;1,5\n2;2.345,5\n4;1.5\n", "log:4"},
      {"ranks;time\n1;1,5\n2;1,234.5\n", "log:3"},
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
  EXPECT_THAT(listing_text(computed), HasSubstr("column not used: result"));
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
