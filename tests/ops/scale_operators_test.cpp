// "Scale and offset" of the gradient conventions: what a common offset or a common scale of the
// input must leave as it is, in both float types, for gradients that are fused and such that are
// recorded. Judged against float64 arithmetic on the same, already rounded inputs.

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/check/operators.h"
#include "nn/nn.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

using Function = std::function<Tensor(const Tensor&)>;

/// Cotangents of y that differ from element to element; the first is `scale` kFirst.
const double kFirst = 1.5 + std::sin(1.0);
Tensor seed_of(const Tensor& y, double scale = 1) {
  const Tensor angles = tg::reshape(1 + tg::arange(y.numel(), tg::float64), y.shape());
  return (scale * (1.5 + tg::sin(angles))).to(y.dtype());
}

/// The gradient of f at x, for cotangents that differ from element to element.
Tensor gradient(const Function& f, const Tensor& x, bool recorded, double seed_scale = 1) {
  const Tensor leaf = x.clone().requires_grad_();
  const Tensor y = f(leaf);
  const Tensor seed =
      tg::reshape(seed_scale * (1.5 + tg::sin(1 + tg::arange(y.numel(), tg::float64))), y.shape());
  return tg::grad({y}, {leaf}, {.grad_outputs = {seed.to(x.dtype())}, .create_graph = recorded})[0]
      .detach();
}

/// The largest distance of two tensors, in units of the largest of `exact`.
double distance(const Tensor& found, const Tensor& exact) {
  if (found.shape() != exact.shape()) return std::numeric_limits<double>::infinity();
  const Tensor wide = exact.to(tg::float64);
  const double size = tg::max(tg::abs(wide)).item();
  const Tensor off = tg::abs(found.to(tg::float64) - wide);
  return size == 0 ? tg::max(off).item() : tg::max(off / size).item();
}

/// Checks value and gradients of f at x against those of `exact_x`, float64 numbers of which x are
/// multiples: the value by `value_scale`, the gradient by `value_scale / x_scale`.
void check(const std::string& what, const Function& f, const Tensor& x, const Tensor& exact_x,
           double x_scale, double value_scale, double tolerance) {
  INFO(what << ", " << name(x.dtype()) << ", scale " << x_scale);
  CHECK(distance(f(x).to(tg::float64) / value_scale, f(exact_x)) <= tolerance);
  // Cotangents of the size that keeps gradients near 1.
  const double seed = x_scale / value_scale;
  for (const bool recorded : {false, true}) {
    INFO((recorded ? "recorded" : "fused"));
    CHECK(distance(gradient(f, x, recorded, seed), gradient(f, exact_x, false)) <= tolerance);
  }
}

/// [4, 6], all different, both signs.
Tensor numbers() { return tg::sin(3 * tg::arange(24, tg::float64)).reshape({4, 6}) * 2; }

constexpr double kFloat = 2e-6, kDouble = 1e-13;

struct Named {
  std::string name;
  Function f;
};

std::vector<Named> functions_of_logits() {
  std::vector<Named> all{
      {"softmax", [](const Tensor& x) { return tg::softmax(x, 1); }},
      {"softmax, columns", [](const Tensor& x) { return tg::softmax(x, 0); }},
      {"log_softmax", [](const Tensor& x) { return tg::log_softmax(x, 1); }},
      {"logsumexp, whose value has the digits that the offset leaves",
       [](const Tensor& x) { return tg::logsumexp(x, 1) - tg::logsumexp(x.detach(), 1); }},
      {"nll_loss", [](const Tensor& x) {
         return nn::nll_loss(tg::log_softmax(x, 1), tg::tensor({1, 0, 5, 2}));
       }}};
  const Tensor classes = tg::tensor({1, 0, 5, 2});
  for (const tg::Reduction reduction :
       {tg::Reduction::mean, tg::Reduction::sum, tg::Reduction::none}) {
    for (const std::int64_t ignored : {-100, 0, 5}) {
      for (const double smoothing : {0.0, 0.2}) {
        for (const bool weighted : {false, true}) {
          all.push_back({"cross_entropy", [=](const Tensor& x) {
                           const Tensor weight = tg::tensor({1., 2., 0.5, 0., 1., 3.}, x.dtype());
                           return tg::cross_entropy(x, classes,
                                                    {.weight = weighted ? weight : Tensor(),
                                                     .ignore_index = ignored,
                                                     .reduction = reduction,
                                                     .label_smoothing = smoothing});
                         }});
        }
      }
    }
    all.push_back({"cross_entropy of probabilities", [=](const Tensor& x) {
                     const Tensor p = tg::softmax(numbers() * 0.5, 1).to(x.dtype());
                     return tg::cross_entropy(x, p, {.reduction = reduction});
                   }});
  }
  return all;
}

}  // namespace

