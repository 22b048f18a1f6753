#include "autograd/ops/elementwise/composed_activation.h"

#include <cmath>
#include <utility>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/redraw.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

Tensor relu6(const Tensor& x) {
  detail::require_defined(x, "relu6");
  return hardtanh(x, 0, 6);
}

Tensor tanhshrink(const Tensor& x) {
  detail::require_defined(x, "tanhshrink");
  return x - tanh(x);
}

Tensor threshold(const Tensor& x, double threshold, double value) {
  detail::require_defined(x, "threshold");
  return where(x <= threshold, value, x);
}

Tensor glu(const Tensor& x, int dim) try {
  detail::require_defined(x, "glu");
  const Shape& shape = x.shape();
  const int d = detail::dimension_of(shape, dim, "glu");
  if (shape[d] % 2 != 0)
    fail<ShapeError>(
        "glu: dimension {} of shape {} is cut into halves and must be even, but has {} entries", d,
        shape, shape[d]);
  const std::int64_t half = shape[d] / 2;
  std::vector<Tensor> halves = split(x, {half, half}, d);
  return halves[0] * sigmoid(std::move(halves[1]));
} catch (...) {
  detail::rethrow_for("glu");
}

Tensor prelu(const Tensor& x, const Tensor& weight) {
  detail::require_defined(x, "the first argument", "prelu");
  detail::require_defined(weight, "the weight", "prelu");
  detail::require_floating(x, "prelu");
  if (!detail::is_number(weight))
    detail::require_same_type("weight", weight.dtype(), "input", x.dtype(), "prelu");
  const std::int64_t count = weight.numel(), channels = x.dim() > 1 ? x.size(1) : 1;
  if (weight.dim() > 1 || (count != 1 && count != channels))
    fail<ShapeError>(
        "prelu: the weight must be one number, or one for each of the {} channels, which are "
        "dimension 1 of the input {}, but its shape is {}",
        channels, x.shape(), weight.shape());
  Shape place;
  if (count != 1) {
    place = x.shape();
    for (std::int64_t& size : place) size = 1;
    place[1] = count;
  }
  const Tensor slope = weight.shape() == place ? weight : reshape(weight, place);
  const Tensor above = x > 0;
  return where(above, x, slope * where(above, 0, x));  // no 0 * inf in the gradient of the weight
}

Tensor rrelu(const Tensor& x, double lower, double upper, Flag training) {
  detail::require_floating(x, "rrelu");
  if (!(lower <= upper) || !std::isfinite(lower) || !std::isfinite(upper))
    fail<ValueError>(
        "rrelu: lower must not be greater than upper, and both be finite, but they are {} and {}",
        lower, upper);
  if (!training) return leaky_relu(x, lower / 2 + upper / 2);
  detail::Redraw redraw;
  Tensor slopes = empty_like(x);
  uniform_(slopes, lower, upper);
  Tensor y = x * where(x <= 0, slopes, 1);
  redraw.done = true;
  return y;
}

Tensor softmin(const Tensor& x, int dim) {
  detail::require_floating(x, "softmin");
  return softmax(-x, detail::normal_dim(dim, x.dim(), "softmin"));
}

}  // namespace tapegrad
