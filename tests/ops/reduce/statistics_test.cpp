// Statistics: NaN, ties and infinities, both orders, and what cannot be. Values and gradients
// elsewhere are in tests/values.

#include "tests/message_of.h"
#include "tests/ops/both_orders.h"
#include "tests/ops/unary_points.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Numbers at least 0.2 apart, in no order.
Tensor distinct() {
  return tg::tensor({{0.5, -1.25, 2.0, 3.5}, {1.25, 4.0, -0.5, -2.0}, {2.5, 0.1, -3.0, 1.6}},
                    tg::float64)
      .requires_grad_();
}

void check_orders(const std::string& what, const Unary& f, const Tensor& x = distinct()) {
  check_both_orders(what, [&f](const std::vector<Tensor>& in) { return tg::square(f(in[0])); },
                    {x});
}

}  // namespace

TEST_CASE("statistics are differentiable twice") {
  check_orders("nanmean", [](const Tensor& x) { return tg::nanmean(x, 1); });
  check_orders("nansum", [](const Tensor& x) { return tg::nansum(x, 0, true); });
  check_orders("var_mean", [](const Tensor& x) {
    const auto [var, mean] = tg::var_mean(x, 1);
    return var * mean;
  });
  check_orders("std_mean", [](const Tensor& x) {
    const auto [std, mean] = tg::std_mean(x);
    return std * mean;
  });
  check_orders("aminmax", [](const Tensor& x) {
    const auto [min, max] = tg::aminmax(x, 1);
    return min * max;
  });
  check_orders("median", [](const Tensor& x) { return tg::median(x); });
  check_orders("nanmedian", [](const Tensor& x) { return tg::nanmedian(x, 0).values; });
  check_orders("diff", [](const Tensor& x) { return tg::diff(x, {.n = 2, .prepend = 2 * x}); });
  check_orders("trapezoid", [](const Tensor& x) { return tg::trapezoid(x, tg::cumsum(x, 1)); });
  check_orders("cov", [](const Tensor& x) { return tg::cov(x); });
  check_orders("corrcoef", [](const Tensor& x) { return tg::narrow(tg::corrcoef(x), 1, 0, 1)[2]; });
  for (const auto kind :
       {tg::Interpolation::linear, tg::Interpolation::lower, tg::Interpolation::midpoint}) {
    check_orders("quantile",
                 [kind](const Tensor& x) { return tg::quantile(x, 0.3, 1, false, kind); });
    check_orders("nanquantile", [kind](const Tensor& x) { return tg::nanquantile(x, 0.3, kind); });
  }
}

TEST_CASE("the median of NaN is the first one") {
  CHECK(tg::equal(tg::median(tg::tensor({3.0, double{NaN}, 1.0}), 0).indices, tg::tensor(1)));
}

TEST_CASE("the middle of long rows: the first NaN, or the middle of the numbers") {
  tg::manual_seed(3);
  const Tensor x = tg::round(tg::randn({5, 301}) * 20);
  const Tensor some = tg::where((x > 10) & (tg::arange(5).reshape({5, 1}) > 1), NaN, x);
  const Tensor rows = tg::where(tg::arange(5).reshape({5, 1}) == 4, NaN, some);
  const Tensor order = tg::argsort(rows), middle = tg::median(rows, 1).indices;
  const Tensor of_numbers = tg::nanmedian(rows, 1).indices;
  for (int i = 0; i < 5; ++i) {
    const auto nans = tg::sum(tg::isnan(rows[i])).item<std::int64_t>();
    REQUIRE((nans > 0) == (i > 1));
    const std::int64_t k = nans < 301 ? (301 - nans - 1) / 2 : 0;
    CHECK(tg::equal(of_numbers[i], order[i][k]));
    CHECK(tg::equal(middle[i], order[i][nans == 0 ? k : 301 - nans]));
  }
}

TEST_CASE("quantile of infinities and of one element") {
  const Unary upper = [](const Tensor& x) { return tg::quantile(x, 0.75); };
  check("one", upper, Input({3}, {1}), {3});
  check("only NaN", [](const Tensor& x) { return tg::nanquantile(x, 0.75); },
        Input({NaN, NaN}, {1, 0}), {NaN});
  const Tensor below = tg::tensor({-inf, 1.0}), both = tg::tensor({-inf, inf});
  for (const double q : {0.25, 0.5, 0.75}) CHECK(tg::quantile(below, q).item() == -inf);
  CHECK(tg::quantile(tg::tensor({1.0, inf}), 0.5).item() == inf);
  CHECK(std::isnan(tg::quantile(both, 0.5).item()));
  // Places that float32 does not have.
  const Tensor many = tg::zeros({tg::kernels::tile_size((1 << 24) + 4, 100)}, tg::float32);
  CHECK(tg::quantile(many, tg::tensor(1.0, tg::float32)).item() == 0);
  const Tensor x = tg::zeros({4, 2, 3});
  CHECK(tg::quantile(x, tg::tensor({0.0, 1.0}, x.dtype()), 1).shape() == tg::Shape{2, 4, 3});
  CHECK(tg::quantile(x, tg::tensor({0.5}, x.dtype()), -1, true).shape() == tg::Shape{1, 4, 2, 1});
  CHECK(tg::quantile(x, 0.5, 0).shape() == tg::Shape{2, 3});
  CHECK(tg::quantile(tg::zeros({0, 3}), 0.5, 1).shape() == tg::Shape{0});
}

