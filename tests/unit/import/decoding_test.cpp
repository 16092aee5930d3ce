// What is undone before any format looks at a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/import/json.hpp"
#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

using testing::HasSubstr;

const std::string latency =
    "# OSU MPI Latency Test v5.9\n# Size      Latency (us)\n1024   2.31\n65536   9.87\n";

void expect_latency(const RunData& run, const std::string& what) {
  ASSERT_EQ(run.records.size(), 2u) << what;
  EXPECT_EQ(run.records[1].operation, "ping_pong") << what;
  EXPECT_DOUBLE_EQ(run.records[1].median, 9.87e-6) << what;
}

std::string before_each_line(const std::string& text, const std::string& prefix) {
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    out += prefix + text.substr(start, end - start + 1);
    start = end + 1;
  }
  return out;
}

std::string as_utf16(const std::string& text, bool mark) {
  std::string out = mark ? "\xFF\xFE" : "";
  for (const char c : text) {
    out += c;
    out += '\0';
  }
  return out;
}

TEST(ImportDecoding, Encodings) {
  expect_latency(read_log("\xEF\xBB\xBF" + latency), "byte order mark");
  expect_latency(read_log(as_utf16(latency, true)), "UTF-16 with a mark");
  expect_latency(read_log(as_utf16(latency, false)), "UTF-16 without a mark");
  EXPECT_THAT(refusal_of(as_utf16(latency, true) + "x"), HasSubstr("ends within a character"));
  EXPECT_THAT(refusal_of(latency + std::string("8\0 1\n", 5)),
              HasSubstr("log:5: holds a zero byte"));
}

TEST(ImportDecoding, LauncherPrefixes) {
  for (const char* prefix : {"[1,0]<stdout>:",
                             "[prterun-node7-12@1,0]<stdout>: ",
                             "Mon Nov 30 13:54:44 2026<stdout>:",
                             "0: ",
                             "  3: ",
                             "[0] ",
                             "[pod/osu-launcher-x/osu] ",
                             "2025-01-31T12:00:00.123456789Z ",
                             "[2025-01-31T12:00:00.123Z] ",
                             "2025-01-31 12:00:00 ",
                             "[2025-01-31 12:00:00,123] ",
                             "Jan 31 12:00:00 ",
                             "Jan  1 12:00:00 node7 job.sh[123]: ",
                             "node7: ",
                             "osu-1  | ",
                             "[default0]:",
                             "[rank0]: ",
                             "    ",
                             "\t",
                             "> ",
                             "\x1b]0;a title\a"})
    expect_latency(read_log(before_each_line(latency, prefix)), prefix);
  for (const char* prefix : {"0: ", "[1,0]<stdout>: ", "node7: ", "2025-01-31T12:00:00Z "})
    EXPECT_EQ(read_log(before_each_line("PARAMETER p\nPOINTS 2 4\nDATA 8\nDATA 4\n", prefix))
                  .records.size(),
              2u)
        << prefix;
  expect_latency(read_log("[1,1]<stderr>:99 98\n" + before_each_line(latency, "[1,0]<stdout>:")),
                 "standard error is not the program's output");
  expect_latency(read_log("srun: job 7 queued\n" + before_each_line(latency, "0: ")),
                 "the launcher's own lines");
  const RunData times = read_log(
      "srun: job 7 queued\nranks,time\n1,10.5\nslurmstepd: error: cancelled\n2,5.4\n"
      "mpirun noticed that process rank 1 exited\n");
  EXPECT_EQ(times.records.size(), 2u);
  EXPECT_THAT(listing_text(times), HasSubstr("3 lines of the launcher passed over"));
  // Names that differ between the lines are words of the log, not where it is from.
  EXPECT_THAT(refusal_of("a: # OSU MPI Latency Test v5.9\nb: # Size  Latency (us)\nc: 8 1.5\n"),
              HasSubstr("; expected "));
}

TEST(ImportDecoding, LineEndsAndColours) {
  std::string crlf, colour;
  for (const char c : latency) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  expect_latency(read_log(crlf + "\r\n"), "CRLF");
  for (const char c : latency)
    colour += c == '\n' ? std::string("\x1b[0m\n\x1b[1;32m") : std::string(1, c);
  expect_latency(read_log(colour), "colour codes");
}

TEST(ImportDecoding, OnlyTextUnpacksToALog) {
  EXPECT_THAT(refusal_of("\x1f\x8b not gzip at all"), HasSubstr("gzip"));
  EXPECT_THAT(refusal_of("\x28\xb5\x2f\xfd not zstd"), HasSubstr("zstd"));
  EXPECT_THAT(refusal_of("BZh91AY"), HasSubstr("bzip2"));
}

TEST(ImportDecoding, LastLineThatWasCut) {
  EXPECT_THAT(refusal_of(latency + "1048576   99.8"), HasSubstr("log:5: ends without a line end"));
  EXPECT_THAT(refusal_of(latency + "1048576"), HasSubstr("log:5"));
  EXPECT_EQ(read_log(latency + "1048576   99.87").records.size(), 3u);
}

TEST(ImportDecoding, NumbersThatJsonHasNotAreNull) {
  const auto json = parse_json(R"({"a": NaN, "b": -Infinity, "c": [inf, "NaN", 1]})", "x.json");
  EXPECT_TRUE(json["a"].is_null());
  EXPECT_TRUE(json["b"].is_null());
  EXPECT_TRUE(json["c"][0].is_null());
  EXPECT_EQ(json["c"][1], "NaN");
  EXPECT_EQ(json["c"][2], 1);
}

TEST(ImportDecoding, NeitherTwoToolsNorNone) {
  const std::string nccl =
      "# size count type redop root time algbw busbw #wrong\n1048576 262144 float sum -1 60.0 "
      "17.48 26.21 0\n";
  EXPECT_THAT(refusal_of(latency + nccl), HasSubstr("holds both nccl-tests and osu"));
  EXPECT_THAT(refusal_of("hello\n"), HasSubstr("not a format that can be read"));
  EXPECT_THAT(refusal_of(""), HasSubstr("not a format that can be read"));
}

}  // namespace
}  // namespace assay::import
