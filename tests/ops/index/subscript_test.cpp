#include "autograd/ops/index/subscript.h"

#include "autograd/autograd.h"
#include "autograd/graph/profile.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;
using tg::Ellipsis;
using tg::None;
using tg::Slice;

namespace {

template <class E>
std::string refused(const Tensor& x, const std::vector<tg::Index>& indices) {
  return message_of<E>([&] { tg::index(x, indices); });
}

}  // namespace

TEST_CASE("numbers and slices of leading dimensions share the data, all else is a copy") {
  Tensor x = counted({4, 3});
  Tensor rows = x.index({Slice(1, 3)}), row = x.index({-1}), column = x.index({Slice(), 1});
  rows.fill_(7);
  row.fill_(8);
  column.fill_(9);
  CHECK(tg::equal(x, tg::tensor({{0, 1, 2}, {7, 7, 7}, {7, 7, 7}, {8, 8, 8}}).to(x.dtype())));
  Tensor picked = x.index({tg::tensor({1, 1})});
  picked.fill_(5);
  CHECK(x.at<double>({1, 0}) == 7);
}

TEST_CASE("tensors and masks as the only index have brackets of their own") {
  const Tensor x = counted({4, 3});
  CHECK(tg::equal(x[tg::tensor({2, 0})], tg::index_select(x, 0, tg::tensor({2, 0}))));
  CHECK(tg::equal(x[x > 5], tg::masked_select(x, x > 5)));
  CHECK(x[2].shape() == tg::Shape(3));
}

TEST_CASE("what is written at indices is read there, for every kind of index") {
  const Tensor ids = tg::tensor({3, 0}), mask = tg::tensor({true, false, true, true});
  const std::vector<std::vector<tg::Index>> all = {
      {2},
      {Slice(1, None, 2)},
      {Ellipsis, 1},
      {None, Slice(0, 2), None},
      {ids},
      {mask, 1},
      {Slice(), tg::tensor({0, 2})},
      {ids, Slice(), tg::tensor({1, 0})},
      {{0, -1}},
      {},
      {Ellipsis},
  };
  for (const auto& indices : all) {
    Tensor x = counted({4, 3, 2});
    const Tensor before = x.clone();
    const Tensor value = -1 - tg::index(x, indices);
    const Tensor copy = tg::index_put(x, indices, value);
    CHECK(tg::equal(x, before));
    CHECK(tg::equal(tg::index(copy, indices), value));
    CHECK(tg::sum(copy != x).item<std::int64_t>() == value.numel());
    x.index_put_(indices, value);
    CHECK(tg::equal(x, copy));
    x.index_put_(indices, 2, true);
    CHECK(tg::equal(tg::index(x, indices), value + 2));
  }
}

TEST_CASE("of a row that is written twice the last counts and alone has a gradient") {
  const Tensor x = leaf({3, 2}), value = leaf({3, 2});
  const Tensor y = tg::index_put(x, {tg::tensor({1, 0, 1})}, value);
  CHECK(tg::equal(y[1], value[2]));
  const auto g = tg::grad({tg::sum(y)}, {x, value});
  CHECK(tg::equal(g[0], tg::tensor({{0., 0.}, {0., 0.}, {1., 1.}}, tg::float64)));
  CHECK(tg::equal(g[1], tg::tensor({{0., 0.}, {1., 1.}, {1., 1.}}, tg::float64)));
}

TEST_CASE("index_put_ within a recorded computation has the gradients of index_put") {
  const Tensor x = leaf({3, 2}), value = leaf({2});
  for (const bool accumulate : {false, true}) {
    Tensor y = x * 1;
    y.index_put_({tg::tensor({0, 2})}, value, accumulate);
    const Tensor same = tg::index_put(x, {tg::tensor({0, 2})}, value, accumulate);
    CHECK(tg::equal(y, same));
    const auto a = tg::grad({tg::sum(y * y)}, {x, value});
    const auto b = tg::grad({tg::sum(same * same)}, {x, value});
    CHECK(tg::equal(a[0], b[0]));
    CHECK(tg::equal(a[1], b[1]));
  }
  Tensor w = leaf({3});
  CHECK_THROWS_AS(w.index_put_({0}, 1), tg::GradError);
  const std::uint32_t version = w.version();
  {
    const tg::NoGrad no_grad;
    w.index_put_({0}, 1);
  }
  CHECK(w.version() == version + 1);
  CHECK(w.at<double>({0}) == 1);
}

