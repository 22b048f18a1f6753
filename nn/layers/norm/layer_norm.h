#pragma once

/// @file
/// Layer normalisation, over the last dimensions.
///
///     nn::LayerNorm norm(8, {.eps = 1e-6});
///     tg::Tensor y = norm(tg::randn({4, 8}));

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "autograd/tensor/create/default_dtype.h"
#include "autograd/tensor/tensor.h"
#include "nn/module/layer.h"

namespace tapegrad::nn {

/// @addtogroup layers
/// @{

/// The settings of `LayerNorm`.
struct LayerNormOptions {
  double eps = 1e-5;                  ///< added to the variance
  bool elementwise_affine = true;     ///< learn a weight and a bias per element
  bool bias = true;                   ///< with `elementwise_affine`, false leaves the bias out
  DType dtype = get_default_dtype();  ///< of weight and bias
};

/// (x - mean) / sqrt(var + eps) over the trailing dimensions `normalized_shape`, times `weight`,
/// plus `bias`. Ba, Kiros and Hinton, 2016. Errors: `ValueError` for an empty shape, a negative
/// size or a negative or not finite eps; when called, `ShapeError` for other trailing dimensions.
class LayerNorm : public NamedLayer {
 public:
  /// `LayerNorm(3)` or `LayerNorm(shape)`.
  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {});
  /// `LayerNorm({3})` or `LayerNorm({3, 4}, {.eps = 1e-3})`. A list in braces is nearer to an array
  /// than to a `Shape` or to a layer to copy, between which `{3}` would be ambiguous.
  template <std::size_t N>
  explicit LayerNorm(const std::int64_t (&normalized_shape)[N],
                     const LayerNormOptions& options = {})
      : LayerNorm(Shape(std::span<const std::int64_t>(normalized_shape)), options) {}
  Tensor operator()(const Tensor& x) const;  ///< of the shape of `x`
  void visit(Visitor& f);                    ///< names weight and bias
  std::string describe() const;  ///< "LayerNorm([3], eps=1e-05, elementwise_affine=true)"

  Tensor weight;  ///< of `normalized_shape`, at first 1; undefined when not affine
  Tensor bias;    ///< of `normalized_shape`, at first 0; undefined when left out

 private:
  Shape normalized_shape_;
  double eps_;
};

/// @}

}  // namespace tapegrad::nn
