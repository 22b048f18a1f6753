// Losses of classes: nll_loss, and what it has in common with cross_entropy.

#include <cmath>
#include <vector>

#include "autograd/tensor/create/random.h"
#include "nn/losses/losses.h"
#include "tests/catch.h"
#include "tests/nn/losses/losses.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using namespace losses;
using Catch::Matchers::ContainsSubstring;
using nn::Reduction;

TEST_CASE("nll_loss over all combinations of weights, ignored classes and reductions") {
  const std::vector<double> logp{-0.1, -2.5, -3., -1., -0.7, -2., -4., -0.3, -1.5, -2., -1., -0.5};
  const std::vector<std::int64_t> classes{2, 0, 1, 0};
  const std::vector<double> weights{0.5, 2., 3.};
  const Tensor x = tg::tensor(logp, {4, 3}), y = tg::tensor(classes);
  for (const bool weighted : {false, true}) {
    for (const std::int64_t ignored : {-100, 0, 1}) {
      std::vector<double> elements, gradients(12, 0);
      double total = 0, total_weight = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        const auto c = static_cast<std::size_t>(classes[i]);
        const double w = classes[i] == ignored ? 0 : weighted ? weights[c] : 1;
        elements.push_back(-w * logp[3 * i + c]);
        gradients[3 * i + c] = -w;
        total += elements.back();
        total_weight += w;
      }
      const auto loss = [&](Reduction reduction) {
        return [&, reduction](const Tensor& in) {
          return nn::nll_loss(in, y,
                              {.weight = weighted ? tg::tensor(weights) : Tensor(),
                               .ignore_index = ignored,
                               .reduction = reduction});
        };
      };
      INFO("weighted " << weighted << ", ignored " << ignored);
      check(loss(Reduction::none), x, elements, gradients);
      check(loss(Reduction::sum), x, {total}, gradients);
      for (double& g : gradients) g /= total_weight;
      check(loss(Reduction::mean), x, {total / total_weight}, gradients);
      check_gradients([&](const auto& in) { return loss(Reduction::mean)(in[0]); },
                      {x.clone().requires_grad_()});
    }
  }
}

TEST_CASE("cross_entropy is nll_loss of log_softmax, weights and ignored classes included") {
  tg::manual_seed(3);
  const Tensor x = tg::randn({5, 4}, tg::float64), y = tg::tensor({3, 0, 1, 0, 2});
  const Tensor weight = f64({0.5, 2., 3., 0.1});
  for (const auto reduction : {Reduction::none, Reduction::mean, Reduction::sum}) {
    for (const Tensor& w : {Tensor(), weight}) {
      for (const std::int64_t ignored : {-100, 0}) {
        const auto both = [&](const Tensor& in) {
          return nn::cross_entropy(in, y,
                                   {.weight = w, .ignore_index = ignored, .reduction = reduction}) -
                 nn::nll_loss(tg::log_softmax(in, 1), y,
                              {.weight = w, .ignore_index = ignored, .reduction = reduction});
        };
        CHECK(tg::max(tg::abs(both(x))).item() < 1e-14);
        CHECK(tg::max(tg::abs(gradient(both, x))).item() < 1e-14);
      }
    }
  }
}

TEST_CASE("nll_loss takes one example, and further dimensions") {
  CHECK(nn::nll_loss(f64({-1., -2.}), tg::tensor(1)).item() == 2);
  // [N, C, L]: element (n, l) looks at column y[n][l].
  const Tensor x = f64({{{-1., -2.}, {-3., -4.}}, {{-5., -6.}, {-7., -8.}}});
  const Tensor y = tg::tensor({{0, 1}, {1, 0}});
  CHECK(tg::equal(nn::nll_loss(x, y, {.reduction = Reduction::none}), f64({{1., 4.}, {7., 6.}})));
}

TEST_CASE("when all targets are ignored the mean is NaN, the sum 0, and the gradient 0") {
  const Tensor x = f64({{-1., -2.}}), y = tg::tensor({-100});
  for (const Tensor& weight : {Tensor(), f64({1., 2.})}) {
    check([&](const Tensor& in) { return nn::nll_loss(in, y, {.weight = weight}); }, x, {NaN},
          {0, 0});
    check(
        [&](const Tensor& in) {
          return nn::nll_loss(in, y, {.weight = weight, .reduction = Reduction::sum});
        },
        x, {0}, {0, 0});
  }
}

TEST_CASE("nll_loss names a class out of range with its index") {
  const Tensor x = tg::zeros({3, 4});
  CHECK_THROWS_AS(nn::nll_loss(x, tg::tensor({0, 1, 4})), tg::IndexError);
  CHECK_THROWS_WITH(nn::nll_loss(x, tg::tensor({0, 1, 12})),
                    ContainsSubstring("target 2 is class 12") && ContainsSubstring("4 classes"));
  CHECK_THROWS_AS(nn::nll_loss(x, tg::tensor({0, -1, 1})), tg::IndexError);
}

TEST_CASE("nll_loss refuses other shapes and types") {
  const Tensor x = tg::zeros({3, 4});
  CHECK_THROWS_AS(nn::nll_loss(x, tg::tensor({0, 1})), tg::ShapeError);
  CHECK_THROWS_WITH(nn::nll_loss(x, tg::tensor({0, 1})), ContainsSubstring("[3, 4]") &&
                                                             ContainsSubstring("[3]") &&
                                                             ContainsSubstring("[2]"));
  CHECK_THROWS_AS(nn::nll_loss(x, tg::zeros(3)), tg::DTypeError);
  CHECK_THROWS_AS(nn::nll_loss(tg::zeros({3, 4}, tg::int64), tg::tensor({0, 1, 2})),
                  tg::DTypeError);
  CHECK_THROWS_AS(nn::nll_loss(tg::tensor(1.), tg::tensor(0)), tg::ShapeError);
  CHECK_THROWS_AS(nn::nll_loss(x, tg::tensor({0, 1, 2}), {.weight = tg::ones(3)}), tg::ShapeError);
}
