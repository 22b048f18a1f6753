#include "autograd/ops/shape/arrange.h"

#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;

TEST_CASE("flip turns dimensions around, and back again") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({2, 3, 4}, dtype);
    for (const tg::Dims& dims : {tg::Dims{0}, {-1}, {0, 2}, {2, 1, 0}, {}}) {
      const Tensor y = tg::flip(x, dims);
      CHECK(y.dtype() == dtype);
      CHECK(tg::equal(tg::flip(y, dims), x));
      CHECK_FALSE(shares_data(y, x));
    }
    CHECK(tg::equal(tg::flip(x, {0, 1, 2}).flatten(), tg::flip(x.flatten(), 0)));
  }
  CHECK(tg::flip(tg::zeros({2, 0}), {0, 1}).shape() == Shape{2, 0});
  const Tensor number = tg::tensor(1.5);
  CHECK(tg::equal(tg::flip(number, 0), number));
  CHECK_FALSE(shares_data(tg::flip(number, {}), number));
}

TEST_CASE("the gradient of flip is a flip") {
  const Tensor x = leaf({2, 3, 4}), g = leaf({2, 3, 4}).detach() * 2;
  for (const tg::Dims& dims : {tg::Dims{0}, {1}, {-1}, {0, 2}}) {
    const Tensor found = tg::grad(tg::sum(tg::flip(x, dims) * g), x);
    CHECK(tg::equal(found, tg::flip(g, dims)));
  }
  check_gradients([](const Inputs& in) { return tg::flip(in[0], {0, 1}); }, {{2, 3}});
}

TEST_CASE("roll moves entries around") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({3, 4}, dtype);
    for (const int shift : {0, 1, -1, 3, 5, -9}) {
      CHECK(tg::equal(tg::roll(tg::roll(x, shift, 1), -shift, 1), x));
      CHECK(tg::equal(tg::roll(x, shift), tg::reshape(tg::roll(x.flatten(), shift, 0), {3, 4})));
      CHECK_FALSE(shares_data(tg::roll(x, shift, 0), x));
      CHECK_FALSE(shares_data(tg::roll(x, shift), x));
    }
  }
  CHECK(tg::equal(tg::roll(tg::tensor({1, 2, 3, 4}), INT64_MIN, 0), tg::tensor({1, 2, 3, 4})));
  CHECK(tg::equal(tg::roll(tg::tensor({1, 2, 3}), {1, 1}, {0, 0}), tg::tensor({2, 3, 1})));
  CHECK(tg::roll(tg::zeros({0, 2}), 3, 0).shape() == Shape{0, 2});
  CHECK(tg::equal(tg::roll(tg::tensor(2.0), 1), tg::tensor(2.0)));
}

TEST_CASE("rot90 turns a plane") {
  const Tensor x = counted({2, 3});
  CHECK(tg::equal(tg::rot90(x), tg::tensor({{2, 5}, {1, 4}, {0, 3}}, tg::float64)));
  for (int k = -5; k < 6; ++k) {
    CHECK(tg::equal(tg::rot90(tg::rot90(x, k), -k), x));
    CHECK_FALSE(shares_data(tg::rot90(x, k), x));
    const Tensor column = tg::ones({3, 1});
    CHECK_FALSE(shares_data(tg::rot90(column, k), column));
  }
  CHECK(tg::rot90(tg::zeros({0, 3})).shape() == Shape{3, 0});
  CHECK(tg::rot90(tg::zeros({2, 3}, tg::boolean), 1).dtype() == tg::boolean);
}

TEST_CASE("repeat and tile put copies beside each other") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({2, 3}, dtype);
    const Tensor wide = tg::cat({x, x}, 1);
    CHECK(tg::equal(tg::repeat(x, {3, 2}), tg::cat({wide, wide, wide})));
    CHECK(tg::equal(tg::repeat(x, {2, 1, 2}), tg::stack({wide, wide})));
    CHECK(tg::equal(tg::tile(x, 2), wide));
    CHECK(tg::equal(tg::tile(x, {2, 1, 2}), tg::stack({wide, wide})));
  }
  const Tensor x = counted({2, 3});
  CHECK_FALSE(shares_data(tg::repeat(x, {1, 1}), x));
  CHECK(tg::repeat(x, {1, 1, 1, 1}).shape() == Shape{1, 1, 2, 3});
  CHECK(tg::repeat(x, {4, 0, 2}).shape() == Shape{4, 0, 6});
  CHECK(tg::repeat(tg::zeros({0, 2}), {2, 2}).shape() == Shape{0, 4});
  CHECK(tg::equal(tg::repeat(7, {2, 2}), tg::full({2, 2}, 7)));
  CHECK(tg::repeat(tg::tensor(1.0), {}).shape() == Shape{});
  CHECK(tg::equal(tg::tile(x, {}), x));
  Tensor leaf = tg::ones({2, 3}, tg::float64).requires_grad_();
  tg::repeat(leaf, {0, 1}).sum().backward();
  CHECK(tg::equal(leaf.grad(), tg::zeros({2, 3}, tg::float64)));
}