TEST_CASE("a common offset of the logits changes neither losses nor gradients") {
  for (const auto& [name, f] : functions_of_logits()) {
    for (const double offset : {0.0, 1e2, -1e4, 1e6, 1e8, -1e8}) {
      for (const tg::DType dtype : {tg::float32, tg::float64}) {
        CAPTURE(offset);
        const Tensor x = (numbers() + offset).to(dtype);
        check(name, f, x, x.to(tg::float64) - offset, 1, 1,
              dtype == tg::float32 ? kFloat : kDouble);
      }
    }
  }
}

TEST_CASE("cross_entropy: two equal logits of 1e8 share the gradient") {
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    const Tensor x = tg::full({1, 2}, 1e8, dtype);
    const auto f = [](const Tensor& in) { return tg::cross_entropy(in, tg::tensor({0})); };
    for (const bool recorded : {false, true})
      CHECK(tg::equal(gradient(f, x, recorded, 1 / kFirst), tg::tensor({{-0.5, 0.5}}, dtype)));
  }
}

TEST_CASE("a common scale scales deviations and leaves what is normalised as it is") {
  const std::vector<Named> scaled{
      {"std", [](const Tensor& x) { return tg::std(x); }},
      {"std of rows", [](const Tensor& x) { return tg::std(x, 1); }},
      {"std of columns, kept", [](const Tensor& x) { return tg::std(x, 0, 0, true); }},

      {"mean", [](const Tensor& x) { return tg::mean(x, 1); }},
      {"smooth_l1_loss", [](const Tensor& x) {
         const double beta = tg::max(tg::abs(x)).item() / 2;
         return nn::smooth_l1_loss(x, tg::zeros_like(x), {.beta = beta});
       }}};
  const std::vector<Named> left{
      {"layer_norm", [](const Tensor& x) { return tg::layer_norm(x, 6, {}, {}, 0); }},
      {"layer_norm, affine",
       [](const Tensor& x) {
         const Tensor w = tg::tensor({1., -2., 3., 0.5, 1., 2.}, x.dtype());
         return tg::layer_norm(x, 6, w, w * 0.5, 0);
       }},
      {"layer_norm, gradient of weight",
       [](const Tensor& x) {
         const Tensor w = tg::ones(6, x.dtype()).requires_grad_();
         const Tensor y = tg::layer_norm(x.detach(), 6, w, {}, 0);
         return tg::grad({y}, {w}, {.grad_outputs = {tg::exp(tg::zeros_like(y))}})[0].detach() +
                0 * tg::softmax(tg::layer_norm(x, 6, {}, {}, 0), 1).sum();
       }},
      {"BatchNorm1d",
       [](const Tensor& x) {
         return nn::BatchNorm1d(6, {.eps = 0, .affine = false, .dtype = x.dtype()})(x);
       }},
      {"Standardizer", [](const Tensor& x) {
         const auto standard = nn::Standardizer::fit(x.detach());
         return (x - standard.mean) / standard.std;
       }}};
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    const bool single = dtype == tg::float32;
    for (const int exponent : single ? std::vector<int>{-100, -83, -60, -40, 0, 40, 60, 83, 100}
                                     : std::vector<int>{-930, -600, -500, 0, 500, 600, 930}) {
      const double scale = std::ldexp(1, exponent);
      const Tensor x = numbers().to(dtype);
      const double tolerance = single ? kFloat : kDouble;
      for (const auto& [name, f] : scaled)
        check(name, f, x * scale, x.to(tg::float64), scale, scale, tolerance);
      for (const auto& [name, f] : left)
        check(name, f, x * scale, x.to(tg::float64), scale, 1, tolerance);
    }
  }
}

