#pragma once
/// @file
/// Frames over one TCP connection between two processes of a job. Until seal() they are short and
/// anybody's; after it each carries a code (HMAC-SHA256, 16 bytes of it) over its direction, its
/// number and its content, so that nobody without the session's key can add, change, repeat or
/// leave out one. They are not encrypted. Nothing here blocks.
///
/// A frame: 4 bytes length of what follows, little end first; 1 byte type; payload; the code.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "probes/core/file_descriptor.hpp"

namespace assay::network {

struct Frame {
  char type = 0;
  std::string payload;
};

class SealedLink {
 public:
  /// Takes a connected socket over, and makes it non-blocking.
  explicit SealedLink(FileDescriptor socket);

  [[nodiscard]] int descriptor() const { return socket_.get(); }
  /// From here on in both directions. `side`: 0 and 1 at the two ends.
  void seal(std::string session_key, int side);
  [[nodiscard]] bool is_sealed() const { return !key_.empty(); }

  void send(char type, std::string_view payload);
  /// Bytes that the other end has not taken yet.
  [[nodiscard]] std::size_t waiting() const { return out_.size() - written_; }
  /// Moves what can be moved. False when the connection has ended or the other end does not keep
  /// to the rules; what came before that can still be taken.
  [[nodiscard]] bool move();
  /// The next whole frame, if there is one and it is what the other end sent.
  [[nodiscard]] std::optional<Frame> next();

  static constexpr std::size_t longest_open = 512;          ///< Payload before the seal.
  static constexpr std::size_t longest_sealed = 1U << 30U;  ///< And after it.

 private:
  [[nodiscard]] std::string code(int side, std::uint64_t number, char type,
                                 std::string_view payload) const;

  FileDescriptor socket_;
  std::string key_;
  int side_ = 0;
  std::uint64_t sent_ = 0, received_ = 0;
  std::string in_, out_;
  std::size_t written_ = 0, taken_ = 0;
  bool is_broken_ = false;
};

}  // namespace assay::network
