#include "autograd/transforms/jvp.h"

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/forward_mode.h"

namespace tapegrad::detail {

namespace {

using Tensors = std::vector<Tensor>;

void check_direction(const char* caller, const Tensor& x, const Tensor& v, std::size_t i) {
  require_defined(v, "a direction", caller);
  if (v.shape() != x.shape())
    fail<ShapeError>("{}: the direction of input {} has shape {}, but the input has shape {}",
                     caller, i, v.shape(), x.shape());
  if (v.dtype() != x.dtype())
    fail<DTypeError>(
        "{}: the direction of input {} is {}, but the input is {}; convert it with to()", caller, i,
        v.dtype(), x.dtype());
}

}  // namespace

std::pair<Tensors, Tensors> jvp_of_list(const ListFunction& f, const Tensors& x, const Tensors& v) {
  const Tensors inputs = own_inputs(x);
  ForwardMode mode;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (v[i].defined())
      mode.set(inputs[i], impl_of(v[i])->has(Impl::kNumber) ? v[i].to(v[i].dtype()) : v[i]);
  Tensors outputs = f(inputs), tangents;
  tangents.reserve(outputs.size());
  for (const Tensor& output : outputs) {
    require_defined(output, "what the function returned", "jvp");
    tangents.push_back(mode.tangent(output));
  }
  return {std::move(outputs), std::move(tangents)};
}

std::pair<Tensors, Tensors> checked_jvp(const char* caller, const ListFunction& f, const Tensors& x,
                                        const Tensors& v) {
  return allocating_for(caller, [&] {
    if (x.size() != v.size())
      fail<ValueError>("{}: {} inputs, but {} directions; each input needs one", caller, x.size(),
                       v.size());
    require_inputs(x, caller);
    for (std::size_t i = 0; i < x.size(); ++i) check_direction(caller, x[i], v[i], i);
    return jvp_of_list(f, x, v);
  });
}

}  // namespace tapegrad::detail
