// What holds beside the messages about gradients that cannot be computed (tables/gradients.cpp).

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace tg = tapegrad;
using tg::Tensor;

TEST_CASE("what reads a plain number takes one with a history where nothing is recorded") {
  const Tensor x = tg::tensor(2.0).requires_grad_();
  const tg::NoGrad no_grad;
  CHECK(full({2}, x).sum().item() == 4);
  CHECK(arange(x).numel() == 2);
}

TEST_CASE("what the user gave as a seed is no gradient of a walk") {
  Tensor x = tg::ones({2}).requires_grad_();
  const Tensor seed = tg::ones({2});
  (x + 0).backward(seed);
  CHECK_THROWS_WITH(sum(seed).backward(),
                    Catch::Matchers::ContainsSubstring("nothing that it was"));
}

TEST_CASE("allow_unused gives zeros for what is constant") {
  const Tensor x = tg::ones({2, 3}, tg::float64).requires_grad_();
  const Tensor other = tg::ones({2}).requires_grad_();
  const Tensor first = grad(sum(3 * x), x, {.create_graph = true});
  const Tensor second = grad(sum(first), x, {.allow_unused = true});
  CHECK(equal(second, tg::zeros({2, 3}, tg::float64)));
  const auto both = tg::grad({sum(x * x), sum(first)}, {x, other}, {.allow_unused = true});
  CHECK(equal(both[0], tg::full({2, 3}, 2.0, tg::float64)));
  CHECK(equal(both[1], tg::zeros({2})));
  // A wrong gradient is an error all the same.
  CHECK_THROWS_AS(tg::grad({first}, {x}, {.grad_outputs = {other}, .allow_unused = true}),
                  tg::ShapeError);
}

TEST_CASE("where a graph ended is forgotten by what has a history again") {
  Tensor x = tg::ones({2}).requires_grad_();
  Tensor y = x.detach() * 2;
  y += x;
  sum(y).backward();
  CHECK(equal(x.grad(), tg::ones({2})));
  // An operator with one recorded input is recorded.
  sum(x.detach() * x).backward();
  CHECK(equal(x.grad(), tg::full({2}, 2.0)));
}
