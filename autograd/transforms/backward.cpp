#include "autograd/transforms/backward.h"

#include "autograd/base/fail.h"
#include "autograd/tape/history.h"
#include "autograd/tape/record.h"
#include "autograd/tape/retained.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/cotangent.h"
#include "autograd/transforms/walk.h"

namespace tapegrad {

using detail::Impl;
using detail::Root;

namespace {

Root make_root(const Tensor& output, const Tensor& seed, const char* caller) {
  if (!seed.defined()) {
    if (output.numel() != 1)
      fail<GradError>(
          "{}: a gradient can be left out only for a tensor of one element, not for shape {}; "
          "reduce it with sum() or mean(), or pass a gradient of this shape",
          caller, output.shape());
    return {output, detail::unit_cotangent(output.shape(), output.dtype())};
  }
  detail::require_same_shape("gradient", seed.shape(), "tensor", output.shape(), caller);
  if (detail::impl_of(seed)->has(Impl::kNumber) && seed.dtype() != boolean)
    return {output, seed.to(output.dtype())};
  detail::require_same_type("gradient", seed.dtype(), "tensor", output.dtype(), caller);
  return {output, seed};
}

}  // namespace

void Tensor::backward(const Tensor& gradient, BackwardOptions options) const {
  detail::allocating_for("backward", [&] {
    detail::require_defined(*this, "backward");
    if (!requires_grad()) detail::fail_history(*this, "the tensor", "backward");
    const Root root = make_root(*this, gradient, "backward");
    detail::walk_to_leaves({&root, 1}, {options.retain_graph, options.create_graph});
  });
}

namespace {

std::vector<Tensor> grad_now(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                             const GradOptions& options) {
  for (const Tensor& output : outputs) detail::require_defined(output, "an output", "grad");
  for (const Tensor& input : inputs) detail::require_defined(input, "an input", "grad");
  if (!options.grad_outputs.empty() && options.grad_outputs.size() != outputs.size())
    fail<GradError>("grad: {} outputs but {} grad_outputs; give one for each output",
                    outputs.size(), options.grad_outputs.size());
  std::vector<Root> roots;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Root root = make_root(
        outputs[i], options.grad_outputs.empty() ? Tensor() : options.grad_outputs[i], "grad");
    if (outputs[i].requires_grad())
      roots.push_back(std::move(root));
    else if (!options.allow_unused || detail::impl_of(outputs[i])->has(Impl::kCutByWalk))
      // Else a constant, such as the derivative of something linear; a forgotten create_graph is
      // none.
      detail::fail_history(outputs[i], fmt::format("output {}", i), "grad");
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].requires_grad())
      detail::fail_history(inputs[i], fmt::format("input {}", i), "grad");
  }
  return detail::walk_to(inputs, roots, {options.retain_graph, options.create_graph},
                         options.allow_unused);
}

}  // namespace

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options) {
  return detail::allocating_for("grad", [&] { return grad_now(outputs, inputs, options); });
}

void Tensor::retain_grad() {
  Impl& impl = checked();
  detail::Record* record = detail::record_of(impl);
  if (record) detail::allocating_for("retain_grad", [&] { detail::retain_output(*record, &impl); });
}

}  // namespace tapegrad
