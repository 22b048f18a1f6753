// Scans, at zeros, infinities and for nothing, at both orders.

#include "tests/message_of.h"
#include "tests/ops/both_orders.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("cumprod: any number of zeros") {
  for (const std::vector<double>& values :
       {std::vector<double>{2, 0, 3, 4}, {2, 0, 3, 0, 5}, {0, 0, 0}, {1, 2, 3, 4}})
    check_both_orders("cumprod",
                      [](const std::vector<Tensor>& in) { return tg::cumprod(in[0], 0); },
                      {leaf(values)});
}

TEST_CASE("cumprod: derivatives where the product before is tiny and what follows is huge") {
  const auto on = [](const Tensor& x) { return tg::cumprod(x, 0); };
  const Tensor up = tg::cat({tg::full({200}, 0.5), tg::full({200}, 2.0)});
  const Tensor zero = tg::tensor({0.0, 1e20, 1e20, 1e20}, tg::float64);
  for (const Tensor& point : {up, zero, tg::cat({tg::zeros({1}), tg::full({400}, 1.5)})}) {
    const auto along = [&](tg::DType dtype) {
      const Tensor x = point.detach().to(dtype).clone().requires_grad_();
      const Tensor g = tg::grad(on(x).sum(), x), t = tg::jvp(on, x, tg::ones_like(x)).second;
      return std::vector<Tensor>{g.to(tg::float64), t.to(tg::float64)};
    };
    const std::vector<Tensor> exact = along(tg::float64), found = along(tg::float32);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const Tensor expected = exact[i].to(tg::float32).to(tg::float64);  // what is too large is inf
      CHECK(tg::allclose(found[i], expected, 1e-6, 1e-30));
    }
  }
  const Tensor x = tg::tensor({0.0, 1e200, 1e200, 1e200}, tg::float64).requires_grad_();
  check_values("beyond float64", tg::grad(on(x).sum(), x), {inf, 0, 0, 0});
  const Tensor one_and_zero = tg::tensor({1.0, 0.0}, tg::float64);
  const Tensor long_tail = tg::cat({one_and_zero, tg::full({1100}, 2.0, tg::float64)});
  const Tensor leaf_of = long_tail.clone().requires_grad_();
  CHECK(tg::grad(on(leaf_of).sum(), leaf_of)[0].item() == 1);
}

TEST_CASE("logcumsumexp: large offsets") {
  // A common offset, which costs the value its digits, costs the gradient none.
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    for (const double offset : {0.0, 1e4, 1e8}) {
      const Tensor x = tg::full({4}, offset, dtype).requires_grad_();
      check_values("offset", tg::grad({tg::sum(tg::logcumsumexp(x, 0))}, {x})[0],
                   {25 / 12., 13 / 12., 7 / 12., 0.25});
    }
  }
}

TEST_CASE("float32 is summed in double precision") {
  const Tensor ones = tg::ones({1 << 25}, tg::float32);
  CHECK(tg::cumsum(ones, 0)[-1].item() == 1 << 25);
}

TEST_CASE("scans give int64 for integers and truth values, and take numbers and nothing") {
  CHECK(tg::equal(tg::cumsum(tg::tensor({true, true, false}), 0), tg::tensor({1, 2, 2})));
  CHECK(tg::equal(tg::cumprod(tg::tensor({2, 3, 4}), 0), tg::tensor({2, 6, 24})));
  CHECK(tg::cumsum(tg::tensor(2.5), -1).shape() == tg::Shape());
  CHECK(tg::cumprod(tg::zeros({0, 3}), 0).shape() == tg::Shape{0, 3});
  CHECK_THROWS_AS(tg::cumsum(tg::ones({2, 3}), 2), tg::IndexError);
  CHECK_THROWS_AS(tg::cumprod(tg::tensor(1.0), 1), tg::IndexError);
  CHECK_THROWS_AS(tg::cummax(tg::ones({2}), -2), tg::IndexError);
  CHECK_THAT(message_of<tg::DTypeError>([] {
               tg::logcumsumexp(tg::tensor({1, 2}), 0);
             }),
             ContainsSubstring("logcumsumexp") && ContainsSubstring("to(float32)"));
}

TEST_CASE("more columns than go side by side") {
  const Tensor x = samples({3, 4, 70}, 7);
  const Tensor by_rows = tg::transpose(tg::cumsum(tg::transpose(x, 1, 2), 2), 1, 2);
  CHECK(tg::equal(tg::cumsum(x, 1), by_rows));
}
