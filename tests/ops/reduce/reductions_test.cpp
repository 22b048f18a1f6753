// What reductions give, and their gradients, at ties, zeros, infinities and for
// nothing.

#include "tests/ops/unary_points.h"
#include "tests/point_gradients.h"

using namespace point_gradients;

namespace {

const Unary sum = [](const Tensor& x) { return x.sum(); };

const Unary mean = [](const Tensor& x) { return x.mean(); };

const Unary prod = [](const Tensor& x) { return x.prod(); };

const Unary logsumexp = [](const Tensor& x) { return x.logsumexp(-1); };

}  // namespace

TEST_CASE("max and min of all elements: equal ones share the gradient evenly") {
  for (const Unary& f : {Unary([](const Tensor& x) { return x.max(); }),
                         Unary([](const Tensor& x) { return x.amax(); })}) {
    check("max", f, Input({1, 3, 3, 2, 3, 0}, {0, 1 / 3., 1 / 3., 0, 1 / 3., 0}), {3});
    check("max", f, Input({2, 5, 5, 1}, {2, 2}, {0, 0.5, 0.5, 0}), {5});
    check("max of infinities", f, Input({-inf, -inf}, {0.5, 0.5}), {-inf});
  }
  for (const Unary& f : {Unary([](const Tensor& x) { return x.min(); }),
                         Unary([](const Tensor& x) { return x.amin(); })})
    check("min", f, Input({4, 3, 3, 5}, {0, 0.5, 0.5, 0}), {3});
}

TEST_CASE("amax and amin over dimensions: equal ones share the gradient evenly") {
  const Input rows({1, 2, 2, 4, 4, 4, 3, 1, 0}, {3, 3},
                   {0, 0.5, 0.5, 1 / 3., 1 / 3., 1 / 3., 1, 0, 0});
  check("amax", [](const Tensor& x) { return x.amax(1); }, rows, {2, 4, 3});
  check("amax, keepdim", [](const Tensor& x) { return x.amax(-1, true); }, rows, {2, 4, 3});
  check("amin", [](const Tensor& x) { return x.amin(0); },
        Input({1, 5, 1, 3, 2, 4}, {3, 2}, {0.5, 0, 0.5, 1, 0, 0}), {1, 3});
  check("amax over two",
        [](const Tensor& x) {
          return x.amax({0, 2});
        },
        Input({1, 7, 7, 0, 7, 2, 0, 3}, {2, 2, 2}, {0, 1 / 2., 1, 0, 1 / 2., 0, 0, 0}), {7, 7});
}

TEST_CASE("amax: millions of equal elements share the gradient") {
  constexpr std::int64_t kCount = 3 << 20;
  const Tensor x = tg::zeros({kCount, 1}).requires_grad_();
  tg::sum(tg::amax(x, 0)).backward();
  CHECK(tg::all(x.grad() == 1.0 / kCount).item<bool>());
}

TEST_CASE("amax and amin: NaNs share the gradient among themselves") {
  check("amax", [](const Tensor& x) { return x.amax(1); },
        Input({1, NaN, 3, NaN, 1, 2, 3, 3}, {2, 4}, {0, 0.5, 0, 0.5, 0, 0, 0.5, 0.5}), {NaN, 3});
  check("max", [](const Tensor& x) { return x.max(); }, Input({1, NaN, inf}, {0, 1, 0}), {NaN});
  check("min", [](const Tensor& x) { return x.min(); }, Input({NaN, -inf, NaN}, {0.5, 0, 0.5}),
        {NaN});
}

TEST_CASE("max and min with indices: the first of equal ones gets all, a NaN is both extremes") {
  const auto largest = [](const Tensor& x) { return x.max(1).values; };
  check("max", largest, Input({1, 3, 3, 2, 2, 2}, {2, 3}, {0, 1, 0, 1, 0, 0}), {3, 2});
  check("max", largest, Input({1, NaN, 3, NaN}, {1, 4}, {0, 1, 0, 0}), {NaN});
  const auto smallest = [](const Tensor& x) { return x.min(0).values; };
  check("min", smallest, Input({1, 5, 1, NaN}, {2, 2}, {1, 0, 0, 1}), {1, NaN});
  const tg::ValuesAndIndices found = tg::tensor({{1, 3, 3}, {2, 2, 2}}).max(1);
  CHECK(tg::equal(found.indices, tg::tensor({1, 0})));
  const double quiet = NaN;
  CHECK(tg::equal(tg::tensor({1.0, quiet, quiet}).max(0).indices, tg::tensor(1)));
}

TEST_CASE("reductions of nothing: 0, 1, NaN and -inf, with a gradient of no elements") {
  check("sum", sum, Input({}, {0}, {}), {0});
  check("prod", prod, Input({}, {0}, {}), {1});
  check("mean", mean, Input({}, {0}, {}), {NaN});
  check("logsumexp", logsumexp, Input({}, {0}, {}), {-inf});
  check("sum of rows", [](const Tensor& x) { return x.sum(1); }, Input({}, {2, 0}, {}), {0, 0});
  check("prod of rows", [](const Tensor& x) { return x.prod(1); }, Input({}, {2, 0}, {}), {1, 1});
  check("mean of rows", [](const Tensor& x) { return x.mean(1); }, Input({}, {2, 0}, {}),
        {NaN, NaN});
  check("logsumexp of rows", logsumexp, Input({}, {2, 0}, {}), {-inf, -inf});
  check("var", [](const Tensor& x) { return x.var(); }, Input({}, {0}, {}), {NaN});
  check("std", [](const Tensor& x) { return x.std(); }, Input({}, {0}, {}), {NaN});
  check("no rows", [](const Tensor& x) { return x.amax(1); }, Input({}, {0, 2}, {}), {});
}

