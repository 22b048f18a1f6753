#include <limits>

#include "tests/message_of.h"
#include "tests/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;

TEST_CASE("narrow takes a range of a dimension") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({3, 4, 2}, dtype);
    for (int dim = 0; dim < 3; ++dim) {
      const Tensor y = x.narrow(dim, 1, 1);
      CHECK(y.dtype() == dtype);
      CHECK(tg::equal(y, tg::index_select(x, dim, tg::tensor({1}))));
    }
    CHECK(tg::equal(x.narrow(1, -2, 2), tg::index_select(x, 1, tg::tensor({2, 3}))));
  }
  const Tensor x = counted({3, 4});
  CHECK(x.narrow(0, 3, 0).shape() == Shape{0, 4});
  CHECK(x.narrow(1, 4, 0).shape() == Shape{3, 0});
  CHECK(tg::equal(x.narrow(-1, 0, 4), x));
}

TEST_CASE("a range of rows shares the data, another range does not") {
  Tensor x = counted({3, 4});
  CHECK(shares_data(x, x.narrow(0, 1, 2)));
  CHECK(shares_data(x, x[1]));
  CHECK(shares_data(x.unsqueeze(0), x.unsqueeze(0).narrow(1, 1, 1)));
  CHECK_FALSE(shares_data(x, x.narrow(1, 1, 2)));
  Tensor rows = x.narrow(0, 1, 1);
  rows.fill_(9.0);
  CHECK(x.at<double>({0, 3}) == 3.0);
  CHECK(x.at<double>({1, 0}) == 9.0);
  CHECK(x.at<double>({1, 3}) == 9.0);
  CHECK(x.at<double>({2, 0}) == 8.0);
}

TEST_CASE("a change of some rows is a change of a saved value") {
  Tensor x = leaf({3, 2});
  Tensor h = x * 1;
  const Tensor y = tg::square(h.narrow(0, 0, 1));
  {
    const tg::NoGrad no_grad;
    Tensor last = h.narrow(0, 2, 1);
    last.zero_();
  }
  CHECK_THROWS_AS(y.sum().backward(), tg::GradError);
}

TEST_CASE("the gradient of some rows is theirs alone") {
  Tensor x = tg::ones({3, 2}, tg::float64).requires_grad_();
  (x[2] * 5 + x.narrow(0, 1, 1)[0] * 2 + x[-1]).sum().backward();
  CHECK(tg::equal(x.grad(), tg::tensor({{0, 0}, {2, 2}, {6, 6}}, tg::float64)));
}

TEST_CASE("narrow says what is out of range") {
  const Tensor x = tg::zeros({3, 4});
  const auto text = [&](int dim, std::int64_t start, std::int64_t length) {
    return message_of<tg::IndexError>([&] { x.narrow(dim, start, length); });
  };
  CHECK_THAT(text(1, 2, 3),
             ContainsSubstring(
                 "narrow: 3 entries from 2 go beyond the end of dimension 1 of shape [3, 4]"));
  CHECK_THAT(text(0, 4, 0),
             ContainsSubstring("narrow: start 4 is out of range for dimension 0 of shape "
                               "[3, 4] (-3 to 3)"));
  CHECK_THAT(text(0, -4, 1), ContainsSubstring("narrow: start -4 is out of range"));
  CHECK_THAT(text(0, 0, -1), ContainsSubstring("narrow: length -1 is negative"));
  CHECK_THAT(text(2, 0, 1), ContainsSubstring("narrow: dimension 2 is out of range"));
  CHECK_THAT(text(0, 1, std::numeric_limits<std::int64_t>::max()),
             ContainsSubstring("go beyond the end"));
  CHECK_THAT(message_of<tg::ShapeError>([] { tg::tensor(1.0).narrow(0, 0, 1); }),
             ContainsSubstring("narrow: a number (0-d tensor) has no dimensions"));
}

TEST_CASE("select takes one entry, and its dimension away") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({3, 4, 2}, dtype);
    CHECK(x.select(1, 2).shape() == Shape{3, 2});
    CHECK(tg::equal(x.select(1, 2), x.narrow(1, 2, 1).squeeze(1)));
    CHECK(tg::equal(x.select(-1, -1), x.narrow(2, 1, 1).squeeze(2)));
    CHECK(tg::equal(x[1], x.narrow(0, 1, 1).squeeze(0)));
    CHECK(tg::equal(x[-1][3][0], x.reshape(-1)[22]));
    CHECK(x[0][0][0].shape() == Shape{});
  }
  CHECK_THAT(message_of<tg::IndexError>([] {
               tg::zeros({3, 4}).select(1, 4);
             }),
             ContainsSubstring("select: index 4 is out of range for dimension 1 of shape [3, 4]"));
  CHECK_THAT(message_of<tg::IndexError>([] {
               tg::zeros({3, 4})[-4];
             }),
             ContainsSubstring("select: index -4 is out of range for dimension 0 of shape [3, 4]"));
  CHECK_THAT(message_of<tg::IndexError>([] {
               tg::zeros({0, 4})[0];
             }),
             ContainsSubstring("select: index 0 is out of range for dimension 0 of shape [0, 4]"));
  CHECK_THAT(message_of<tg::ShapeError>([] { tg::tensor(1.0)[0]; }),
             ContainsSubstring("select: a number (0-d tensor) has no dimensions"));
  CHECK_THROWS_AS(Tensor()[0], tg::ValueError);
}

