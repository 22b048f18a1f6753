#include <cmath>
#include <limits>
#include <vector>

#include "autograd/check/gradcheck.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "nn/layers/norm/batch_norm.h"
#include "nn/layers/norm/layer_norm.h"
#include "nn/module/module.h"
#include "tests/catch.h"
#include "tests/nn/layers/layers.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using namespace nn_layers;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

// ---- LayerNorm ---------------------------------------------------------------------------------

TEST_CASE("LayerNorm normalises each example and applies weight and bias") {
  nn::LayerNorm norm{3, {.eps = 0.5, .dtype = tg::float64}};
  norm.weight = f64({1., 2., 3.});
  norm.bias = f64({0., 1., 0.});
  // Mean 2, variance 2/3 of [1, 2, 3].
  const double scale = 1 / std::sqrt(2.0 / 3 + 0.5);
  CHECK(
      close(norm(f64({{1., 2., 3.}, {5., 5., 5.}})), f64({{-scale, 1., 3 * scale}, {0., 1., 0.}})));
}

TEST_CASE("LayerNorm starts as plain normalisation over all the given dimensions") {
  const nn::LayerNorm norm{{2, 2}, {.eps = 0, .dtype = tg::float64}};
  CHECK(norm.weight.shape() == tg::Shape{2, 2});
  CHECK(norm.weight.requires_grad());
  CHECK(close(norm(f64({{{1., -1.}, {-1., 1.}}})), f64({{{1., -1.}, {-1., 1.}}})));
}

TEST_CASE("LayerNorm without affine has no parameters, without bias only a weight") {
  CHECK(nn::parameter_count(nn::LayerNorm{4, {.elementwise_affine = false}}) == 0);
  CHECK(nn::parameter_count(nn::LayerNorm{4, {.bias = false}}) == 4);
  CHECK(nn::parameter_count(nn::LayerNorm{4}) == 8);
}

TEST_CASE("LayerNorm takes its shape as a number, in braces, as a Shape, with options or without") {
  const auto shape = [](const nn::LayerNorm& norm) { return norm.weight.shape(); };
  CHECK(shape(nn::LayerNorm(3)) == tg::Shape(3));
  CHECK(shape(nn::LayerNorm({3})) == tg::Shape(3));
  CHECK(shape(nn::LayerNorm({3, 4})) == tg::Shape{3, 4});
  CHECK(shape(nn::LayerNorm{3}) == tg::Shape(3));
  CHECK(shape(nn::LayerNorm{{3}}) == tg::Shape(3));
  CHECK(shape(nn::LayerNorm{{3, 4}}) == tg::Shape{3, 4});
  CHECK(shape(nn::LayerNorm(tg::Shape{3, 4})) == tg::Shape{3, 4});
  CHECK(shape(nn::LayerNorm({3}, {.eps = 1e-3})) == tg::Shape(3));
  const std::int64_t n = 4;
  const nn::LayerNorm norm({3, n}, {.eps = 1e-3});
  CHECK(shape(norm) == tg::Shape{3, 4});
  CHECK_THAT(norm.describe(), ContainsSubstring("LayerNorm([3, 4], eps=0.001"));
  nn::LayerNorm declared({3}), copy = declared;
  CHECK(copy.weight.is_same(declared.weight));
}

TEST_CASE("normalising layers refuse an eps that makes no sense, and batches a momentum") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double eps : {-1e-5, std::nan(""), infinity}) {
    CHECK_THROWS_AS(nn::LayerNorm(3, {.eps = eps}), tg::ValueError);
    CHECK_THROWS_AS(nn::BatchNorm1d(3, {.eps = eps}), tg::ValueError);
  }
  CHECK_THROWS_WITH(nn::LayerNorm(3, {.eps = -1}),
                    ContainsSubstring("LayerNorm: eps must be finite and at least 0, but is -1"));
  CHECK_THROWS_WITH(nn::BatchNorm1d(3, {.eps = -1}), ContainsSubstring("BatchNorm1d: eps"));
  for (const double momentum : {-0.1, 1.5, std::nan("")})
    CHECK_THROWS_AS(nn::BatchNorm1d(3, {.momentum = momentum}), tg::ValueError);
}

TEST_CASE("LayerNorm of a constant is 0 with gradient 0") {
  const nn::LayerNorm norm{3, {.dtype = tg::float64}};
  const Tensor x = f64({{4., 4., 4.}});
  CHECK(tg::equal(norm(x).detach(), f64({{0., 0., 0.}})));
  CHECK(close(gradient(norm, x), f64({{0., 0., 0.}})));
}

TEST_CASE("LayerNorm refuses other trailing dimensions and shapes that make no sense") {
  nn::LayerNorm norm{4};
  nn::name_modules(norm, "norm");
  CHECK_THROWS_AS(norm(tg::ones({2, 3})), tg::ShapeError);
  CHECK_THROWS_WITH(norm(tg::ones({2, 3})),
                    ContainsSubstring("[2, 3]") && ContainsSubstring("[in norm]"));
  CHECK_THROWS_AS(nn::LayerNorm(tg::Shape{}), tg::ValueError);
  CHECK_THROWS_AS(nn::LayerNorm(-2), tg::ValueError);
}

// ---- BatchNorm1d -------------------------------------------------------------------------------

