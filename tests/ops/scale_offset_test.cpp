#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"

// Common offsets and common scales ("Scale and offset" of the conventions): an operator that has
// the invariance keeps it in both float types, walked back fused and recorded, and is judged
// against float64 arithmetic on the same, already rounded inputs.

using tapegrad::DType;
using tapegrad::float32;
using tapegrad::float64;
using tapegrad::Tensor;
namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

using Function = std::function<Tensor(const Tensor&)>;

struct Case {
  std::string name;
  Function f;
};

constexpr double kInf = std::numeric_limits<double>::infinity();

double epsilon(DType dtype) {
  return dtype == float32 ? std::numeric_limits<float>::epsilon()
                          : std::numeric_limits<double>::epsilon();
}

/// Different weights for the elements of a result, so that no gradient cancels by chance.
Tensor cotangent(const Tensor& y) {
  return tg::reshape(tg::cos(tg::arange(0.0, double(y.numel()), 1.0, float64)), y.shape())
      .to(y.dtype());
}

struct Result {
  Tensor value, gradient;
};

Result run(const Function& f, const Tensor& data, bool recorded) {
  const Tensor x = data.detach().clone().requires_grad_();
  const Tensor y = f(x);
  const Tensor gradient =
      tg::grad({y}, {x}, {.grad_outputs = {cotangent(y)}, .create_graph = recorded})[0];
  return {y.detach(), gradient.detach()};
}

/// |found - expected| <= tolerance * the largest expected, in float64.
void check_near(const std::string& what, const Tensor& found, const Tensor& expected,
                double tolerance) {
  INFO(what << ": found " << found << ", expected " << expected);
  const Tensor wide = expected.to(float64);
  const double largest = tg::amax(tg::abs(wide)).item();
  CHECK(tg::all(tg::isfinite(found)).item<bool>());
  CHECK(tg::amax(tg::abs(found.to(float64) - wide)).item() <= tolerance * largest);
}

Tensor logits() {
  return tg::tensor({{0.5, -1.25, 2.0, 0.75, -0.5}, {3.0, 1.0, 0.25, -2.0, 1.5}}, float64);
}

std::vector<Case> of_logits() {
  const Tensor classes = tg::tensor({2, 0});
  const Tensor p = tg::softmax(logits() * 0.5, 1);
  return {
      {"softmax", [=](const Tensor& x) { return tg::softmax(x, 1); }},
      {"softmax along 0", [=](const Tensor& x) { return tg::softmax(x, 0); }},
      {"log_softmax", [=](const Tensor& x) { return tg::log_softmax(x, 1); }},
      {"masked_softmax",
       [=](const Tensor& x) { return tg::masked_softmax(x, tg::ones_like(x) > 0, 1); }},
      {"cross_entropy", [=](const Tensor& x) { return tg::cross_entropy(x, classes); }},
      {"cross_entropy, sum",
       [=](const Tensor& x) {
         return tg::cross_entropy(x, classes, {.reduction = tg::Reduction::sum});
       }},
      {"cross_entropy, none",
       [=](const Tensor& x) {
         return tg::cross_entropy(x, classes, {.reduction = tg::Reduction::none});
       }},
      {"cross_entropy, ignored",
       [=](const Tensor& x) { return tg::cross_entropy(x, classes, {.ignore_index = 2}); }},
      {"cross_entropy, weights",
       [=](const Tensor& x) {
         return tg::cross_entropy(x, classes,
                                  {.weight = tg::tensor({1.0, 2.0, 3.0, 1.0, 0.0}, x.dtype())});
       }},
      {"cross_entropy, smoothing",
       [=](const Tensor& x) { return tg::cross_entropy(x, classes, {.label_smoothing = 0.2}); }},
      {"cross_entropy, probabilities",
       [=](const Tensor& x) { return tg::cross_entropy(x, p.to(x.dtype())); }},
      {"nll_loss of log_softmax",
       [=](const Tensor& x) { return nn::nll_loss(tg::log_softmax(x, 1), classes); }}};
}

