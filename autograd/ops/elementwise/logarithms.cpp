#include "autograd/ops/elementwise/logarithms.h"

#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"

namespace tapegrad {

using detail::elementwise;

Tensor exp2(Tensor x) { return elementwise<formula::Exp2>(std::move(x)); }
Tensor log2(Tensor x) { return elementwise<formula::Log2>(std::move(x)); }
Tensor log10(Tensor x) { return elementwise<formula::Log10>(std::move(x)); }
Tensor logaddexp(const Tensor& a, const Tensor& b) { return elementwise<formula::LogAddExp>(a, b); }
Tensor logaddexp2(const Tensor& a, const Tensor& b) {
  return elementwise<formula::LogAddExp2>(a, b);
}
Tensor xlogy(const Tensor& a, const Tensor& b) { return elementwise<formula::Xlogy>(a, b); }
Tensor logit(Tensor x) { return elementwise<formula::Logit>(std::move(x)); }

Tensor logit(Tensor x, double eps) {
  if (!(eps >= 0 && eps <= 0.5)) fail<ValueError>("logit: eps must be from 0 to 0.5, not {}", eps);
  return elementwise(std::move(x), formula::Logit{eps});
}

}  // namespace tapegrad
