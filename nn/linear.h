#pragma once

#include <cstdint>
#include <string>

#include "autograd/tensor/default_dtype.h"
#include "autograd/tensor/tensor.h"
#include "nn/layer.h"

namespace tapegrad::nn {

struct LinearOptions {
  bool bias = true;
  DType dtype = get_default_dtype();
};

/// y = x W^T + b: `[..., in]` to `[..., out]`.
///
/// Starts as PyTorch's does: weight and bias uniform on +-1/sqrt(in). (The weight by
/// `kaiming_uniform_` with a = sqrt(5).) Draws from this thread's default generator. Errors:
/// `ShapeError` for a negative size, `DTypeError` unless floating-point; when called, `ShapeError`
/// for another number of features.
class Linear : public NamedLayer {
 public:
  Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options = {});

  Tensor operator()(const Tensor& x) const;
  /// Draws new values, as the constructor does.
  void reset_parameters();

  std::int64_t in_features() const { return weight.shape()[1]; }
  std::int64_t out_features() const { return weight.shape()[0]; }
  void visit(Visitor& f);
  std::string describe() const;

  Tensor weight;  ///< `[out, in]`
  Tensor bias;    ///< `[out]`, or undefined
};

}  // namespace tapegrad::nn
