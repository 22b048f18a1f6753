// Forward mode of what is put on the tape too.

#include <cmath>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/point_gradients.h"

namespace tg = tapegrad;
using point_gradients::values_of;
using tg::Tensor;

TEST_CASE(
    "changes in place and mixed types that are recorded, walked within forward mode and after") {
  const Tensor x = tg::tensor({1.0, 2.0, 4.0}, tg::float64), one = tg::ones({3}, tg::float64);
  // `f(a)` has the derivatives `first` and `second` in each entry.
  const auto check = [&](auto f, auto first, auto second) {
    const auto gradient = [&](const Tensor& a) {
      Tensor leaf = a;
      leaf.requires_grad_();
      return tg::grad({f(leaf)}, {leaf}, {.grad_outputs = {one}})[0];
    };
    const auto along = [&](const Tensor& a) { return tg::jvp(f, a, one).second; };
    const Tensor leaf = x.clone().requires_grad_();
    const auto dy = values_of(along(leaf));
    const auto forward = values_of(tg::jvp(gradient, x, one).second);
    const auto reverse = values_of(tg::grad({along(leaf)}, {leaf}, {.grad_outputs = {one}})[0]);
    const auto both = values_of(tg::jvp(along, x, one).second);
    for (std::size_t i = 0; i < 3; ++i) {
      const double at = x[static_cast<std::int64_t>(i)].item();
      CHECK(dy[i] == Approx(first(at)));
      CHECK(forward[i] == Approx(second(at)));
      CHECK(reverse[i] == Approx(second(at)));
      CHECK(both[i] == Approx(second(at)));
    }
    CHECK(tg::jvp(f, x, one).second[1].item() == Approx(first(2)));
  };
  check(
      [](const Tensor& a) {
        Tensor b = a * 1;
        b /= a * a;  // 1 / a
        b *= b;      // 1 / a^2
        b /= a;      // 1 / a^3
        return b;
      },
      [](double at) { return -3 / std::pow(at, 4); },
      [](double at) { return 12 / std::pow(at, 5); });
  check(
      [](const Tensor& a) {
        Tensor b = tg::zeros({3}, tg::float64);
        b += tg::exp(a);  // a new history, and a rule that reads what is overwritten next
        b *= a;
        b.fill_(0);
        b -= a * a;
        return b * a;
      },
      [](double at) { return -3 * at * at; }, [](double at) { return -6 * at; });
  check([](const Tensor& a) { return a * a.to(tg::float32) * a; },
        [](double at) { return 3 * at * at; }, [](double at) { return 6 * at; });
  check(
      [](const Tensor& a) {
        Tensor b = a.to(tg::float32);
        b *= a;  // changes in place, and mixes types
        b *= b;
        return b.to(tg::float64) * tg::full({3}, 0.5);
      },
      [](double at) { return 2 * at * at * at; }, [](double at) { return 6 * at * at; });
}
