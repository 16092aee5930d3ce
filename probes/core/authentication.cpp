#include "probes/core/authentication.hpp"

#include <sys/random.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>

#include "probes/core/errors.hpp"

namespace assay {

namespace {

using Word = std::uint32_t;
__extension__ using Wide = unsigned __int128;

constexpr std::size_t block_size = 64;

constexpr std::array<unsigned, 64> first_primes() {
  std::array<unsigned, 64> primes{};
  std::size_t found = 0;
  for (unsigned candidate = 2; found < primes.size(); ++candidate) {
    bool is_prime = true;
    for (std::size_t i = 0; i < found; ++i) is_prime = is_prime && candidate % primes[i] != 0;
    if (is_prime) primes[found++] = candidate;
  }
  return primes;
}

/// The first 32 bits of the fraction of the square (2) or cube (3) root, section 4.2.2 and 5.3.3:
/// the root of p 2^(32 degree) is the root of p, 32 bits further left.
constexpr Word root_fraction(unsigned prime, int degree) {
  const Wide target = Wide{prime} << (32 * degree);
  std::uint64_t root = 0;
  for (int bit = 36; bit >= 0; --bit) {
    const std::uint64_t higher = root | (std::uint64_t{1} << bit);
    Wide power = higher;
    for (int i = 1; i < degree; ++i) power *= higher;
    if (power <= target) root = higher;
  }
  return static_cast<Word>(root);
}

constexpr std::array<Word, 64> round_constants = [] {
  std::array<Word, 64> constants{};
  for (std::size_t i = 0; i < constants.size(); ++i)
    constants[i] = root_fraction(first_primes()[i], 3);
  return constants;
}();

using State = std::array<Word, 8>;

constexpr State initial_state = [] {
  State state{};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] = root_fraction(first_primes()[i], 2);
  return state;
}();

void add_block(State& state, std::string_view block) {
  std::array<Word, 64> w{};
  for (std::size_t i = 0; i < 16; ++i)
    for (std::size_t byte = 0; byte < 4; ++byte)
      w[i] = (w[i] << 8) | static_cast<unsigned char>(block[4 * i + byte]);
  for (std::size_t i = 16; i < w.size(); ++i) {
    const Word s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const Word s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const Word s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const Word t1 = h + s1 + ((e & f) ^ (~e & g)) + round_constants[i] + w[i];
    const Word s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const Word t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const State sum = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += sum[i];
}

}  // namespace

std::string sha256(std::string_view bytes) {
  State state = initial_state;
  std::string rest(bytes.substr(bytes.size() / block_size * block_size));
  for (std::size_t at = 0; at + block_size <= bytes.size(); at += block_size)
    add_block(state, bytes.substr(at, block_size));
  rest += '\x80';
  while (rest.size() % block_size != block_size - 8) rest += '\0';
  const std::uint64_t bits = 8 * std::uint64_t{bytes.size()};
  for (int shift = 56; shift >= 0; shift -= 8) rest += static_cast<char>(bits >> shift);
  for (std::size_t at = 0; at < rest.size(); at += block_size)
    add_block(state, std::string_view(rest).substr(at, block_size));
  std::string digest;
  for (const Word word : state)
    for (int shift = 24; shift >= 0; shift -= 8) digest += static_cast<char>(word >> shift);
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string inner = key.size() > block_size ? sha256(key) : std::string(key);
  inner.resize(block_size, '\0');
  std::string outer = inner;
  for (char& byte : inner) byte = static_cast<char>(byte ^ 0x36);
  for (char& byte : outer) byte = static_cast<char>(byte ^ 0x5c);
  inner.append(bytes);
  return sha256(outer + sha256(inner));
}

bool is_same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i] ^ b[i]));
  return difference == 0;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t got = 0; got < count;) {
    const ssize_t more = getrandom(bytes.data() + got, count - got, 0);
    if (more < 0 && errno != EINTR) throw RunError("the kernel gives no random numbers");
    if (more > 0) got += static_cast<std::size_t>(more);
  }
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

}  // namespace assay