TEST_CASE("a value that shows x itself is read before it is overwritten") {
  Tensor x = counted({4, 2});
  const Tensor before = x.clone();
  x.index_put_({Slice(1, None)}, x.narrow(0, 0, 3));
  CHECK(tg::equal(x.narrow(0, 1, 3), before.narrow(0, 0, 3)));
}

TEST_CASE("all types can be indexed and written") {
  for (const tg::DType dtype : {tg::float32, tg::float64, tg::int64, tg::boolean}) {
    Tensor x = counted({4}).to(dtype);
    CHECK(x.index({tg::tensor({1, 1})}).dtype() == dtype);
    x.index_put_({Slice(2, None)}, tg::zeros(2, dtype));
    CHECK(x.index({3}).item() == 0);
  }
  Tensor whole = tg::tensor({1, 2});
  CHECK_THAT(message_of<tg::DTypeError>([&] { whole.index_put_({0}, 0.5); }),
             ContainsSubstring("index_put_: a number of type float64 does not go into a tensor of "
                               "type int64"));
  CHECK_THROWS_AS(whole.index_put_({0}, tg::ones(1)), tg::DTypeError);
}

TEST_CASE("an index says what is wrong with it") {
  const Tensor x = tg::zeros({4, 3});
  CHECK_THAT(refused<tg::IndexError>(x, {0, 0, 0}),
             ContainsSubstring("index: the indices are for 3 dimensions, but shape [4, 3] has 2"));
  CHECK_THAT(refused<tg::IndexError>(x, {0, 3}),
             ContainsSubstring("index: index 3 is out of range for dimension 1 of shape [4, 3]"));
  CHECK_THAT(refused<tg::IndexError>(x, {tg::tensor({0, -5})}),
             ContainsSubstring("index: index -5 at position [1] is out of range for dimension 0"));
  CHECK_THAT(
      refused<tg::IndexError>(x, {Slice(), tg::tensor({true, false})}),
      ContainsSubstring("index: a mask of shape [2] does not fit dimension 1 of shape [4, 3]"));
  CHECK_THAT(refused<tg::ValueError>(x, {Slice(None, None, -1)}),
             ContainsSubstring("index: a slice of dimension 0 has step -1; only steps from 1 on"));
  CHECK_THAT(refused<tg::ValueError>(x, {Ellipsis, Ellipsis}),
             ContainsSubstring("index: Ellipsis stands 2 times"));
  CHECK_THAT(refused<tg::ValueError>(x, {Tensor()}), ContainsSubstring("index: "));
  CHECK_THROWS_AS(tg::index(x, {tg::ones(2)}), tg::DTypeError);
  CHECK_THROWS_AS(tg::index(x, {tg::tensor({0, 1}), tg::tensor({0, 1, 2})}), tg::ShapeError);
  CHECK_THAT(message_of<tg::ShapeError>([&] { tg::index_put(x, {0}, tg::ones(2)); }),
             ContainsSubstring("index_put: "));
  CHECK_THAT(
      message_of<tg::ShapeError>([&] {
        tg::index_put(x, {0}, tg::ones({2, 3}));
      }),
      ContainsSubstring("index_put: a value of shape [2, 3] does not broadcast to [3], the shape "
                        "of these entries"));
}

TEST_CASE("empty tensors and numbers have indices, too") {
  CHECK(tg::index(tg::zeros({0, 3}), {Slice(), 1}).shape() == tg::Shape(0));
  CHECK(tg::index(tg::zeros({4, 3}), {Slice(3, 1)}).shape() == tg::Shape({0, 3}));
  CHECK(tg::index(tg::zeros({4, 3}), {tg::zeros(0, tg::int64)}).shape() == tg::Shape({0, 3}));
  CHECK(tg::index(tg::zeros({0}), {tg::zeros(0, tg::boolean)}).shape() == tg::Shape(0));
  const Tensor number = tg::tensor(2.0);
  CHECK(tg::index(number, {Ellipsis}).shape() == tg::Shape());
  CHECK(tg::index(number, {None}).shape() == tg::Shape(1));
  CHECK(tg::index(number, {tg::tensor(true)}).shape() == tg::Shape(1));
  CHECK(tg::index(number, {tg::tensor(false)}).shape() == tg::Shape(0));
  CHECK(tg::nonzero(tg::tensor(1.0)).shape() == tg::Shape({1, 0}));
  CHECK(tg::index_put(tg::zeros({0, 3}), {Slice(), 1}, 5).shape() == tg::Shape({0, 3}));
}

