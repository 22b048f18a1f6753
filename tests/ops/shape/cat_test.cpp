#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;

TEST_CASE("cat joins tensors along a dimension") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({4, 3, 2}, dtype);
    for (int dim = -3; dim < 3; ++dim) {
      const Tensor y = tg::cat({x.narrow(dim, 0, 1), x.narrow(dim, 1, x.size(dim) - 1)}, dim);
      CHECK(y.dtype() == dtype);
      CHECK(tg::equal(y, x));
    }
  }
  const Tensor one = tg::ones({2, 3});
  CHECK(tg::cat({one}).shape() == Shape{2, 3});
  CHECK_FALSE(shares_data(tg::cat({one}), one));
  CHECK(tg::cat({one, tg::zeros({2, 0}), one}, 1).shape() == Shape{2, 6});
}

TEST_CASE("cat converts to the common type") {
  const Tensor mixed = tg::cat({tg::tensor({1, 2}), tg::tensor({0.5}), tg::tensor({true})});
  CHECK(mixed.dtype() == tg::float32);
  CHECK(tg::equal(mixed, tg::tensor({1.0, 2.0, 0.5, 1.0})));
  CHECK(tg::cat({tg::tensor({true}), tg::tensor({2})}).dtype() == tg::int64);
  Tensor narrow = tg::ones({2}).requires_grad_();
  const Tensor wide = tg::ones({2}, tg::float64);
  const Tensor y = tg::cat({narrow, wide});
  CHECK(y.dtype() == tg::float64);
  (y * 3).sum().backward();
  CHECK(narrow.grad().dtype() == tg::float32);
  CHECK(tg::equal(narrow.grad(), tg::tensor({3.0, 3.0})));
}

TEST_CASE("cat leaves empty vectors out") {
  Tensor nothing = tg::zeros({0}, tg::float64).requires_grad_();
  Tensor x = tg::ones({2, 2}, tg::float64).requires_grad_();
  const Tensor y = tg::cat({nothing, x, nothing}, 1);
  CHECK(y.shape() == Shape{2, 2});
  y.sum().backward();
  CHECK(nothing.grad().shape() == Shape{0});
  CHECK(tg::equal(x.grad(), tg::ones({2, 2}, tg::float64)));
  CHECK(tg::cat({tg::zeros({0}), tg::zeros({0})}).shape() == Shape{0});
}

TEST_CASE("cat and stack name the tensor that does not fit") {
  const Tensor x = tg::zeros({2, 3});
  CHECK_THAT(
      message_of<tg::ShapeError>([&] {
        tg::cat({x, x, tg::zeros({3, 2})});
      }),
      ContainsSubstring("cat: tensor 2 has shape [3, 2], which does not fit shape [2, 3] of tensor "
                        "0: they may differ in dimension 0 only"));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               tg::cat({tg::zeros({0}), x, tg::zeros({6})});
             }),
             ContainsSubstring(
                 "cat: tensor 2 has shape [6], which does not fit shape [2, 3] of tensor 1"));
  CHECK_THAT(message_of<tg::ShapeError>([] {
               tg::cat({tg::zeros({1}), tg::tensor(1.0)});
             }),
             ContainsSubstring("cat: tensor 1 is a number (0-d)"));
  CHECK_THAT(message_of<tg::ShapeError>([] {
               tg::cat({1.0, 2.0});
             }),
             ContainsSubstring("cat: tensor 0 is a number (0-d)"));
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::cat({x}, 2); }),
             ContainsSubstring("cat: dimension 2 is out of range"));
  CHECK_THAT(message_of<tg::ValueError>([] { tg::cat({}); }),
             ContainsSubstring("cat: the list of tensors is empty"));
  CHECK_THAT(message_of<tg::ValueError>([&] {
               tg::cat({x, Tensor()});
             }),
             ContainsSubstring("cat: tensor 1 is an undefined tensor"));
  CHECK_THAT(
      message_of<tg::ShapeError>([&] {
        tg::stack({x, x, tg::zeros({3, 2})});
      }),
      ContainsSubstring("stack: tensor 2 has shape [3, 2], which is not shape [2, 3] of tensor 0"));
  CHECK_THAT(message_of<tg::ValueError>([] { tg::stack({}); }),
             ContainsSubstring("stack: the list of tensors is empty"));
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::stack({x}, 3); }),
             ContainsSubstring("stack: dimension 3 is out of range"));
  CHECK_THAT(message_of<tg::ShapeError>([] {
               tg::stack({tg::zeros({1, 1, 1, 1, 1, 1, 1, 1})});
             }),
             ContainsSubstring("has 8 dimensions already"));
}

TEST_CASE("stack puts tensors side by side along a new dimension") {
  const Tensor a = tg::tensor({1, 2, 3}), b = tg::tensor({4, 5, 6});
  CHECK(tg::equal(tg::stack({a, b}), tg::tensor({{1, 2, 3}, {4, 5, 6}})));
  CHECK(tg::equal(tg::stack({a, b}, -1), tg::tensor({{1, 4}, {2, 5}, {3, 6}})));
  CHECK(tg::equal(tg::stack({a[0], b[0]}), tg::tensor({1, 4})));
  CHECK(tg::stack({tg::zeros({0}), tg::zeros({0})}).shape() == Shape{2, 0});
  CHECK(tg::equal(tg::stack({tg::tensor({1.5}), tg::tensor({2})}), tg::tensor({{1.5}, {2.0}})));
}

TEST_CASE("the same tensor joined to itself gets both gradients") {
  Tensor x = tg::tensor({1.0, 2.0}, tg::float64).requires_grad_();
  (tg::cat({x, x}) * tg::tensor({1.0, 2.0, 3.0, 4.0}, tg::float64)).sum().backward();
  CHECK(tg::equal(x.grad(), tg::tensor({4.0, 6.0}, tg::float64)));
  x.zero_grad();
  (tg::stack({x, x, x}, 1) * 2).sum().backward();
  CHECK(tg::equal(x.grad(), tg::tensor({6.0, 6.0}, tg::float64)));
}

TEST_CASE("gradients that come from one joined tensor do not share memory") {
  Tensor a = tg::ones({2}, tg::float64).requires_grad_();
  Tensor b = tg::ones({2}, tg::float64).requires_grad_();
  tg::cat({a, b}).sum().backward();
  CHECK_FALSE(shares_data(a.grad(), b.grad()));
  tg::cat({a, b}).sum().backward();
  CHECK(tg::equal(a.grad(), tg::full({2}, 2.0, tg::float64)));
  CHECK(tg::equal(b.grad(), tg::full({2}, 2.0, tg::float64)));
}

TEST_CASE("a long list is joined, walked back and freed") {
  Inputs pieces;
  Tensor x = tg::ones({1}, tg::float64).requires_grad_();
  for (int i = 0; i < 2000; ++i) pieces.push_back(x * i);
  tg::cat(pieces).sum().backward();
  CHECK(x.grad().item() == 2000.0 * 1999 / 2);
}

TEST_CASE("a joined graph says when it was released") {
  Tensor x = tg::ones({2}, tg::float64).requires_grad_();
  const Tensor y = tg::cat({x, x}).sum();
  y.backward();
  CHECK_THROWS_AS(y.backward(), tg::GradError);
}