TEST_CASE("BatchNorm1d normalises each channel by the batch and moves the running statistics") {
  nn::BatchNorm1d norm{2, {.dtype = tg::float64}};
  const Tensor x = f64({{1., 10.}, {2., 10.}, {6., 40.}});
  // Channel means 3 and 20; squared deviations 4, 1, 9 and 100, 100, 400.
  const double a = 1 / std::sqrt(14.0 / 3 + 1e-5), b = 1 / std::sqrt(200.0 + 1e-5);
  CHECK(close(norm(x), f64({{-2 * a, -10 * b}, {-a, -10 * b}, {3 * a, 20 * b}})));
  CHECK(close(norm.running_mean, f64({0.3, 2.})));
  CHECK(close(norm.running_var, f64({0.9 + 0.1 * 7, 0.9 + 0.1 * 300})));
  CHECK(norm.num_batches_tracked.item<int>() == 1);
}

TEST_CASE("BatchNorm1d in evaluation uses the running statistics and leaves them alone") {
  nn::BatchNorm1d norm{1, {.eps = 0, .dtype = tg::float64}};
  norm.running_mean.fill_(2);
  norm.running_var.fill_(4);
  nn::eval(norm);
  CHECK(close(norm(f64({{6.}})), f64({{2.}})));
  CHECK(norm.running_mean.item() == 2);
  CHECK(norm.num_batches_tracked.item<int>() == 0);
}

TEST_CASE("BatchNorm1d takes [N, C, L] and normalises over N and L") {
  nn::BatchNorm1d norm{1, {.eps = 0, .momentum = 1.0, .dtype = tg::float64}};
  norm.weight = f64({2.});
  norm.bias = f64({5.});
  CHECK(close(norm(f64({{{1., 3.}}, {{3., 1.}}})), f64({{{3., 7.}}, {{7., 3.}}})));
  CHECK(close(norm.running_mean, f64({2.})));
  CHECK(close(norm.running_var, f64({4.0 / 3})));
}

TEST_CASE("without momentum the running statistics are the plain average of all batches") {
  nn::BatchNorm1d norm{1, {.momentum = std::nullopt, .dtype = tg::float64}};
  const std::vector<double> means{1, 5, 12};
  for (double mean : means) norm(f64({{mean - 1}, {mean + 1}}));
  CHECK(close(norm.running_mean, f64({6.})));
  CHECK(close(norm.running_var, f64({2.})));
  CHECK(norm.num_batches_tracked.item<int>() == 3);
}

TEST_CASE("BatchNorm1d without running statistics normalises by the batch in evaluation too") {
  nn::BatchNorm1d norm{1, {.eps = 0, .affine = false, .track_running_stats = false}};
  nn::eval(norm);
  CHECK(close(norm(tg::tensor({{4.}, {6.}})), tg::tensor({{-1.}, {1.}})));
  CHECK(nn::buffers(norm).empty());
  CHECK(nn::parameters(norm).empty());
}

TEST_CASE("BatchNorm1d has right gradients for input, weight and bias, at first and second order") {
  const Tensor x = f64({{1., -0.5}, {0.3, 2.}, {-1.2, 0.7}}).requires_grad_();
  const Tensor weight = f64({0.7, -1.3}).requires_grad_();
  const Tensor bias = f64({0.1, 0.2}).requires_grad_();
  const auto f = [](const std::vector<Tensor>& inputs) {
    nn::BatchNorm1d norm{2, {.dtype = tg::float64}};
    norm.weight = inputs[1];
    norm.bias = inputs[2];
    return norm(inputs[0]);
  };
  const auto result = tg::gradcheck(f, {x, weight, bias}, {.second_order = true});
  INFO(result.message());
  CHECK(result.ok);
}

TEST_CASE("BatchNorm1d of a constant channel is 0 with gradient 0") {
  const nn::BatchNorm1d norm{1, {.dtype = tg::float64}};
  const Tensor x = f64({{4.}, {4.}});
  CHECK(tg::equal(norm(x).detach(), f64({{0.}, {0.}})));
  CHECK(close(gradient(norm, x), f64({{0.}, {0.}})));
}

TEST_CASE("training BatchNorm1d with one value per channel is an error, evaluation is not") {
  nn::BatchNorm1d norm{4};
  CHECK_THROWS_AS(norm(tg::ones({1, 4})), tg::ValueError);
  CHECK_THROWS_WITH(norm(tg::ones({1, 4})),
                    ContainsSubstring("[1, 4]") && ContainsSubstring("eval()"));
  CHECK(tg::equal(norm.running_mean, tg::zeros(4)));
  CHECK(norm.num_batches_tracked.item<int>() == 0);
  CHECK_NOTHROW(norm(tg::ones({1, 4, 2})));
  nn::eval(norm);
  CHECK_NOTHROW(norm(tg::ones({1, 4})));
}

TEST_CASE("BatchNorm1d refuses other ranks and channels and then has not counted the batch") {
  nn::BatchNorm1d norm{4};
  nn::name_modules(norm, "bn");
  CHECK_THROWS_AS(norm(tg::ones(4)), tg::ShapeError);
  CHECK_THROWS_AS(norm(tg::ones({2, 4, 3, 3})), tg::ShapeError);
  CHECK_THROWS_WITH(norm(tg::ones({2, 3})), ContainsSubstring("4 channels") &&
                                                ContainsSubstring("[2, 3]") &&
                                                ContainsSubstring("[in bn]"));
  CHECK(norm.num_batches_tracked.item<int>() == 0);
  CHECK_THROWS_AS(nn::BatchNorm1d(-1), tg::ShapeError);
}

TEST_CASE("an empty batch goes through BatchNorm1d and back without moving the statistics") {
  nn::BatchNorm1d norm{2};
  norm(tg::zeros({0, 2})).sum().backward();
  CHECK(tg::equal(norm.weight.grad(), tg::zeros(2)));
  CHECK(tg::equal(norm.running_var, tg::ones(2)));
  CHECK(norm.num_batches_tracked.item<int>() == 0);
}
