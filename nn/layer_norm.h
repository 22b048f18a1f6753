#pragma once

#include <string>

#include "autograd/tensor/tensor.h"
#include "nn/layer.h"

namespace tapegrad::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool elementwise_affine = true;  ///< learn a weight and a bias per element
  bool bias = true;                ///< with `elementwise_affine`, false leaves the bias out
  DType dtype = float32;
};

/// (x - mean) / sqrt(var + eps) over the trailing dimensions `normalized_shape`, times `weight`,
/// plus `bias`. Ba, Kiros and Hinton, 2016. Errors: `ValueError` for an empty shape or a negative
/// size; when called, `ShapeError` for other trailing dimensions.
class LayerNorm : public NamedLayer {
 public:
  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {});
  Tensor operator()(const Tensor& x) const;
  void visit(Visitor& f);
  std::string describe() const;

  Tensor weight;  ///< of `normalized_shape`, at first 1; undefined when not affine
  Tensor bias;    ///< of `normalized_shape`, at first 0; undefined when left out

 private:
  Shape normalized_shape_;
  double eps_;
};

}  // namespace tapegrad::nn
