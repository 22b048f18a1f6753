#pragma once

#include "autograd/kernels/map.h"
#include "autograd/kernels/optim_step.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/unary.h"

namespace tapegrad::formula {

template <class... Op>
struct List {
  static constexpr int size = sizeof...(Op);
};

/// Every elementwise operator. One that is not here does not compile where it is used.
using Elementwise =
    List<Neg, Abs, Sign, Square, Relu, Exp, Expm1, Log, Log1p, Sqrt, Rsqrt, Reciprocal, Sin, Cos,
         Tanh, Erf, Sigmoid, LogSigmoid, Silu, Gelu, LeakyRelu, Elu, Softplus, Clamp, PowNumber,
         Add, Sub, Mul, Div, Pow, Maximum, Minimum>;

template <class Op, class... All>
consteval int index_in(List<All...>) {
  static_assert((std::is_same_v<Op, All> || ...),
                "this operator is not in the list formula::Elementwise");
  int index = 0;
  static_cast<void>(((std::is_same_v<Op, All> || (++index, false)) || ...));
  return index;
}

}  // namespace tapegrad::formula

namespace tapegrad::detail {

/// A loop over dense rows of broadcast operands; `parameters` points at the operator's struct.
using Loop = void (*)(const void* parameters, const kernels::Operand* operands, void* out,
                      std::int64_t outer, std::int64_t inner);

/// A loop of a rule. If `add`, it adds to `out`, which saves a gradient that is added up a pass
/// over memory.
using RuleLoop = void (*)(const void* parameters, const kernels::Operand* operands, void* out,
                          std::int64_t outer, std::int64_t inner, bool add);

/// The loops of one elementwise operator for float32 [0] and float64 [1].
struct ElementwiseLoops {
  Loop forward[2] = {};
  RuleLoop rule[2][2] = {};  ///< by input; nullptr where the rule reads nothing
};

/// Loops over `rows` dense rows of `n` elements of type `T`, and optimizer steps over `n` elements.
template <class T>
struct RowLoops {
  using Int = std::int64_t;
  /// By `Reducer`: each row to one element, and `[n, inner]` to `[inner]`. n >= 1.
  void (*reduce_rows[4])(const T* x, T* out, Int rows, Int n);
  void (*reduce_columns[4])(const T* x, T* out, Int n, Int inner);
  void (*softmax)(const T* x, T* out, Int rows, Int n);
  void (*softmax_rule)(const T* g, const T* y, T* out, Int rows, Int n);
  void (*log_softmax)(const T* x, T* out, Int rows, Int n);
  void (*log_softmax_rule)(const T* g, const T* y, T* out, Int rows, Int n);
  void (*logsumexp)(const T* x, T* out, Int rows, Int n);
  /// The loss of each row, its shift and sum(exp(x - shift)); a target outside of [0, n) does not
  /// count.
  void (*cross_entropy)(const T* x, const Int* target, T* loss, T* shift, T* sum, Int rows, Int n);
  /// out = scale (exp(x - shift) / sum - [class]) for each row; one scale for all where its step is
  /// 0.
  void (*cross_entropy_rule)(const T* x, const T* shift, const T* sum, const Int* target,
                             const T* scale, Int scale_step, T* out, Int rows, Int n);
  void (*layer_norm)(const T* x, const T* weight, const T* bias, T eps, T* out, T* center,
                     T* offset, T* rstd, Int rows, Int n);
  void (*layer_norm_rule)(const T* g, const T* x, const T* center, const T* offset, const T* rstd,
                          const T* weight, T* out, Int rows, Int n);
  /// Adds the rows' part of the gradient of weight.
  void (*layer_norm_sums)(const T* g, const T* x, const T* center, const T* offset, const T* rstd,
                          T* dweight, Int rows, Int n);
  void (*sgd)(T* p, const T* g, T* momentum, kernels::SgdStep step, Int n);
  void (*adam)(T* p, const T* g, T* m, T* v, T* largest_v, kernels::AdamStep step, Int n);
  void (*rmsprop)(T* p, const T* g, T* square_mean, T* mean, T* momentum, kernels::RmspropStep step,
                  Int n);
  void (*adagrad)(T* p, const T* g, T* squares, kernels::AdagradStep step, Int n);
};

/// All kernels of one instruction set.
struct KernelTable {
  ElementwiseLoops elementwise[formula::Elementwise::size] = {};
  RowLoops<float> float_rows = {};
  RowLoops<double> double_rows = {};

  template <class T>
  const RowLoops<T>& rows() const noexcept {
    if constexpr (std::is_same_v<T, float>)
      return float_rows;
    else
      return double_rows;
  }
};

const KernelTable& baseline_kernels();
const KernelTable& avx2_kernels();
const KernelTable& avx512_kernels();

/// The table for this machine, chosen on first use.
const KernelTable& kernel_table();

}  // namespace tapegrad::detail
