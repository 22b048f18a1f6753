// Sorting: ties, NaN, and what cannot be. Where gradients go is in tests/conventions.

#include <algorithm>

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
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::kthvalue(tg::zeros({0}), 1); }),
             ContainsSubstring("kthvalue: dimension 0 of shape [0] has no elements"));
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::kthvalue(x, 0); }),
             ContainsSubstring("kthvalue: k is 0") && ContainsSubstring("1 to 3"));
  CHECK_THROWS_AS(tg::kthvalue(tg::zeros({0}), 1), tg::IndexError);
  CHECK_THROWS_AS(tg::sort(x, 2), tg::IndexError);
}

namespace {

/// The indices of a column of `x`, `[outer, n, inner]`, in their order: the plainest way to it.
std::vector<std::int64_t> plain_order(const std::vector<double>& x, std::int64_t n,
                                      std::int64_t inner, std::int64_t column, bool descending) {
  const std::int64_t start = column / inner * n * inner + column % inner;
  const auto at = [&](std::int64_t j) { return x[static_cast<std::size_t>(start + j * inner)]; };
  std::vector<std::int64_t> order;
  for (std::int64_t j = 0; j < n; ++j) order.push_back(j);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) {
    const double a = descending ? at(j) : at(i), b = descending ? at(i) : at(j);
    return a < b || (b != b && a == a);
  });
  return order;
}

struct PlainOrders {
  Tensor x;
  std::vector<double> values;
  std::int64_t n, columns, inner;

  explicit PlainOrders(const Tensor& all)
      : x(all),
        values(values_of(all.to(tg::float64))),
        n(all.size(1)),
        columns(all.size(0) * all.size(2)),
        inner(all.size(2)) {}

  /// Checks the indices that stand at places `first`, ... of each order.
  void check(const Tensor& indices, bool descending, std::int64_t first) const {
    const std::int64_t count = indices.size(1);
    const std::vector<double> found = values_of(indices.to(tg::float64));
    bool same = indices.size(0) * indices.size(2) == columns;
    for (std::int64_t c = 0; same && c < columns; ++c) {
      const std::vector<std::int64_t> order = plain_order(values, n, inner, c, descending);
      for (std::int64_t j = 0; j < count; ++j)
        same &= found[static_cast<std::size_t>((c / inner * count + j) * inner + c % inner)] ==
                static_cast<double>(order[static_cast<std::size_t>(first + j)]);
    }
    INFO(x.dtype() << ", n " << n << ", inner " << inner << ", first " << first << ", count "
                   << count << (descending ? ", descending" : ""));
    CHECK(same);
  }

  void check_all() const {
    for (const bool descending : {false, true}) {
      check(tg::argsort(x, 1, descending), descending, 0);
      for (const std::int64_t k : {std::int64_t{1}, n / 100 + 1, n / 8 + 1, n})
        check(tg::topk(x, k, 1, descending).indices, descending, 0);
    }
    for (const std::int64_t k : {std::int64_t{1}, n / 100 + 1, n / 2 + 1, n})
      check(tg::kthvalue(x, k, 1, true).indices, false, k - 1);
    if (!tg::is_floating_point(x.dtype()))
      check(tg::median(x, 1, true).indices, false, (n - 1) / 2);
  }
};

}  // namespace

TEST_CASE("sorting is what a plain stable sort makes of it, whatever the length and the type") {
  tg::manual_seed(5);
  for (const std::int64_t n : {1, 2, 40, 41, 1500, 9000}) {
    for (const std::int64_t inner : {1, 2}) {
      // Ties, both zeros, NaN, infinite ones.
      Tensor x = tg::randn({2, n, inner}, tg::float64);
      x = tg::where(tg::abs(x) < 0.2, tg::round(x), x);
      x = tg::where(x > 1.5, tg::round(x), x);
      const Tensor special = tg::where(x > 1.9, NaN, tg::where(x < -1.9, -inf, x));
      const Tensor wide = tg::round(x * 1e3).to(tg::int64) * (std::int64_t{1} << 48);
      const std::vector<Tensor> all{special, special.to(tg::float32),
                                    wide,    tg::round(x * 40).to(tg::int64),
                                    x > 0,   -tg::arange(2 * n * inner).reshape({2, n, inner})};
      for (const Tensor& each : all) PlainOrders(each).check_all();
    }
  }
}

TEST_CASE("sorting: the number of threads, and memory that others share, make no difference") {
  tg::manual_seed(6);
  const Tensor x = tg::randn({40, 3000});
  const Tensor one = tg::argsort(x), columns = tg::argsort(x.t(), 0), some = tg::topk(x, 9).indices;
  tg::set_num_threads(3);
  const Tensor three = tg::argsort(x), few = tg::topk(x, 9).indices;
  tg::set_num_threads(1);
  CHECK(tg::equal(one, three));
  CHECK(tg::equal(some, few));
  CHECK(tg::equal(one.t(), columns));
  CHECK(tg::equal(tg::argsort(tg::expand(x.reshape({40, 1, 3000}), {40, 2, 3000}))[3][1], one[3]));
}
