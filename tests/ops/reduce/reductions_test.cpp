// Reductions of very many elements and of very many nothings. Ties, zeros, infinities and what is
// empty are in tests/conventions.

#include "tests/point_gradients.h"

using namespace point_gradients;

TEST_CASE("amax: millions of equal elements share the gradient") {
  constexpr std::int64_t kCount = 3 << 20;
  const Tensor x = tg::zeros({kCount, 1}).requires_grad_();
  tg::sum(tg::amax(x, 0)).backward();
  CHECK(tg::all(x.grad() == 1.0 / kCount).item<bool>());
}

TEST_CASE("a sum of nothing that memory cannot hold is an error") {
  CHECK_THROWS_AS(tg::zeros({std::int64_t{1} << 62, 4, 0}).sum({2}), tg::ShapeError);
}

TEST_CASE("a sum without results needs no room for parts of them") {
  for (const std::int64_t size : {std::int64_t{1} << 40, std::int64_t{1} << 62})
    CHECK(tg::sum(tg::zeros({0, size}), 1).shape() == tg::Shape{0});
  CHECK(tg::mean(tg::zeros({0, std::int64_t{1} << 62, 4}), 1).shape() == tg::Shape{0, 4});
}
