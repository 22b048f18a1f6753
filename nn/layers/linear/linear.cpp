#include "nn/layers/linear/linear.h"

#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "nn/layers/init.h"
#include "nn/module/layer_scope.h"

namespace tapegrad::nn {

Linear::Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options) {
  tapegrad::detail::require_size(in_features, "in_features", "Linear");
  tapegrad::detail::require_size(out_features, "out_features", "Linear");
  tapegrad::detail::require_floating(options.dtype, "Linear");
  weight = empty({out_features, in_features}, options.dtype);
  if (options.bias) bias = empty(out_features, options.dtype);
  reset_parameters();
  weight.requires_grad_();
  if (options.bias) bias.requires_grad_();
}

void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (!bias.defined()) return;
  const double bound = in_features() > 0 ? 1 / std::sqrt(double(in_features())) : 0;
  init::uniform_(bias, -bound, bound);
}

namespace {

/// What probably helps, where the last dimensions together are the features: images, as a rule.
std::string way_out(const Shape& shape, std::int64_t features) {
  const auto fits = [&](int first) {
    std::int64_t together = 1;
    for (int dim = first; dim < shape.rank(); ++dim) together *= shape[dim];
    return together == features;
  };
  if (shape.rank() > 2 && fits(1))
    return "; flatten it first: nn::Flatten{} before this layer, or flatten(x, 1)";
  for (int first = 0; first + 1 < shape.rank(); ++first)
    if (fits(first)) return fmt::format("; flatten it first: flatten(x, {})", first);
  return "";
}

}  // namespace

Tensor Linear::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  tapegrad::detail::require_defined(x, "the input", "linear");
  if (x.dim() == 0 || x.shape().back() != in_features()) {
    fail<ShapeError>(
        "linear: the last dimension of the input must be {} features, but the input is {} and the "
        "weight is {}{}",
        in_features(), x.shape(), weight.shape(), way_out(x.shape(), in_features()));
  }
  return linear(x, weight, bias);
}

void Linear::visit(Visitor& f) {
  NamedLayer::visit(f);
  f("weight", weight);
  f("bias", bias);
}

std::string Linear::describe() const {
  return fmt::format("Linear(in_features={}, out_features={}, bias={})", in_features(),
                     out_features(), bias.defined());
}

}  // namespace tapegrad::nn
