#pragma once

/// @file
/// Gradients as results: `grad` returns them, for the inputs that are asked for, where `backward()`
/// leaves them at all leaves. With `create_graph` they have gradients themselves.
///
///     tg::Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
///     tg::Tensor slope = tg::grad(tg::sum(x * x * x), x, {.create_graph = true});
///     tg::Tensor curvature = tg::grad(tg::sum(slope), x);

#include <concepts>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup tape
/// @{

/// How `grad` walks the tape.
struct GradOptions {
  std::vector<Tensor> grad_outputs =
      {};  ///< one per output, of its shape; empty for ones (outputs of one element)
  bool retain_graph = false;  ///< keep saved values for another walk
  bool create_graph = false;  ///< record the walk, for higher orders; implies retain_graph
  /// An input that the outputs do not depend on gives zeros, and so does one where an output has no
  /// graph, such as the second derivative of something linear; otherwise both are errors. A
  /// gradient that was computed without create_graph, where that was meant, is an error in any
  /// case.
  bool allow_unused = false;
};

/// The gradients of the sum of `outputs` (weighted by `grad_outputs`) for each of `inputs`, in
/// order.
///
/// Touches no `grad()`; computes only what lies between inputs and outputs. Inputs may be leaves or
/// intermediate tensors. May run on several threads at once, as long as their graphs share leaves
/// only; where another thread is walking a part of the same graph, that is a `GradError`.
/// Errors: `GradError` as for `Tensor::backward`, and for an unused input unless `allow_unused`;
/// what does not require gradients says where its graph ended. After an error the graph is as
/// `Tensor::backward` says.
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options = {});

/// The same for one output and one input. A template, so that `grad({y}, {x})` is the form with
/// lists.
template <std::same_as<Tensor> T>
Tensor grad(const T& output, const T& input, const GradOptions& options = {}) {
  return grad(std::vector<Tensor>{output}, std::vector<Tensor>{input}, options).front();
}

/// @}

}  // namespace tapegrad
