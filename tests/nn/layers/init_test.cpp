#include "nn/layers/init.h"

#include <cmath>
#include <vector>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "nn/layers/linear/linear.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace init = tapegrad::nn::init;
using Catch::Matchers::ContainsSubstring;
using init::Nonlinearity;
using tg::Tensor;

namespace {

double largest(const Tensor& x) { return tg::max(tg::abs(x)).item(); }

/// Bounds and deviation of a uniform distribution on +-bound.
void check_uniform(const Tensor& x, double bound) {
  CHECK(largest(x) <= bound * (1 + 1e-6));
  CHECK(largest(x) > bound * 0.99);
  CHECK(x.mean().item() == Approx(0).margin(bound * 0.02));
  CHECK(x.std().item() == Approx(bound / std::sqrt(3.0)).epsilon(0.02));
}

void check_normal(const Tensor& x, double std) {
  CHECK(x.mean().item() == Approx(0).margin(std * 0.02));
  CHECK(x.std().item() == Approx(std).epsilon(0.02));
  CHECK(largest(x) > 3 * std);
}

}  // namespace

TEST_CASE("gains are PyTorch's") {
  CHECK(init::calculate_gain(Nonlinearity::linear) == 1);
  CHECK(init::calculate_gain(Nonlinearity::sigmoid) == 1);
  CHECK(init::calculate_gain(Nonlinearity::tanh) == Approx(5.0 / 3));
  CHECK(init::calculate_gain(Nonlinearity::relu) == Approx(1.4142135623730951));
  CHECK(init::calculate_gain(Nonlinearity::leaky_relu) == Approx(1.4141428569978354));
  CHECK(init::calculate_gain(Nonlinearity::leaky_relu, 0.2) == Approx(1.3867504905630728));
  CHECK(init::calculate_gain(Nonlinearity::selu) == 0.75);
}

TEST_CASE("Xavier's range and deviation come from both fans") {
  Tensor weight = tg::empty({100, 200});
  check_uniform(init::xavier_uniform_(weight, 2), 2 * std::sqrt(6.0 / 300));
  check_normal(init::xavier_normal_(weight, 3), 3 * std::sqrt(2.0 / 300));
}

TEST_CASE("Kaiming's range and deviation come from one fan, the slope and the nonlinearity") {
  Tensor weight = tg::empty({100, 200});
  check_uniform(init::kaiming_uniform_(weight), std::sqrt(6.0 / 200));
  check_uniform(init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)}), 1 / std::sqrt(200.0));
  check_uniform(init::kaiming_uniform_(weight, {.mode = init::FanMode::fan_out}),
                std::sqrt(6.0 / 100));
  check_normal(init::kaiming_normal_(weight, {.nonlinearity = Nonlinearity::linear}),
               1 / std::sqrt(200.0));
}

TEST_CASE("further dimensions multiply the fans") {
  Tensor weight = tg::empty({40, 50, 4});
  check_uniform(init::kaiming_uniform_(weight), std::sqrt(6.0 / 200));
  check_uniform(init::xavier_uniform_(weight), std::sqrt(6.0 / (160 + 200)));
}

TEST_CASE(
    "orthogonal_ makes rows of a wide and columns of a tall matrix orthonormal, times the gain") {
  for (const tg::Shape& shape : {tg::Shape{20, 50}, tg::Shape{50, 20}, tg::Shape{30, 30}}) {
    Tensor weight = tg::empty(shape, tg::float64);
    init::orthogonal_(weight, 3);
    const bool wide = shape[0] <= shape[1];
    const Tensor product = tg::matmul(weight, weight, {.transpose_a = !wide, .transpose_b = wide});
    CHECK(tg::allclose(product, 9 * tg::eye(product.size(0), {}, tg::float64), 0, 1e-13));
  }
}

TEST_CASE("orthogonal_ counts further dimensions as columns and prefers no sign") {
  Tensor weight = tg::empty({3, 2, 2}, tg::float64);
  init::orthogonal_(weight);
  const Tensor rows = weight.reshape({3, 4});
  CHECK(tg::allclose(tg::matmul(rows, tg::t(rows)), tg::eye(3, {}, tg::float64), 0, 1e-13));

  int positive = 0;
  for (int i = 0; i < 200; ++i) {
    Tensor one = tg::empty({1, 1});
    positive += init::orthogonal_(one).item() > 0;
  }
  CHECK(positive > 60);
  CHECK(positive < 140);
}

TEST_CASE("trunc_normal_ stays within its bounds and has the truncated distribution") {
  Tensor x = tg::empty(40000, tg::float64);
  init::trunc_normal_(x);
  CHECK(largest(x) <= 2);
  CHECK(x.mean().item() == Approx(0).margin(0.02));
  // Variance of a normal distribution cut at +-2: 1 - 4 phi(2) / (2 Phi(2) - 1).
  const double phi = std::exp(-2.0) / std::sqrt(2 * std::acos(-1.0));
  CHECK(x.std().item() == Approx(std::sqrt(1 - 4 * phi / std::erf(std::sqrt(2.0)))).epsilon(0.01));
}

