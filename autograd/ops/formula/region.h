#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/tensor/tensor.h"

// Internal: how a function of numbers runs over tensors as one operator, and its derivatives.
// `scalar_op.h` is for programs. What depends on the function is a few loops, which `ScalarText`
// lists; all else is one implementation, in region.cpp.

namespace tapegrad::detail {

/// Calls the function at `f` for `count` elements: `in[k][e]` is what input k is there, or a null
/// pointer stands for one that is 0 and does not move; `out[j][e]` is written.
using ScalarLoop = void (*)(const void* f, const double* const* in, double* const* out,
                            std::int64_t count);

/// The function of a scalar operator, called with so many inputs.
struct ScalarText {
  int inputs, outputs;
  int order;  ///< of the highest derivative that is compiled in
  /// Its values y_j, and behind them dy_j/dx_i, those of the first output first.
  ScalarLoop partials;
  /// [k], where inputs are x and k directions of as many numbers: the derivative of y along these.
  /// That of one direction is made of `partials`.
  const ScalarLoop* along;
};

/// How the operator and its derivatives are called in messages and lists. Those of one name are
/// equal, and live as long as the process.
struct ScalarNames {
  std::string value, jvp, vjp;
};

/// A function with what it has captured; what is derived holds it. Shared by the operator and the
/// records of its calls.
class ScalarFunction {
 public:
  ScalarFunction(std::string_view name, const void* function);
  ScalarFunction(const ScalarFunction&) = delete;
  ScalarFunction& operator=(const ScalarFunction&) = delete;
  ~ScalarFunction();

  const ScalarNames& names;
  const void* const f;
  /// By which attributes name it, once somebody has asked for these; else 0.
  mutable std::atomic<std::int64_t> number{0};
};

/// The operator on so many inputs, which may be of any types: an output each.
std::vector<Tensor> run_scalar(const ScalarText& text,
                               const std::shared_ptr<const ScalarFunction>& function,
                               std::span<const Tensor> inputs);

}  // namespace tapegrad::detail
