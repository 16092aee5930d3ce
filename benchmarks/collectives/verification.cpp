#include "benchmarks/collectives/verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace assay::collectives {
namespace {

using network::BFloat16;
using network::ElementType;
using network::Operation;

/// Calls `body` with a value of the C++ type of the elements.
template <class Body>
auto with_type(ElementType type, Body body) {
  switch (type) {
    case ElementType::f64:
      return body(double{});
    case ElementType::i32:
      return body(std::int32_t{});
    case ElementType::bf16:
      return body(BFloat16{});
    default:
      return body(float{});
  }
}

template <class T>
T from_value(double value) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return network::to_bfloat16(static_cast<float>(value));
  } else if constexpr (std::is_same_v<T, std::int32_t>) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::int64_t>(value)));
  } else {
    return static_cast<T>(value);
  }
}
template <class T>
double to_value(T element) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return network::to_float(element);
  } else {
    return static_cast<double>(element);
  }
}
template <class T>
T load(std::span<const std::byte> bytes, std::size_t i) {
  T element;
  std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
  return element;
}
template <class T>
void store(std::span<std::byte> bytes, std::size_t i, T element) {
  std::memcpy(bytes.data() + i * sizeof(T), &element, sizeof(T));
}

double apply(Operation operation, double a, double b) {
  switch (operation) {
    case Operation::sum:
      return a + b;
    case Operation::max:
      return std::max(a, b);
    case Operation::min:
      return std::min(a, b);
    case Operation::prod:
      return a * b;
  }
  return 0;
}

/// The exact inputs repeat with this period in the index.
constexpr std::size_t period = 17 * 7 * 4;

/// Integers of so few bits that no partial sum of 33 ranks rounds, even in bf16; for products
/// powers of two.
double exact_value(ElementType type, Operation operation, int rank, std::size_t index,
                   int iteration) {
  const std::size_t mixed =
      static_cast<std::size_t>(rank) * 5 + index * 3 + static_cast<std::size_t>(iteration) * 11;
  if (operation == Operation::prod) return std::array{1.0, -1.0, 2.0, -2.0}[mixed % 4];
  if (type == ElementType::bf16) return static_cast<double>(mixed % 7) - 3;
  return static_cast<double>(mixed % 17) - 8;
}

/// Uniform in [0, 1): splitmix64 of rank and index.
double uniform(int rank, std::size_t index) {
  std::uint64_t z = (static_cast<std::uint64_t>(rank) << 40) + index + 0x9e37'79b9'7f4a'7c15;
  z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
  z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}
double random_value(ElementType type, Operation operation, int rank, std::size_t index) {
  const double u = uniform(rank, index);
  if (type == ElementType::i32) return std::floor((u - 0.5) * 0x1p20);
  return operation == Operation::prod ? 0.75 + 0.5 * u : 2 * u - 1;
}

double unit_round_off(ElementType type) {
  switch (type) {
    case ElementType::f64:
      return 0x1p-53;
    case ElementType::bf16:
      return 0x1p-8;
    default:
      return 0x1p-24;
  }
}

/// The reduction over all ranks in long double, and the sum of magnitudes that its error bound
/// needs.
template <class T>
struct Reference {
  long double value, magnitude;
};
template <class T>
Reference<T> reference(ElementType type, Operation operation, int ranks, std::size_t index) {
  Reference<T> r{};
  for (int rank = 0; rank < ranks; ++rank) {
    const double x = to_value(from_value<T>(random_value(type, operation, rank, index)));
    if (rank == 0) {
      r.value = x;
    } else if (operation == Operation::sum) {
      r.value += x;
    } else if (operation == Operation::prod) {
      r.value *= x;
    } else {
      r.value = apply(operation, static_cast<double>(r.value), x);
    }
    r.magnitude += std::abs(x);
  }
  if (operation == Operation::prod) r.magnitude = std::abs(r.value);
  return r;
}

