#include <limits>

#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;

namespace {

Tensor no_indices(const Shape& shape) { return tg::zeros(shape, tg::int64); }

}  // namespace

TEST_CASE("index_select takes entries in the order of the index") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({3, 4, 2}, dtype);
    for (int dim = -3; dim < 3; ++dim) {
      const Tensor y = x.index_select(dim, tg::tensor({1, 0, 1}));
      CHECK(y.dtype() == dtype);
      CHECK(tg::equal(y, tg::stack({x.select(dim, 1), x.select(dim, 0), x.select(dim, 1)},
                                   dim < 0 ? dim + 3 : dim)));
    }
  }
  const Tensor x = counted({3, 4});
  CHECK(x.index_select(0, no_indices({0})).shape() == Shape{0, 4});
  CHECK(x.index_select(1, tg::tensor(2)).shape() == Shape{3, 1});
  CHECK(tg::zeros({3, 0}).index_select(0, tg::tensor({2, 2})).shape() == Shape{2, 0});
  CHECK(tg::tensor(5.0).index_select(0, tg::tensor({0})).item() == 5.0);
}

TEST_CASE("index_select says which index is wrong") {
  const Tensor x = tg::zeros({3, 4});
  CHECK_THAT(
      message_of<tg::IndexError>([&] {
        x.index_select(0, tg::tensor({0, 1, 3}));
      }),
      ContainsSubstring("index_select: index 3 at position [2] is out of range for dimension 0 of "
                        "shape [3, 4]"));
  CHECK_THAT(
      message_of<tg::IndexError>([&] { x.index_select(1, tg::tensor({-1})); }),
      ContainsSubstring("index_select: index -1 at position [0] is out of range for dimension 1"));
  CHECK_THAT(message_of<tg::DTypeError>([&] { x.index_select(0, tg::tensor({0.0})); }),
             ContainsSubstring("index_select: the index must be int64, not float32"));
  CHECK_THAT(message_of<tg::ShapeError>([&] { x.index_select(0, tg::tensor({{0}})); }),
             ContainsSubstring("index_select: the index must be a vector, not of shape [1, 1]"));
  CHECK_THAT(message_of<tg::IndexError>([&] { x.index_select(2, tg::tensor({0})); }),
             ContainsSubstring("index_select: dimension 2 is out of range"));
  CHECK_THAT(message_of<tg::ShapeError>([] {
               tg::tensor(5.0).index_select(0, tg::tensor({0, 0}));
             }),
             ContainsSubstring("index_select: a number (0-d tensor) has one entry"));
}

TEST_CASE("repeated indices add their gradients up") {
  Tensor x = tg::ones({3, 2}, tg::float64).requires_grad_();
  const Tensor weights = tg::tensor({{1.0}, {10.0}, {100.0}}, tg::float64);
  (x.index_select(0, tg::tensor({2, 0, 2})) * weights).sum().backward();
  CHECK(tg::equal(x.grad(), tg::tensor({{10, 10}, {0, 0}, {101, 101}}, tg::float64)));
  x.zero_grad();
  (x.gather(0, tg::tensor({{1, 1}, {1, 0}, {1, 1}})) * weights).sum().backward();
  CHECK(tg::equal(x.grad(), tg::tensor({{0, 10}, {111, 101}, {0, 0}}, tg::float64)));
}

TEST_CASE("an index that changed after it was used is noticed") {
  Tensor x = leaf({3, 2});
  Tensor rows = tg::tensor({0, 1});
  const Tensor selected = x.index_select(0, rows).sum();
  rows.fill_(2);
  CHECK_THAT(message_of<tg::GradError>([&] { selected.backward(); }),
             ContainsSubstring("index_select"));
  Tensor places = tg::tensor({{0, 1}});
  const Tensor gathered = x.gather(0, places).sum();
  places.fill_(2);
  CHECK_THAT(message_of<tg::GradError>([&] { gathered.backward(); }), ContainsSubstring("gather"));
}

