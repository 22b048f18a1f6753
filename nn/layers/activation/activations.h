#pragma once

/// @file
/// Activations as layers, for those who like to write them so; the functions are layers as they
/// are.
///
///     nn::Sequential net{nn::Linear{2, 8}, nn::LeakyReLU(0.1), nn::Linear{8, 1}, tg::sigmoid};

#include <string>

#include "autograd/ops/ops.h"
#include "nn/module/layer.h"

namespace tapegrad::nn {

/// @addtogroup layers
/// @{

namespace detail {
Tensor identity(Tensor x);
}

/// An operator without settings as a layer.
///
/// The operator itself does as well: `Sequential{Linear{2, 8}, tg::tanh, Linear{8, 1}}`. What each
/// activation computes, with its gradient at kinks, is documented at the operator.
template <Tensor (*Function)(Tensor)>
class Activation : public NamedLayer {
 public:
  /// There is nothing to set.
  Activation() = default;             // else it is an aggregate, whose base `{}` cannot make
  Tensor operator()(Tensor x) const;  ///< the operator on `x`
  std::string describe() const;       ///< "ReLU()", say
};

using ReLU = Activation<tapegrad::relu>;              ///< `relu` as a layer
using SiLU = Activation<tapegrad::silu>;              ///< `silu` as a layer
using Tanh = Activation<tapegrad::tanh>;              ///< `tanh` as a layer
using Sigmoid = Activation<tapegrad::sigmoid>;        ///< `sigmoid` as a layer
using LogSigmoid = Activation<tapegrad::logsigmoid>;  ///< `logsigmoid` as a layer
using Identity = Activation<detail::identity>;        ///< a layer that gives the input itself

extern template class Activation<tapegrad::relu>;
extern template class Activation<tapegrad::silu>;
extern template class Activation<tapegrad::tanh>;
extern template class Activation<tapegrad::sigmoid>;
extern template class Activation<tapegrad::logsigmoid>;
extern template class Activation<detail::identity>;

/// How `GELU` computes the normal distribution function.
enum class Approximate {
  none,  ///< exactly: `gelu`
  tanh   ///< by tanh: `gelu_tanh`
};

/// `gelu` as a layer, or `gelu_tanh`.
class GELU : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// Exact, or by tanh.
  explicit GELU(Approximate approximate = Approximate::none) : approximate_(approximate) {}
  Tensor operator()(Tensor x) const;  ///< x Phi(x)
  std::string describe() const;       ///< "GELU()", or "GELU(approximate=tanh)"

 private:
  Approximate approximate_;
};

/// `leaky_relu` as a layer.
class LeakyReLU : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// The factor of what is below 0.
  explicit LeakyReLU(double negative_slope = 0.01) : negative_slope_(negative_slope) {}
  Tensor operator()(Tensor x) const;  ///< x for x > 0, else negative_slope x
  std::string describe() const;       ///< "LeakyReLU(negative_slope=0.01)"

 private:
  double negative_slope_;
};

/// `elu` as a layer.
class ELU : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// What is far below 0 becomes -alpha.
  explicit ELU(double alpha = 1.0) : alpha_(alpha) {}
  Tensor operator()(Tensor x) const;  ///< x for x > 0, else alpha (e^x - 1)
  std::string describe() const;       ///< "ELU(alpha=1)"

 private:
  double alpha_;
};

/// The settings of `Softplus`.
struct SoftplusOptions {
  double beta = 1.0;        ///< sharpness of the bend at 0
  double threshold = 20.0;  ///< linear where beta x is above it
};

/// `softplus` as a layer. Errors when called: `ValueError` unless beta > 0.
class Softplus : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// See `SoftplusOptions`.
  explicit Softplus(const SoftplusOptions& options = {}) : options_(options) {}
  Tensor operator()(Tensor x) const;  ///< log(1 + e^(beta x)) / beta
  std::string describe() const;       ///< "Softplus(beta=1, threshold=20)"

 private:
  SoftplusOptions options_;
};

/// `softmax` as a layer. Errors when called: `IndexError` for a dimension that the input does not
/// have.
class Softmax : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// The dimension whose entries add up to 1; negative ones count from the end.
  explicit Softmax(int dim) : dim_(dim) {}
  Tensor operator()(const Tensor& x) const;  ///< exp(x) / sum(exp(x)) along the dimension
  std::string describe() const;              ///< "Softmax(dim=1)"

 private:
  int dim_;
};

/// `log_softmax` as a layer. Errors when called: `IndexError` for a dimension that the input does
/// not have.
class LogSoftmax : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// The dimension whose probabilities add up to 1; negative ones count from the end.
  explicit LogSoftmax(int dim) : dim_(dim) {}
  Tensor operator()(const Tensor& x) const;  ///< x - log(sum(exp(x))) along the dimension
  std::string describe() const;              ///< "LogSoftmax(dim=1)"

 private:
  int dim_;
};

/// @}

}  // namespace tapegrad::nn