/// i32 wraps, so its reference does too.
std::int32_t wrapped_reference(Operation operation, int ranks, std::size_t index) {
  std::uint32_t value = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    const auto x =
        static_cast<std::int32_t>(random_value(ElementType::i32, operation, rank, index));
    const auto y = static_cast<std::int32_t>(value);
    if (rank == 0) {
      value = static_cast<std::uint32_t>(x);
    } else if (operation == Operation::sum) {
      value += static_cast<std::uint32_t>(x);
    } else if (operation == Operation::prod) {
      value *= static_cast<std::uint32_t>(x);
    } else {
      value =
          static_cast<std::uint32_t>(operation == Operation::max ? std::max(x, y) : std::min(x, y));
    }
  }
  return static_cast<std::int32_t>(value);
}

}  // namespace

void fill_exact(std::span<std::byte> bytes, ElementType type, Operation operation, int rank,
                int iteration) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> pattern(period);
    for (std::size_t i = 0; i < period; ++i)
      pattern[i] = from_value<T>(exact_value(type, operation, rank, i, iteration));
    for (std::size_t i = 0; i < bytes.size() / sizeof(T); ++i) store(bytes, i, pattern[i % period]);
  });
}

std::string check_exact(std::span<const std::byte> bytes, ElementType type, Operation operation,
                        int ranks, int iteration) {
  return with_type(type, [&](auto zero) -> std::string {
    using T = decltype(zero);
    std::vector<T> expected(period);
    for (std::size_t i = 0; i < period; ++i) {
      double value = exact_value(type, operation, 0, i, iteration);
      for (int rank = 1; rank < ranks; ++rank)
        value = apply(operation, value, exact_value(type, operation, rank, i, iteration));
      expected[i] = from_value<T>(value);
    }
    for (std::size_t i = 0; i < bytes.size() / sizeof(T); ++i) {
      const T got = load<T>(bytes, i);
      if (to_value(got) != to_value(expected[i % period]))
        return fmt::format("element {} is {}, expected {}", i, to_value(got),
                           to_value(expected[i % period]));
    }
    return {};
  });
}

void fill_random(std::span<std::byte> bytes, ElementType type, Operation operation, int rank) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < bytes.size() / sizeof(T); ++i)
      store(bytes, i, from_value<T>(random_value(type, operation, rank, i)));
  });
}

std::string check_random(std::span<const std::byte> bytes, ElementType type, Operation operation,
                         int ranks, std::size_t first) {
  return with_type(type, [&](auto zero) -> std::string {
    using T = decltype(zero);
    const double n = (ranks - 1) * unit_round_off(type);
    const bool is_exact = operation == Operation::max || operation == Operation::min;
    for (std::size_t i = 0; i < bytes.size() / sizeof(T); ++i) {
      const T got = load<T>(bytes, i);
      if constexpr (std::is_same_v<T, std::int32_t>) {
        if (got != wrapped_reference(operation, ranks, first + i))
          return fmt::format("element {} is {}, expected {}", first + i, got,
                             wrapped_reference(operation, ranks, first + i));
      } else {
        const Reference<T> expected = reference<T>(type, operation, ranks, first + i);
        const long double bound = is_exact ? 0 : n / (1 - n) * expected.magnitude;
        // Negated, so that a NaN is an error.
        if (!(std::abs(to_value(got) - expected.value) <= bound))
          return fmt::format("element {} is {}, expected {} +- {:.2g}", first + i, to_value(got),
                             static_cast<double>(expected.value), static_cast<double>(bound));
      }
    }
    return {};
  });
}

std::uint64_t hash(std::span<const std::byte> bytes) {
  std::uint64_t value = 0xcbf2'9ce4'8422'2325;
  constexpr std::uint64_t prime = 0x100'0000'01b3;
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    value = (value ^ word) * prime;
    value ^=
        value >> 32;  // whole words: carry high bits down, where the multiplication spreads them
  }
  return value;
}

namespace {
constexpr std::size_t guard_size = 64;
constexpr std::byte guard_byte{0xa5};
constexpr std::size_t page = 4096;
}  // namespace

