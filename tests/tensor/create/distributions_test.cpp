// Draws whose distributions tensors say: moments and frequencies within five standard errors, and
// what cannot be. That they repeat, for any number of threads, is in random_test.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/transforms/jvp.h"
#include "tests/catch.h"
#include "tests/tensor/create/drawn.h"

using namespace drawn;
using namespace tapegrad;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("normal numbers of their own mean and deviation") {
  Generator g(5);
  const std::int64_t n = 20000;
  const Tensor means = tensor({{-3.0}, {10.0}}), deviations = full({n}, 0.5);
  const Tensor x = normal(means, deviations, g);
  CHECK(x.shape() == Shape{2, n});
  // Five standard errors: 0.5 / sqrt(n) of a mean, 0.5 / sqrt(2 n) of a deviation.
  for (const std::int64_t row : {0, 1}) {
    CHECK(moments(x[row]).mean == Approx(row == 0 ? -3 : 10).margin(5 * 0.5 / std::sqrt(n)));
    CHECK(moments(x[row]).deviation == Approx(0.5).margin(5 * 0.5 / std::sqrt(2 * n)));
  }
  CHECK(numbers(normal(tensor({1.0, 2.0}), 0, g)) == std::vector<double>{1, 2});
  CHECK(numbers(normal(4, tensor({0.0, 0.0}, float64), g)) == std::vector<double>{4, 4});
  CHECK(normal(4, tensor({0.0, 1.0}, float64), g).dtype() == float64);
  CHECK(normal(tensor({1.0}), 2).dtype() == float32);
  CHECK(moments(normal(zeros({n}), 1.0, g)).deviation == Approx(1).margin(5 / std::sqrt(2 * n)));
  CHECK(normal(zeros({n, 0}), 1.0, g).shape() == Shape{n, 0});
  CHECK(moments(normal(2, 3, {n}, float32, g)).mean == Approx(2).margin(15 / std::sqrt(n)));
}

TEST_CASE("events are as many as the rates say, and scatter as these") {
  const std::int64_t n = 20000;
  for (const double rate : {0.01, 0.7, 9.9, 10.0, 31.5, 1000.0, 1e7, 1e13}) {
    CAPTURE(rate);
    Generator g(7);
    const Tensor x = poisson(full({n}, rate, float64), g);
    // The variance is the rate, the fourth moment about the mean 3 rate^2 + rate.
    const double error = std::sqrt(rate / n);
    CHECK(std::abs(moments(x - rate).mean) < 5 * error);
    const double variance = (x - rate).square().mean().item();
    CHECK(variance == Approx(rate).margin(5 * std::sqrt((2 * rate * rate + rate) / n)));
    CHECK(equal(x, floor(x)));
    CHECK(min(x).item() >= 0);
  }
  // Frequencies of each number, by both methods: rate^k e^-rate / k!.
  for (const double rate : {2.0, 12.0}) {
    Generator g(1);
    const auto all = numbers(poisson(full({n}, rate), g));
    double chance = std::exp(-rate);
    for (int k = 0; k < 25; chance *= rate / ++k) {
      const auto found = static_cast<double>(std::count(all.begin(), all.end(), k));
      CAPTURE(rate, k);
      CHECK(std::abs(found - chance * n) <= 1 + 5 * std::sqrt(chance * (1 - chance) * n));
    }
  }
  CHECK(numbers(poisson(zeros({3}))) == std::vector<double>{0, 0, 0});
  CHECK(poisson(ones({2, 3}, float64)).dtype() == float64);
  CHECK(poisson(ones({2, 0})).shape() == Shape{2, 0});
  CHECK(poisson(tensor(4.0)).dim() == 0);
}

TEST_CASE("draws are constant in forward mode") {
  const Tensor x = tensor({0.5, 0.25});
  const auto drawn = [](const Tensor& p) {
    Generator g(2);
    return (poisson(p, g) + bernoulli(p, g) + normal(p, 1, g)) * p;
  };
  const auto [y, dy] = jvp(drawn, x, ones({2}));
  CHECK(allclose(dy * x, y));
}

TEST_CASE("exponential numbers, and ones by a tensor of probabilities") {
  Generator g(5);
  for (const DType dtype : {float32, float64}) {
    Tensor x = zeros({20000}, dtype);
    Tensor& returned = exponential_(x, 4, g);
    CHECK(&returned == &x);
    CHECK(x.version() == 1);
    CHECK(min(x).item() > 0);
    const double error = 0.25 / std::sqrt(20000);
    CHECK(moments(x).mean == Approx(0.25).margin(5 * error));
    CHECK(moments(x).deviation == Approx(0.25).margin(5 * std::sqrt(2) * error));
  }
  const Tensor p = tensor({0.0, 1.0, 0.25}, float64);
  const Tensor ones_of = bernoulli(tapegrad::expand(p, {20000, 3}), g);
  CHECK(ones_of.dtype() == float64);
  const auto means = numbers(ones_of.mean(0));
  CHECK(means[0] == 0);
  CHECK(means[1] == 1);
  CHECK(means[2] == Approx(0.25).margin(5 * std::sqrt(0.25 * 0.75 / 20000)));
}

