#pragma once

/// @file
/// The linear layer, x W^T + b.
///
///     nn::Linear layer(3, 2, {.bias = false});
///     tg::Tensor y = layer(tg::randn({5, 3}));  // [5, 2]
///     fmt::print("{}\n", layer.weight.shape());

#include <concepts>
#include <cstdint>
#include <string>

#include "autograd/base/refused.h"
#include "autograd/tensor/create/default_dtype.h"
#include "autograd/tensor/tensor.h"
#include "nn/module/layer.h"

namespace tapegrad::nn {

/// @addtogroup layers
/// @{

/// The settings of `Linear`.
struct LinearOptions {
  bool bias = true;                   ///< add one to what comes out
  DType dtype = get_default_dtype();  ///< of weight and bias
};

/// y = x W^T + b: `[..., in]` to `[..., out]`.
///
/// Starts as PyTorch's does: weight and bias uniform on +-1/sqrt(in). (The weight by
/// `kaiming_uniform_` with a = sqrt(5).) Draws from this thread's default generator. Errors:
/// `ShapeError` for a negative size, `DTypeError` unless floating-point; when called, `ShapeError`
/// for another number of features.
class Linear : public NamedLayer {
 public:
  /// From `in_features` numbers to `out_features`.
  Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options = {});
  /// Refused with a sentence: options have names.
  template <std::same_as<bool> Bias>
  Linear(std::int64_t in_features, std::int64_t out_features, Bias)
      : Linear(in_features, out_features) {
    static_assert(tapegrad::detail::never<Bias>,
                  "options have names: Linear(in, out, {.bias = false})");
  }

  Tensor operator()(const Tensor& x) const;  ///< `[..., in]` to `[..., out]`
  /// Draws new values, as the constructor does.
  void reset_parameters();

  std::int64_t in_features() const { return weight.shape()[1]; }   ///< last size of what comes in
  std::int64_t out_features() const { return weight.shape()[0]; }  ///< last size of what comes out
  void visit(Visitor& f);                                          ///< names weight and bias
  std::string describe() const;  ///< "Linear(in_features=784, out_features=128, bias=true)"

  Tensor weight;  ///< `[out, in]`
  Tensor bias;    ///< `[out]`, or undefined
};

/// @}

}  // namespace tapegrad::nn
