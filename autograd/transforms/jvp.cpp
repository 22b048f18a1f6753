#include "autograd/transforms/jvp.h"

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/forward_mode.h"

namespace tapegrad {

namespace {

void check_direction(const Tensor& x, const Tensor& v, std::size_t i) {
  detail::require_defined(x, v, "jvp");
  if (!is_floating_point(x.dtype()))
    fail<DTypeError>("jvp: input {} is {}; only float32 and float64 have derivatives", i,
                     x.dtype());
  if (v.shape() != x.shape())
    fail<ShapeError>("jvp: the direction of input {} has shape {}, but the input has shape {}", i,
                     v.shape(), x.shape());
  if (v.dtype() != x.dtype())
    fail<DTypeError>(
        "jvp: the direction of input {} is {}, but the input is {}; convert it with to()", i,
        v.dtype(), x.dtype());
}

using Tensors = std::vector<Tensor>;

std::pair<Tensors, Tensors> jvp_now(const std::function<Tensors(const Tensors&)>& f,
                                    const Tensors& x, const Tensors& v) {
  if (x.size() != v.size())
    fail<ValueError>("jvp: {} inputs, but {} directions; each input needs one", x.size(), v.size());
  for (std::size_t i = 0; i < x.size(); ++i) check_direction(x[i], v[i], i);
  std::vector<Tensor> inputs;
  inputs.reserve(x.size());
  // Values of their own, so that what `f` holds of `x` itself is constant.
  const auto is_number = [](const Tensor& t) {
    return detail::impl_of(t)->has(detail::Impl::kNumber);
  };
  for (const Tensor& each : x)
    inputs.push_back(is_number(each) ? each.to(each.dtype()) : each.clone());
  detail::ForwardMode mode;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    mode.set(inputs[i], is_number(v[i]) ? v[i].to(v[i].dtype()) : v[i]);
  std::vector<Tensor> outputs = f(inputs), tangents;
  tangents.reserve(outputs.size());
  for (const Tensor& output : outputs) {
    detail::require_defined(output, "what the function returned", "jvp");
    tangents.push_back(mode.tangent(output));
  }
  return {std::move(outputs), std::move(tangents)};
}

}  // namespace

std::pair<std::vector<Tensor>, std::vector<Tensor>> jvp(
    const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
    const std::vector<Tensor>& x, const std::vector<Tensor>& v) {
  return detail::allocating_for("jvp", [&] { return jvp_now(f, x, v); });
}

std::pair<Tensor, Tensor> detail::jvp_of_one(const std::function<Tensor(const Tensor&)>& f,
                                             const Tensor& x, const Tensor& v) {
  return allocating_for("jvp", [&] {
    const auto listed = [&](const std::vector<Tensor>& in) {
      return std::vector<Tensor>{f(in[0])};
    };
    auto [y, dy] = jvp_now(listed, std::vector<Tensor>{x}, std::vector<Tensor>{v});
    return std::pair(std::move(y[0]), std::move(dy[0]));
  });
}

}  // namespace tapegrad