TEST_CASE("a large common offset takes no digits of layer_norm, BatchNorm1d, var and std") {
  const std::vector<Named> all{{"layer_norm", [](const Tensor& x) { return tg::layer_norm(x, 6); }},
                               {"BatchNorm1d",
                                [](const Tensor& x) {
                                  return nn::BatchNorm1d(6,
                                                         {.affine = false, .dtype = x.dtype()})(x);
                                }},
                               {"var", [](const Tensor& x) { return tg::var(x, 1); }},
                               {"std", [](const Tensor& x) { return tg::std(x, 0); }}};
  for (const auto& [name, f] : all) {
    for (const double offset : {1e2, -1e4, 1e6}) {
      CAPTURE(offset);
      const Tensor x = (numbers() + offset).to(tg::float32);
      check(name, f, x, x.to(tg::float64) - offset, 1, 1, 3 * kFloat);
    }
  }
}

TEST_CASE("layer_norm of a row of 1e4 + i 1e-3 is that of float64 arithmetic on that row") {
  for (const std::int64_t n : {8, 64, 1000}) {
    const Tensor row = (1e4 + 1e-3 * tg::arange(n, tg::float64)).to(tg::float32);
    const Tensor exact = tg::layer_norm(row.to(tg::float64), n);
    CHECK(tg::max(tg::abs(tg::layer_norm(row, n).to(tg::float64) - exact)).item() < 1e-3);
    const Tensor batch = tg::stack({row, row * 2}, 1);
    const auto normal = [](const Tensor& x) {
      return nn::BatchNorm1d(2, {.affine = false, .dtype = x.dtype()})(x).to(tg::float64);
    };
    CHECK(tg::max(tg::abs(normal(batch) - normal(batch.to(tg::float64)))).item() < 1e-3);
  }
}

TEST_CASE("deviations of tiny and huge numbers are in range where their squares are not") {
  const Tensor tiny = tg::tensor({1e-25, 2e-25, 3e-25}), huge = tg::tensor({1e30, 2e30, 3e30});
  CHECK(tg::std(tiny).item() == Approx(1e-25));
  CHECK(tg::std(huge).item() == Approx(1e30));
  CHECK(tg::var(tg::tensor({1e18, -1e18, 3e18, 0.0}), {}, 0).item() == Approx(2.1875e36));
  const Tensor exact = tg::tensor({-0.5, 0.0, 0.5});
  const double seed = 1 / kFirst;
  for (const bool recorded : {false, true}) {
    const auto std_of = [](const Tensor& x) { return tg::std(x); };
    CHECK(distance(gradient(std_of, tiny, recorded, seed), exact) < 1e-6);
    CHECK(distance(gradient(std_of, huge, recorded, seed), exact) < 1e-6);
  }
  CHECK(distance(tg::layer_norm(huge, 3), tg::tensor({-1.2247449, 0.0, 1.2247449})) < 1e-6);
  // One slice in need does not touch the others, nor does a constant one.
  const Tensor mixed = tg::tensor({{1e-25, 3e-25}, {5.0, 7.0}, {4.0, 4.0}, {1e30, 3e30}});
  CHECK(distance(tg::std(mixed, 1, 0) / tg::tensor({1e-25, 1.0, 1.0, 1e30}),
                 tg::tensor({1.0, 1.0, 0.0, 1.0})) < 1e-6);
  CHECK(tg::std(tg::full(5, 0.1)).item() == 0);
  CHECK(std::isnan(tg::std(tg::tensor({1.0, NAN})).item()));
  CHECK(std::isnan(tg::std(tg::ones(1)).item()));
  CHECK(std::isnan(tg::std(tg::ones(0)).item()));
}

