#pragma once

#include <string>

#include "autograd/ops/ops.h"
#include "nn/layer.h"

// Activations as layers. Where there is nothing to set, the operator itself does as well:
// `Sequential{Linear{2, 8}, tg::tanh, Linear{8, 1}}`. What each computes, with its gradient at
// kinks, is documented at the operator.

namespace tapegrad::nn {

namespace detail {
Tensor identity(Tensor x);
}

/// An operator without settings as a layer.
template <Tensor (*Function)(Tensor)>
class Activation : public NamedLayer {
 public:
  Activation() = default;  // else it is an aggregate, whose base `{}` cannot make
  Tensor operator()(Tensor x) const;
  std::string describe() const;
};

using ReLU = Activation<tapegrad::relu>;
using GELU = Activation<tapegrad::gelu>;
using SiLU = Activation<tapegrad::silu>;
using Tanh = Activation<tapegrad::tanh>;
using Sigmoid = Activation<tapegrad::sigmoid>;
using LogSigmoid = Activation<tapegrad::logsigmoid>;
/// The input itself.
using Identity = Activation<detail::identity>;

extern template class Activation<tapegrad::relu>;
extern template class Activation<tapegrad::gelu>;
extern template class Activation<tapegrad::silu>;
extern template class Activation<tapegrad::tanh>;
extern template class Activation<tapegrad::sigmoid>;
extern template class Activation<tapegrad::logsigmoid>;
extern template class Activation<detail::identity>;

class LeakyReLU : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }
  explicit LeakyReLU(double negative_slope = 0.01) : negative_slope_(negative_slope) {}
  Tensor operator()(Tensor x) const;
  std::string describe() const;

 private:
  double negative_slope_;
};

class ELU : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }
  explicit ELU(double alpha = 1.0) : alpha_(alpha) {}
  Tensor operator()(Tensor x) const;
  std::string describe() const;

 private:
  double alpha_;
};

struct SoftplusOptions {
  double beta = 1.0;
  double threshold = 20.0;  ///< linear where beta x is above it
};

class Softplus : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }
  explicit Softplus(const SoftplusOptions& options = {}) : options_(options) {}
  Tensor operator()(Tensor x) const;
  std::string describe() const;

 private:
  SoftplusOptions options_;
};

/// Errors when called: `IndexError` for a dimension that the input does not have.
class Softmax : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }
  explicit Softmax(int dim) : dim_(dim) {}
  Tensor operator()(const Tensor& x) const;
  std::string describe() const;

 private:
  int dim_;
};

/// Errors when called: `IndexError` for a dimension that the input does not have.
class LogSoftmax : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }
  explicit LogSoftmax(int dim) : dim_(dim) {}
  Tensor operator()(const Tensor& x) const;
  std::string describe() const;

 private:
  int dim_;
};

}  // namespace tapegrad::nn
