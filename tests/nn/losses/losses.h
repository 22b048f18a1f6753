#pragma once

// What the tests of losses share.

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "autograd/check/gradcheck.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/transforms/backward.h"
#include "tests/catch.h"

namespace losses {

namespace tg = tapegrad;
using tg::Tensor;

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline const double NaN = std::nan("");

inline Tensor f64(std::initializer_list<tg::detail::NestedList> list) {
  return tg::tensor(list, tg::float64);
}

using Loss = std::function<Tensor(const Tensor&)>;

/// The gradient of the sum of `loss(x)` at x.
inline Tensor gradient(const Loss& loss, const Tensor& x) {
  Tensor leaf = x.clone().requires_grad_();
  return tg::grad(tg::sum(loss(leaf)), leaf);
}

/// Checks value and gradient of `loss(x)`, elements in order.
inline void check(const Loss& loss, const Tensor& x, const std::vector<double>& values,
                  const std::vector<double>& gradients) {
  const Tensor y = loss(x);
  CHECK(tg::allclose(y.flatten(), tg::tensor(values), 1e-12, 1e-15, true));
  CHECK(tg::allclose(gradient(loss, x).flatten(), tg::tensor(gradients), 1e-12, 1e-15, true));
}

inline void check_gradients(const std::function<Tensor(const std::vector<Tensor>&)>& loss,
                            const std::vector<Tensor>& inputs) {
  const auto result = tg::gradcheck(loss, inputs, {.second_order = true});
  INFO(result.message());
  CHECK(result.ok);
}

}  // namespace losses
