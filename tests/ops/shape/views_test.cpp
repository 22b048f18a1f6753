#include "autograd/ops/shape/views.h"

#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;

TEST_CASE("views share the data") {
  const Tensor x = counted({2, 6});
  for (const Tensor& y :
       {tg::view(x, {3, -1}), tg::view_as(x, counted({4, 3})), tg::reshape_as(x, counted({12})),
        tg::unflatten(x, -1, {2, 3}), tg::atleast_3d(x), tg::atleast_1d(x)}) {
    CHECK(shares_data(x, y));
    CHECK(tg::equal(y.flatten(), x.flatten()));
  }
  CHECK(tg::atleast_2d(x).is_same(x));
  CHECK(tg::unflatten(x, 1, {-1, 2}).shape() == Shape{2, 3, 2});
  CHECK(tg::unflatten(tg::zeros({0, 6}), 0, {2, -1}).shape() == Shape{2, 0, 6});
}

TEST_CASE("atleast functions add dimensions, to numbers and to each tensor of a list") {
  CHECK(tg::atleast_1d(2).shape() == Shape{1});
  CHECK(tg::atleast_1d(2).dtype() == tg::int64);
  CHECK(tg::atleast_2d(0.5).dtype() == tg::float32);
  CHECK(tg::atleast_3d(tg::zeros({4})).shape() == Shape{1, 4, 1});
  CHECK(tg::atleast_3d(tg::zeros({0, 2})).shape() == Shape{0, 2, 1});
  const Inputs all = tg::atleast_2d({tg::tensor(1.0), tg::zeros({3}), tg::zeros({2, 2, 2})});
  REQUIRE(all.size() == 3);
  CHECK(all[0].shape() == Shape{1, 1});
  CHECK(all[1].shape() == Shape{1, 3});
  CHECK(all[2].shape() == Shape{2, 2, 2});
  CHECK(tg::atleast_1d(Inputs{}).empty());
  CHECK(tg::atleast_3d({tg::zeros({2}), tg::zeros({1})})[1].shape() == Shape{1, 1, 1});
  CHECK_THAT(message_of<tg::ValueError>([] {
               tg::atleast_1d({tg::zeros({1}), Tensor()});
             }),
             ContainsSubstring("atleast_1d: tensor 1 is an undefined tensor"));
}

TEST_CASE("dimensions move, and the others keep their order") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({2, 3, 4}, dtype);
    CHECK(tg::equal(tg::movedim(x, 0, -1), tg::permute(x, {1, 2, 0})));
    CHECK(tg::equal(tg::movedim(x, {2, 0}, {0, 1}), tg::permute(x, {2, 0, 1})));
    CHECK(tg::equal(tg::swapaxes(x, 0, -1), tg::transpose(x, 0, 2)));
    CHECK(tg::equal(tg::swapdims(x, 1, 0), tg::transpose(x, 0, 1)));
  }
  const Tensor number = tg::tensor(1.0);
  CHECK(tg::equal(tg::movedim(number, 0, 0), number));
  CHECK(tg::movedim(tg::zeros({2, 0, 3}), 2, 0).shape() == Shape{3, 2, 0});
}

TEST_CASE("tensors broadcast to a shape, or to each other") {
  const Tensor row = counted({3}), column = counted({2, 1});
  CHECK(tg::equal(tg::broadcast_to(row, {2, -1}), tg::expand(row, {2, 3})));
  CHECK(tg::equal(tg::expand_as(column, tg::zeros({2, 2})), tg::expand(column, {2, 2})));
  const Inputs both = tg::broadcast_tensors({row, column, tg::zeros({2, 3}, tg::int64), 2});
  REQUIRE(both.size() == 4);
  for (const Tensor& each : both) CHECK(each.shape() == Shape{2, 3});
  CHECK(both[2].dtype() == tg::int64);
  CHECK(both[3].dtype() == tg::int64);
  CHECK_FALSE(shares_data(both[0], row));
  CHECK(tg::broadcast_tensors({row})[0].is_same(row));
  CHECK(tg::broadcast_tensors({tg::zeros({0, 1}), row})[1].shape() == Shape{0, 3});
}

TEST_CASE("views say by their own name what does not fit") {
  const Tensor x = tg::zeros({2, 6});
  const auto shape_error = [](auto run) { return message_of<tg::ShapeError>(run); };
  CHECK_THAT(
      shape_error([&] {
        tg::view(x, {5, -1});
      }),
      ContainsSubstring("view: shape [2, 6] has 12 elements, which is no multiple of the 5"));
  CHECK_THAT(
      shape_error([&] { tg::view_as(x, tg::zeros({5})); }),
      ContainsSubstring("view_as: shape [2, 6] has 12 elements, which do not fit into [5] with 5"));
  CHECK_THAT(shape_error([&] { tg::reshape_as(x, tg::zeros({5})); }),
             ContainsSubstring("reshape_as: shape [2, 6]"));
  CHECK_THAT(
      shape_error([&] {
        tg::unflatten(x, 1, {4, -1});
      }),
      ContainsSubstring(
          "unflatten: shape [6] has 6 elements, which is no multiple of the 4 that [4, -1]"));
  CHECK_THAT(shape_error([&] { tg::unflatten(x, 1, {}); }),
             ContainsSubstring("unflatten: no sizes for dimension 1 of shape [2, 6]"));
  CHECK_THAT(shape_error([&] { tg::unflatten(tg::tensor(1.0), 0, {1}); }),
             ContainsSubstring("unflatten: a number (0-d tensor) has no dimensions"));
  CHECK_THAT(shape_error([&] {
               tg::movedim(x, {0, 1}, 0);
             }),
             ContainsSubstring("movedim: 2 dimensions [0, 1] and 1 destinations [0]"));
  CHECK_THAT(message_of<tg::IndexError>([&] {
               tg::movedim(x, {0, -2}, {0, 1});
             }),
             ContainsSubstring("movedim: "));
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::swapaxes(x, 0, 2); }),
             ContainsSubstring("swapaxes: dimension 2 is out of range"));
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::swapdims(x, -3, 0); }),
             ContainsSubstring("swapdims: dimension -3 is out of range"));
  CHECK_THAT(shape_error([&] {
               tg::broadcast_to(x, {3, 6});
             }),
             ContainsSubstring("broadcast_to: shape [2, 6] does not expand to [3, 6]"));
  CHECK_THAT(shape_error([&] { tg::expand_as(x, tg::zeros({6})); }),
             ContainsSubstring("expand_as: shape [6] has fewer dimensions"));
  CHECK_THAT(shape_error([&] {
               tg::broadcast_tensors({x, tg::zeros({3})});
             }),
             ContainsSubstring("broadcast_tensors: shapes [2, 6] and [3] do not broadcast"));
  CHECK_THAT(message_of<tg::ValueError>([] { tg::broadcast_tensors({}); }),
             ContainsSubstring("broadcast_tensors: the list of tensors is empty"));
}
