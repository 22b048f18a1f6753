#pragma once

/// @file
/// Several dimensions as one, between images and linear layers.
///
///     nn::Sequential net{nn::Flatten(), nn::Linear{28 * 28, 10}};
///     tg::Tensor scores = net(tg::zeros({5, 28, 28}));  // [5, 10]

#include <string>

#include "autograd/tensor/tensor.h"
#include "nn/module/layer.h"

namespace tapegrad::nn {

/// @addtogroup layers
/// @{

/// Dimensions `start_dim` to `end_dim` as one: `[N, 28, 28]` to `[N, 784]`. Shares the data.
/// Errors when called: `IndexError` for a dimension that the input does not have.
class Flatten : public NamedLayer {
 public:
  void visit(Visitor& f) { NamedLayer::visit(f); }  ///< names nothing: nothing is trained
  /// Both dimensions are among those that become one; negative ones count from the end.
  explicit Flatten(int start_dim = 1, int end_dim = -1)
      : start_dim_(start_dim), end_dim_(end_dim) {}
  Tensor operator()(const Tensor& x) const;  ///< `flatten(x, start_dim, end_dim)`
  std::string describe() const;              ///< "Flatten(start_dim=1, end_dim=-1)"

 private:
  int start_dim_;
  int end_dim_;
};

/// @}

}  // namespace tapegrad::nn
