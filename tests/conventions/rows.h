#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

#include "autograd/autograd.h"

// The rows of the specification of values and gradients at ties, kinks, bounds, NaN and for
// nothing. A table is data; conventions_test.cpp asks of each row the value, the gradients by the
// fused walk and by the recorded one, and forward mode, in both float types.

namespace conventions {

namespace tg = tapegrad;
using tg::Tensor;

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

using Inputs = const std::vector<Tensor>&;
using List = std::initializer_list<double>;

/// An input, and the gradient of the sum of the results for it.
struct Argument {
  List values, gradient;
  std::initializer_list<std::int64_t> shape = {};  ///< a vector, if there is none
};

/// A line of the specification.
struct Row {
  const char* op;     ///< the function
  const char* point;  ///< where, and what is special there
  Tensor (*f)(Inputs);
  std::initializer_list<Argument> inputs;
  List value;
  /// The gradient of the sum of the first input's gradient, if it is asked.
  List second = {};
  const char* pytorch = nullptr;  ///< what PyTorch 1.13.1 gives, where this departs from it
  double tolerance = 0;           ///< relative; a few roundings if 0
  bool forward = true;            ///< false where sums of tangents would meet 0 * inf
};

}  // namespace conventions
