#include "tests/nn/losses/losses.h"

#include <cmath>
#include <functional>
#include <vector>

#include "nn/losses/losses.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using namespace losses;
using Catch::Matchers::ContainsSubstring;
using nn::Reduction;

namespace {

/// A loss of input and target, of float64 values.
struct Pointwise {
  const char* name;
  std::function<Tensor(const Tensor&, const Tensor&, Reduction)> loss;
  std::function<double(double, double)> formula;
};

const std::vector<Pointwise>& pointwise() {
  static const std::vector<Pointwise> all{
      {"mse_loss",
       [](const Tensor& x, const Tensor& y, Reduction r) {
         return nn::mse_loss(x, y, {.reduction = r});
       },
       [](double x, double y) { return (x - y) * (x - y); }},
      {"l1_loss",
       [](const Tensor& x, const Tensor& y, Reduction r) {
         return nn::l1_loss(x, y, {.reduction = r});
       },
       [](double x, double y) { return std::fabs(x - y); }},
      {"smooth_l1_loss",
       [](const Tensor& x, const Tensor& y, Reduction r) {
         return nn::smooth_l1_loss(x, y, {.reduction = r, .beta = 0.3});
       },
       [](double x, double y) {
         const double d = std::fabs(x - y);
         return d < 0.3 ? d * d / 0.6 : d - 0.15;
       }},
      {"huber_loss",
       [](const Tensor& x, const Tensor& y, Reduction r) {
         return nn::huber_loss(x, y, {.reduction = r, .delta = 0.3});
       },
       [](double x, double y) {
         const double d = std::fabs(x - y);
         return d <= 0.3 ? d * d / 2 : 0.3 * (d - 0.15);
       }},
      {"binary_cross_entropy",
       [](const Tensor& x, const Tensor& y, Reduction r) {
         return nn::binary_cross_entropy(x, y, {.reduction = r});
       },
       [](double x, double y) { return -(y * std::log(x) + (1 - y) * std::log(1 - x)); }},
      {"binary_cross_entropy_with_logits",
       [](const Tensor& x, const Tensor& y, Reduction r) {
         return nn::binary_cross_entropy_with_logits(x, y, {.reduction = r});
       },
       [](double x, double y) { return std::log1p(std::exp(x)) - x * y; }},
      {"kl_div",
       [](const Tensor& x, const Tensor& y, Reduction r) {
         return nn::kl_div(x, y, {.reduction = r});
       },
       [](double x, double y) { return y * (std::log(y) - x); }},
      {"kl_div of logarithms",
       [](const Tensor& x, const Tensor& y, Reduction r) {
         return nn::kl_div(x, y, {.reduction = r, .log_target = true});
       },
       [](double x, double y) { return std::exp(y) * (y - x); }},
  };
  return all;
}

/// Inputs and targets in (0, 1), no pair closer than 0.05 to a kink of the losses above.
const std::vector<double> xs{0.1, 0.9, 0.45, 0.62, 0.33, 0.71};
const std::vector<double> ys{0.75, 0.82, 0.2, 0.05, 0.9, 0.5};

}  // namespace

TEST_CASE("pointwise losses are their formulas, with each reduction") {
  const Tensor x = tg::tensor(xs, {2, 3}), y = tg::tensor(ys, {2, 3});
  for (const Pointwise& entry : pointwise()) {
    INFO(entry.name);
    double total = 0;
    const Tensor elements = entry.loss(x, y, Reduction::none);
    REQUIRE(elements.shape() == tg::Shape{2, 3});
    for (std::size_t i = 0; i < xs.size(); ++i) {
      const double expected = entry.formula(xs[i], ys[i]);
      CHECK(elements.data<double>()[i] == Approx(expected).epsilon(1e-13));
      total += expected;
    }
    CHECK(entry.loss(x, y, Reduction::sum).item() == Approx(total).epsilon(1e-13));
    CHECK(entry.loss(x, y, Reduction::mean).item() == Approx(total / 6).epsilon(1e-13));
  }
}

TEST_CASE("pointwise losses have right gradients for input and target, at first and second order") {
  const Tensor x = tg::tensor(xs).requires_grad_(), y = tg::tensor(ys).requires_grad_();
  for (const Pointwise& entry : pointwise()) {
    INFO(entry.name);
    check_gradients(
        [&entry](const std::vector<Tensor>& in) {
          return entry.loss(in[0], in[1], Reduction::mean);
        },
        {x, y});
  }
}

TEST_CASE("pointwise losses keep float32 and take targets of other types") {
  for (const Pointwise& entry : pointwise()) {
    INFO(entry.name);
    const Tensor x = tg::tensor({0.25, 0.5});
    CHECK(entry.loss(x, tg::tensor({0., 1.}), Reduction::mean).dtype() == tg::float32);
    CHECK(entry.loss(x, tg::tensor({0, 1}), Reduction::mean).dtype() == tg::float32);
    CHECK_THROWS_AS(entry.loss(tg::tensor({0, 1}), tg::tensor({0, 1}), Reduction::mean),
                    tg::DTypeError);
  }
}

