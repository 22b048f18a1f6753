#include "nn/layers/activation/further_activations.h"

#include <fmt/format.h>

#include <utility>

#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "nn/module/layer_scope.h"

namespace tapegrad::nn {

Tensor detail::relu6_by_value(Tensor x) { return tapegrad::relu6(x); }
Tensor detail::tanhshrink_by_value(Tensor x) { return tapegrad::tanhshrink(x); }

Tensor Hardtanh::operator()(Tensor x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return hardtanh(std::move(x), min_val_, max_val_);
}
std::string Hardtanh::describe() const {
  return fmt::format("Hardtanh(min_val={}, max_val={})", min_val_, max_val_);
}

Tensor CELU::operator()(Tensor x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return celu(std::move(x), alpha_);
}
std::string CELU::describe() const { return fmt::format("CELU(alpha={})", alpha_); }

Tensor Softshrink::operator()(Tensor x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return softshrink(std::move(x), lambd_);
}
std::string Softshrink::describe() const { return fmt::format("Softshrink(lambd={})", lambd_); }

Tensor Hardshrink::operator()(Tensor x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return hardshrink(std::move(x), lambd_);
}
std::string Hardshrink::describe() const { return fmt::format("Hardshrink(lambd={})", lambd_); }

Tensor Threshold::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return threshold(x, threshold_, value_);
}
std::string Threshold::describe() const {
  return fmt::format("Threshold(threshold={}, value={})", threshold_, value_);
}

Tensor GLU::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return glu(x, dim_);
}
std::string GLU::describe() const { return fmt::format("GLU(dim={})", dim_); }

Tensor Softmin::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return softmin(x, dim_);
}
std::string Softmin::describe() const { return fmt::format("Softmin(dim={})", dim_); }

Tensor RReLU::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return rrelu(x, lower_, upper_, training_);
}
void RReLU::visit(Visitor& f) {
  NamedLayer::visit(f);
  f.training(training_);
}
std::string RReLU::describe() const {
  return fmt::format("RReLU(lower={}, upper={})", lower_, upper_);
}

PReLU::PReLU(std::int64_t num_parameters, const PReLUOptions& options) {
  tapegrad::detail::require_size(num_parameters, "num_parameters", "PReLU");
  tapegrad::detail::require_floating(options.dtype, "PReLU");
  weight = full(num_parameters, options.init, options.dtype);
  weight.requires_grad_();
}
Tensor PReLU::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return prelu(x, weight);
}
void PReLU::visit(Visitor& f) {
  NamedLayer::visit(f);
  f("weight", weight);
}
std::string PReLU::describe() const {
  return fmt::format("PReLU(num_parameters={})", weight.numel());
}

}  // namespace tapegrad::nn
