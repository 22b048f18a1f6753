#pragma once

/// @file
/// Stops a computation from outside: by a flag that another thread, or a signal handler, sets.
///
///     std::atomic<bool> stop = false;
///     tg::CancelScope scope(stop);
///     stop = true;
///     try {
///       tg::tanh(tg::ones({3}));
///     } catch (const tg::CancelledError&) {
///       fmt::print("stopped\n");
///     }

#include <atomic>

#include "autograd/tensor/door/watcher.h"

namespace tapegrad {

/// @addtogroup system
/// @{

/// While it lives, this thread can be told to stop: when `stop` becomes true, which any thread may
/// do, the next operator, rule of a walk or optimizer step throws `CancelledError`. Gradients are
/// then as they were before the `backward()` that was stopped; parameters are whole, because a step
/// that has begun is finished.
///
///     std::atomic<bool> stop = false;  // set by the button
///     tg::CancelScope scope(stop);
///     train(model);
class [[nodiscard]] CancelScope : detail::Watcher {
 public:
  /// `stop` must live as long.
  [[nodiscard]] explicit CancelScope(const std::atomic<bool>& stop) noexcept : stop_(stop) {
    start();
  }
  explicit CancelScope(const std::atomic<bool>&&) = delete;  // it must live as long as the scope
  ~CancelScope() { stop(); }

 private:
  void call(const detail::OperatorCall& call) override;
  void pause(std::string_view name) override;

  const std::atomic<bool>& stop_;
};

/// @}

}  // namespace tapegrad
