#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"

namespace tapegrad {

using detail::elementwise;

Tensor hardtanh(Tensor x, double min_val, double max_val) {
  if (!(min_val <= max_val))
    fail<ValueError>("hardtanh: min_val must not be greater than max_val, but they are {} and {}",
                     min_val, max_val);
  return elementwise(std::move(x), formula::Hardtanh{min_val, max_val});
}
Tensor hardswish(Tensor x) { return elementwise<formula::Hardswish>(std::move(x)); }
Tensor hardsigmoid(Tensor x) { return elementwise<formula::Hardsigmoid>(std::move(x)); }
Tensor selu(Tensor x) { return elementwise<formula::Selu>(std::move(x)); }
Tensor celu(Tensor x, double alpha) {
  if (alpha == 0) fail<ValueError>("celu: alpha must not be 0; relu is the limit");
  return elementwise(std::move(x), formula::Celu{alpha});
}
Tensor mish(Tensor x) { return elementwise<formula::Mish>(std::move(x)); }
Tensor softsign(Tensor x) { return elementwise<formula::Softsign>(std::move(x)); }
Tensor softshrink(Tensor x, double lambd) {
  if (!(lambd >= 0)) fail<ValueError>("softshrink: lambd must not be negative, but is {}", lambd);
  return elementwise(std::move(x), formula::Softshrink{lambd});
}
Tensor hardshrink(Tensor x, double lambd) {
  return elementwise(std::move(x), formula::Hardshrink{lambd});
}
Tensor gelu_tanh(Tensor x) { return elementwise<formula::GeluTanh>(std::move(x)); }

}  // namespace tapegrad
