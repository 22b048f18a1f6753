#include <utility>

#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"

namespace tapegrad {

using detail::elementwise;

Tensor sin(Tensor x) { return elementwise<formula::Sin>(std::move(x)); }
Tensor cos(Tensor x) { return elementwise<formula::Cos>(std::move(x)); }
Tensor tanh(Tensor x) { return elementwise<formula::Tanh>(std::move(x)); }

}  // namespace tapegrad
