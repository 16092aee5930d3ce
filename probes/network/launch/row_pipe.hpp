#pragma once
/// @file
/// What a rank tells the process that supervises it, through a pipe: rows, progress, how it ended.
/// Framing: one type byte, four length bytes, payload, in host byte order (both ends are one
/// program).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/record.hpp"

namespace assay::network {

enum class MessageType : std::uint8_t {
  row,       ///< encode(Record)
  progress,  ///< double fraction, then the step's text
  gather,    ///< bytes to bring to all ranks
  done,      ///< empty: the body returned
  failed,    ///< encode(Failure)
};

struct PipeMessage {
  MessageType type;
  std::string payload;
};

/// How a rank ended other than well.
struct Failure {
  enum class Kind : std::uint8_t {
    peer_lost,
    timed_out,
    interrupted,
    usage,
    run,
    other
  } kind = Kind::other;
  int rank = -1;            ///< The rank that is to blame, where it is known.
  bool first_hand = false;  ///< The supervisor of that rank saw it die or stop.
  std::string message;
};

[[nodiscard]] std::string encode(const Record& record);
[[nodiscard]] std::string encode(const Failure& failure);
/// @pre written by encode of this program; throws RunError on a damaged one.
[[nodiscard]] Record decode_record(std::string_view payload);
[[nodiscard]] Failure decode_failure(std::string_view payload);

/// Of the failures of several ranks the one that caused the others: what a supervisor or a rank saw
/// itself before what it heard. Nothing when there are none.
[[nodiscard]] std::optional<Failure> root_cause(const std::vector<Failure>& failures);
/// The exception being handled, as a Failure. @pre inside a catch block
[[nodiscard]] Failure current_failure();
/// The exception that `failure` stands for.
[[noreturn]] void throw_failure(const Failure& failure);

/// Adds a message to a text of messages.
void append_message(std::string& bytes, MessageType type, std::string_view payload);
/// Blocks until written. False when the reader is gone.
bool write_message(int file, MessageType type, std::string_view payload);

/// Takes the stream apart again.
class MessageReader {
 public:
  void feed(const char* data, std::size_t count) { buffer_.append(data, count); }
  /// The next whole message, if there is one.
  [[nodiscard]] std::optional<PipeMessage> next();

 private:
  std::string buffer_;
  std::size_t consumed_ = 0;
};

}  // namespace assay::network
