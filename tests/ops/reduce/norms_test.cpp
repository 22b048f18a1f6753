// Norms at the ends of the range, and what cannot be. Zeros and ties are in tests/conventions.

#include "tests/message_of.h"
#include "tests/ops/both_orders.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the gradient of a norm of zeros stays connected, and finite") {
  const Tensor x = leaf({0, 0});
  const Tensor g = tg::grad({tg::norm(x)}, {x}, {.create_graph = true})[0];
  check_values("second order", tg::grad({tg::sum(g)}, {x})[0], {0, 0});
}

TEST_CASE("a norm of order 0 counts, and its gradient is 0") {
  const Tensor x = tg::tensor({0.0, 3.0, double{NaN}}).requires_grad_();
  for (const Tensor& y : {tg::vector_norm(x, 0), tg::norm(x, 0), tg::dist(x, tg::zeros({3}), 0)}) {
    CHECK(y.item() == 2);
    REQUIRE(y.requires_grad());
    CHECK(tg::equal(tg::grad(y, x), tg::zeros({3})));
  }
  const Tensor rows = tg::tensor({{0.0, 1.0}, {0.0, 0.0}});
  CHECK(tg::equal(tg::vector_norm(rows, 0, 1, true), tg::tensor({{1.0}, {0.0}})));
  CHECK(tg::vector_norm(tg::zeros({0}), 0).item() == 0);
}

TEST_CASE("norms neither overflow nor vanish") {
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    const double most = dtype == tg::float32 ? 1e30 : 1e280;
    for (const double scale : {1 / most, 1e-20, 1.0, 1e20, most}) {
      for (const double order : {2.0, 3.0, -2.0}) {
        const Tensor x = tg::tensor({3.0, -4.0}, dtype) * scale;
        const Tensor unit = tg::tensor({3.0, -4.0}, dtype).requires_grad_();
        const Tensor leaf = x.detach().requires_grad_();
        const Tensor y = tg::vector_norm(leaf, order), one = tg::vector_norm(unit, order);
        INFO(scale << ", " << order << ", " << tg::name(dtype));
        const double eps = dtype == tg::float32 ? 1e-6 : 1e-14;
        CHECK(std::abs(y.item() - one.item() * scale) <= eps * one.item() * scale);
        const Tensor g = tg::grad({y}, {leaf})[0], expected = tg::grad({one}, {unit})[0];
        CHECK(tg::allclose(g, expected, eps, 0));
      }
    }
  }
}

TEST_CASE("norms of nothing, of numbers, and of matrices") {
  CHECK(tg::norm(tg::zeros({0})).item() == 0);
  CHECK(tg::norm(tg::zeros({2, 0}), 1, 1).shape() == tg::Shape{2});
  CHECK(tg::vector_norm(tg::tensor(-2.0), 3).item() == 2);
  CHECK(std::isnan(tg::norm(tg::tensor({1.0, double{NaN}})).item()));
  CHECK(tg::norm(tg::tensor({1.0, inf})).item() == inf);
  CHECK(tg::norm(tg::tensor({0.0, 3.0, double{NaN}}), 0).item() == 2);
  const Tensor x = samples({2, 3, 2}, 5);
  CHECK(tg::matrix_norm(x, 1, {0, -1}).shape() == tg::Shape{3});
  for (const double order : {1.0, -1.0, inf, -inf})
    check_both_orders("matrix_norm",
                      [order](const std::vector<Tensor>& in) {
                        return tg::square(tg::matrix_norm(in[0], order, {0, 1}, true));
                      },
                      {x});
  check_both_orders("matrix_norm",
                    [](const std::vector<Tensor>& in) { return tg::matrix_norm(in[0]); }, {x});
  check_both_orders("dist", [](const std::vector<Tensor>& in) { return tg::dist(in[0], in[1], 3); },
                    {samples({2, 3}, 1), samples({3}, 2)});
}

TEST_CASE("norms name themselves in errors") {
  const Tensor x = tg::zeros({2, 3});
  const auto throws = [](auto run, const std::string& text) {
    CHECK_THAT(message_of<tg::Error>(run), ContainsSubstring(text));
  };
  throws([&] { tg::norm(tg::tensor({1, 2})); }, "norm: needs a float32 or float64");
  throws([&] { tg::vector_norm(x, NaN); }, "vector_norm: the order is NaN");
  throws([&] { tg::vector_norm(x, 2, 2); }, "vector_norm: dimension 2");
  throws([&] { tg::norm(tg::zeros({2, 0}), inf); }, "norm: a tensor of shape [2, 0]");
  throws([&] { tg::dist(x, tg::zeros({2})); }, "dist: shapes [2, 3] and [2]");
  throws([&] { tg::dist(x, tg::tensor({1, 2, 3})); }, "dist: needs");
  throws([&] { tg::matrix_norm(x, 2); }, "matrix_norm: order 2");
  throws([&] { tg::matrix_norm(tg::zeros({3})); }, "matrix_norm: needs at least two");
  throws([&] { tg::matrix_norm(x, 1, {0}); }, "matrix_norm: a matrix has two");
  throws([&] { tg::matrix_norm(x, 1, {0, -2}); }, "matrix_norm: dimension -2 is named twice");
  throws([&] { tg::matrix_norm(tg::zeros({2, 0}), 1); }, "matrix_norm: a tensor of shape [2, 0]");
}
