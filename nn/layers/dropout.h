#pragma once

/// @file
/// Dropout: while training, some elements are 0.
///
///     nn::Sequential net{nn::Linear{4, 8}, tg::relu, nn::Dropout(0.2), nn::Linear{8, 2}};
///     nn::eval(net);  // none is

#include <string>

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"
#include "nn/module/layer.h"

namespace tapegrad::nn {

/// @addtogroup layers
/// @{

/// While training, sets elements to 0 with probability `p` and scales the rest by 1 / (1 - p), so
/// that the expected value stays; in evaluation, the input itself. Draws from this thread's default
/// generator. A copy has a mode of its own: see `train`. Srivastava et al., JMLR 2014. Errors:
/// `ValueError` for `p` outside [0, 1].
class Dropout : public NamedLayer {
 public:
  explicit Dropout(Real p = 0.5);            ///< the probability of 0
  Tensor operator()(const Tensor& x) const;  ///< of the shape of `x`
  void visit(Visitor& f);                    ///< names the mode; nothing is trained
  std::string describe() const;              ///< "Dropout(p=0.5)"

 private:
  double p_;
  bool training_ = true;
};

/// @}

}  // namespace tapegrad::nn
