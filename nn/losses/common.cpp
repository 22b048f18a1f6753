#include "nn/losses/common.h"

#include "autograd/base/fail.h"
#include "autograd/tensor/door/door.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/require.h"

namespace tapegrad::nn {

LossPair::LossPair(const char* name, const Tensor& x, const Tensor& y, bool broadcast,
                   bool can_broadcast) {
  tapegrad::detail::require_defined(x, "the input", name);
  tapegrad::detail::require_defined(y, "the target", name);
  if (x.shape() != y.shape()) {
    if (!broadcast) {
      fail<ShapeError>("{}: input {} and target {} must have the same shape; reshape one of them{}",
                       name, x.shape(), y.shape(),
                       can_broadcast ? ", or set options.broadcast" : "");
    }
    tapegrad::detail::broadcast(x.shape(), y.shape(), name);  // throws if they do not fit
  }
  const DType dtype = result_type(x, y);
  if (!is_floating_point(dtype)) {
    fail<DTypeError>("{}: input and target are {} and {}; convert the input to float32 or float64",
                     name, x.dtype(), y.dtype());
  }
  input = x.to(dtype);
  target = y.to(dtype);
}

Tensor weigh(const Tensor& elements, const Tensor& weight) {
  if (!weight.defined()) return elements;
  return where((weight == 0) & !isfinite(elements), 0, elements) * weight;
}

void mask(LossPair& pair, const Tensor& masked, double input) {
  if (!any(tapegrad::detail::all_entries(masked)).item<bool>()) return;
  pair.input = where(masked, input, pair.input);
  pair.target = where(masked, 0, pair.target);
}

void announce_loss(const char* name, Reduction reduction, const Tensor& weight) {
  if (tapegrad::detail::watched() && reduction != Reduction::none && !weight.defined())
    tapegrad::detail::announce_pause(name);
}

Tensor reduce(const Tensor& elements, Reduction reduction) {
  switch (reduction) {
    case Reduction::mean:
      return mean(elements);
    case Reduction::sum:
      return sum(elements);
    case Reduction::none:
      break;
  }
  return elements;
}

}  // namespace tapegrad::nn
