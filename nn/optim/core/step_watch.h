#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "autograd/tensor/visit_dtype.h"

// Internal: what optimizers watch so that steps that do harm, or nothing, are not silent.

namespace tapegrad::nn::detail {

/// Whether all elements are finite. One pass, a few operations per vector, and no memory.
bool all_finite(const Tensor& tensor);
/// Whether the first element of a floating-point tensor is finite; true where there is none. For
/// what cannot afford more: a few instructions.
inline bool first_finite(const Tensor& tensor) {
  if (tensor.numel() == 0) return true;
  return visit_floating(tensor.dtype(),
                        [&]<class T>(T) { return std::isfinite(tensor.data<T>()[0]); });
}

/// Names for a message, after `most` of them their number only.
class Names {
 public:
  explicit Names(std::size_t most = SIZE_MAX) noexcept : most_(most) {}
  void add(const std::string& name);
  std::string text() const;

 private:
  std::size_t most_;
  std::size_t count_ = 0;
  std::string listed_;
};

/// The step of the next closer look, which costs too much for every step: at steps 1, 2, 4, ... 32,
/// 64, 96, ...
constexpr std::int64_t next_look(std::int64_t step) noexcept {
  return step < 32 ? 2 * step : step + 32;
}

/// Counts the steps in which a parameter had one and the same gradient, written by nobody.
///
/// A new gradient as a rule lies where the last one did, so that an address proves nothing, and a
/// handle proves it but keeps the old gradient in memory beside the new one. So a closer look only
/// notes what the gradient looks like; where it looks alike one step later, which it seldom does,
/// it is held from then on, until it is another one.
class SameGradient {
 public:
  /// Tells it the gradient of this step, and whether to begin here. Returns in how many steps one
  /// after the other it is known to be the same.
  int see(const Tensor& gradient, bool begin);
  void forget() noexcept { *this = {}; }
  /// Whether it wants to see the gradient of the next step.
  bool active() const noexcept { return address_ != nullptr; }

 private:
  const void* address_ = nullptr;
  std::uint32_t version_ = 0;
  double first_ = 0;
  Tensor held_;
  int steps_ = 0;
};

}  // namespace tapegrad::nn::detail
