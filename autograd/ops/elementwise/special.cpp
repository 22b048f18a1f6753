#include <utility>

#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"

namespace tapegrad {

using detail::elementwise;

Tensor erf(Tensor x) { return elementwise<formula::Erf>(std::move(x)); }
Tensor erfc(Tensor x) { return elementwise<formula::Erfc>(std::move(x)); }

}  // namespace tapegrad
