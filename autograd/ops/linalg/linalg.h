#pragma once

/// @file
/// Matrix products, and the linear map of a layer as one operator.
///
///     tg::Tensor a = tg::randn({2, 3}), b = tg::randn({2, 4});
///     tg::Tensor c = tg::matmul(a, b, {.transpose_a = true});  // [3, 4], without a copy
///     tg::Tensor y = tg::linear(a, tg::randn({5, 3}), tg::zeros({5}));

#include "autograd/ops/linalg/distance.h"
#include "autograd/ops/linalg/einsum.h"
#include "autograd/ops/linalg/products.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup products
/// @{

/// Matrix product as in PyTorch: 1-D vectors, 2-D matrices, and batches whose leading dimensions
/// broadcast. Errors: `DTypeError` unless both are of one element type, which is not `bool`;
/// `ShapeError` when the inner sizes differ or one is 0-d.
Tensor matmul(const Tensor& a, const Tensor& b);
/// Which operands `matmul` takes transposed.
struct MatmulOptions {
  bool transpose_a = false;  ///< use `a` with its last two dimensions swapped
  bool transpose_b = false;  ///< use `b` with its last two dimensions swapped

  /// Calls f(name, value) for each.
  static constexpr void visit(auto& options, auto f) {
    f("transpose_a", options.transpose_a);
    f("transpose_b", options.transpose_b);
  }
};
/// The same with transposition by flag, which costs nothing; both at least 2-D.
Tensor matmul(const Tensor& a, const Tensor& b, MatmulOptions options);
/// x W^T + b: x `[..., in]`, weight `[out, in]`, bias `[out]` or undefined; gives `[..., out]`. One
/// operator. Errors: `DTypeError` unless all are of one floating-point type.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
[[gnu::cold]] OperatorInfo matmul_cases(), linear_cases();
inline constexpr OperatorInfo (*kLinalgCases[])() = {matmul_cases, linear_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
