#include "nn/activations.h"

#include <fmt/format.h>

#include <utility>

#include "nn/layer_scope.h"

namespace tapegrad::nn {

Tensor detail::identity(Tensor x) { return x; }

template <Tensor (*Function)(Tensor)>
Tensor Activation<Function>::operator()(Tensor x) const {
  const LayerScope scope(path());
  return Function(std::move(x));
}

namespace {

/// An activation without a name does not compile.
template <Tensor (*Function)(Tensor)>
struct Name;
template <>
struct Name<tapegrad::relu> {
  static constexpr const char* text = "ReLU()";
};
template <>
struct Name<tapegrad::gelu> {
  static constexpr const char* text = "GELU()";
};
template <>
struct Name<tapegrad::silu> {
  static constexpr const char* text = "SiLU()";
};
template <>
struct Name<tapegrad::tanh> {
  static constexpr const char* text = "Tanh()";
};
template <>
struct Name<tapegrad::sigmoid> {
  static constexpr const char* text = "Sigmoid()";
};
template <>
struct Name<tapegrad::logsigmoid> {
  static constexpr const char* text = "LogSigmoid()";
};
template <>
struct Name<detail::identity> {
  static constexpr const char* text = "Identity()";
};

}  // namespace

template <Tensor (*Function)(Tensor)>
std::string Activation<Function>::describe() const {
  return Name<Function>::text;
}

template class Activation<tapegrad::relu>;
template class Activation<tapegrad::gelu>;
template class Activation<tapegrad::silu>;
template class Activation<tapegrad::tanh>;
template class Activation<tapegrad::sigmoid>;
template class Activation<tapegrad::logsigmoid>;
template class Activation<detail::identity>;

Tensor LeakyReLU::operator()(Tensor x) const {
  const LayerScope scope(path());
  return leaky_relu(std::move(x), negative_slope_);
}
std::string LeakyReLU::describe() const {
  return fmt::format("LeakyReLU(negative_slope={})", negative_slope_);
}

Tensor ELU::operator()(Tensor x) const {
  const LayerScope scope(path());
  return elu(std::move(x), alpha_);
}
std::string ELU::describe() const { return fmt::format("ELU(alpha={})", alpha_); }

Tensor Softplus::operator()(Tensor x) const {
  const LayerScope scope(path());
  return softplus(std::move(x), options_.beta, options_.threshold);
}
std::string Softplus::describe() const {
  return fmt::format("Softplus(beta={}, threshold={})", options_.beta, options_.threshold);
}

Tensor Softmax::operator()(const Tensor& x) const {
  const LayerScope scope(path());
  return softmax(x, dim_);
}
std::string Softmax::describe() const { return fmt::format("Softmax(dim={})", dim_); }

Tensor LogSoftmax::operator()(const Tensor& x) const {
  const LayerScope scope(path());
  return log_softmax(x, dim_);
}
std::string LogSoftmax::describe() const { return fmt::format("LogSoftmax(dim={})", dim_); }

}  // namespace tapegrad::nn
