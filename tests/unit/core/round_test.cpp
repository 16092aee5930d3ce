#include "probes/core/round.hpp"

#include <gtest/gtest.h>

#include "probes/core/errors.hpp"

namespace assay {
namespace {

Record key(const std::string& operation, std::int64_t bytes) {
  Record row;
  row.probe = "network.alpha_beta";
  row.metric = "time";
  row.operation = operation;
  row.bytes = bytes;
  row.launch = "1";
  return row;
}

TEST(Round, TheFirstWantsEverything) {
  EXPECT_TRUE(Round{}.wants(key("exchange", 8)));
  EXPECT_TRUE(Round{}.is_first());
}

TEST(Round, ALaterOneWantsWhatAgreesInEveryCellThatIsKnown) {
  const Round round{.number = 2, .planned = 5, .wanted = {key("exchange", 8), key("stream", 64)}};
  EXPECT_TRUE(round.wants(key("exchange", 8)));
  EXPECT_FALSE(round.wants(key("exchange", 64)));
  EXPECT_TRUE(round.wants(key("stream", absent_count)));
  EXPECT_FALSE(round.wants(key("ping_pong", absent_count)));
  Record other_launch = key("exchange", 8);
  other_launch.launch = "2";
  EXPECT_TRUE(round.wants(other_launch)) << "a launch is a replicate, not another point";
}

TEST(Round, SharesTheTimeOfTheWholeRun) {
  EXPECT_EQ((Round{.number = 3, .planned = 5}).share(1_s), 200_ms);
  EXPECT_EQ(Round{}.share(1_s), 1_s);
}

TEST(Round, KeysTravelAsText) {
  Record second = key("stream", absent_count);
  second.host = "node1";
  const std::vector<Record> back = decode_keys(encode_keys({key("exchange", 8), second}));
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(key_text(back[0]), key_text(key("exchange", 8)));
  EXPECT_EQ(key_text(back[1]), key_text(second));
  EXPECT_EQ(back[1].bytes, absent_count);
  EXPECT_TRUE(decode_keys("").empty());
  EXPECT_THROW(static_cast<void>(decode_keys("no key")), RunError);
  EXPECT_THROW(static_cast<void>(decode_keys(key_text(second))), RunError);
}

}  // namespace
}  // namespace assay
