#pragma once

// What the tests of shapes, selections and indexing share.

#include <array>
#include <functional>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace shape_ops {

namespace tg = tapegrad;
using tg::Shape;
using tg::Tensor;
using Inputs = std::vector<Tensor>;

inline constexpr std::array dtypes{tg::float32, tg::float64, tg::int64, tg::boolean};

/// 0, 1, 2, ... in `shape`; for bool a pattern without symmetry.
inline Tensor counted(const Shape& shape, tg::DType dtype = tg::float64) {
  const Tensor numbers = tg::reshape(tg::arange(shape.numel()), shape);
  if (dtype == tg::boolean) return tg::sin(numbers * numbers) > 0.1;
  return numbers.to(dtype);
}

inline Tensor leaf(const Shape& shape) {
  tg::Generator generator(7);
  return tg::randn(shape, tg::float64, generator).requires_grad_();
}

inline bool shares_data(const Tensor& a, const Tensor& b) {
  return tg::detail::impl_of(a)->owner() == tg::detail::impl_of(b)->owner();
}

/// Checks the gradients of `f` between functions that are not linear, so that the second ones are
/// not 0.
inline void check_gradients(const std::function<Tensor(const Inputs&)>& f,
                            const std::vector<Shape>& shapes) {
  Inputs inputs;
  for (const Shape& shape : shapes) inputs.push_back(leaf(shape));
  const auto curved = [&](const Inputs& in) {
    Inputs squares;
    for (const Tensor& x : in) squares.push_back(tg::square(x));
    return tg::square(f(squares));
  };
  INFO("first input of shape " << tg::to_string(shapes[0]));
  const auto first = tg::gradcheck(curved, inputs);
  INFO(first.message());
  CHECK(first.ok);
  const auto second = tg::gradgradcheck(curved, inputs);
  INFO(second.message());
  CHECK(second.ok);
}

}  // namespace shape_ops
