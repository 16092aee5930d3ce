// FMA and FMA+ADD kernels, compiled once for every Highway target.
//
// Accumulators are function parameters of a pack, not an array: vectors of SVE and RVV have no size
// that an array could use, and named values keep the compiler from spilling them.
#include <utility>

#include "probes/compute/kernel_sets.hpp"
#include "probes/compute/physical_limit.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "probes/compute/fma_kernels.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace assay::compute {
namespace HWY_NAMESPACE {
namespace {  // two files of kernels meet in this namespace
namespace hn = hwy::HWY_NAMESPACE;

/// Registers that vectors can have: more chains than that would spill.
constexpr bool has_32_registers = HWY_TARGET != HWY_SSSE3 && HWY_TARGET != HWY_SSE4 &&
                                  HWY_TARGET != HWY_AVX2 &&
                                  !(HWY_ARCH_X86 && HWY_TARGET == HWY_SCALAR);
constexpr int steps_per_round = 4;  // even: each two steps undo each other

/// Chain i adds, rather than multiplying and adding, when it is the last of each group of
/// `AddEvery`.
constexpr bool adds(int add_every, std::size_t chain) {
  return add_every != 0 &&
         chain % static_cast<std::size_t>(add_every) == static_cast<std::size_t>(add_every) - 1;
}

template <bool Add, bool Odd, class V>
HWY_INLINE V step(V x, V m, V c) {
  if constexpr (!Add)
    return hn::MulAdd(x, m, c);
  else if constexpr (Odd)
    return hn::Sub(x, c);
  else
    return hn::Add(x, c);
}

template <int AddEvery, class D, class V, std::size_t... Chain, class... X>
HWY_INLINE void iterate(D d, std::index_sequence<Chain...>, V m, V c, hn::TFromD<D>* finals,
                        std::uint64_t rounds, X... x) {
  static_assert(steps_per_round == 4);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    ((x = step<adds(AddEvery, Chain), false>(x, m, c)), ...);
    ((x = step<adds(AddEvery, Chain), true>(x, m, c)), ...);
    ((x = step<adds(AddEvery, Chain), false>(x, m, c)), ...);
    ((x = step<adds(AddEvery, Chain), true>(x, m, c)), ...);
  }
  const std::size_t lanes = hn::Lanes(d);
  (hn::StoreU(x, d, finals + Chain * lanes), ...);
}

template <int AddEvery, class D, std::size_t... Chain>
HWY_INLINE void load_and_iterate(D d, std::index_sequence<Chain...> chains,
                                 const hn::TFromD<D>* starts, hn::TFromD<D>* finals,
                                 std::uint64_t rounds) {
  using T = hn::TFromD<D>;
  const T one = static_cast<T>(opaque_one());
  const std::size_t lanes = hn::Lanes(d);
  iterate<AddEvery>(d, chains, hn::Set(d, -one), hn::Set(d, one * T{1.25}), finals, rounds,
                    hn::LoadU(d, starts + Chain * lanes)...);
}

template <class T, int AddEvery, int Chains>
void run(const void* starts, void* finals, std::uint64_t rounds) {
  load_and_iterate<AddEvery>(hn::ScalableTag<T>(), std::make_index_sequence<Chains>(),
                             static_cast<const T*>(starts), static_cast<T*>(finals), rounds);
}

/// One FMA per four additions: enough to hold the clock of FMA bursts, too few to delay the
/// additions.
template <class T>
void additions_among_fma(std::uint64_t additions) {
  const hn::ScalableTag<T> d;
  const T one = static_cast<T>(opaque_one());
  const auto m = hn::Set(d, -one), c = hn::Set(d, one * T{1.25});
  auto x0 = c, x1 = m, x2 = hn::Add(c, c), x3 = hn::Add(m, m), x4 = hn::Add(x2, c),
       x5 = hn::Add(x3, m), x6 = hn::Add(x4, c), x7 = hn::Add(x5, m);
  std::uint64_t sum = additions;
  const std::uint64_t addend = additions | 1;
  for (std::uint64_t done = 0; done < additions; done += 2 * additions_per_block) {
    x0 = hn::MulAdd(x0, m, c), x1 = hn::MulAdd(x1, m, c);
    x2 = hn::MulAdd(x2, m, c), x3 = hn::MulAdd(x3, m, c);
    add_block(sum, addend);
    x4 = hn::MulAdd(x4, m, c), x5 = hn::MulAdd(x5, m, c);
    x6 = hn::MulAdd(x6, m, c), x7 = hn::MulAdd(x7, m, c);
    add_block(sum, addend);
  }
  const auto all =
      hn::Add(hn::Add(hn::Add(x0, x1), hn::Add(x2, x3)), hn::Add(hn::Add(x4, x5), hn::Add(x6, x7)));
  T result = hn::GetLane(all);
  keep(result);
}

template <class T, int AddEvery, int Chains>
void append(std::vector<FlopKernel>& kernels) {
  if constexpr (has_32_registers || Chains <= 14) {
    constexpr Operation operation = AddEvery == 0   ? Operation::fma
                                    : AddEvery == 2 ? Operation::fma_add
                                                    : Operation::fma_add_2_1;
    constexpr int adding = AddEvery == 0 ? 0 : Chains / (AddEvery == 0 ? 1 : AddEvery);
    constexpr int flops_per_lane = steps_per_round * (2 * (Chains - adding) + adding);
    const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>());
    kernels.push_back({.operation = operation,
                       .dtype = sizeof(T) == 8 ? "f64" : "f32",
                       .isa = hwy::TargetName(HWY_TARGET),
                       .accumulator = sizeof(T) == 8 ? Accumulator::f64 : Accumulator::f32,
                       .chains = Chains,
                       .lanes = lanes,
                       .flops_per_round = Flops(flops_per_lane * static_cast<double>(lanes)),
                       .limit_flops_per_cycle_per_lane = pipe_limit(operation),
                       .run = &run<T, AddEvery, Chains>,
                       .clock_chain = &additions_among_fma<T>});
  }
}

template <class T, int AddEvery, int... Chains>
void append_all(std::vector<FlopKernel>& kernels, std::integer_sequence<int, Chains...>) {
  (append<T, AddEvery, Chains>(kernels), ...);
}

template <class T>
void append_type(std::vector<FlopKernel>& kernels) {
  append_all<T, 0>(kernels, std::integer_sequence<int, 8, 10, 12, 14, 16, 24>());
  append_all<T, 2>(kernels, std::integer_sequence<int, 8, 10, 12, 14, 16, 20, 24>());
  append_all<T, 3>(kernels, std::integer_sequence<int, 6, 9, 12, 15, 18, 24>());
}

void append_target(std::vector<FlopKernel>& kernels) {
#if HWY_HAVE_FLOAT64
  append_type<double>(kernels);
#endif
  append_type<float>(kernels);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace assay::compute
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::compute {
HWY_EXPORT(append_target);

void append_fma_kernels(std::vector<FlopKernel>& kernels) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    HWY_DYNAMIC_DISPATCH(append_target)(kernels);
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace assay::compute
#endif
