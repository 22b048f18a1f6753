#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/tensor/door/cancel.h"
#include "autograd/tensor/door/watcher.h"

namespace tapegrad {

namespace detail {

constinit std::atomic<void (*)() noexcept> on_new_thread{nullptr};

namespace {

thread_local constinit Phase current_phase = Phase::forward;

Watcher* innermost() noexcept {
  ThreadTape& tape = thread_tape;
  if (tape.watcher == ThreadTape::kNobodyAsked) [[unlikely]] {
    tape.watcher = 0;
    if (const auto ask = on_new_thread.load(std::memory_order_acquire)) ask();
  }
  return reinterpret_cast<Watcher*>(tape.watcher);
}

/// Returns who was it before.
Watcher* set_innermost(Watcher* watcher) noexcept {
  Watcher* const before = innermost();
  thread_tape.watcher = reinterpret_cast<std::uintptr_t>(watcher);
  return before;
}

/// While it lives, nobody watches: what watchers do by themselves is not announced.
class Unwatched {
 public:
  Unwatched() noexcept : watcher(set_innermost(nullptr)) {}
  Unwatched(const Unwatched&) = delete;
  Unwatched& operator=(const Unwatched&) = delete;
  ~Unwatched() { set_innermost(watcher); }

  Watcher* const watcher;  // the innermost
};

}  // namespace

std::string to_string(const Attribute& attribute) {
  const auto text = []<class T>(const T& value) -> std::string {
    if constexpr (std::is_same_v<T, std::vector<std::int64_t>>)
      return fmt::format("[{}]", fmt::join(value, ", "));
    else
      return fmt::format("{}", value);
  };
  return fmt::format("{} = {}", attribute.name, std::visit(text, attribute.value));
}

void add_attribute(std::vector<Attribute>& list, const char* name, Attribute::Value value) {
  list.push_back({name, std::move(value)});
}

void Watcher::start() noexcept { outer_ = set_innermost(this); }

void Watcher::stop() noexcept {
  Watcher* inner = innermost();
  if (inner == this) {
    set_innermost(outer_);
    return;
  }
  while (inner && inner->outer_ != this) inner = inner->outer_;
  if (inner) inner->outer_ = outer_;
}

Watcher::Seen::Seen(Watcher* watcher) noexcept : before_(set_innermost(watcher)) {}
Watcher::Seen::~Seen() { set_innermost(before_); }

PhaseScope::PhaseScope(Phase phase) noexcept : before_(std::exchange(current_phase, phase)) {}
PhaseScope::~PhaseScope() { current_phase = before_; }

/// Calls `f(watcher)` for each watcher, the innermost first.
template <class F>
void Door::tell(const F& f) {
  const Unwatched unwatched;
  for (Watcher* watcher = unwatched.watcher; watcher; watcher = watcher->outer_) f(*watcher);
}

template <class F>
void Door::tell_outermost_first(Watcher* watcher, const F& f) {
  if (!watcher) return;
  tell_outermost_first(watcher->outer_, f);
  f(*watcher);
}

RunningCall* Door::begin(RunningCall& running) {
  running.call.phase = current_phase;
  running.call.path = thread_tape.scope;
  try {
    tell([&](Watcher& watcher) {
      watcher.call(running.call);
      ++running.told;
    });
  } catch (...) {
    fail(&running);
    throw;
  }
  return &running;
}

void Door::end(RunningCall* running, std::span<const Tensor> outputs,
               std::span<const Tensor> kept) {
  running->call.kept = kept;
  const Unwatched unwatched;
  if (unwatched.watcher && !unwatched.watcher->outer_)  // as a rule
    return unwatched.watcher->called(running->call, outputs);
  std::exception_ptr error;  // of the first that throws; all are told
  tell_outermost_first(unwatched.watcher, [&](Watcher& watcher) {
    try {
      watcher.called(running->call, outputs);
    } catch (...) {
      if (!error) error = std::current_exception();
    }
  });
  if (error) std::rethrow_exception(error);
}

void Door::fail(RunningCall* running) noexcept {
  if (!running) return;
  tell([&](Watcher& watcher) {
    if (running->told == 0) return;
    --running->told;
    watcher.failed(running->call);
  });
}

void Door::launch(const Launch& launch) {
  const Watcher* wanting = innermost();  // where none does, nothing has to be set up
  while (wanting && !wanting->wants_launches_) wanting = wanting->outer_;
  if (!wanting) return;
  tell([&](Watcher& watcher) {
    if (watcher.wants_launches_) watcher.launch(launch);
  });
}

void Door::pause(std::string_view name) {
  tell([&](Watcher& watcher) { watcher.pause(name); });
}

bool Door::alters(const OperatorCall& call) {
  bool any = false;
  tell([&](const Watcher& watcher) { any |= watcher.alters(call); });
  return any;
}

Tensor Door::altered(const OperatorCall& call, Tensor cotangent, bool recorded) {
  tell([&](const Watcher& watcher) {
    if (watcher.alters(call)) cotangent = watcher.altered(cotangent, recorded);
  });
  return cotangent;
}

void Door::collected(const Tensor& leaf, const Tensor& sum) {
  tell([&](Watcher& watcher) { watcher.collected(leaf, sum); });
}

Tensor Door::entries(const Tensor& x) {
  Tensor all = x;
  tell([&](const Watcher& watcher) {
    if (const Tensor* entries = watcher.entries(*impl_of(all))) all = *entries;
  });
  return all;
}

void announce_pause(std::string_view name) { Door::pause(name); }

void announce_event(Event event, const Impl& value) noexcept {
  Door::tell([&](Watcher& watcher) { watcher.event(event, value); });
}

void announce_shown(const Impl& view, const Impl& value) noexcept {
  Door::tell([&](Watcher& watcher) { watcher.shown(view, value); });
}

void announce_state(std::string_view name, double value) noexcept {
  Door::tell([&](Watcher& watcher) { watcher.host_state(name, value); });
}

void announce_name(const Impl& value, std::string_view name) noexcept {
  Door::tell([&](Watcher& watcher) { watcher.named(value, name); });
}

}  // namespace detail

void CancelScope::call(const detail::OperatorCall& call) {
  if (call.phase != detail::Phase::update) pause(call.name);
}

void CancelScope::pause(std::string_view name) {
  if (stop_.load(std::memory_order_relaxed))
    fail<CancelledError>("{}: the computation was cancelled", name);
}

}  // namespace tapegrad
