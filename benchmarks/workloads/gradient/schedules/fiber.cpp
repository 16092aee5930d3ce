#include "benchmarks/workloads/gradient/schedules/fiber.hpp"

#include <ucontext.h>

#include <cassert>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace assay::workloads {
namespace {

/// Enough for a BLAS, also with the address sanitizer's frames.
constexpr std::size_t stack_size = std::size_t{1} << 20;

struct Cancelled {};

}  // namespace

struct Fiber::State {
  /// One of the two sides of a switch, as the sanitizers know it.
  struct Side {
    ucontext_t context{};
    const void* stack = nullptr;
    std::size_t size = 0;
    void* fake_stack = nullptr;
    void* tsan_fiber = nullptr;
  };

  static void switch_to(Side& from, Side& to, [[maybe_unused]] bool from_ends) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(from_ends ? nullptr : &from.fake_stack, to.stack, to.size);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(to.tsan_fiber, 0);
#endif
    swapcontext(&from.context, &to.context);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(from.fake_stack, nullptr, nullptr);
#endif
  }

  explicit State(std::function<void()> b) : body(std::move(b)), memory(stack_size) {}

  /// makecontext passes ints only: a pointer goes in two.
  static void enter(unsigned high, unsigned low) {
    auto* const state = reinterpret_cast<State*>((static_cast<std::uintptr_t>(high) << 32) | low);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &state->outside.stack, &state->outside.size);
#endif
    try {
      if (!state->is_cancelled) state->body();
    } catch (const Cancelled&) {
    } catch (...) {
      state->error = std::current_exception();
    }
    state->is_finished = true;
    switch_to(state->inside, state->outside, true);
  }

  void start() {
    getcontext(&inside.context);
    inside.context.uc_stack.ss_sp = memory.data();
    inside.context.uc_stack.ss_size = memory.size();
    inside.context.uc_link = nullptr;
    inside.stack = memory.data();
    inside.size = memory.size();
#if defined(__SANITIZE_THREAD__)
    inside.tsan_fiber = __tsan_create_fiber(0);
#endif
    const auto address = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&inside.context, reinterpret_cast<void (*)()>(&State::enter), 2,
                static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
    is_started = true;
  }

  void run() {
    if (!is_started) start();
#if defined(__SANITIZE_THREAD__)
    outside.tsan_fiber = __tsan_get_current_fiber();
#endif
    switch_to(outside, inside, false);
  }

  std::function<void()> body;
  std::vector<std::byte> memory;
  Side inside, outside;
  std::exception_ptr error;
  bool is_started = false, is_finished = false, is_cancelled = false;
};

Fiber::Fiber(std::function<void()> body) : state_(std::make_unique<State>(std::move(body))) {}

Fiber::~Fiber() {
  state_->is_cancelled = true;
  while (state_->is_started && !state_->is_finished) state_->run();
#if defined(__SANITIZE_THREAD__)
  if (state_->inside.tsan_fiber) __tsan_destroy_fiber(state_->inside.tsan_fiber);
#endif
}

void Fiber::resume() {
  assert(!state_->is_finished);
  state_->run();
  if (state_->error) std::rethrow_exception(std::exchange(state_->error, nullptr));
}

void Fiber::yield() {
  State::switch_to(state_->inside, state_->outside, false);
  if (state_->is_cancelled) throw Cancelled{};
}

bool Fiber::is_finished() const {
  return state_->is_finished;
}

}  // namespace assay::workloads