/// Numbers whose sums and squares leave the range of float32 at either end of the scales.
Tensor table() {
  return tg::tensor({{1.0, 2.0, 3.5}, {-2.0, 0.5, 1.0}, {0.25, 4.0, -1.0}, {3.0, -3.0, 2.0}},
                    float64);
}

std::vector<double> scales(DType dtype) {
  return dtype == float32 ? std::vector<double>{1e-30, 1e-25, 1e-19, 1e-10, 1e10, 1e19, 1e25, 1e30}
                          : std::vector<double>{1e-280, 1e-200, 1e-160, 1e160, 1e200, 1e280};
}

}  // namespace

TEST_CASE("a common offset of the logits changes neither values nor gradients") {
  for (const DType dtype : {float32, float64}) {
    for (const double offset : {0.0, 1e2, 1e4, 1e6, 1e8, -1e4, -1e8}) {
      const Tensor x = (logits() + offset).to(dtype);
      for (const Case& test : of_logits()) {
        for (const bool recorded : {false, true}) {
          INFO(test.name << ", " << tg::name(dtype) << ", offset " << offset
                         << (recorded ? ", recorded" : ", fused"));
          // The offset is taken off the rounded inputs exactly.
          const Result exact = run(test.f, x.to(float64) - offset, false);
          const Result found = run(test.f, x, recorded);
          check_near("value", found.value, exact.value, 8 * epsilon(dtype));
          check_near("gradient", found.gradient, exact.gradient, 8 * epsilon(dtype));
        }
      }
      const Tensor lse = tg::logsumexp(x, 1);
      check_near("logsumexp", lse, tg::logsumexp(x.to(float64) - offset, 1) + offset,
                 4 * epsilon(dtype));
      for (const bool recorded : {false, true}) {
        const Function f = [](const Tensor& l) { return tg::logsumexp(l, 1); };
        check_near("logsumexp's gradient", run(f, x, recorded).gradient,
                   run(f, x.to(float64) - offset, false).gradient, 8 * epsilon(dtype));
      }
    }
  }
}

TEST_CASE("equal logits of 1e8 share the gradient evenly") {
  const Tensor x = tg::tensor({{1e8, 1e8}}, float32).requires_grad_();
  tg::cross_entropy(x, tg::tensor({0})).backward();
  CHECK(x.grad().at<float>({0, 0}) == -0.5f);
  CHECK(x.grad().at<float>({0, 1}) == 0.5f);
}

TEST_CASE("gradients of one row of logits sum to 0") {
  for (const DType dtype : {float32, float64}) {
    for (const Case& test : of_logits()) {
      if (test.name == "softmax along 0") continue;
      const Result found = run(test.f, (logits() * 3).to(dtype), false);
      const Tensor sums = tg::sum(found.gradient.to(float64), 1);
      const Tensor largest = tg::amax(tg::abs(found.gradient.to(float64)), 1);
      INFO(test.name << ", " << tg::name(dtype) << ": " << sums << " of " << largest);
      CHECK(tg::all(tg::abs(sums) <= epsilon(dtype) * tg::maximum(largest, 1)).item<bool>());
    }
    // Where the class is nearly certain, the digits of 1 - p are those of the others.
    const Tensor sure = tg::tensor({{14.0, 0.0, 1.0, -1.0}}, dtype).requires_grad_();
    tg::cross_entropy(sure, tg::tensor({0})).backward();
    const Tensor g = sure.grad().to(float64);
    CHECK(std::abs(tg::sum(g).item()) <= epsilon(dtype) * tg::amax(tg::abs(g)).item());
  }
}