TEST_CASE("index_add adds entries into a copy") {
  const Tensor x = tg::ones({3, 2});
  const Tensor index = tg::tensor({2, 0, 2});
  CHECK(tg::equal(tg::index_add(x, 0, index, tg::tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}})),
                  tg::tensor({{4.0, 5.0}, {1.0, 1.0}, {7.0, 9.0}})));
  CHECK(tg::equal(x, tg::ones({3, 2})));
  CHECK(tg::equal(
      tg::index_add(tg::zeros({2, 3}, tg::int64), 1, index, tg::tensor({{1, 2, 3}, {4, 5, 6}})),
      tg::tensor({{2, 0, 4}, {5, 0, 10}})));
  CHECK(tg::equal(
      tg::index_add(tg::tensor({false, false}), 0, tg::tensor({1, 1}), tg::tensor({true, true})),
      tg::tensor({false, true})));
  CHECK(tg::index_add(tg::tensor(1.0), 0, tg::tensor({0}), tg::tensor(2.5)).item() == 3.5);
  CHECK(tg::equal(tg::index_add(x, 0, no_indices({0}), tg::zeros({0, 2})), x));
}

TEST_CASE("index_add says what does not fit") {
  const Tensor x = tg::zeros({3, 2});
  const Tensor index = tg::tensor({0, 1});
  CHECK_THAT(
      message_of<tg::ShapeError>([&] {
        tg::index_add(x, 0, index, tg::zeros({3, 2}));
      }),
      ContainsSubstring("index_add: the source has shape [3, 2], but 2 indices of dimension 0 of "
                        "shape [3, 2] need [2, 2]"));
  CHECK_THAT(message_of<tg::DTypeError>([&] {
               tg::index_add(x, 0, index, tg::zeros({2, 2}, tg::float64));
             }),
             ContainsSubstring("index_add: the source is float64 but the tensor is float32"));
  CHECK_THAT(message_of<tg::IndexError>([&] {
               tg::index_add(x, 0, index + 2, tg::zeros({2, 2}));
             }),
             ContainsSubstring(
                 "index_add: index 3 at position [1] is out of range for dimension 0 of shape "
                 "[3, 2]"));
}

TEST_CASE("gather takes one element for each index") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({3, 4}, dtype);
    const Tensor down = x.gather(0, tg::tensor({{2, 0, 1, 1}, {0, 0, 2, 1}}));
    CHECK(down.dtype() == dtype);
    CHECK(tg::equal(down[0], tg::stack({x[2][0], x[0][1], x[1][2], x[1][3]})));
    CHECK(tg::equal(down[1], tg::stack({x[0][0], x[0][1], x[2][2], x[1][3]})));
    const Tensor along = x.gather(-1, tg::tensor({{3}, {0}, {2}}));
    CHECK(tg::equal(along.squeeze(1), tg::stack({x[0][3], x[1][0], x[2][2]})));
  }
}

TEST_CASE("gather agrees with its definition in three dimensions") {
  const Tensor x = counted({3, 4, 5});
  const Shape sizes{2, 3, 4};
  for (int dim = 0; dim < 3; ++dim) {
    tg::Generator generator(3);
    const Tensor index = tg::randint(0, x.size(dim), sizes, tg::int64, generator);
    const Tensor y = x.gather(dim, index);
    REQUIRE(y.shape() == sizes);
    bool same = true;
    for (std::int64_t i = 0; i < 2; ++i) {
      for (std::int64_t j = 0; j < 3; ++j) {
        for (std::int64_t k = 0; k < 4; ++k) {
          Shape at{i, j, k};
          at[dim] = index.at<std::int64_t>({i, j, k});
          same &= y.at<double>({i, j, k}) == x.at<double>(at);
        }
      }
    }
    CHECK(same);
    // The reverse adds each element back to where it came from.
    const Tensor back = tg::scatter_add(tg::zeros({3, 4, 5}, tg::float64), dim, index,
                                        tg::ones(sizes, tg::float64));
    CHECK(back.sum().item() == 24.0);
    CHECK(tg::equal((back * x).sum(), y.sum()));
  }
}

TEST_CASE("gather and scatter_add take numbers and nothing") {
  const Tensor number = tg::tensor(5.0);
  CHECK(number.gather(0, tg::tensor(0)).shape() == Shape{});
  CHECK(tg::equal(number.gather(0, tg::tensor({0, 0})), tg::tensor({5.0, 5.0})));
  CHECK(tg::equal(tg::tensor({1.0, 2.0}).gather(0, tg::tensor(1)), tg::tensor(2.0)));
  CHECK(tg::equal(tg::scatter_add(number, 0, tg::tensor(0), tg::tensor({1.0, 2.0})),
                  tg::tensor(6.0)));
  const Tensor x = counted({3, 4});
  CHECK(x.gather(0, no_indices({0, 4})).shape() == Shape{0, 4});
  CHECK(x.gather(1, no_indices({3, 0})).shape() == Shape{3, 0});
  CHECK(tg::equal(tg::scatter_add(x, 0, no_indices({0, 4}), tg::zeros({0, 4}, tg::float64)), x));
}

