#include "autograd/transforms/vjp.h"

#include "autograd/base/fail.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/function_gradients.h"
#include "autograd/transforms/jvp.h"

namespace tapegrad::detail {

namespace {
using Tensors = std::vector<Tensor>;
}  // namespace

Tensors checked_gradients(const char* caller, const ListFunction& f, const Tensors& x) {
  return allocating_for(caller, [&] { return gradients_and_value(caller, f, x); });
}

std::shared_ptr<const Level> vjp_level(const ListFunction& f, const Tensors& x) {
  return allocating_for("vjp", [&] { return std::make_shared<const Level>("vjp", f, x); });
}

Tensors checked_pull(const Level& level, const Tensors& v) {
  return allocating_for("vjp", [&] {
    const Tensors& y = level.outputs();
    if (v.size() != y.size())
      fail<ValueError>("vjp: {} outputs, but {} cotangents; each output needs one", y.size(),
                       v.size());
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (!v[i].defined()) continue;
      if (v[i].shape() != y[i].shape())
        fail<ShapeError>(
            "vjp: the cotangent of output {} has shape {}, but the output has shape {}", i,
            v[i].shape(), y[i].shape());
      if (v[i].dtype() != y[i].dtype())
        fail<DTypeError>(
            "vjp: the cotangent of output {} is {}, but the output is {}; convert it with to()", i,
            v[i].dtype(), y[i].dtype());
    }
    return level.pull(v, true);
  });
}

Tensors checked_hvp(const ListFunction& f, const Tensors& x, const Tensors& v) {
  return allocating_for("hvp", [&] {
    const auto gradients = [&](const Tensors& in) { return gradients_and_value("hvp", f, in); };
    auto [all, tangents] = checked_jvp("hvp", gradients, x, v);
    tangents.back() = all.back();
    return tangents;
  });
}

}  // namespace tapegrad::detail