TEST_CASE("the mean over nothing is NaN, the sum 0, and the gradient is empty") {
  for (const Pointwise& entry : pointwise()) {
    INFO(entry.name);
    Tensor x = tg::zeros(0).requires_grad_();
    CHECK(std::isnan(entry.loss(x, tg::zeros(0), Reduction::mean).item()));
    CHECK(entry.loss(x, tg::zeros(0), Reduction::sum).item() == 0);
    const Tensor g = tg::grad(entry.loss(x, tg::zeros(0), Reduction::mean), x);
    CHECK(g.shape() == tg::Shape{0});
  }
}

TEST_CASE("shapes that differ are an error that shows both") {
  const Tensor x = tg::full({3, 1}, 0.5), y = tg::full(3, 0.5);
  for (const Pointwise& entry : pointwise()) {
    INFO(entry.name);
    CHECK_THROWS_AS(entry.loss(x, y, Reduction::mean), tg::ShapeError);
    CHECK_THROWS_WITH(entry.loss(x, y, Reduction::mean),
                      ContainsSubstring("[3, 1]") && ContainsSubstring("[3]"));
  }
  CHECK_THROWS_WITH(nn::mse_loss(x, y), ContainsSubstring("options.broadcast"));
}

TEST_CASE("losses broadcast when told to") {
  const Tensor x = tg::tensor({{1.}, {2.}}).requires_grad_();
  const Tensor y = tg::tensor({0., 4.});
  CHECK(nn::mse_loss(x, y, {.broadcast = true}).item() == (1 + 9 + 4 + 4) / 4.0);
  CHECK(nn::l1_loss(x, y, {.broadcast = true}).item() == (1 + 3 + 2 + 2) / 4.0);
  CHECK(nn::smooth_l1_loss(x, y, {.broadcast = true}).item() == (0.5 + 2.5 + 1.5 + 1.5) / 4);
  CHECK(nn::huber_loss(x, y, {.broadcast = true}).item() == (0.5 + 2.5 + 1.5 + 1.5) / 4);
  CHECK(nn::kl_div(x, tg::tensor(1.), {.broadcast = true}).item() == -1.5);
  const Tensor g =
      tg::grad(nn::mse_loss(x, y, {.reduction = Reduction::sum, .broadcast = true}), x);
  CHECK(tg::equal(g, tg::tensor({{2. - 6.}, {4. - 4.}})));
  CHECK_THROWS_AS(nn::mse_loss(tg::ones(2), tg::ones(3), {.broadcast = true}), tg::ShapeError);
}

// ---- Differences -------------------------------------------------------------------------------

TEST_CASE("huber_loss with infinite delta is half the square") {
  const Tensor x = tg::tensor({1., -3.});
  CHECK(nn::huber_loss(x, tg::zeros(2), {.delta = inf}).item() == 2.5);
}

TEST_CASE("the curvature of huber and smooth_l1 at 0 is that of the parabola") {
  const Tensor x = f64({0.}).requires_grad_(), y = f64({0.});
  const Tensor g = tg::grad(nn::huber_loss(x, y), x, {.create_graph = true});
  CHECK(tg::grad(tg::sum(g), x).item() == 1);
  const Tensor h = tg::grad(nn::smooth_l1_loss(x, y, {.beta = 0.5}), x, {.create_graph = true});
  CHECK(tg::grad(tg::sum(h), x).item() == 2);
}

TEST_CASE("negative beta and delta that is not above 0 are refused") {
  const Tensor x = tg::ones(1);
  CHECK_THROWS_AS(nn::smooth_l1_loss(x, x, {.beta = -1}), tg::ValueError);
  CHECK_THROWS_WITH(nn::smooth_l1_loss(x, x, {.beta = -1}),
                    ContainsSubstring("at least 0, got -1"));
  CHECK_THROWS_AS(nn::huber_loss(x, x, {.delta = 0}), tg::ValueError);
  CHECK_THROWS_AS(nn::huber_loss(x, x, {.delta = NaN}), tg::ValueError);
}

// ---- Binary cross-entropy ----------------------------------------------------------------------

TEST_CASE("binary_cross_entropy keeps the digits of a small loss") {
  for (const double p : {1e-300, 1e-20, 1e-12, 1e-7}) {
    const double loss = nn::binary_cross_entropy(f64({p}), f64({0.})).item();
    CHECK(loss == Approx(p + p * p / 2).epsilon(1e-14));
  }
}

