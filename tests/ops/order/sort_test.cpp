// Sorting: ties, NaN, and what cannot be. Where gradients go is in tests/conventions.

#include "tests/message_of.h"
#include "tests/ops/both_orders.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("sort is stable, and NaN counts as the largest") {
  const double quiet = NaN;
  const Tensor x = tg::tensor({2.0, quiet, 1.0, 2.0, quiet, inf});
  CHECK(tg::equal(tg::argsort(x), tg::tensor({2, 0, 3, 5, 1, 4})));
  CHECK(tg::equal(tg::argsort(x, 0, true), tg::tensor({1, 4, 5, 0, 3, 2})));
  CHECK(tg::equal(tg::topk(x, 3).indices, tg::tensor({1, 4, 5})));
  CHECK(tg::equal(tg::topk(x, 2, 0, false).indices, tg::tensor({2, 0})));
  CHECK(tg::equal(tg::kthvalue(x, 3).indices, tg::tensor(3)));
  const Tensor same = tg::zeros({1000}, tg::int64);
  CHECK(tg::equal(tg::argsort(same), tg::arange(1000)));
  CHECK(tg::equal(tg::argsort(same, 0, true), tg::arange(1000)));
}

TEST_CASE("sort: shapes, types and both orders") {
  CHECK(tg::sort(tg::zeros({2, 0})).values.shape() == tg::Shape{2, 0});
  CHECK(tg::sort(tg::tensor(2.5)).indices.shape() == tg::Shape());
  CHECK(tg::topk(tg::zeros({2, 3}), 0, 0).values.shape() == tg::Shape{0, 3});
  CHECK(tg::kthvalue(tg::zeros({2, 3}), 2, 0, true).values.shape() == tg::Shape{1, 3});
  CHECK(tg::sort(tg::tensor({2, 1})).values.dtype() == tg::int64);
  CHECK(tg::equal(tg::sort(tg::tensor({true, false})).values, tg::tensor({false, true})));
  CHECK_FALSE(tg::argsort(leaf({1, 2})).requires_grad());
  check_both_orders("sort",
                    [](const std::vector<Tensor>& in) {
                      return tg::square(tg::sort(in[0], 0, true).values) * in[0];
                    },
                    {samples({4, 3}, 3)});
  check_both_orders(
      "topk",
      [](const std::vector<Tensor>& in) { return tg::square(tg::topk(in[0], 2, 1, false).values); },
      {samples({3, 4}, 4)});
}

TEST_CASE("topk and kthvalue say which k there are") {
  const Tensor x = tg::zeros({2, 3});
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::topk(x, 4); }),
             ContainsSubstring("topk: k is 4, but dimension 1 of shape [2, 3] has 3 elements"));
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::topk(x, -1, 0); }),
             ContainsSubstring("k must be 0 to 2"));
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::kthvalue(x, 0); }),
             ContainsSubstring("kthvalue: k is 0") && ContainsSubstring("1 to 3"));
  CHECK_THROWS_AS(tg::kthvalue(tg::zeros({0}), 1), tg::IndexError);
  CHECK_THROWS_AS(tg::sort(x, 2), tg::IndexError);
}
