#pragma once

/// @file
/// Everything for operators of your own: the page @ref your_own has whole examples, @ref custom all
/// names.
///
///     struct Twice {
///       static constexpr const char* name = "twice";
///       static constexpr tg::Reads reads[] = {tg::kNone};
///       static constexpr bool linear = true;
///       tg::Tensor forward(const tg::Tensor& x) const { return 2 * x; }
///       tg::Tensor vjp(const tg::Tensor& g, auto, auto) const { return 2 * g; }
///     };
///     tg::Tensor twice(const tg::Tensor& x) { return tg::apply(Twice{}, x); }

/// @addtogroup custom
/// Operators of your own are a struct with a forward and a rule per input, run through `apply`:
///
///     struct Cube {
///       static constexpr const char* name = "cube";
///       static constexpr tg::Reads reads[] = {tg::kA};
///       tg::Tensor forward(const tg::Tensor& x) const { return x * x * x; }
///       tg::Tensor vjp(const tg::Tensor& g, const tg::Tensor& x, auto) const {
///         return g * 3 * x * x;
///       }
///       static constexpr bool symmetric = true;  // so in forward mode the same rule does
///     };
///     tg::Tensor cube(const tg::Tensor& x) { return tg::apply(Cube{}, x); }
///
/// Rules are written with the public operators, so second and higher orders come of themselves. For
/// one that is needed once there is `custom_op`, which makes an operator of closures.
/// Two more lines, which nobody needs to write, let others compute less: `static constexpr
/// tg::Sparsity sparsity = tg::Sparsity::elementwise` says which elements of the input an element
/// of the result depends on (without it, on all), and `static constexpr tg::Leading leading =
/// tg::Leading::broadcast` that it takes a further first dimension, of samples or of directions, in
/// one call (without it, it is called for each).
/// What it is in ONNX it may say too: `static constexpr const char* onnx = "y = Pow(a, 3)"`.
/// `fail` throws an error as the library does, with the module path; `visit_dtype` and
/// `visit_floating` call a function with the C++ type of the elements.

#include "autograd/base/fail.h"
#include "autograd/tape/apply.h"
#include "autograd/tape/apply_list.h"
#include "autograd/tape/custom_op.h"
#include "autograd/tensor/print.h"
#include "autograd/tensor/visit_dtype.h"