Guarded::Guarded(std::size_t size, std::size_t offset)
    : size_(size), memory_(size + offset + 2 * guard_size + page, guard_byte) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory_.data()) + guard_size;
  begin_ = guard_size + (page - address % page) % page + offset;
}
void Guarded::poison() {
  std::fill(memory_.begin(), memory_.end(), guard_byte);
}
bool Guarded::guards_intact() const {
  const auto is_guard = [](std::byte b) { return b == guard_byte; };
  const auto begin = memory_.begin() + static_cast<std::ptrdiff_t>(begin_);
  return std::all_of(memory_.begin(), begin, is_guard) &&
         std::all_of(begin + static_cast<std::ptrdiff_t>(size_), memory_.end(), is_guard);
}

std::string agree(network::Communicator& communicator, const std::string& complaint) {
  std::array<char, 200> text{};
  std::copy_n(complaint.begin(), std::min(complaint.size(), text.size() - 1), text.begin());
  const auto all = communicator.gather_all(std::as_bytes(std::span(text)));
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    const std::string theirs(reinterpret_cast<const char*>(all[rank].data()));
    if (!theirs.empty()) return fmt::format("rank {}: {}", rank, theirs);
  }
  return {};
}

void Verifier::check(ElementType type, Operation operation, std::size_t count, bool in_place) {
  const int rank = communicator_.rank(), ranks = communicator_.size();
  const std::size_t element = network::size_of(type);
  Guarded in(count * element, element), out(count * element, 2 * element);
  std::string complaint;
  const auto run = [&](const auto& fill) {
    in.poison();
    out.poison();
    fill(in_place ? out.bytes() : in.bytes());
    const std::uint64_t input = hash(in.bytes());
    const network::Traffic before = communicator_.sent();
    all_reduce_.run({.in = in_place ? out.bytes() : in.bytes(),
                     .out = out.bytes(),
                     .type = type,
                     .operation = operation});
    sent_ = communicator_.sent() - before;
    if (complaint.empty() && !out.guards_intact())
      complaint = "memory beside the result was overwritten";
    if (complaint.empty() && (hash(in.bytes()) != input || !in.guards_intact()))
      complaint = "the input was changed";
  };
  const int iteration = static_cast<int>(count % 5);
  run([&](std::span<std::byte> bytes) { fill_exact(bytes, type, operation, rank, iteration); });
  if (complaint.empty()) complaint = check_exact(out.bytes(), type, operation, ranks, iteration);
  std::uint64_t results[2];
  for (std::uint64_t& result : results) {
    run([&](std::span<std::byte> bytes) { fill_random(bytes, type, operation, rank); });
    result = hash(out.bytes());
  }
  // Equal hashes on all ranks make it enough that each rank checks its share.
  const Part share = part(count * element, element, static_cast<std::size_t>(ranks),
                          static_cast<std::size_t>(rank));
  if (complaint.empty())
    complaint =
        check_random(cut(out.bytes(), share), type, operation, ranks, share.begin / element);
  if (complaint.empty() && results[0] != results[1])
    complaint = "two equal calls gave different bits";
  if (complaint_.empty() && !complaint.empty())
    complaint_ = fmt::format("{} {} of {} elements{}: {}", to_string(type), to_string(operation),
                             count, in_place ? " in place" : "", complaint);
  const std::uint64_t both[] = {results_, results[0]};
  results_ = hash(std::as_bytes(std::span(both)));
}

std::string Verifier::verdict() {
  const auto hashes = communicator_.gather_all(std::as_bytes(std::span(&results_, 1)));
  for (const auto& other : hashes)
    if (complaint_.empty() && std::memcmp(other.data(), &results_, sizeof results_) != 0)
      complaint_ = "ranks hold different bits";
  return agree(communicator_, complaint_);
}

std::string verify(network::Communicator& communicator, AllReduce& all_reduce, ElementType type,
                   Operation operation, std::size_t count, bool in_place) {
  Verifier verifier(communicator, all_reduce);
  verifier.check(type, operation, count, in_place);
  return verifier.verdict();
}

}  // namespace assay::collectives
