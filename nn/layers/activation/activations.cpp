#include "nn/layers/activation/activations.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "nn/layers/activation/further_activations.h"
#include "nn/module/layer_scope.h"

namespace tapegrad::nn {

Tensor detail::identity(Tensor x) { return x; }

template <Tensor (*Function)(Tensor)>
Tensor Activation<Function>::operator()(Tensor x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return Function(std::move(x));
}

namespace {

template <Tensor (*Function)(Tensor)>
constexpr std::string_view kName = "";
template <>
constexpr std::string_view kName<tapegrad::relu> = "ReLU()";
template <>
constexpr std::string_view kName<tapegrad::silu> = "SiLU()";
template <>
constexpr std::string_view kName<tapegrad::tanh> = "Tanh()";
template <>
constexpr std::string_view kName<tapegrad::sigmoid> = "Sigmoid()";
template <>
constexpr std::string_view kName<tapegrad::logsigmoid> = "LogSigmoid()";
template <>
constexpr std::string_view kName<detail::identity> = "Identity()";
template <>
constexpr std::string_view kName<tapegrad::hardswish> = "Hardswish()";
template <>
constexpr std::string_view kName<tapegrad::hardsigmoid> = "Hardsigmoid()";
template <>
constexpr std::string_view kName<tapegrad::selu> = "SELU()";
template <>
constexpr std::string_view kName<tapegrad::mish> = "Mish()";
template <>
constexpr std::string_view kName<tapegrad::softsign> = "Softsign()";
template <>
constexpr std::string_view kName<detail::relu6_by_value> = "ReLU6()";
template <>
constexpr std::string_view kName<detail::tanhshrink_by_value> = "Tanhshrink()";

}  // namespace

template <Tensor (*Function)(Tensor)>
std::string Activation<Function>::describe() const {
  static_assert(!kName<Function>.empty(), "an activation has a name");
  return std::string(kName<Function>);
}

template class Activation<tapegrad::relu>;
template class Activation<tapegrad::silu>;
template class Activation<tapegrad::tanh>;
template class Activation<tapegrad::sigmoid>;
template class Activation<tapegrad::logsigmoid>;
template class Activation<detail::identity>;
template class Activation<tapegrad::hardswish>;
template class Activation<tapegrad::hardsigmoid>;
template class Activation<tapegrad::selu>;
template class Activation<tapegrad::mish>;
template class Activation<tapegrad::softsign>;
template class Activation<detail::relu6_by_value>;
template class Activation<detail::tanhshrink_by_value>;

Tensor GELU::operator()(Tensor x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return approximate_ == Approximate::tanh ? gelu_tanh(std::move(x)) : gelu(std::move(x));
}
std::string GELU::describe() const {
  return approximate_ == Approximate::tanh ? "GELU(approximate=tanh)" : "GELU()";
}

Tensor LeakyReLU::operator()(Tensor x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return leaky_relu(std::move(x), negative_slope_);
}
std::string LeakyReLU::describe() const {
  return fmt::format("LeakyReLU(negative_slope={})", negative_slope_);
}

Tensor ELU::operator()(Tensor x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return elu(std::move(x), alpha_);
}
std::string ELU::describe() const { return fmt::format("ELU(alpha={})", alpha_); }

Tensor Softplus::operator()(Tensor x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return softplus(std::move(x), options_.beta, options_.threshold);
}
std::string Softplus::describe() const {
  return fmt::format("Softplus(beta={}, threshold={})", options_.beta, options_.threshold);
}

Tensor Softmax::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return softmax(x, dim_);
}
std::string Softmax::describe() const { return fmt::format("Softmax(dim={})", dim_); }

Tensor LogSoftmax::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return log_softmax(x, dim_);
}
std::string LogSoftmax::describe() const { return fmt::format("LogSoftmax(dim={})", dim_); }

}  // namespace tapegrad::nn
