#include "probes/network/launch/row_pipe.hpp"

#include <gtest/gtest.h>

#include "probes/core/errors.hpp"

namespace assay::network {
namespace {

TEST(RowPipe, ARowArrivesAsItWas) {
  Record row;
  row.probe = "network.alpha_beta";
  row.provider = "tcp;ofi_rxm";
  row.bytes = 16384;
  row = marked_untrusted(with_samples(row, {3, 1, 2}), "oversubscribed");
  const Record back = decode_record(encode(row));
  EXPECT_EQ(back.probe, row.probe);
  EXPECT_EQ(back.provider, row.provider);
  EXPECT_EQ(back.bytes, 16384);
  EXPECT_EQ(back.ranks, absent_count);
  EXPECT_EQ(back.status, Status::untrusted);
  EXPECT_EQ(back.reason, row.reason);
  EXPECT_EQ(back.median, 2);
  EXPECT_EQ(back.samples, 3);
  EXPECT_FALSE(is_present(back.cpu_wall_ratio));
  EXPECT_EQ(back.values, row.values);
}

TEST(RowPipe, ADamagedRowIsAnError) {
  const std::string whole = encode(Record{});
  EXPECT_THROW((void)decode_record(std::string_view(whole).substr(0, whole.size() - 3)), RunError);
}

TEST(RowPipe, MessagesComeOutWholeHoweverTheStreamIsCut) {
  std::string stream;
  append_message(stream, MessageType::progress, "half");
  append_message(stream, MessageType::done, "");
  append_message(stream, MessageType::row, std::string(100'000, 'x'));
  MessageReader reader;
  std::vector<PipeMessage> got;
  for (const char byte : stream) {
    reader.feed(&byte, 1);
    while (auto message = reader.next()) got.push_back(std::move(*message));
  }
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].payload, "half");
  EXPECT_EQ(got[1].type, MessageType::done);
  EXPECT_EQ(got[2].payload.size(), 100'000U);
}

template <class E>
Failure failure_of(const E& error) {
  try {
    throw error;
  } catch (...) {
    return decode_failure(encode(current_failure()));
  }
}

TEST(RowPipe, ExceptionsKeepTheirKindAcrossProcesses) {
  EXPECT_THROW(throw_failure(failure_of(TimedOut("late"))), TimedOut);
  EXPECT_THROW(throw_failure(failure_of(UsageError("bad"))), UsageError);
  EXPECT_THROW(throw_failure(failure_of(Interrupted())), Interrupted);
  EXPECT_THROW(throw_failure(failure_of(RunError("broken"))), RunError);
  EXPECT_THROW(throw_failure(failure_of(std::logic_error("bug"))), std::runtime_error);
  try {
    throw_failure(failure_of(PeerLost(3, "gone")));
    FAIL();
  } catch (const PeerLost& lost) {
    EXPECT_EQ(lost.rank(), 3);
    EXPECT_STREQ(lost.what(), "gone");
  }
}

TEST(RowPipe, TheCauseIsWhatASupervisorSawAndNotWhatOthersHeard) {
  using Kind = Failure::Kind;
  const Failure heard{Kind::peer_lost, 2, false, "rank 2 is lost"};
  const Failure seen{Kind::peer_lost, 2, true, "rank 2 was killed"};
  const Failure late{Kind::timed_out, 2, false, "waited"};
  const Failure stop{Kind::interrupted, -1, false, "interrupted"};
  EXPECT_FALSE(root_cause({}).has_value());
  EXPECT_EQ(root_cause({late, heard, seen})->message, seen.message);
  EXPECT_EQ(root_cause({stop, heard, late})->message, late.message);
  EXPECT_EQ(root_cause({stop})->message, stop.message);
}

}  // namespace
}  // namespace assay::network
