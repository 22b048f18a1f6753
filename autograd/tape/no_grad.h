#pragma once

/// @file
/// Whether this thread records what it computes, and the names under which it does.
///
///     tg::Tensor w = tg::ones({3}).requires_grad_();
///     {
///       tg::NoGrad no_grad;
///       w.mul_(0.5);
///     }
///     tg::Scope scope("loss");  // records and errors say so
///     tg::sum(w * w).backward();

#include <string_view>
#include <utility>

#include "autograd/base/threads/thread_tape.h"

namespace tapegrad {

/// @addtogroup tape
/// @{

/// True when operators of this thread are recorded.
inline bool grad_enabled() noexcept { return detail::thread_tape.recording; }

namespace detail {
/// Sets whether this thread records; returns what it was.
inline bool set_grad_enabled(bool enabled) noexcept {
  return std::exchange(thread_tape.recording, enabled);
}
}  // namespace detail

/// While it lives, operators of **this thread** are not recorded; other threads are not affected.
///
///     { NoGrad no_grad; weight.sub_(0.1 * weight.grad()); }
class [[nodiscard]] NoGrad {
 public:
  /// Stops recording.
  [[nodiscard]] NoGrad() noexcept : before_(detail::set_grad_enabled(false)) {}
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;
  /// The thread records again if it did before.
  ~NoGrad() { detail::set_grad_enabled(before_); }

 private:
  bool before_;
};

/// The opposite of `NoGrad`: records again inside one.
class [[nodiscard]] EnableGrad {
 public:
  /// Records again.
  [[nodiscard]] EnableGrad() noexcept : before_(detail::set_grad_enabled(true)) {}
  EnableGrad(const EnableGrad&) = delete;
  EnableGrad& operator=(const EnableGrad&) = delete;
  /// The thread stops recording again if it did not record before.
  ~EnableGrad() { detail::set_grad_enabled(before_); }

 private:
  bool before_;
};

/// Names what is computed while it lives, on this thread: records carry the path of open scopes
/// ("net.fc1"), and so do error messages. Scopes nest; each adds a part after a dot.
///
/// Paths are kept for the life of the process, within bounds: where one would have more than 1,000
/// characters, or all together more than 16 MB (over 100,000 short names), "..." stands for the
/// names that are new ("net..."). So name parts of a program ("step"), not what it counts
/// ("step 17").
class [[nodiscard]] Scope {
 public:
  /// Opens it; the name is copied.
  [[nodiscard]] explicit Scope(std::string_view name);
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  /// Closes it: the path is what it was before.
  ~Scope();

 private:
  const char* before_;
};

/// @}

}  // namespace tapegrad