TEST_CASE("repeat_interleave repeats each entry") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({2, 3}, dtype);
    CHECK(tg::equal(tg::repeat_interleave(x, 2, 1),
                    tg::index_select(x, 1, tg::tensor({0, 0, 1, 1, 2, 2}))));
    CHECK(tg::equal(tg::repeat_interleave(x, tg::tensor({0, 2}), -2),
                    tg::index_select(x, 0, tg::tensor({1, 1}))));
    CHECK(tg::equal(tg::repeat_interleave(x, 2), tg::repeat_interleave(x.flatten(), 2, 0)));
  }
  CHECK(tg::equal(tg::repeat_interleave(tg::tensor({0, 2, 1})), tg::tensor({1, 1, 2})));
  CHECK(tg::repeat_interleave(tg::zeros({0, 2}), tg::zeros({0}, tg::int64), 0).shape() ==
        Shape{0, 2});
  CHECK(tg::repeat_interleave(tg::zeros({0, 2}), 3, 0).shape() == Shape{0, 2});
  CHECK(tg::repeat_interleave(tg::zeros({2}), 0).shape() == Shape{0});
  CHECK(tg::repeat_interleave(tg::tensor(1.0), 3).shape() == Shape{3});
  CHECK(tg::repeat_interleave(tg::zeros({0}, tg::int64)).shape() == Shape{0});
}

TEST_CASE("grids and choices") {
  const Tensor a = tg::tensor({1, 2}), b = tg::tensor({3, 4, 5});
  const Inputs ij = tg::meshgrid({a, b}), xy = tg::meshgrid({a, b}, tg::Indexing::xy);
  CHECK(tg::equal(ij[0], tg::tensor({{1, 1, 1}, {2, 2, 2}})));
  CHECK(tg::equal(ij[1], tg::tensor({{3, 4, 5}, {3, 4, 5}})));
  CHECK(tg::equal(xy[0], ij[0].t()));
  CHECK(tg::equal(xy[1], ij[1].t()));
  CHECK(tg::meshgrid({a, tg::zeros({0}, tg::int64)})[0].shape() == Shape{2, 0});
  CHECK(tg::meshgrid({a, 7})[1].shape() == Shape{2, 1});
  CHECK(tg::equal(tg::cartesian_prod({a, b}),
                  tg::tensor({{1, 3}, {1, 4}, {1, 5}, {2, 3}, {2, 4}, {2, 5}})));
  CHECK(tg::cartesian_prod({a}).is_same(a));
  CHECK(tg::equal(tg::combinations(b), tg::tensor({{3, 4}, {3, 5}, {4, 5}})));
  CHECK(tg::equal(tg::combinations(a, 2, true), tg::tensor({{1, 1}, {1, 2}, {2, 2}})));
  CHECK(tg::combinations(b, 0).shape() == Shape{0});
  CHECK(tg::combinations(b, 4).shape() == Shape{0, 4});
  CHECK(tg::combinations(tg::zeros({0}), 2, true).shape() == Shape{0, 2});
  // 10 over 4; each row grows, and is after the one before it.
  const Tensor all = tg::combinations(tg::arange(10), 4);
  REQUIRE(all.shape() == Shape{210, 4});
  CHECK(tg::all(all.narrow(1, 1, 3) > all.narrow(1, 0, 3)).item<bool>());
  const Tensor rank =
      tg::matmul(all.to(tg::float64), tg::tensor({1e3, 1e2, 1e1, 1.0}, tg::float64));
  CHECK(tg::all(rank.narrow(0, 1, 209) > rank.narrow(0, 0, 209)).item<bool>());
}

