#include "autograd/ops/logic/branches.h"

#include <cmath>
#include <limits>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/message_of.h"

using Catch::Matchers::ContainsSubstring;
namespace tg = tapegrad;
using tg::Tensor;

namespace {

Tensor log_or_zero(const Tensor& x) {
  return tg::where(
      x > 0, [](const Tensor& v) { return tg::log(v); }, [](const Tensor& v) { return v * 0; }, x);
}

}  // namespace

TEST_CASE("where with functions computes each branch for its own entries") {
  const Tensor x = tg::tensor({{1.0, -1.0, 4.0}, {0.0, 2.0, -3.0}});
  std::vector<std::int64_t> sizes;
  const Tensor y = tg::where(
      x > 0,
      [&](const Tensor& v) {
        sizes.push_back(v.numel());
        return tg::sqrt(v);
      },
      [&](const Tensor& v) {
        sizes.push_back(v.numel());
        return v * 10;
      },
      x);
  CHECK(sizes == std::vector<std::int64_t>{3, 3});
  CHECK(tg::allclose(y, tg::tensor({{1.0, -10.0, 2.0}, {0.0, std::sqrt(2.0), -30.0}})));
}

TEST_CASE("nothing of the branch not taken reaches a gradient of any order") {
  Tensor x = tg::tensor({-1.0, 0.0, 2.0}, tg::float64).requires_grad_();
  const std::vector<Tensor> first = tg::grad({log_or_zero(x).sum()}, {x}, {.create_graph = true});
  CHECK(tg::equal(first[0].detach(), tg::tensor({0.0, 0.0, 0.5}, tg::float64)));
  const std::vector<Tensor> second = tg::grad({first[0].sum()}, {x}, {.create_graph = true});
  CHECK(tg::equal(second[0].detach(), tg::tensor({0.0, 0.0, -0.25}, tg::float64)));
  const std::vector<Tensor> third = tg::grad({second[0].sum()}, {x});
  CHECK(tg::equal(third[0], tg::tensor({0.0, 0.0, 0.25}, tg::float64)));
  // As it is where one function gives NaN and infinity for the entries of the other.
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  Tensor bad = tg::tensor({nan, inf, 4.0}, tg::float64).requires_grad_();
  const Tensor safe = tg::where(
      tg::isfinite(bad), [](const Tensor& v) { return tg::sqrt(v); },
      [](const Tensor& v) { return tg::zeros(v.shape(), v.dtype()); }, bad);
  safe.sum().backward();
  CHECK(tg::equal(bad.grad(), tg::tensor({0.0, 0.0, 0.25}, tg::float64)));
}

TEST_CASE("where with functions: several tensors, broadcast, with right gradients") {
  const Tensor condition = tg::tensor({{true}, {false}});
  const Tensor a = tg::tensor({0.5, 1.5, 2.5}, tg::float64),
               b = tg::tensor({{2.0}, {3.0}}, tg::float64);
  const auto f = [&](const std::vector<Tensor>& in) {
    return tg::where(
        condition, [](const Tensor& u, const Tensor& v) { return u * v; },
        [](const Tensor& u, const Tensor& v) { return tg::sin(u) / v; }, in[0], in[1]);
  };
  const Tensor y = f({a, b});
  CHECK(y.shape() == tg::Shape{2, 3});
  CHECK(y.at<double>({0, 1}) == 3.0);
  CHECK(y.at<double>({1, 2}) == Approx(std::sin(2.5) / 3));
  const std::vector<Tensor> leaves{a.clone().requires_grad_(), b.clone().requires_grad_()};
  CHECK(tg::gradcheck(f, leaves));
  CHECK(tg::gradgradcheck(f, leaves));
  const Tensor v = tg::ones({3}, tg::float64);
  const auto [value, tangent] = tg::jvp([&](const Tensor& u) { return f({u, b}); }, a, v);
  CHECK(tg::allclose(tangent[0], tg::tensor({2.0, 2.0, 2.0}, tg::float64)));
  CHECK(tg::allclose(tangent[1], tg::cos(a) / 3));
}

TEST_CASE("where with functions calls none for no entries") {
  const Tensor x = tg::tensor({1.0, 2.0});
  const auto refuse = [](const Tensor&) -> Tensor { throw std::logic_error("called"); };
  const auto twice = [](const Tensor& v) { return v * 2; };
  CHECK(tg::equal(tg::where(x > 0, twice, refuse, x), x * 2));
  CHECK(tg::equal(tg::where(x < 0, refuse, twice, x), x * 2));
  CHECK(tg::where(tg::zeros({0, 2}, tg::boolean), refuse, refuse, x).shape() == tg::Shape{0, 2});
  CHECK(tg::where(x[0] > 0, twice, refuse, x[0]).shape() == tg::Shape());
  // int64 and float32 promote.
  const Tensor mixed = tg::where(
      x > 1, twice, [](const Tensor& v) { return v.to(tg::int64); }, x);
  CHECK(mixed.dtype() == tg::float32);
}

TEST_CASE("where with functions tells what does not fit") {
  const Tensor x = tg::tensor({1.0, -2.0});
  const auto same = [](const Tensor& v) { return v; };
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               tg::where(
                   x > 0, same, [](const Tensor& v) { return v.sum(); }, x);
             }),
             ContainsSubstring("where: the second function got 1 entries as tensors of shape [1] "
                               "and returned one of shape []"));
  CHECK_THAT(message_of<tg::DTypeError>([&] { tg::where(x, same, same, x); }),
             ContainsSubstring("must be bool"));
  CHECK_THAT(message_of<tg::ShapeError>([&] { tg::where(x > 0, same, same, tg::ones({3})); }),
             ContainsSubstring("where"));
  CHECK_THAT(message_of<tg::ValueError>([&] { tg::where(x > 0, same, same, Tensor()); }),
             ContainsSubstring("undefined"));
}