TEST_CASE("a sum of nothing that memory cannot hold is an error") {
  CHECK_THROWS_AS(tg::zeros({std::int64_t{1} << 62, 4, 0}).sum({2}), tg::ShapeError);
}

TEST_CASE("a sum without results needs no room for parts of them") {
  for (const std::int64_t size : {std::int64_t{1} << 40, std::int64_t{1} << 62})
    CHECK(tg::sum(tg::zeros({0, size}), 1).shape() == tg::Shape{0});
  CHECK(tg::mean(tg::zeros({0, std::int64_t{1} << 62, 4}), 1).shape() == tg::Shape{0, 4});
}

TEST_CASE("the largest of nothing is an error") {
  const Tensor none = tg::zeros({2, 0});
  CHECK_THROWS_AS(none.max(), tg::ShapeError);
  CHECK_THROWS_AS(none.amin(), tg::ShapeError);
  CHECK_THROWS_AS(none.amax(1), tg::ShapeError);
  CHECK_THROWS_AS(none.max(1), tg::ShapeError);
  CHECK_THROWS_AS(none.argmax(), tg::ShapeError);
  CHECK_THROWS_AS(none.argmin(1), tg::ShapeError);
  CHECK_NOTHROW(none.amax(0));
}

TEST_CASE("prod: with one zero only that one has a gradient, with two none has") {
  check("no zero", prod, Input({2, 3, 4}, {12, 8, 6}), {24});
  check("one zero", prod, Input({2, 0, 4}, {0, 8, 0}), {0});
  check("two zeros", prod, Input({0, 3, 0}, {0, 0, 0}), {0});
  check("only zeros", prod, Input({0, 0, 0}, {0, 0, 0}), {0});
  check("a negative zero", prod, Input({2, -0.0, 4}, {0, 8, 0}), {-0.0});
  check("of rows", [](const Tensor& x) { return x.prod(1); },
        Input({2, 3, 0, 5, 0, 0}, {3, 2}, {3, 2, 5, 0, 0, 0}), {6, 0, 0});
  check("of columns", [](const Tensor& x) { return x.prod(0, true); },
        Input({2, 0, 3, 5}, {2, 2}, {3, 5, 2, 0}), {6, 0});
  check("one element", prod, Input({0}, {1}), {0});
}

TEST_CASE("var and std of one element: NaN, and a NaN gradient of the input's shape") {
  const Input one({2}, {1, 1}, {NaN});
  check("var", [](const Tensor& x) { return x.var(); }, one, {NaN});
  check("std", [](const Tensor& x) { return x.std(); }, one, {NaN});
  check("var", [](const Tensor& x) { return x.var(1); }, Input({1, 2}, {2, 1}, {NaN, NaN}),
        {NaN, NaN});
  check("std", [](const Tensor& x) { return x.std(); }, Input({3}, {}, {NaN}), {NaN});
}

TEST_CASE("var and std without correction: 0 for one element, with gradient 0") {
  check("var", [](const Tensor& x) { return x.var({}, 0); }, Input({2}, {0}), {0});
  check("std", [](const Tensor& x) { return x.std({}, 0); }, Input({2}, {0}), {0});
}

TEST_CASE("std of equal elements: 0, with gradient 0") {
  check("std", [](const Tensor& x) { return x.std(); }, Input({3, 3, 3}, {0, 0, 0}), {0});
  // A number whose rounded mean is another number.
  for (const double constant : {0.1, 1.0 / 3, 12345.678}) {
    const std::vector<double> same(7, constant);
    check("std", [](const Tensor& x) { return x.std(); }, Input(same, std::vector<double>(7, 0)),
          {0});
  }
  check("std of rows", [](const Tensor& x) { return x.std(1); },
        Input({5, 5, 1, 4}, {2, 2}, {0, 0, -0.70710678118654752, 0.70710678118654752}),
        {0, 2.1213203435596424});
  check("var", [](const Tensor& x) { return x.var(); }, Input({3, 3, 3}, {0, 0, 0}), {0});
}

TEST_CASE("logsumexp: no overflow, and the limits at infinities") {
  check("large", logsumexp, Input({1000, 1000}, {0.5, 0.5}), {1000.69314718055995});
  check("all -inf", logsumexp, Input({-inf, -inf}, {0, 0}), {-inf});
  check("inf", logsumexp, Input({inf, 1}, {1, 0}), {inf});
  check("one -inf", logsumexp, Input({-inf, 2}, {0, 1}), {2});
  check("both infinities", logsumexp, Input({-inf, inf}, {0, 1}), {inf});
  check("a tie at inf", logsumexp, Input({inf, inf, 0}, {0.5, 0.5, 0}), {inf});
  check("NaN", logsumexp, Input({NaN, 1}, {NaN, NaN}), {NaN});
  check("rows", logsumexp, Input({-inf, -inf, 0, -inf}, {2, 2}, {0, 0, 1, 0}), {-inf, 0});
}