TEST_CASE("indices are drawn as often as their weights say") {
  Generator g(3);
  const std::int64_t n = 20000;
  const Tensor weights = tensor({{1.0, 0.0, 3.0, 0.0}, {0.0, 2.0, 2.0, 0.0}});
  const Tensor drawn = multinomial(weights, n, true, g);
  CHECK(drawn.shape() == Shape{2, n});
  CHECK(drawn.dtype() == int64);
  const auto share = [](const Tensor& indices, std::int64_t k) {
    return mean((indices == k).to(float64)).item();
  };
  const auto near = [](double p) { return Approx(p).margin(5 * std::sqrt(p * (1 - p) / n)); };
  CHECK(share(drawn[0], 0) == near(0.25));
  CHECK(share(drawn[0], 2) == near(0.75));
  CHECK(share(drawn[1], 1) == near(0.5));
  CHECK(share(drawn[1], 3) == 0);
  // Weights near the ends of the type count as others do.
  for (const double unit : {1e308, 5e-324}) {
    const Tensor same = tapegrad::expand(full({3}, unit, float64), {n, 3});
    const Tensor first = select(multinomial(same, 2, false, g), 1, 0);
    for (const std::int64_t k : {0, 1, 2}) CHECK(share(first, k) == near(1. / 3));
  }

  // Without replacement the first is drawn by all weights, the second by what is left.
  const Tensor rows = tapegrad::expand(tensor({1.0, 0.0, 2.0, 1.0}, float64), {n, 4});
  const Tensor few = multinomial(rows, 3, false, g);
  const Tensor first = select(few, 1, 0), second = select(few, 1, 1);
  CHECK(share(first, 2) == near(0.5));
  CHECK(share(first, 0) == near(0.25));
  CHECK(share(second, 2) == near(2 * 0.25 * 2 / 3));
  CHECK(share(few, 1) == 0);
  CHECK(equal(sum(few, 1), full({n}, 5, int64)));  // 0, 2 and 3

  // Sizes of any kind, and a vector of weights.
  CHECK(multinomial(tensor({0.0, 1e-300, 0.0}, float64), 1).item<int>() == 1);
  CHECK(multinomial(tensor({1e308, 1e308}, float64), 2).shape() == Shape{2});
  CHECK(multinomial(zeros({0, 3}), 2).shape() == Shape{0, 2});
  CHECK_FALSE(multinomial(ones({3}).requires_grad_(), 1).requires_grad());
}

TEST_CASE("distributions refuse parameters that are none, and leave the generator") {
  Generator g(1);
  const auto refused = [&](const auto& call, const std::string& text) {
    CAPTURE(text);
    CHECK_THROWS_WITH(call(), ContainsSubstring(text));
    CHECK_THROWS_AS(call(), ValueError);
  };
  refused(
      [&] {
        normal(zeros({2}), tensor({1.0, -2.0}), g);
      },
      "normal: the standard deviation of element 1 is -2; it must be 0 or above");
  refused([&] { normal(0, tensor({NAN}), g); }, "normal: the standard deviation of element 0");
  refused([&] { normal(0, -1, {2}, float32, g); }, "normal: mean 0 and standard deviation -1");
  refused([&] { poisson(tensor({1.0, -1.0}), g); }, "poisson: the rate of element 1 is -1");
  refused([&] { poisson(tensor({INFINITY}), g); }, "poisson: the rate of element 0 is inf");
  refused([&] { poisson(tensor({NAN}), g); }, "poisson: the rate of element 0 is nan");
  refused(
      [&] {
        bernoulli(tensor({0.5, 1.5}), g);
      },
      "bernoulli: p of element 1 is 1.5; it must be a probability");
  refused(
      [&] {
        multinomial(tensor({1.0, -1.0}), 1, false, g);
      },
      "multinomial: the weight of element 1 is -1");
  refused(
      [&] {
        multinomial(tensor({1.0, NAN}), 1, false, g);
      },
      "multinomial: the weight of element 1 is nan");
  refused(
      [&] {
        multinomial(tensor({{1.0, 1.0}, {0.0, 0.0}}), 1, true, g);
      },
      "multinomial: row 1 of shape [2, 2] has no weight above 0");
  refused(
      [&] {
        multinomial(tensor({1.0, 0.0, 1.0}), 3, false, g);
      },
      "multinomial: 3 samples without replacement, but row 0 of shape [3] has 2 weights");
  refused([&] { multinomial(ones({3}), 0, true, g); }, "multinomial: num_samples is 0");
  Tensor x = zeros({2});
  refused([&] { exponential_(x, 0, g); }, "exponential_: lambd is 0");
  refused([&] { exponential_(x, NAN, g); }, "exponential_: lambd is nan");
  CHECK_THROWS_AS(multinomial(ones({2, 2, 2}), 1, false, g), ShapeError);
  CHECK_THROWS_AS(multinomial(tensor(1.0), 1, false, g), ShapeError);
  CHECK_THROWS_AS(multinomial(ones({3}, int64), 1, false, g), DTypeError);
  CHECK_THROWS_AS(poisson(ones({3}, int64), g), DTypeError);
  CHECK_THROWS_AS(bernoulli(ones({3}, int64), g), DTypeError);
  CHECK_THROWS_AS(normal(ones({3}, int64), 1, g), DTypeError);
  CHECK_THROWS_AS(normal(ones({3}), ones({2}), g), ShapeError);
  CHECK_THROWS_AS(poisson(Tensor(), g), ValueError);
  Tensor integers = zeros({2}, int64);
  CHECK_THROWS_AS(exponential_(integers, 1, g), DTypeError);
  CHECK(g.position() == 0);
  Tensor leaf = ones({2});
  leaf.requires_grad_();
  CHECK_THROWS_AS(exponential_(leaf), GradError);
  CHECK_FALSE(normal(leaf, leaf).requires_grad());
  CHECK_FALSE(poisson(leaf).requires_grad());
  CHECK_FALSE(bernoulli(leaf).requires_grad());
}
