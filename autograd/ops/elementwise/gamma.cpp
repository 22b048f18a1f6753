#include "autograd/ops/elementwise/gamma.h"

#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"

namespace tapegrad {

using detail::elementwise;

Tensor lgamma(Tensor x) { return elementwise<formula::Lgamma>(std::move(x)); }
Tensor digamma(Tensor x) { return elementwise<formula::Digamma>(std::move(x)); }
Tensor erfinv(Tensor x) { return elementwise<formula::Erfinv>(std::move(x)); }
Tensor sinc(Tensor x) { return elementwise<formula::Sinc>(std::move(x)); }

Tensor polygamma(std::int64_t n, Tensor x) {
  if (n < 0) fail<ValueError>("polygamma: the order n must be 0 or more, not {}", n);
  if (n == 0) return digamma(std::move(x));
  return elementwise(std::move(x), formula::Polygamma{n});
}

}  // namespace tapegrad