TEST_CASE("binary_cross_entropy refuses what is no probability and names the range") {
  const Tensor y = tg::zeros(2);
  for (const double bad : {-0.25, 1.5, NaN}) {
    CHECK_THROWS_AS(nn::binary_cross_entropy(tg::tensor({0.5, bad}), y), tg::ValueError);
  }
  CHECK_THROWS_WITH(nn::binary_cross_entropy(tg::tensor({0.5, 1.5}), y),
                    ContainsSubstring("from 0.5 to 1.5") &&
                        ContainsSubstring("binary_cross_entropy_with_logits"));
}

TEST_CASE("weights of binary losses multiply the elements, also broadcast") {
  const Tensor x = f64({{0.25, 0.5}, {0.5, 0.75}}), y = f64({{0., 1.}, {0., 1.}});
  const Tensor weight = f64({2., 10.});
  CHECK(
      nn::binary_cross_entropy(x, y, {.weight = weight}).item() ==
      Approx((-2 * std::log(0.75) - 10 * std::log(0.5) - 2 * std::log(0.5) - 10 * std::log(0.75)) /
             4));
  const Tensor logits = f64({{0., 0.}, {0., 0.}});
  CHECK(nn::binary_cross_entropy_with_logits(logits, y, {.weight = weight}).item() ==
        Approx(6 * std::log(2.0)));
  CHECK_THROWS_AS(nn::binary_cross_entropy(x, y, {.weight = f64({1., 1., 1.})}), tg::ShapeError);
  CHECK_THROWS_WITH(
      nn::binary_cross_entropy_with_logits(logits.select(0, 0), y.select(0, 0), {.weight = x}),
      ContainsSubstring(
          "the weight of shape [2, 2] does not broadcast to the shape [2] of the input"));
}

TEST_CASE("a weight of 0 masks an element of the binary losses, whatever it is") {
  using Make = std::function<Tensor(const Tensor& x, const Tensor& y, const Tensor& weight)>;
  const auto none = Reduction::none;
  const Make losses[] = {
      [=](const Tensor& x, const Tensor& y, const Tensor& w) {
        return nn::binary_cross_entropy(x, y, {.weight = w, .reduction = none});
      },
      [=](const Tensor& x, const Tensor& y, const Tensor& w) {
        return nn::binary_cross_entropy_with_logits(x, y, {.weight = w, .reduction = none});
      },
  };
  for (const Make& loss : losses) {
    for (const double bad : {NaN, inf, -inf}) {
      for (const bool in_target : {false, true}) {
        INFO("loss " << &loss - losses << ", " << bad << ", in the target: " << in_target);
        const Tensor x = f64({0.75, in_target ? 0.5 : bad}).requires_grad_();
        const Tensor y = f64({1., in_target ? bad : 0.25}).requires_grad_();
        const Tensor w = f64({2., 0.}).requires_grad_();
        const Tensor alone = loss(x, y, w);
        const Tensor at = alone.detach();
        CHECK(at[1].item() == 0);
        CHECK(std::isfinite(at[0].item()));
        for (const bool create_graph : {false, true}) {
          const auto g = tg::grad({loss(x, y, w).sum()}, {x, y, w}, {.create_graph = create_graph});
          for (const Tensor& one : g) {
            CHECK(one.detach()[1].item() == 0);
            CHECK(std::isfinite(one.detach()[0].item()));
          }
          if (!create_graph) continue;
          const Tensor second = tg::grad(g[0].sum(), x, {.allow_unused = true});
          CHECK(second[1].item() == 0);
          CHECK(std::isfinite(second[0].item()));
        }
      }
    }
  }
}

TEST_CASE("a weight of 0 that learns still gets the loss of its element") {
  const Tensor x = f64({0.5, -2.}), y = f64({1., 0.});
  const Tensor w = f64({1., 0.}).requires_grad_();
  const Tensor g = tg::grad(
      nn::binary_cross_entropy_with_logits(x, y, {.weight = w, .reduction = Reduction::sum}), w);
  const Tensor elements =
      nn::binary_cross_entropy_with_logits(x, y, {.reduction = Reduction::none});
  CHECK(tg::allclose(g, elements, 1e-14));
}

TEST_CASE("a pos_weight of 0 masks a positive element, whatever its logit is") {
  for (const double bad : {NaN, inf, -inf}) {
    check(
        [&](const Tensor& x) {
          return nn::binary_cross_entropy_with_logits(
              x, f64({1., 1.}), {.reduction = Reduction::none, .pos_weight = f64({1., 0.})});
        },
        f64({0., bad}), {std::log(2.0), 0}, {-0.5, 0});
  }
  // Nor does the gradient of a weight that learns, or of a target, see it.
  for (const double bad : {NaN, -inf}) {
    const Tensor weight = f64({1., 0.}).requires_grad_(), y = f64({1., 1.}).requires_grad_();
    nn::binary_cross_entropy_with_logits(f64({0., bad}), y, {.pos_weight = weight}).backward();
    CHECK(weight.grad()[1].item() == 0);
    CHECK(y.grad()[1].item() == 0);
  }
}

