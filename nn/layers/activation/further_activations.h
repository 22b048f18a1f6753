#pragma once

/// @file
/// Activations that are seldom used, as layers, and `PReLU`, whose slope is trained.
///
///     nn::Sequential net{nn::Linear{2, 8}, nn::PReLU(8), nn::Linear{8, 8}, nn::Mish()};

#include <cstdint>
#include <string>

#include "autograd/base/flag.h"
#include "autograd/tensor/create/default_dtype.h"
#include "nn/layers/activation/activations.h"

namespace tapegrad::nn {

/// @addtogroup layers
/// @{

namespace detail {
Tensor relu6_by_value(Tensor x);
Tensor tanhshrink_by_value(Tensor x);
}  // namespace detail

using Hardswish = Activation<tapegrad::hardswish>;           ///< `hardswish` as a layer
using Hardsigmoid = Activation<tapegrad::hardsigmoid>;       ///< `hardsigmoid` as a layer
using SELU = Activation<tapegrad::selu>;                     ///< `selu` as a layer
using Mish = Activation<tapegrad::mish>;                     ///< `mish` as a layer
using Softsign = Activation<tapegrad::softsign>;             ///< `softsign` as a layer
using ReLU6 = Activation<detail::relu6_by_value>;            ///< `relu6` as a layer
using Tanhshrink = Activation<detail::tanhshrink_by_value>;  ///< `tanhshrink` as a layer

extern template class Activation<tapegrad::hardswish>;
extern template class Activation<tapegrad::hardsigmoid>;
extern template class Activation<tapegrad::selu>;
extern template class Activation<tapegrad::mish>;
extern template class Activation<tapegrad::softsign>;
extern template class Activation<detail::relu6_by_value>;
extern template class Activation<detail::tanhshrink_by_value>;

/// `hardtanh` as a layer. Errors when called: `ValueError` unless min_val <= max_val.
class Hardtanh : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// The limits.
  explicit Hardtanh(double min_val = -1.0, double max_val = 1.0)
      : min_val_(min_val), max_val_(max_val) {}
  Tensor operator()(Tensor x) const;  ///< x limited to both
  std::string describe() const;       ///< "Hardtanh(min_val=-1, max_val=1)"

 private:
  double min_val_, max_val_;
};

/// `celu` as a layer. Errors when called: `ValueError` for an alpha of 0.
class CELU : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// What is far below 0 becomes -alpha.
  explicit CELU(double alpha = 1.0) : alpha_(alpha) {}
  Tensor operator()(Tensor x) const;  ///< x for x > 0, else alpha (e^(x / alpha) - 1)
  std::string describe() const;       ///< "CELU(alpha=1)"

 private:
  double alpha_;
};

/// `softshrink` as a layer. Errors when called: `ValueError` unless lambd >= 0.
class Softshrink : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// How much nearer to 0.
  explicit Softshrink(double lambd = 0.5) : lambd_(lambd) {}
  Tensor operator()(Tensor x) const;  ///< x brought nearer to 0 by lambd
  std::string describe() const;       ///< "Softshrink(lambd=0.5)"

 private:
  double lambd_;
};

/// `hardshrink` as a layer.
class Hardshrink : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// Up to where 0 is made of numbers.
  explicit Hardshrink(double lambd = 0.5) : lambd_(lambd) {}
  Tensor operator()(Tensor x) const;  ///< x where |x| > lambd, else 0
  std::string describe() const;       ///< "Hardshrink(lambd=0.5)"

 private:
  double lambd_;
};

/// `threshold` as a layer.
class Threshold : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// What is not above the threshold becomes `value`.
  Threshold(double threshold, double value) : threshold_(threshold), value_(value) {}
  Tensor operator()(const Tensor& x) const;  ///< x where x > threshold, else the value
  std::string describe() const;              ///< "Threshold(threshold=0.1, value=20)"

 private:
  double threshold_, value_;
};

/// `glu` as a layer. Errors when called: those of `glu`.
class GLU : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// The dimension that is halved; negative ones count from the end.
  explicit GLU(int dim = -1) : dim_(dim) {}
  Tensor operator()(const Tensor& x) const;  ///< the first half times sigmoid of the second
  std::string describe() const;              ///< "GLU(dim=-1)"

 private:
  int dim_;
};

/// `softmin` as a layer. Errors when called: `IndexError` for a dimension that the input does not
/// have.
class Softmin : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// The dimension whose entries add up to 1; negative ones count from the end.
  explicit Softmin(int dim) : dim_(dim) {}
  Tensor operator()(const Tensor& x) const;  ///< softmax(-x) along the dimension
  std::string describe() const;              ///< "Softmin(dim=1)"

 private:
  int dim_;
};

/// `rrelu` as a layer: slopes are drawn while training; in evaluation it is the mean of the two
/// limits. A copy has a mode of its own: see `train`. Errors when called: those of `rrelu`.
class RReLU : public NamedLayer {
 public:
  /// The limits of the slopes.
  explicit RReLU(double lower = 1.0 / 8, double upper = 1.0 / 3) : lower_(lower), upper_(upper) {}
  Tensor operator()(const Tensor& x) const;  ///< x for x > 0, else slope x
  void visit(Visitor& f);                    ///< names the mode; nothing is trained
  std::string describe() const;              ///< "RReLU(lower=0.125, upper=0.333...)"

 private:
  double lower_, upper_;
  bool training_ = true;
};

/// The settings of `PReLU`.
struct PReLUOptions {
  double init = 0.25;                 ///< what the weights start from
  DType dtype = get_default_dtype();  ///< of the weight
};

/// `prelu` as a layer, whose slope below 0 is trained: one for all, or one per channel, which is
/// dimension 1. PyTorch advises against weight decay here. Errors: `ShapeError` for a negative
/// number, `DTypeError` unless floating-point; when called, those of `prelu`.
class PReLU : public NamedLayer {
 public:
  /// With `num_parameters` slopes, 1 or the number of channels.
  explicit PReLU(std::int64_t num_parameters = 1, const PReLUOptions& options = {});
  Tensor operator()(const Tensor& x) const;  ///< x for x > 0, else weight x
  void visit(Visitor& f);                    ///< names the weight
  std::string describe() const;              ///< "PReLU(num_parameters=1)"

  Tensor weight;  ///< `[num_parameters]`
};

/// @}

}  // namespace tapegrad::nn
