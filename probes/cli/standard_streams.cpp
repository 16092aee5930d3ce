#include "probes/cli/standard_streams.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace assay {

void reserve_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest that is free is this one. Not closed at exec: a program that is started needs it
    // just as much.
    const int opened = ::open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    if (opened != descriptor && opened >= 0) ::close(opened);
  }
}

std::string flush_standard_output() {
  errno = 0;
  std::cout.flush();
  const bool is_lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || std::cout.bad();
  if (!is_lost) return "";
  return errno == 0 ? "a write failed" : std::strerror(errno);
}

std::string printable(std::string_view text) {
  std::string safe;
  bool is_line_start = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto code = static_cast<unsigned char>(c);
    if (is_line_start && (text.substr(at).starts_with("::") || text.substr(at).starts_with("##"))) {
      safe += fmt::format("\\x{:02x}", code);
      is_line_start = false;
      continue;
    }
    // U+0080 to U+009F are control characters too, and U+202A to U+202E and U+2066 to U+2069 turn
    // the reading order.
    const std::string_view next = text.substr(at, 3);
    const bool is_c1 =
        next.size() >= 2 && code == 0xC2 && static_cast<unsigned char>(next[1]) < 0xA0;
    const bool is_bidi = next.size() == 3 && code == 0xE2 &&
                         ((next[1] == '\x80' && static_cast<unsigned char>(next[2]) >= 0xAA &&
                           static_cast<unsigned char>(next[2]) <= 0xAE) ||
                          (next[1] == '\x81' && static_cast<unsigned char>(next[2]) >= 0xA6 &&
                           static_cast<unsigned char>(next[2]) <= 0xA9));
    if ((code < 0x20 && c != '\n' && c != '\t') || code == 0x7F || is_c1 || is_bidi)
      safe += fmt::format("\\x{:02x}", code);
    else
      safe += c;
    is_line_start = c == '\n' || (is_line_start && (c == ' ' || c == '\t'));
  }
  return safe;
}

void tell(const std::string& line) noexcept {
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fputc('\n', stderr);
}

}  // namespace assay