TEST_CASE("trunc_normal_ has the right quantiles, checked against the distribution function") {
  Tensor x = tg::empty(20000, tg::float64);
  init::trunc_normal_(x, 1, 2, -1, 6);
  const auto below = [](double z) { return 0.5 * std::erfc(-(z - 1) / 2 / std::sqrt(2.0)); };
  for (const double z : {-0.5, 0.0, 1.0, 2.0, 4.0}) {
    const double expected = (below(z) - below(-1)) / (below(6) - below(-1));
    CHECK(tg::sum(x < z).item() / 20000 == Approx(expected).margin(0.012));
  }
}

TEST_CASE("trunc_normal_ is exact far out in either tail") {
  Tensor up = tg::empty(5000, tg::float64), down = tg::empty(5000, tg::float64);
  init::trunc_normal_(up, 0, 1, 9, 12);
  init::trunc_normal_(down, 0, 1, -12, -9);
  // Beyond 9 the mean excess is about 1/9 - 2/9^3.
  CHECK(up.mean().item() == Approx(9 + 1.0 / 9 - 2.0 / 729).margin(0.005));
  CHECK(tg::min(up).item() >= 9);
  CHECK(down.mean().item() == Approx(-9 - 1.0 / 9 + 2.0 / 729).margin(0.005));
  CHECK(tg::max(down).item() <= -9);
}

TEST_CASE("a generator makes initialisation repeatable and leaves the default one alone") {
  const auto draw = [](std::uint64_t seed) {
    tg::Generator generator(seed);
    Tensor x = tg::empty({4, 4});
    return init::kaiming_normal_(x, {}, generator);
  };
  const auto before = tg::default_generator().position();
  CHECK(tg::equal(draw(1), draw(1)));
  CHECK_FALSE(tg::equal(draw(1), draw(2)));
  CHECK(tg::default_generator().position() == before);
}

TEST_CASE("parameters are filled in place without being recorded, and stay leaves") {
  tg::nn::Linear fc{4, 4};
  const Tensor weight = fc.weight;
  const auto version = weight.version();
  init::ones_(fc.bias);
  init::uniform_(fc.weight, 1, 2);
  init::normal_(fc.weight, 5, 0.001);
  init::orthogonal_(fc.weight);
  init::trunc_normal_(fc.weight, 0, 1, 2, 3);
  CHECK(tg::min(weight.detach()).item() >= 2);
  CHECK(weight.is_same(fc.weight));
  CHECK(weight.is_leaf());
  CHECK(weight.requires_grad());
  CHECK(weight.version() > version);
  CHECK(tg::equal(fc.bias, tg::ones(4)));
  CHECK(tg::equal(init::zeros_(fc.bias), tg::zeros(4)));
  CHECK(tg::equal(init::constant_(fc.bias, 0.5), tg::full(4, 0.5)));
}

TEST_CASE("empty tensors are filled with nothing") {
  Tensor none = tg::empty({0, 3});
  CHECK_NOTHROW(init::kaiming_uniform_(none));
  CHECK_NOTHROW(init::xavier_normal_(none));
  CHECK_NOTHROW(init::orthogonal_(none));
  CHECK_NOTHROW(init::trunc_normal_(none));
}

TEST_CASE("what cannot be initialised is refused and left as it was") {
  Tensor vector = tg::ones(3);
  Tensor classes = tg::ones({2, 2}, tg::int64);
  CHECK_THROWS_AS(init::xavier_uniform_(vector), tg::ShapeError);
  CHECK_THROWS_WITH(init::kaiming_normal_(vector), ContainsSubstring("kaiming_normal_") &&
                                                       ContainsSubstring("2 dimensions") &&
                                                       ContainsSubstring("[3]"));
  CHECK_THROWS_AS(init::orthogonal_(vector), tg::ShapeError);
  CHECK_THROWS_AS(init::kaiming_uniform_(classes), tg::DTypeError);
  CHECK_THROWS_AS(init::constant_(classes, 1), tg::DTypeError);
  CHECK_THROWS_AS(init::uniform_(vector, 2, 1), tg::ValueError);
  CHECK_THROWS_AS(init::normal_(vector, 0, -1), tg::ValueError);
  CHECK_THROWS_AS(init::trunc_normal_(vector, 0, 0), tg::ValueError);
  CHECK_THROWS_AS(init::trunc_normal_(vector, 0, 1, 2, 2), tg::ValueError);
  CHECK_THROWS_WITH(init::trunc_normal_(vector, 0, 1, 50, 60), ContainsSubstring("[50, 60]"));
  CHECK(tg::equal(vector, tg::ones(3)));
}