TEST_CASE("scatter_add adds up what falls on one place") {
  const Tensor source = tg::tensor({{1, 2, 3}, {4, 5, 6}});
  const Tensor index = tg::tensor({{0, 0, 2}, {1, 0, 2}});
  for (const tg::DType dtype : {tg::float32, tg::float64, tg::int64}) {
    const Tensor x = tg::ones({3, 3}, dtype);
    const Tensor y = tg::scatter_add(x, 0, index, source.to(dtype));
    CHECK(tg::equal(y, tg::tensor({{2, 8, 1}, {5, 1, 1}, {1, 1, 10}}).to(dtype)));
    CHECK(tg::equal(x, tg::ones({3, 3}, dtype)));
  }
  CHECK(tg::equal(
      tg::scatter_add(tg::tensor({false, false}), 0, tg::tensor({1, 1}), tg::tensor({true, true})),
      tg::tensor({false, true})));
}

TEST_CASE("scatter_add with an index smaller than the source uses its first elements only") {
  Tensor x = tg::zeros({2, 3}, tg::float64).requires_grad_();
  Tensor source = counted({3, 4}).requires_grad_();
  const Tensor y = tg::scatter_add(x, 1, tg::tensor({{2, 2}, {0, 1}}), source);
  CHECK(tg::equal(y, tg::tensor({{0, 0, 1}, {4, 5, 0}}, tg::float64)));
  (y * tg::tensor({{1, 2, 3}, {4, 5, 6}}, tg::float64)).sum().backward();
  CHECK(tg::equal(x.grad(), tg::tensor({{1, 2, 3}, {4, 5, 6}}, tg::float64)));
  CHECK(tg::equal(source.grad(),
                  tg::tensor({{3, 3, 0, 0}, {4, 5, 0, 0}, {0, 0, 0, 0}}, tg::float64)));
}

TEST_CASE("gather and scatter_add say what does not fit") {
  const Tensor x = tg::zeros({3, 4});
  CHECK_THAT(message_of<tg::IndexError>([&] {
               x.gather(0, tg::tensor({{0, 1}, {2, 3}}));
             }),
             ContainsSubstring(
                 "gather: index 3 at position [1, 1] is out of range for dimension 0 of shape "
                 "[3, 4]"));
  CHECK_THAT(message_of<tg::ShapeError>([&] { x.gather(0, tg::tensor({0})); }),
             ContainsSubstring("gather: the index has shape [1] and the tensor has shape [3, 4]"));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               x.gather(1, no_indices({4, 1}));
             }),
             ContainsSubstring(
                 "gather: the index of shape [4, 1] is larger than the tensor of shape [3, 4] "
                 "in dimension 0; it may be larger in dimension 1 only"));
  CHECK_THAT(message_of<tg::DTypeError>([&] {
               x.gather(0, tg::zeros({3, 4}));
             }),
             ContainsSubstring("gather: the index must be int64, not float32"));
  CHECK_THAT(
      message_of<tg::ShapeError>([&] {
        tg::scatter_add(x, 0, no_indices({2, 2}), tg::zeros({2, 1}));
      }),
      ContainsSubstring("scatter_add: the index of shape [2, 2] does not lie within the source of "
                        "shape [2, 1]"));
  CHECK_THAT(message_of<tg::DTypeError>([&] {
               tg::scatter_add(x, 0, no_indices({1, 1}), tg::zeros({1, 1}, tg::int64));
             }),
             ContainsSubstring("scatter_add: the source is int64 but the tensor is float32"));
  CHECK_THAT(message_of<tg::IndexError>([&] {
               tg::scatter_add(x, 0, tg::tensor({{-1}}), tg::zeros({1, 1}));
             }),
             ContainsSubstring("scatter_add: index -1 at position [0, 0]"));
  CHECK_THAT(message_of<tg::IndexError>([&] {
               x.gather(2, no_indices({1, 1}));
             }),
             ContainsSubstring("gather: dimension 2 is out of range"));
}

