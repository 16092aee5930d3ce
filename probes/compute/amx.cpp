#include "probes/compute/amx.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "probes/compute/kernel_sets.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace assay::compute {

std::optional<std::string> fails_in_child(int (*attempt)()) {
  const pid_t child = fork();
  if (child < 0) return fmt::format("fork failed: {}", std::strerror(errno));
  if (child == 0) {
    for (const int signal : {SIGILL, SIGSYS, SIGSEGV, SIGBUS}) std::signal(signal, SIG_DFL);
    _exit(attempt());
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fmt::format("waitpid failed: {}", std::strerror(errno));
  if (WIFSIGNALED(status)) return fmt::format("killed by {}", strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0)
    return fmt::format("refused: {}", std::strerror(WEXITSTATUS(status)));
  return std::nullopt;
}

#if defined(__x86_64__)
namespace {

constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
constexpr long tile_data = 18;               // XFEATURE_XTILEDATA
constexpr int rows = 16, row_bytes = 64;
constexpr std::size_t lanes = 256;  // accumulators of one tile
constexpr int steps_per_round = 4;

/// Palette 1: tiles 0 to 7 of 16 rows of 64 bytes.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes_per_row[16] = {};
  std::uint8_t row_count[16] = {};
  TileConfiguration() {
    for (int tile = 0; tile < 8; ++tile) bytes_per_row[tile] = row_bytes, row_count[tile] = rows;
  }
};
static_assert(sizeof(TileConfiguration) == 64);

template <class T>
struct alignas(64) Tile {
  T values[rows * row_bytes / sizeof(T)];
  explicit Tile(T value) {
    for (T& v : values) v = value;
  }
};

void configure() {
  static const TileConfiguration configuration;
  asm volatile("ldtilecfg %0" : : "m"(configuration));
}
void release() {
  asm volatile("tilerelease");
}
#define ASSAY_LOAD_TILE(number, at)                         \
  asm volatile("tileloadd (%0,%1,1), %%tmm" #number         \
               :                                            \
               : "r"(at), "r"(static_cast<long>(row_bytes)) \
               : "memory")
#define ASSAY_STORE_TILE(number, at)                        \
  asm volatile("tilestored %%tmm" #number ", (%0,%1,1)"     \
               :                                            \
               : "r"(at), "r"(static_cast<long>(row_bytes)) \
               : "memory")

long ask_permission() {
  return syscall(SYS_arch_prctl, request_permission, tile_data);
}

/// In the child: ask, and use a tile.
int try_tiles() {
  if (ask_permission() != 0) return errno;
  configure();
  asm volatile("tilezero %tmm0");
  release();
  return 0;
}

/// Tiles 5, 6 and 7 hold the inputs (+, -) and what they are multiplied with; 0 to 4 accumulate.
struct Bf16 {
  static constexpr const char* dtype = "bf16";
  static constexpr const char* isa = "AMX_BF16";
  static constexpr Accumulator accumulator = Accumulator::f32;
  static constexpr double flops_per_instruction = 2.0 * 16 * 16 * 32;
  using Input = std::uint16_t;
  static constexpr Input plus = 0x3FC0, minus = 0xBFC0, with = 0x3FA0;  // 1.5, -1.5, 1.25
  template <int Accumulators, bool Negative>
  static void step();
};
struct Int8 {
  static constexpr const char* dtype = "i8";
  static constexpr const char* isa = "AMX_INT8";
  static constexpr Accumulator accumulator = Accumulator::i32;
  static constexpr double flops_per_instruction = 2.0 * 16 * 16 * 64;
  using Input = std::int8_t;
  static constexpr Input plus = 3, minus = -3, with = 5;
  template <int Accumulators, bool Negative>
  static void step();
};

#define ASSAY_TILE_STEP(Type, instruction)                                              \
  template <int Accumulators, bool Negative>                                            \
  __attribute__((always_inline)) inline void Type::step() {                             \
    if constexpr (Negative) {                                                           \
      if constexpr (Accumulators > 0) asm volatile(instruction " %tmm7, %tmm6, %tmm0"); \
      if constexpr (Accumulators > 1) asm volatile(instruction " %tmm7, %tmm6, %tmm1"); \
      if constexpr (Accumulators > 2) asm volatile(instruction " %tmm7, %tmm6, %tmm2"); \
      if constexpr (Accumulators > 3) asm volatile(instruction " %tmm7, %tmm6, %tmm3"); \
      if constexpr (Accumulators > 4) asm volatile(instruction " %tmm7, %tmm6, %tmm4"); \
    } else {                                                                            \
      if constexpr (Accumulators > 0) asm volatile(instruction " %tmm7, %tmm5, %tmm0"); \
      if constexpr (Accumulators > 1) asm volatile(instruction " %tmm7, %tmm5, %tmm1"); \
      if constexpr (Accumulators > 2) asm volatile(instruction " %tmm7, %tmm5, %tmm2"); \
      if constexpr (Accumulators > 3) asm volatile(instruction " %tmm7, %tmm5, %tmm3"); \
      if constexpr (Accumulators > 4) asm volatile(instruction " %tmm7, %tmm5, %tmm4"); \
    }                                                                                   \
  }
ASSAY_TILE_STEP(Bf16, "tdpbf16ps")
ASSAY_TILE_STEP(Int8, "tdpbssd")
#undef ASSAY_TILE_STEP

template <class Type>
void load_inputs() {
  // Filled once: filling them took 3 % of a clock slice.
  static const Tile<typename Type::Input> plus(Type::plus), minus(Type::minus), with(Type::with);
  ASSAY_LOAD_TILE(5, &plus);
  ASSAY_LOAD_TILE(6, &minus);
  ASSAY_LOAD_TILE(7, &with);
}

template <int Accumulators>
void load_accumulators(const std::byte* at) {
  constexpr std::size_t tile = lanes * 4;
  if constexpr (Accumulators > 0) ASSAY_LOAD_TILE(0, at);
  if constexpr (Accumulators > 1) ASSAY_LOAD_TILE(1, at + tile);
  if constexpr (Accumulators > 2) ASSAY_LOAD_TILE(2, at + 2 * tile);
  if constexpr (Accumulators > 3) ASSAY_LOAD_TILE(3, at + 3 * tile);
  if constexpr (Accumulators > 4) ASSAY_LOAD_TILE(4, at + 4 * tile);
}

template <int Accumulators>
void store_accumulators(std::byte* at) {
  constexpr std::size_t tile = lanes * 4;
  if constexpr (Accumulators > 0) ASSAY_STORE_TILE(0, at);
  if constexpr (Accumulators > 1) ASSAY_STORE_TILE(1, at + tile);
  if constexpr (Accumulators > 2) ASSAY_STORE_TILE(2, at + 2 * tile);
  if constexpr (Accumulators > 3) ASSAY_STORE_TILE(3, at + 3 * tile);
  if constexpr (Accumulators > 4) ASSAY_STORE_TILE(4, at + 4 * tile);
}
#undef ASSAY_LOAD_TILE
#undef ASSAY_STORE_TILE

template <class Type, int Accumulators>
void run(const void* starts, void* finals, std::uint64_t rounds) {
  configure();
  load_inputs<Type>();
  load_accumulators<Accumulators>(static_cast<const std::byte*>(starts));
  for (std::uint64_t round = 0; round < rounds; ++round) {
    Type::template step<Accumulators, false>();
    Type::template step<Accumulators, true>();
    Type::template step<Accumulators, false>();
    Type::template step<Accumulators, true>();
  }
  store_accumulators<Accumulators>(static_cast<std::byte*>(finals));
  release();
}

/// One tile instruction in 64 cycles, of the 4 that would fit.
template <class Type>
void additions_among_tiles(std::uint64_t additions) {
  configure();
  load_inputs<Type>();
  std::uint64_t sum = additions;
  const std::uint64_t addend = additions | 1;
  for (std::uint64_t done = 0; done < additions; done += 4 * additions_per_block) {
    Type::template step<1, false>();
    for (int block = 0; block < 4; ++block) add_block(sum, addend);
  }
  release();
}

template <class Type, int Accumulators>
FlopKernel kernel() {
  return {.operation = Operation::dot,
          .dtype = Type::dtype,
          .isa = Type::isa,
          .native = true,
          .accumulator = Type::accumulator,
          .chains = Accumulators,
          .lanes = lanes,
          .flops_per_round = Flops(steps_per_round * Accumulators * Type::flops_per_instruction),
          // One instruction in 16 cycles: no core has two tile units.
          .limit_flops_per_cycle_per_lane = Type::flops_per_instruction / (16 * lanes),
          .run = &run<Type, Accumulators>,
          .clock_chain = &additions_among_tiles<Type>};
}

template <class Type>
void append(std::vector<FlopKernel>& kernels) {
  kernels.push_back(kernel<Type, 2>());
  kernels.push_back(kernel<Type, 3>());
  kernels.push_back(kernel<Type, 4>());
  kernels.push_back(kernel<Type, 5>());
}

Outcome<AmxSupport> ask() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned bf16_bit = 1U << 22, tile_bit = 1U << 24, i8_bit = 1U << 25;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & tile_bit) == 0)
    return unsupported("this CPU has no AMX tiles");
  if (const auto failure = fails_in_child(try_tiles))
    return unsupported("the tile registers cannot be used: a child that tried was " + *failure);
  if (ask_permission() != 0)
    return unsupported(fmt::format("the tile registers were refused: {}", std::strerror(errno)));
  return AmxSupport{(d & bf16_bit) != 0, (d & i8_bit) != 0};
}

}  // namespace

void append_amx_kernels(std::vector<FlopKernel>& kernels) {
  const Outcome<AmxSupport>& support = amx_support();
  if (!support) return;
  if (support->bf16) append<Bf16>(kernels);
  if (support->i8) append<Int8>(kernels);
}

#else
namespace {
Outcome<AmxSupport> ask() {
  return unsupported("AMX exists on x86-64 only");
}
}  // namespace

void append_amx_kernels(std::vector<FlopKernel>&) {}
#endif

const Outcome<AmxSupport>& amx_support() {
  static const Outcome<AmxSupport> support = ask();
  return support;
}

}  // namespace assay::compute