TEST_CASE("a common scale scales std and its gradient stays, in both float types") {
  for (const DType dtype : {float32, float64}) {
    for (const double scale : scales(dtype)) {
      const Tensor x = (table() * scale).to(dtype);
      const Tensor same = x.to(float64) / scale;
      for (const bool recorded : {false, true}) {
        INFO(tg::name(dtype) << ", scale " << scale << (recorded ? ", recorded" : ", fused"));
        for (const tg::Dims& dims : {tg::Dims{}, tg::Dims{0}, tg::Dims{1}, tg::Dims{0, 1}}) {
          const Function f = [&](const Tensor& t) { return tg::std(t, dims); };
          const Result found = run(f, x, recorded), exact = run(f, same, false);
          check_near("std", found.value.to(float64) / scale, exact.value, 8 * epsilon(dtype));
          check_near("its gradient", found.gradient, exact.gradient, 16 * epsilon(dtype));
        }
      }
      if (dtype == float32) {
        check_near("var", (tg::var(x.to(float64), 1) / scale / scale), tg::var(same, 1), 1e-6);
        const double square = scale * scale;
        if (square > 1e-30 && square < 1e30)
          check_near("var", tg::var(x, 1).to(float64) / square, tg::var(same, 1), 1e-6);
      }
    }
  }
}

TEST_CASE("squares that leave the range do not take std with them") {
  const Tensor tiny = tg::tensor({1e-25, 2e-25, 3e-25}, float32).requires_grad_();
  const Tensor s = tg::std(tiny);
  CHECK(s.item() == Approx(1e-25).epsilon(1e-6).margin(0));
  s.backward();
  CHECK(tiny.grad().at<float>({0}) == Approx(-0.5).epsilon(1e-6));
  CHECK(tg::std(tg::tensor({1e30, 2e30, 3e30}, float32)).item() == Approx(1e30).epsilon(1e-6));
  // Beside a row in range, a constant one, and one that is not finite.
  const Tensor rows = tg::tensor(
      {{1e-25, 2e-25, 3e-25}, {1.0, 2.0, 3.0}, {7.0, 7.0, 7.0}, {1e30, 2e30, 3e30}, {kInf, 1, 2}},
      float32);
  const Tensor each = tg::std(rows, 1);
  CHECK(each.at<float>({0}) == Approx(1e-25).epsilon(1e-6).margin(0));
  CHECK(each.at<float>({1}) == 1.0f);
  CHECK(each.at<float>({2}) == 0.0f);
  CHECK(each.at<float>({3}) == Approx(1e30).epsilon(1e-6));
  CHECK(std::isnan(each.at<float>({4})));
}

TEST_CASE("a common scale leaves normalisation as it is") {
  for (const DType dtype : {float32, float64}) {
    const Tensor weight = tg::tensor({0.5, 2.0, -1.0}, dtype);
    const Tensor bias = tg::tensor({0.1, 0.2, 0.3}, dtype);
    nn::BatchNorm1d norm(3, {.eps = 0, .affine = false, .track_running_stats = false});
    const std::vector<Case> cases{
        {"layer_norm", [](const Tensor& x) { return tg::layer_norm(x, {3}, {}, {}, 0); }},
        {"layer_norm, affine",
         [&](const Tensor& x) {
           return tg::layer_norm(x, {3}, weight.to(x.dtype()), bias.to(x.dtype()), 0);
         }},
        {"batch_norm", [&](const Tensor& x) { return norm(x); }}};
    for (const double scale : scales(dtype)) {
      const Tensor x = (table() * scale).to(dtype);
      for (const Case& test : cases) {
        for (const bool recorded : {false, true}) {
          INFO(test.name << ", " << tg::name(dtype) << ", scale " << scale
                         << (recorded ? ", recorded" : ", fused"));
          const Result found = run(test.f, x, recorded);
          const Result exact = run(test.f, x.to(float64) / scale, false);
          check_near("value", found.value, exact.value, 32 * epsilon(dtype));
          check_near("gradient", found.gradient.to(float64) * scale, exact.gradient,
                     64 * epsilon(dtype));
        }
      }
      const nn::Standardizer standard = nn::Standardizer::fit(x);
      check_near("standardised", standard.apply(x),
                 nn::Standardizer::fit(x.to(float64) / scale).apply(x.to(float64) / scale),
                 32 * epsilon(dtype));
    }
  }
}