TEST_CASE("one_hot sets one place in each row") {
  CHECK(tg::equal(tg::one_hot(tg::tensor({1, 0}), 3), tg::tensor({{0, 1, 0}, {1, 0, 0}})));
  CHECK(tg::equal(tg::one_hot(tg::tensor({1, 2})), tg::tensor({{0, 1, 0}, {0, 0, 1}})));
  CHECK(tg::equal(tg::one_hot(tg::tensor(1), 2), tg::tensor({0, 1})));
  CHECK(tg::one_hot(tg::tensor({{0, 1}}), 4).shape() == Shape{1, 2, 4});
  CHECK(tg::one_hot(no_indices({0}), 4).shape() == Shape{0, 4});
  CHECK(tg::one_hot(tg::tensor({1}), 2).dtype() == tg::int64);
}

TEST_CASE("one_hot says which class is wrong") {
  CHECK_THAT(message_of<tg::IndexError>([] {
               tg::one_hot(tg::tensor({{0, 3}}), 3);
             }),
             ContainsSubstring(
                 "one_hot: the entry at [0, 1] is class 3, but there are 3 classes (0 to 2)"));
  CHECK_THAT(message_of<tg::IndexError>([] {
               tg::one_hot(tg::tensor({0, -1}));
             }),
             ContainsSubstring("one_hot: the entry at [1] is class -1"));
  CHECK_THAT(message_of<tg::DTypeError>([] { tg::one_hot(tg::tensor({0.0})); }),
             ContainsSubstring("one_hot: the classes must be int64, not float32"));
  CHECK_THAT(message_of<tg::ValueError>([] {
               tg::one_hot(no_indices({0, 2}));
             }),
             ContainsSubstring("one_hot: no class to infer num_classes from in shape [0, 2]"));
  CHECK_THAT(message_of<tg::ValueError>([] { tg::one_hot(tg::tensor({0}), 0); }),
             ContainsSubstring("one_hot: num_classes is 0; it must be at least 1"));
  CHECK_THAT(message_of<tg::ShapeError>([] {
               tg::one_hot(no_indices({1, 1, 1, 1, 1, 1, 1, 1}), 2);
             }),
             ContainsSubstring("has 8 dimensions already"));
  CHECK_THROWS_AS(tg::one_hot(tg::tensor({std::numeric_limits<std::int64_t>::max()})),
                  tg::IndexError);
  CHECK_THROWS_AS(tg::one_hot(tg::tensor({std::int64_t{1} << 60})), tg::ShapeError);
}

TEST_CASE("indexing has the gradients that differences give") {
  const Tensor index = tg::tensor({2, 0, 2});
  const Tensor grid = tg::tensor({{2, 0, 1}, {0, 0, 2}});
  check_gradients([&](const Inputs& in) { return in[0].index_select(0, index); }, {{3, 2}});
  check_gradients([&](const Inputs& in) { return in[0].index_select(1, index); }, {{2, 3, 2}});
  check_gradients([](const Inputs& in) { return in[0].index_select(0, no_indices({0})); },
                  {{2, 2}});
  check_gradients([](const Inputs& in) { return in[0].index_select(0, tg::tensor({0})); }, {{}});
  check_gradients([&](const Inputs& in) { return tg::index_add(in[0], 0, index, in[1]); },
                  {{3, 2}, {3, 2}});
  check_gradients([&](const Inputs& in) { return tg::index_add(in[0], 1, index, in[1]); },
                  {{2, 4}, {2, 3}});
  check_gradients([&](const Inputs& in) { return tg::index_add(in[0], 0, index, in[0]); },
                  {{3, 2}});
  check_gradients([&](const Inputs& in) { return in[0].gather(0, grid); }, {{3, 4}});
  check_gradients([&](const Inputs& in) { return in[0].gather(1, grid); }, {{2, 3}});
  check_gradients([](const Inputs& in) { return in[0].gather(0, tg::tensor({0, 0})); }, {{}});
  check_gradients([](const Inputs& in) { return in[0].gather(0, no_indices({0, 2})); }, {{3, 2}});
  check_gradients([&](const Inputs& in) { return tg::scatter_add(in[0], 1, grid, in[1]); },
                  {{2, 3}, {2, 3}});
  check_gradients([&](const Inputs& in) { return tg::scatter_add(in[0], 0, grid, in[1]); },
                  {{4, 4}, {3, 5}});
  check_gradients([](const Inputs& in) { return tg::scatter_add(in[0], 0, tg::tensor(0), in[1]); },
                  {{}, {3}});
  check_gradients(
      [](const Inputs& in) { return tg::scatter_add(in[0], 0, tg::tensor({0}), in[1]); },
      {{2}, {}});
}