TEST_CASE("Standardizer: a column of 1e-25 is no constant, and a constant column is one") {
  const Tensor rows = tg::tensor({{1e-25, 1e30, 7.0}, {2e-25, 2e30, 7.0}, {3e-25, 3e30, 7.0}});
  const auto standard = nn::Standardizer::fit(rows);
  const Tensor column = tg::tensor({-1.2247449, 0.0, 1.2247449});
  const Tensor y = standard.apply(rows);
  CHECK(distance(tg::select(y, 1, 0), column) < 1e-6);
  CHECK(distance(tg::select(y, 1, 1), column) < 1e-6);
  CHECK(tg::equal(tg::select(y, 1, 2), tg::zeros(3)));
}

TEST_CASE("mean: a sum out of range does not spoil a result within it") {
  for (const std::int64_t n : {2, 3, 1000, 100000}) {
    CHECK(tg::mean(tg::full(n, 2e38)).item() == Approx(2e38));
    CHECK(tg::mean(tg::full(n, -1.5e308, tg::float64)).item() == Approx(-1.5e308));
    for (const bool recorded : {false, true}) {
      const Function f = [](const Tensor& x) { return tg::mean(x); };
      const double seed = 1 / kFirst;
      CHECK(tg::allclose(gradient(f, tg::full(n, 2e38), recorded, seed),
                         tg::full(n, 1.0 / static_cast<double>(n))));
    }
  }
  const Tensor rows = tg::tensor({{3e38, 3e38}, {1.0, 2.0}, {3e38, -3e38}, {INFINITY, 1.0}});
  CHECK(tg::equal(tg::mean(rows, 1), tg::tensor({3e38, 1.5, 0.0, INFINITY})));
  CHECK(std::isnan(tg::mean(tg::tensor({INFINITY, -INFINITY})).item()));
  CHECK(std::isinf(tg::sum(tg::full(2, 2e38)).item()));
}

TEST_CASE("prod: the gradient is in range where the product is not") {
  for (const double size : {1e-25, 1e30}) {
    for (const bool recorded : {false, true}) {
      const Function f = [](const Tensor& x) { return tg::prod(x); };
      const double seed = 1 / kFirst;
      CHECK(distance(gradient(f, tg::tensor({size, 2 * size}), recorded, seed),
                     tg::tensor({2 * size, size})) < 1e-6);
    }
  }
  for (const std::int64_t n : {1, 2, 3, 4, 5, 7, 8, 13}) {
    const Tensor x = tg::where(tg::arange(n) == n / 2, 0, 1 + 0.1 * tg::arange(n, tg::float64));
    CHECK(tg::gradcheck([](const std::vector<Tensor>& in) { return tg::prod(in[0]); },
                        {x.clone().requires_grad_()}, {.second_order = true}));
  }
}

TEST_CASE("clip_grad_norm_ keeps the digits of a norm with a large exponent") {
  std::vector<nn::Parameter> parameters{{"w", tg::zeros(2).requires_grad_()}};
  for (const double size : {1e-30, 2e-5, 1.0, 1e5, 1e30}) {
    for (const double p : {1.0, 2.0, 3.0, 9.0, 20.0}) {
      parameters[0].value.set_grad(tg::tensor({3 * size, 4 * size}));
      const double exact = size * std::pow(std::pow(3, p) + std::pow(4, p), 1 / p);
      CHECK(nn::clip_grad_norm_(parameters, 1e38, p) == Approx(exact).epsilon(1e-6));
    }
  }
}