TEST_CASE("take_along_dim counts from the end, too") {
  const Tensor x = counted({2, 3});
  CHECK(tg::equal(tg::take_along_dim(x, tg::tensor({{-1, 0}, {1, -3}}), 1),
                  tg::take_along_dim(x, tg::tensor({{2, 0}, {1, 0}}), 1)));
}

TEST_CASE("a chain of indices has gradients of both orders") {
  const Tensor ids = tg::tensor({{0, 2}, {1, 1}}), mask = tg::tensor({true, false, true});
  const auto f = [&](const Inputs& in) {
    const Tensor y =
        tg::index(in[0], {Slice(), ids, None}) * tg::index(in[0], {mask, {0, 2}})[0][1];
    return tg::index_put(y * y, {0, Ellipsis, 1}, tg::square(in[1]));
  };
  const Inputs inputs{leaf({3, 3, 2}), leaf({2, 2, 1})};
  CHECK(tg::gradcheck(f, inputs));
  CHECK(tg::gradgradcheck(f, inputs));
}

TEST_CASE("a loop goes through the rows, which share the data") {
  const Tensor x = leaf({5, 2});
  Tensor total = tg::zeros(2, tg::float64);
  int count = 0;
  for (const Tensor& row : x) total = total + ++count * row;
  CHECK(count == 5);
  const Tensor g = tg::grad({tg::sum(total)}, {x})[0];
  CHECK(tg::equal(tg::select(g, 1, 0), tg::arange(1, 6, 1, tg::float64)));
  Tensor y = counted({2, 2});
  for (Tensor row : y) row.fill_(3);
  CHECK(tg::equal(y, tg::full({2, 2}, 3, y.dtype())));
  for (const Tensor& row : tg::zeros({0, 2})) CHECK_FALSE(row.defined());
  CHECK_THROWS_AS(begin(tg::tensor(1.0)), tg::ShapeError);
}

TEST_CASE("a walk back through all rows puts their gradients together once") {
  const Tensor x = leaf({50, 3});
  Tensor total = tg::zeros(3, tg::float64);
  for (const Tensor& row : x) total = total + row;
  tg::ProfileScope profile;
  tg::grad({tg::sum(total)}, {x});
  std::int64_t calls = 0;
  for (const tg::ProfileRow& row : profile.rows())
    if (row.name == "split" || row.name == "narrow" || row.name == "select") calls += row.calls;
  CHECK(calls == 1);
}

TEST_CASE("masks choose, fill and spread, and say what they lack") {
  const Tensor x = counted({2, 3}), mask = x > 2;
  CHECK(tg::equal(tg::masked_fill(x, mask, -1), tg::where(mask, -1, x)));
  CHECK_THAT(message_of<tg::DTypeError>([&] { tg::masked_fill(x, x, 0); }),
             ContainsSubstring("masked_fill: the mask must be bool, not float64; write mask != 0"));
  CHECK_THROWS_AS(tg::masked_fill(x, mask, tg::ones(3)), tg::ShapeError);
  CHECK_THROWS_AS(tg::masked_fill(tg::tensor({1, 2}), tg::tensor({true, false}), 0.5),
                  tg::DTypeError);
  CHECK_THAT(
      message_of<tg::ShapeError>([&] { tg::masked_scatter(x, mask, tg::ones(2, tg::float64)); }),
      ContainsSubstring("masked_scatter: the mask is true in 3 places, but the source of shape [2] "
                        "has 2 elements"));
  CHECK_THROWS_AS(tg::take(x, tg::tensor({6})), tg::IndexError);
  CHECK_THROWS_AS(tg::scatter(x, 0, tg::tensor({{2, 0, 0}}), x), tg::IndexError);
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               tg::scatter(x, 0, tg::tensor({{0, 0, 0, 0}}), tg::ones({1, 4}));
             }),
             ContainsSubstring("scatter: the index of shape [1, 4] is larger than the tensor"));
  CHECK_THROWS_AS(tg::index_copy(x, 0, tg::tensor({{0}}), x), tg::ShapeError);
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::index_fill(x, 0, tg::tensor({2}), 0); }),
             ContainsSubstring("index_fill: index 2 at position [0] is out of range"));
  CHECK_THAT(
      message_of<tg::DTypeError>([&] { tg::scatter(x, 0, tg::tensor({{0}}), tg::tensor({{1}})); }),
      ContainsSubstring("scatter: the value is int64"));
  CHECK_THROWS_AS(tg::index_fill(x, 0, tg::tensor({0}), x), tg::ShapeError);
  CHECK(tg::narrow(x, 1, tg::tensor(1), 2).shape() == tg::Shape({2, 2}));
}