TEST_CASE(
    "layer_norm with its usual eps stands large numbers, and small ones are small beside eps") {
  const Tensor large = tg::layer_norm(tg::tensor({1e30, 2e30, 3e30}, float32), {3});
  CHECK(large.at<float>({2}) == Approx(std::sqrt(1.5)).epsilon(1e-6));
  const Tensor small = tg::layer_norm(tg::tensor({1e-20, 2e-20, 3e-20}, float32), {3});
  CHECK(small.at<float>({2}) == Approx(1e-20 / std::sqrt(1e-5)).epsilon(1e-5).margin(0));
  nn::BatchNorm1d norm(1);
  const Tensor batch = norm(tg::tensor({{1e30}, {2e30}, {3e30}}, float32));
  CHECK(batch.at<float>({2, 0}) == Approx(std::sqrt(1.5)).epsilon(1e-6));
}

TEST_CASE("layer_norm keeps the digits of deviations that are small beside the mean") {
  for (const std::int64_t n : {16, 64, 333, 1000}) {
    const Tensor row =
        (1e4 + tg::arange(0.0, double(n), 1.0, float64) * 1e-3).to(float32).reshape({1, n});
    const Function f = [n](const Tensor& x) { return tg::layer_norm(x, {n}, {}, {}, 0); };
    const Result exact = run(f, row.to(float64), false);
    for (const bool recorded : {false, true}) {
      const Result found = run(f, row, recorded);
      INFO(n << (recorded ? ", recorded" : ", fused"));
      CHECK(tg::amax(tg::abs(found.value.to(float64) - exact.value)).item() <= 1e-3);
      check_near("gradient", found.gradient, exact.gradient, 1e-3);
    }
  }
}

TEST_CASE("the mean of numbers whose sum leaves the range is in their range") {
  const Tensor x = tg::full({5, 3}, 2e38).requires_grad_();
  const Tensor m = tg::mean(x);
  CHECK(m.item() == Approx(2e38).epsilon(1e-6));
  m.backward();
  CHECK(x.grad().at<float>({4, 2}) == Approx(1.0 / 15));
  const Tensor rows =
      tg::tensor({{3e38, 3e38, 3e38}, {1, 2, 3}, {kInf, 1, 1}, {3e38, -3e38, 3}}, float32);
  const Tensor means = tg::mean(rows, 1);
  CHECK(means.at<float>({0}) == Approx(3e38).epsilon(1e-6));
  CHECK(means.at<float>({1}) == 2.0f);
  CHECK(means.at<float>({2}) == std::numeric_limits<float>::infinity());
  CHECK(tg::mean(tg::full({7}, 1.5e308, float64)).item() == Approx(1.5e308));
  CHECK(std::isnan(tg::mean(tg::tensor({kInf, -kInf}, float32)).item()));
  CHECK(tg::layer_norm(tg::tensor({2e38, 2e38, 2.5e38}, float32), {3}).at<float>({2}) ==
        Approx(std::sqrt(2.0)).epsilon(1e-5));
}

TEST_CASE("a column of small numbers is standardised, not taken for a constant") {
  const Tensor x = tg::tensor({{1e-25, 5.0}, {2e-25, 5.0}, {3e-25, 5.0}}, float32);
  const nn::Standardizer standard = nn::Standardizer::fit(x);
  const Tensor y = standard.apply(x);
  CHECK(y.at<float>({2, 0}) == Approx(std::sqrt(1.5)).epsilon(1e-6));
  CHECK(y.at<float>({2, 1}) == 0.0f);
}

TEST_CASE("softplus does not overflow below its threshold") {
  for (const double z : {89.0, 200.0, 1e6}) {
    const Tensor x = tg::tensor(z, float32).requires_grad_();
    const Tensor y = tg::softplus(x, 1, 1e9);
    CHECK(y.item<float>() == float(z));
    CHECK(tg::grad(y, x).item() == 1);
  }
  CHECK(tg::softplus(tg::tensor(-200.0)).item() == 0);
  CHECK(tg::softplus(tg::tensor(0.5, float64), 2).item() ==
        Approx(std::log1p(std::exp(1.0)) / 2).epsilon(1e-15));
}

