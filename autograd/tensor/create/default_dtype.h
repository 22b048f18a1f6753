#pragma once

/// @file
/// The element type of what has none of its own: `float32`, unless a program or a scope says
/// otherwise.
///
///     const tg::DefaultDType doubles(tg::float64);
///     tg::Tensor x = tg::zeros({2});  // float64, while `doubles` lives

#include <atomic>
#include <optional>

#include "autograd/base/dtype.h"

namespace tapegrad {

/// @addtogroup tensors
/// @{

namespace detail {
inline std::atomic<DType> process_dtype{float32};
inline constinit thread_local std::optional<DType> thread_dtype;
}  // namespace detail

/// The default element type where this thread is, for what has no type of its own: `zeros({2})`,
/// `tensor(0.1)`, literals in braces, integers that a division turns into fractions, random
/// numbers, layers and data files.
///
/// It is that of its innermost `DefaultDType`, else that
/// of the process, which is `float32` until `set_default_dtype`.
inline DType get_default_dtype() noexcept {
  if (detail::thread_dtype) return *detail::thread_dtype;
  return detail::process_dtype.load(std::memory_order_relaxed);
}

/// Sets the default element type of the process: `float32` or `float64`. What exists keeps its
/// type. Errors: `DTypeError` for another type.
void set_default_dtype(DType dtype);

/// While it lives, `dtype` is the default element type of **this thread**.
///
///     { DefaultDType doubles(float64); net = Net(); }
///
/// Errors: `DTypeError` unless `dtype` is `float32` or `float64`.
class [[nodiscard]] DefaultDType {
 public:
  /// From here on.
  [[nodiscard]] explicit DefaultDType(DType dtype);
  DefaultDType(const DefaultDType&) = delete;
  DefaultDType& operator=(const DefaultDType&) = delete;
  /// The type that was the default before is so again.
  ~DefaultDType() { detail::thread_dtype = before_; }

 private:
  std::optional<DType> before_;
};

/// @}

}  // namespace tapegrad