TEST_CASE("every operator: fused and recorded gradients agree at any scale") {
  for (const tg::OperatorInfo& info : tg::operators()) {
    for (const tg::OperatorCase& one : info.cases) {
      for (const tg::DType dtype : {tg::float32, tg::float64}) {
        const std::vector<double> scales = dtype == tg::float32
                                               ? std::vector<double>{1e-30, 1e-8, 1, 1e8, 1e30}
                                               : std::vector<double>{1e-280, 1e-8, 1, 1e8, 1e280};
        for (const double scale : scales) {
          CAPTURE(info.name, one.label, name(dtype), scale);
          std::vector<Tensor> inputs, leaves;
          for (const Tensor& input : one.inputs) {
            const bool differentiable = input.requires_grad();
            Tensor in = input.detach();
            if (differentiable) in = (in * scale).to(dtype).clone().requires_grad_();
            if (differentiable) leaves.push_back(in);
            inputs.push_back(in);
          }
          const auto gradients = [&](bool recorded) {
            const Tensor y = one.call(inputs);
            return tg::grad(
                {y}, leaves,
                {.grad_outputs = {seed_of(y)}, .create_graph = recorded, .allow_unused = true});
          };
          if (info.name == "pad") continue;  // a gradient already
          const auto fused = gradients(false), recorded = gradients(true);
          for (std::size_t i = 0; i < leaves.size(); ++i) {
            if (!fused[i].defined() || fused[i].numel() == 0) continue;
            const Tensor a = fused[i].to(tg::float64), b = recorded[i].detach().to(tg::float64);
            const Tensor finite = tg::isfinite(a) & tg::isfinite(b);
            CHECK(tg::equal(tg::isfinite(a), tg::isfinite(b)));
            CHECK(distance(tg::where(finite, a, 0), tg::where(finite, b, 0)) <=
                  (dtype == tg::float32 ? 1e-5 : 1e-13));
          }
        }
      }
    }
  }
}

// Of softmax and log_softmax, whose rules know the output alone, within two roundings of the
// largest output times cotangent; what is far smaller than those has no digits to tell of.
TEST_CASE("gradients of one row of logits sum to 0 within a rounding of their largest") {
  const Tensor seeds = tg::cos(tg::arange(24, tg::float64)).reshape({4, 6});
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    const double rounding = dtype == tg::float32 ? std::ldexp(1, -23) : std::ldexp(1, -52);
    for (const double spread : {0.5, 1.0, 3.0, 10.0}) {  // the last is far in the tail
      for (const double offset : {0.0, 1e4, 1e8}) {
        CAPTURE(name(dtype), spread, offset);
        const Tensor x = (numbers() * spread + offset).to(dtype).clone().requires_grad_();
        const Tensor p = tg::softmax(x.detach().to(tg::float64), 1);
        const auto sum_of = [&](const Tensor& y, const Tensor& seed, Tensor& g) {
          g = tg::grad({y}, {x}, {.grad_outputs = {seed.to(dtype)}})[0].to(tg::float64);
          return tg::abs(tg::sum(g, 1));
        };
        Tensor g;
        for (const Tensor& target : {tg::argmax(x, 1), tg::argmin(x, 1)}) {
          const Tensor off = sum_of(
              tg::cross_entropy(x, target, {.reduction = tg::Reduction::none}), tg::ones(4), g);
          CHECK(tg::all(off <= rounding * tg::amax(tg::abs(g), 1)).item<bool>());
        }
        const Tensor of_softmax = sum_of(tg::softmax(x, 1), seeds, g);
        CHECK(tg::all(of_softmax <= 2 * rounding * tg::amax(tg::abs(p * seeds), 1)).item<bool>());
        const Tensor of_log = sum_of(tg::log_softmax(x, 1), seeds, g);
        CHECK(tg::all(of_log <= 2 * rounding * tg::amax(tg::abs(seeds), 1)).item<bool>());
      }
    }
  }
}