TEST_CASE("pos_weight multiplies the loss of the positive part only") {
  const Tensor x = f64({{0.3, -0.4}, {1.2, 2.}}), y = f64({{1., 0.}, {0.25, 1.}});
  const Tensor pos_weight = f64({3., 0.5});
  const auto formula = [](double logit, double target, double weight) {
    const double p = 1 / (1 + std::exp(-logit));
    return -(weight * target * std::log(p) + (1 - target) * std::log(1 - p));
  };
  const double expected =
      formula(0.3, 1, 3) + formula(-0.4, 0, 0.5) + formula(1.2, 0.25, 3) + formula(2, 1, 0.5);
  const auto loss = [&](const Tensor& in, const Tensor& target) {
    return nn::binary_cross_entropy_with_logits(
        in, target, {.reduction = Reduction::sum, .pos_weight = pos_weight});
  };
  CHECK(loss(x, y).item() == Approx(expected).epsilon(1e-13));
  check_gradients([&](const std::vector<Tensor>& in) { return loss(in[0], in[1]); },
                  {x.clone().requires_grad_(), y.clone().requires_grad_()});
  CHECK_THROWS_WITH(nn::binary_cross_entropy_with_logits(x, y, {.pos_weight = f64({1., 1., 1.})}),
                    ContainsSubstring("[3]") && ContainsSubstring("[2, 2]"));
}

TEST_CASE("small losses of binary_cross_entropy_with_logits keep their digits") {
  // log(1 + e^-50) is e^-50 to 22 digits.
  const Tensor x = f64({50.});
  CHECK(nn::binary_cross_entropy_with_logits(x, f64({1.})).item() ==
        Approx(std::exp(-50.0)).epsilon(1e-12));
  const auto loss = [](const Tensor& in) {
    return nn::binary_cross_entropy_with_logits(in, f64({1.}));
  };
  CHECK(gradient(loss, x).item() == Approx(-std::exp(-50.0)).epsilon(1e-12));
}

TEST_CASE("NaN logits and targets are not hidden") {
  CHECK(std::isnan(nn::binary_cross_entropy_with_logits(f64({NaN}), f64({1.})).item()));
  CHECK(std::isnan(nn::binary_cross_entropy_with_logits(f64({1.}), f64({NaN})).item()));
  CHECK(std::isnan(nn::binary_cross_entropy(f64({0.5}), f64({NaN})).item()));
  CHECK(std::isnan(nn::kl_div(f64({0.5}), f64({NaN})).item()));
  CHECK(std::isnan(nn::huber_loss(f64({0.5}), f64({NaN})).item()));
}

// ---- Divergence, hinge -------------------------------------------------------------------------

TEST_CASE("kl_div is 0 with gradient 0 where the target is 0, even for an impossible prediction") {
  const Tensor y = f64({0., 1., 0.});
  check([&](const Tensor& x) { return nn::kl_div(x, y, {.reduction = Reduction::none}); },
        f64({-2., -3., -inf}), {0, 3, 0}, {0, -1, 0});
  const Tensor log_y = f64({-inf, 0., -inf});
  check(
      [&](const Tensor& x) {
        return nn::kl_div(x, log_y, {.reduction = Reduction::none, .log_target = true});
      },
      f64({-2., -3., -inf}), {0, 3, 0}, {0, -1, 0});
}

TEST_CASE("hinge_embedding_loss is x for similar pairs and what lacks to the margin for others") {
  const Tensor y = tg::tensor({1, -1, -1, -1, 1});
  check(
      [&](const Tensor& x) {
        return nn::hinge_embedding_loss(x, y, {.margin = 2, .reduction = Reduction::none});
      },
      f64({3., 0.5, 2., 5., -1.}), {3, 1.5, 0, 0, -1}, {1, -1, -1, 0, 1});
  CHECK(nn::hinge_embedding_loss(tg::tensor({0.5, 0.25}), tg::tensor({1, -1})).item() == 0.625);
}

TEST_CASE("hinge_embedding_loss refuses targets that are neither 1 nor -1") {
  CHECK_THROWS_AS(nn::hinge_embedding_loss(tg::ones(2), tg::tensor({0, 1})), tg::ValueError);
  CHECK_THROWS_WITH(nn::hinge_embedding_loss(tg::ones(2), tg::tensor({0, 1})),
                    ContainsSubstring("must be 1 or -1"));
  CHECK_THROWS_AS(nn::hinge_embedding_loss(tg::ones(2), tg::tensor({1})), tg::ShapeError);
}