TEST_CASE("split gives pieces that cat puts together again") {
  for (int dim = 0; dim < 2; ++dim) {
    const Tensor x = counted({5, 5});
    const Inputs even = tg::split(x, 2, dim);
    REQUIRE(even.size() == 3);
    CHECK(even[2].size(dim) == 1);
    CHECK(tg::equal(tg::cat(even, dim), x));
    const Inputs chosen = tg::split(x, {1, 0, 4}, dim);
    REQUIRE(chosen.size() == 3);
    CHECK(chosen[1].size(dim) == 0);
    CHECK(tg::equal(tg::cat(chosen, dim), x));
  }
  CHECK(tg::split(tg::zeros({3}), 10).size() == 1);
  CHECK(tg::split(tg::zeros({0, 2}), 3).size() == 1);
  CHECK(tg::split(tg::zeros({0, 2}), 0).size() == 1);
  CHECK(tg::split(tg::zeros({0, 2}), std::vector<std::int64_t>{}).empty());
}

TEST_CASE("split says what does not add up") {
  const Tensor x = tg::zeros({5, 2});
  CHECK_THAT(
      message_of<tg::ValueError>([&] { tg::split(x, 0); }),
      ContainsSubstring("split: pieces of size 0 do not make up dimension 0 of shape [5, 2]"));
  CHECK_THAT(message_of<tg::ValueError>([&] { tg::split(x, -1); }), ContainsSubstring("size -1"));
  CHECK_THAT(
      message_of<tg::ShapeError>([&] {
        tg::split(x, {2, 2});
      }),
      ContainsSubstring("split: the 2 pieces have 4 entries together, but dimension 0 of shape [5, "
                        "2] has 5"));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               tg::split(x, {2, 4});
             }),
             ContainsSubstring(
                 "split: piece 1 of size 4 goes beyond dimension 0 of shape [5, 2]: 3 entries"));
  CHECK_THAT(message_of<tg::ValueError>([&] {
               tg::split(x, {5, -1});
             }),
             ContainsSubstring("split: size -1 of piece 1 is negative"));
  CHECK_THAT(message_of<tg::ShapeError>([] { tg::split(tg::tensor(1.0), 1); }),
             ContainsSubstring("split: a number (0-d tensor)"));
}

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

TEST_CASE("selections have the gradients that differences give") {
  check_gradients([](const Inputs& in) { return in[0].narrow(0, 1, 2); }, {{4, 2}});
  check_gradients([](const Inputs& in) { return in[0].narrow(1, 1, 2); }, {{2, 4, 2}});
  check_gradients([](const Inputs& in) { return in[0].narrow(0, 1, 0); }, {{2, 2}});
  check_gradients([](const Inputs& in) { return in[0].narrow(1, 0, 0); }, {{2, 0}});
  check_gradients([](const Inputs& in) { return in[0].select(1, -1); }, {{2, 3}});
  check_gradients([](const Inputs& in) { return in[0].select(1, 0); }, {{2, 3, 2}});
  check_gradients([](const Inputs& in) { return in[0][1] * in[0][0]; }, {{2, 3}});
  check_gradients([](const Inputs& in) { return tg::cat(in, 0); }, {{1, 2}, {2, 2}, {0, 2}});
  check_gradients([](const Inputs& in) { return tg::cat(in, 1); }, {{2, 1}, {2, 2}, {0}});
  check_gradients(
      [](const Inputs& in) {
        return tg::cat({in[0], in[1], in[0]}, -1);
      },
      {{2, 1}, {2, 2}});
  check_gradients([](const Inputs& in) { return tg::stack(in, 1); }, {{2}, {2}});
  check_gradients([](const Inputs& in) { return tg::stack({in[0], in[0]}); }, {{}});
  check_gradients(
      [](const Inputs& in) {
        const Inputs parts = tg::split(in[0], {1, 2}, 1);
        return parts[0] * parts[1];
      },
      {{2, 3}});
}