TEST_CASE("statistics: shapes, types and shared memory") {
  CHECK(tg::equal(tg::any(tg::zeros({2, 0}), 1), tg::tensor({false, false})));
  CHECK(tg::equal(tg::all(tg::zeros({2, 0}), 1), tg::tensor({true, true})));
  CHECK_FALSE(tg::any(leaf({1, 2}), 0).requires_grad());
  CHECK(tg::count_nonzero(tg::tensor({true, false}), -1).dtype() == tg::int64);
  CHECK(tg::nansum(tg::tensor({1, 2})).dtype() == tg::int64);
  CHECK(tg::mode(tg::tensor(2.5)).indices.shape() == tg::Shape());
  CHECK(tg::median(tg::zeros({2, 3}), 0, true).values.shape() == tg::Shape{1, 3});
  const Tensor x = tg::ones({3});
  CHECK(tg::diff(x, {.n = 0}).is_same(x));
  CHECK(tg::diff(x, {.n = 5}).shape() == tg::Shape{0});
  CHECK(tg::trapezoid(tg::zeros({2, 0})).shape() == tg::Shape{2});
  CHECK(tg::cumulative_trapezoid(tg::zeros({2, 1})).shape() == tg::Shape{2, 0});
  CHECK(tg::cov(tg::zeros({3}, tg::float64)).shape() == tg::Shape());
}

TEST_CASE("statistics name themselves in errors") {
  const Tensor x = tg::zeros({2, 3}), whole = tg::tensor({1, 2});
  const auto throws = [](auto run, const std::string& text) {
    CHECK_THAT(message_of<tg::Error>(run), ContainsSubstring(text));
  };
  throws([&] { tg::any(x, 2); }, "any: dimension 2");
  throws([&] { tg::all(x, {0, 0}); }, "all: dimension 0 is named twice");
  throws([&] { tg::count_nonzero(x, -3); }, "count_nonzero: dimension -3");
  throws([&] { tg::nansum(x, 5); }, "nansum: ");
  throws([&] { tg::nanmean(whole); }, "nanmean: needs a float32 or float64");
  throws([&] { tg::var_mean(whole); }, "var_mean: needs");
  throws([&] { tg::std_mean(whole); }, "std_mean: needs");
  throws([&] { tg::aminmax(tg::zeros({2, 0}), 1); }, "aminmax: a tensor of shape [2, 0]");
  throws([&] { tg::median(tg::zeros({0}, tg::int64)); }, "median: ");
  throws([&] { tg::median(tg::zeros({2, 0}), 1); }, "median: a tensor of shape [2, 0]");
  throws([&] { tg::nanmedian(tg::zeros({2, 0}), 1); }, "nanmedian: ");
  throws([&] { tg::mode(tg::zeros({0})); }, "mode: ");
  throws([&] { tg::quantile(x, 1.5); }, "quantile: q must be in [0, 1]");
  throws([&] { tg::quantile(x, tg::zeros({1, 1})); }, "quantile: q must be a number or a vector");
  throws([&] { tg::quantile(x, tg::tensor({0.5}, tg::float64)); }, "quantile: the q is float64");
  throws([&] { tg::nanquantile(whole, 0.5); }, "nanquantile: needs");
  throws([&] { tg::quantile(tg::zeros({0}), 0.5); }, "quantile: ");
  throws([&] { tg::diff(tg::tensor(1.0)); }, "diff: a number");
  throws([&] { tg::diff(x, {.n = -1}); }, "diff: n is -1");
  throws([&] { tg::trapezoid(x, tg::zeros({2})); }, "trapezoid: places of shape [2]");
  throws(
      [&] {
        tg::cumulative_trapezoid(x, tg::zeros({4, 2, 3}));
      },
      "cumulative_trapezoid: places of shape [4, 2, 3]");
  throws([&] { tg::cov(tg::zeros({2, 2, 2})); }, "cov: needs variables by observations");
  throws([&] { tg::cov(x, {.fweights = tg::tensor({1, 2})}); }, "cov: fweights have shape [2]");
  throws([&] { tg::cov(x, {.fweights = tg::zeros({3})}); }, "cov: fweights must be int64");
  throws([&] { tg::cov(x, {.aweights = tg::tensor({1.0, -1.0, 0.0})}); }, "cov: aweights must not");
  throws([&] { tg::corrcoef(whole); }, "corrcoef: needs");
}
