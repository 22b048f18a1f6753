#include "autograd/ops/elementwise/angles.h"

#include <utility>

#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"

namespace tapegrad {

using detail::elementwise;

Tensor tan(Tensor x) { return elementwise<formula::Tan>(std::move(x)); }
Tensor asin(Tensor x) { return elementwise<formula::Asin>(std::move(x)); }
Tensor acos(Tensor x) { return elementwise<formula::Acos>(std::move(x)); }
Tensor atan(Tensor x) { return elementwise<formula::Atan>(std::move(x)); }
Tensor atan2(const Tensor& a, const Tensor& b) { return elementwise<formula::Atan2>(a, b); }
Tensor hypot(const Tensor& a, const Tensor& b) { return elementwise<formula::Hypot>(a, b); }
Tensor sinh(Tensor x) { return elementwise<formula::Sinh>(std::move(x)); }
Tensor cosh(Tensor x) { return elementwise<formula::Cosh>(std::move(x)); }
Tensor asinh(Tensor x) { return elementwise<formula::Asinh>(std::move(x)); }
Tensor acosh(Tensor x) { return elementwise<formula::Acosh>(std::move(x)); }
Tensor atanh(Tensor x) { return elementwise<formula::Atanh>(std::move(x)); }

}  // namespace tapegrad