TEST_CASE("binary_cross_entropy pulls and pushes at certainty as it does beside it") {
  struct Row {
    double p, y, gradient, second;
  };
  for (const Row& row : {Row{1, 1, -1, 1}, Row{0, 0, 1, 1}, Row{1e-13, 0, 1, 1},
                         Row{0.25, 0, 1 / 0.75, 1 / (0.75 * 0.75)}, Row{0.25, 1, -4, 16},
                         Row{0, 1, -1e12, 0}, Row{1, 0, 1e12, 0}}) {
    INFO("p " << row.p << ", y " << row.y);
    const Tensor p = tg::tensor({row.p}, float64).requires_grad_();
    const Tensor y = tg::tensor({row.y}, float64);
    const Tensor loss = nn::binary_cross_entropy(p, y);
    CHECK(tg::grad(loss, p, {.retain_graph = true}).item() ==
          Approx(row.gradient).epsilon(1e-9).margin(0));
    const Tensor first = tg::grad(loss, p, {.create_graph = true});
    CHECK(first.item() == Approx(row.gradient).epsilon(1e-9).margin(0));
    CHECK(tg::grad(tg::sum(first), p).item() == Approx(row.second).epsilon(1e-9).margin(1e-300));
  }
}

TEST_CASE("a weight of 0 masks an infinite loss, in every loss that takes weights") {
  const Tensor zero_one = tg::tensor({0.0, 1.0});
  const auto check = [&](const std::string& name, const Tensor& loss, const Tensor& x) {
    INFO(name);
    CHECK(std::isfinite(loss.item()));
    const Tensor g = tg::grad(loss, x, {.retain_graph = true});
    const Tensor recorded = tg::grad(loss, x, {.create_graph = true});
    CHECK(tg::all(tg::isfinite(g)).item<bool>());
    CHECK(tg::allclose(g, recorded));
    CHECK(tg::reshape(g, -1).at<float>({0}) == 0.0f);
  };
  {
    const Tensor x = tg::tensor({-kInf, 0.5}, float32).requires_grad_();
    check("binary_cross_entropy_with_logits",
          nn::binary_cross_entropy_with_logits(x, tg::tensor({1.0, 1.0}), {.weight = zero_one}), x);
    const Tensor p = tg::tensor({0.0, 0.5}).requires_grad_();
    check("binary_cross_entropy",
          nn::binary_cross_entropy(p, tg::tensor({1.0, 1.0}), {.weight = zero_one}), p);
  }
  {
    const Tensor x = tg::tensor({{-kInf, 0.0}, {0.5, 1.0}}, float32).requires_grad_();
    const Tensor classes = tg::tensor({0, 1});
    check("nll_loss", nn::nll_loss(x, classes, {.weight = zero_one}), x);
    check("cross_entropy", tg::cross_entropy(x, classes, {.weight = zero_one}), x);
    check("cross_entropy, smoothing",
          tg::cross_entropy(x, classes, {.weight = zero_one, .label_smoothing = 0.1}), x);
    check("cross_entropy, probabilities",
          tg::cross_entropy(x, tg::tensor({{0.5, 0.5}, {0.5, 0.5}}), {.weight = zero_one}), x);
  }
}

TEST_CASE("masked_softmax over nothing is nothing") {
  const Tensor x = tg::ones({3, 0}).requires_grad_();
  const Tensor y = tg::masked_softmax(x, tg::ones({3, 0}) > 0, 1);
  CHECK(y.shape() == tg::Shape{3, 0});
  tg::sum(y).backward();
  CHECK(x.grad().shape() == tg::Shape{3, 0});
}

TEST_CASE("the gradient of elu passes at NaN, as relu's does") {
  const Tensor x = tg::tensor({std::numeric_limits<double>::quiet_NaN()}, float64).requires_grad_();
  for (const bool recorded : {false, true}) {
    for (const double alpha : {1.0, 2.0}) {
      const Tensor y = tg::elu(x, alpha);
      CHECK(std::isnan(y.item()));
      CHECK(tg::grad({y}, {x}, {.create_graph = recorded})[0].item() == 1);
    }
  }
}
