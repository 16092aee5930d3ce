#include "probes/network/launch/sealed_link.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "probes/core/authentication.hpp"

namespace assay::network {

namespace {

constexpr std::size_t frame_head_size = 4, tag_size = 16;

void append_number(std::string& bytes, std::uint64_t number, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(number >> (8 * i));
}

std::size_t number_at(std::string_view bytes) {
  std::size_t number = 0;
  for (std::size_t i = 0; i < frame_head_size; ++i)
    number |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return number;
}

}  // namespace

SealedLink::SealedLink(FileDescriptor socket) : socket_(std::move(socket)) {
  const int flags = fcntl(socket_.get(), F_GETFL);
  fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK);
  const int yes = 1;
  setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

void SealedLink::seal(std::string session_key, int side) {
  key_ = std::move(session_key);
  side_ = side;
}

std::string SealedLink::code(int side, std::uint64_t number, char type,
                             std::string_view payload) const {
  std::string text(1, static_cast<char>(side));
  append_number(text, number, 8);
  text += type;
  text += payload;
  return hmac_sha256(key_, text).substr(0, tag_size);
}

void SealedLink::send(char type, std::string_view payload) {
  append_number(out_, 1 + payload.size() + (is_sealed() ? tag_size : 0), frame_head_size);
  out_ += type;
  out_ += payload;
  if (is_sealed()) out_ += code(side_, sent_++, type, payload);
}

bool SealedLink::move() {
  while (!is_broken_ && waiting() > 0) {
    const ssize_t count =
        ::send(socket_.get(), out_.data() + written_, waiting(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (count <= 0)
      is_broken_ = true;
    else
      written_ += static_cast<std::size_t>(count);
  }
  if (written_ == out_.size()) {
    out_.clear();
    written_ = 0;
  }
  // What the other end said last is read also when it takes nothing any more. A stranger's bytes
  // are not piled up: before the seal no more is read than one frame may have.
  std::array<char, 65536> buffer;
  while (is_sealed() || in_.size() <= frame_head_size + longest_open) {
    const ssize_t count = recv(socket_.get(), buffer.data(),
                               is_sealed() ? buffer.size() : longest_open, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (count <= 0) {
      is_broken_ = true;
      break;
    }
    in_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return !is_broken_;
}

std::optional<Frame> SealedLink::next() {
  const std::string_view rest = std::string_view(in_).substr(taken_);
  if (rest.size() < frame_head_size) return std::nullopt;
  const std::size_t length = number_at(rest), codes = is_sealed() ? tag_size : 0;
  if (length < 1 + codes || length > 1 + codes + (is_sealed() ? longest_sealed : longest_open)) {
    is_broken_ = true;
    return std::nullopt;
  }
  if (rest.size() < frame_head_size + length) return std::nullopt;
  Frame frame{rest[frame_head_size],
              std::string(rest.substr(frame_head_size + 1, length - 1 - codes))};
  if (is_sealed() && !is_same_secret(rest.substr(frame_head_size + length - codes, codes),
                                     code(1 - side_, received_++, frame.type, frame.payload))) {
    is_broken_ = true;
    return std::nullopt;
  }
  taken_ += frame_head_size + length;
  if (taken_ == in_.size() || taken_ > (1U << 20U)) {
    in_.erase(0, taken_);
    taken_ = 0;
  }
  return frame;
}

}  // namespace assay::network
