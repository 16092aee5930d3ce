#include "probes/counters/known_work.hpp"

#include <algorithm>
#include <numeric>
#include <random>

namespace assay::counters {
namespace {

constexpr std::size_t line_bytes = 64;
constexpr std::size_t words_per_line = line_bytes / sizeof(std::uint64_t);
constexpr std::size_t stride_words = 2 * words_per_line;

void flush_line([[maybe_unused]] const void* line) {
#if defined(__x86_64__)
  asm volatile("clflush (%0)" : : "r"(line) : "memory");
#elif defined(__aarch64__)
  asm volatile("dc civac, %0" : : "r"(line) : "memory");
#endif
}

void fence() {
#if defined(__x86_64__)
  asm volatile("mfence" : : : "memory");
#elif defined(__aarch64__)
  asm volatile("dsb sy" : : : "memory");
#endif
}

}  // namespace

KnownAdditions run_known_additions(std::uint64_t blocks_of_64) {
  const std::uint64_t blocks = blocks_of_64;
  std::uint64_t left = blocks;
  double sum = 0;
  const double addend = 1;
#if defined(__x86_64__)
  asm volatile("1:\n\t.rept 64\n\taddsd %2, %0\n\t.endr\n\tdec %1\n\tjnz 1b"
               : "+x"(sum), "+r"(left)
               : "x"(addend)
               : "cc");
  return {64 * blocks, 66 * blocks};
#elif defined(__aarch64__)
  asm volatile("1:\n\t.rept 64\n\tfadd %d0, %d0, %d2\n\t.endr\n\tsubs %1, %1, #1\n\tb.ne 1b"
               : "+w"(sum), "+r"(left)
               : "w"(addend)
               : "cc");
  return {64 * blocks, 66 * blocks};
#else
  volatile double opaque = sum;
  for (left *= 64; left > 0; --left) opaque = opaque + addend;
  return {64 * blocks, 0};
#endif
}

bool KnownLines::can_flush() {
#if defined(__x86_64__) || defined(__aarch64__)
  return true;
#else
  return false;
#endif
}

KnownLines::KnownLines(std::uint64_t lines)
    : lines_(lines), storage_(lines * stride_words + words_per_line) {
  auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
  address = (address + line_bytes - 1) / line_bytes * line_bytes;
  first_ = reinterpret_cast<std::uint64_t*>(address);
  // A single random cycle over all lines; each holds the index of the next.
  std::vector<std::uint64_t> order(lines);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  for (std::uint64_t i = 0; i < lines; ++i)
    first_[order[i] * stride_words] = order[(i + 1) % lines];
}

void KnownLines::flush() {
  for (std::uint64_t i = 0; i < lines_; ++i) flush_line(first_ + i * stride_words);
  fence();
}

std::uint64_t KnownLines::run() const {
  std::uint64_t at = 0, sum = 0;
  for (std::uint64_t i = 0; i < lines_; ++i) {
    at = *static_cast<const volatile std::uint64_t*>(first_ + at * stride_words);
    sum += at;
  }
  return sum;
}

}  // namespace assay::counters
