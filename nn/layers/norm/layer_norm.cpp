#include "nn/layers/norm/layer_norm.h"

#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "nn/module/layer_scope.h"
#include "nn/module/option_check.h"

namespace tapegrad::nn {

LayerNorm::LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options)
    : normalized_shape_(normalized_shape), eps_(options.eps) {
  detail::check_not_negative("LayerNorm", "eps", eps_);
  if (normalized_shape.empty() ||
      std::any_of(normalized_shape.begin(), normalized_shape.end(), [](auto n) { return n < 0; })) {
    fail<ValueError>(
        "LayerNorm: the normalized shape needs one or more sizes of at least 0, got {}",
        normalized_shape);
  }
  if (!options.elementwise_affine) return;
  weight = ones(normalized_shape, options.dtype).requires_grad_();
  if (options.bias) bias = zeros(normalized_shape, options.dtype).requires_grad_();
}

Tensor LayerNorm::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return layer_norm(x, normalized_shape_, weight, bias, eps_);
}

void LayerNorm::visit(Visitor& f) {
  NamedLayer::visit(f);
  f("weight", weight);
  f("bias", bias);
}

std::string LayerNorm::describe() const {
  return fmt::format("LayerNorm({}, eps={}, elementwise_affine={})", normalized_shape_, eps_,
                     weight.defined());
}

}  // namespace tapegrad::nn
