#pragma once

#include "autograd/base/cxx20.h"

// Internal: what does not compile, with a sentence that says what to write instead. Templates that
// exist for the sentence alone assert `never`, which compilers look at only where somebody calls
// them.

namespace tapegrad::detail {

template <class...>
inline constexpr bool never = false;

/// What stands for a call with sizes or dimensions one by one, as in `zeros(2, 3)`.
template <class Result, class... Sizes>
Result without_braces() {
  static_assert(never<Sizes...>, "sizes and dimensions are written in braces: {2, 3}");
  return Result();
}

}  // namespace tapegrad::detail