TEST_CASE("arrangements say what does not fit") {
  const Tensor x = tg::zeros({2, 3});
  const auto value_error = [](auto run) { return message_of<tg::ValueError>(run); };
  const auto shape_error = [](auto run) { return message_of<tg::ShapeError>(run); };
  const auto index_error = [](auto run) { return message_of<tg::IndexError>(run); };
  const auto dtype_error = [](auto run) { return message_of<tg::DTypeError>(run); };
  CHECK_THAT(index_error([&] { tg::flip(x, {0, -2}); }), ContainsSubstring("flip: "));
  CHECK_THAT(index_error([&] { tg::flip(x, 2); }),
             ContainsSubstring("flip: dimension 2 is out of range"));
  CHECK_THAT(shape_error([&] {
               tg::roll(x, {1, 2});
             }),
             ContainsSubstring("roll: 2 shifts [1, 2] and 0 dimensions []; give each dimension"));
  CHECK_THAT(shape_error([&] {
               tg::roll(x, 1, {0, 1});
             }),
             ContainsSubstring("roll: 1 shifts [1] and 2 dimensions [0, 1]"));
  CHECK_THAT(shape_error([&] { tg::roll(tg::tensor(1.0), 1, 0); }),
             ContainsSubstring("roll: a number (0-d tensor) has no dimensions"));
  CHECK_THAT(index_error([&] { tg::roll(x, 1, 2); }),
             ContainsSubstring("roll: dimension 2 is out of range"));
  CHECK_THAT(shape_error([&] { tg::rot90(x, 1, 0); }),
             ContainsSubstring("rot90: 1 dimensions [0] of a tensor of shape [2, 3]"));
  CHECK_THAT(shape_error([&] { tg::rot90(tg::zeros({3})); }), ContainsSubstring("rot90: "));
  CHECK_THAT(index_error([&] { tg::rot90(x, 1, {0, -2}); }), ContainsSubstring("rot90: "));
  CHECK_THAT(shape_error([&] { tg::repeat(x, 2); }),
             ContainsSubstring("repeat: 1 sizes [2] for a tensor of shape [2, 3]"));
  CHECK_THAT(shape_error([&] {
               tg::repeat(x, {1, -1});
             }),
             ContainsSubstring("repeat: -1 times along dimension 1 in [1, -1] is negative"));
  CHECK_THAT(shape_error([&] { tg::tile(x, -1); }),
             ContainsSubstring("tile: -1 times along dimension 1 in [1, -1] is negative"));
  CHECK_THAT(shape_error([&] {
               tg::repeat(x, {1, INT64_MAX});
             }),
             ContainsSubstring("repeat: 9223372036854775807 times size 3 of dimension 1"));
  CHECK_THAT(shape_error([&] {
               tg::repeat(x, {1LL << 40, 1LL << 40});
             }),
             ContainsSubstring("repeat: "));
  CHECK_THAT(dtype_error([&] { tg::repeat_interleave(x, 1.5, 0); }),
             ContainsSubstring("repeat_interleave: the repeats"));
  CHECK_THAT(
      shape_error([&] {
        tg::repeat_interleave(x, tg::tensor({1, 2, 3}), 0);
      }),
      ContainsSubstring(
          "repeat_interleave: repeats of shape [3] for dimension 0 of shape [2, 3]; give 2"));
  CHECK_THAT(value_error([&] {
               tg::repeat_interleave(x, tg::tensor({1, -2}), 0);
             }),
             ContainsSubstring("repeat_interleave: -2 repeats, at 1, are negative"));
  CHECK_THAT(value_error([&] { tg::repeat_interleave(x, -1, 0); }), ContainsSubstring("negative"));
  CHECK_THAT(shape_error([&] {
               tg::repeat_interleave(tg::tensor({INT64_MAX, INT64_MAX}));
             }),
             ContainsSubstring("repeat_interleave: the repeats add up to more"));
  CHECK_THAT(shape_error([&] { tg::repeat_interleave(tg::tensor(1)); }),
             ContainsSubstring("repeat_interleave: the repeats must be a vector, not of shape []"));
  CHECK_THAT(value_error([&] { tg::repeat_interleave(x, Tensor(), 0); }),
             ContainsSubstring("repeat_interleave: the repeats is an undefined tensor"));
  CHECK_THAT(value_error([] { tg::meshgrid({}); }), ContainsSubstring("meshgrid: the list"));
  CHECK_THAT(shape_error([&] {
               tg::meshgrid({x, x});
             }),
             ContainsSubstring("meshgrid: tensor 0 has shape [2, 3]; only vectors and numbers"));
  CHECK_THAT(shape_error([&] { tg::meshgrid(Inputs(9, tg::zeros({1}))); }),
             ContainsSubstring("meshgrid: 9 tensors"));
  CHECK_THAT(dtype_error([&] {
               tg::meshgrid({tg::tensor({1}), tg::tensor({1.0})});
             }),
             ContainsSubstring("meshgrid: tensor 1 is float32 but tensor 0 is int64"));
  CHECK_THAT(shape_error([&] {
               tg::cartesian_prod({1, 2});
             }),
             ContainsSubstring("cartesian_prod: tensor 0 is a number (0-d)"));
  CHECK_THAT(shape_error([&] { tg::combinations(x); }),
             ContainsSubstring("combinations: shape [2, 3] is no vector; flatten it"));
  CHECK_THAT(value_error([&] { tg::combinations(tg::zeros({2}), -1); }),
             ContainsSubstring("combinations: r is -1"));
  CHECK_THAT(shape_error([&] { tg::combinations(tg::zeros({200}), 100); }),
             ContainsSubstring("combinations: 100 of 200 elements are more choices"));
}
