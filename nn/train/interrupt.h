#pragma once

// Internal: Ctrl-C.

namespace tapegrad::nn::detail {

/// While it lives, if it is `wanted`, Ctrl-C (SIGINT) only sets a mark, once: a second one finds the
/// handler that was there before. The last one of several gives that handler back.
class InterruptScope {
 public:
  explicit InterruptScope(bool wanted);
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  ~InterruptScope();

  /// Whether Ctrl-C came since it was made.
  bool interrupted() const noexcept;

 private:
  bool wanted_;
  int before_ = 0;
};

}  // namespace tapegrad::nn::detail
