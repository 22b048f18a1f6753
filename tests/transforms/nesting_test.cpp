// Derivatives of derivatives, against closed forms: every transform of a function within every
// other.

#include <cmath>
#include <functional>
#include <numbers>

#include "autograd/autograd.h"
#include "autograd/scalar_op.h"
#include "tests/catch.h"

namespace tg = tapegrad;
using tg::Tensor;
using Tensors = std::vector<Tensor>;
using Function = std::function<Tensor(const Tensor&)>;
using Closed = std::function<double(double)>;

namespace {

/// y of y^3 + y = x.
double root_of(double x) {
  double y = 0;
  for (int i = 0; i < 50; ++i) y -= (y * y * y + y - x) / (3 * y * y + 1);
  return y;
}
/// Its first derivative.
double root_slope(double x) { return 1 / (3 * std::pow(root_of(x), 2) + 1); }
Tensor implicit_root_of(const Tensor& x) {
  const auto residual = [](const Tensor& y, const Tensor& p) { return y * y * y + y - p; };
  const auto newton = [&](const Tensor& p) {
    Tensor y = tg::zeros_like(p);
    for (int i = 0; i < 50; ++i) y = y - residual(y, p) / (3 * y * y + 1);
    return y;
  };
  return tg::implicit_root(newton, residual, x);
}

struct Known {
  const char* name;
  Function f;
  Closed first, second, third;
};

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double bell(double x) { return std::exp(-x * x); }

std::vector<Known> known_functions() {
  const double root = 2 / std::sqrt(std::numbers::pi);
  const double ln2 = std::numbers::ln2;
  const Closed zero = [](double) { return 0.0; };
  return {
      {"sin", [](const Tensor& x) { return tg::sin(x); }, [](double x) { return std::cos(x); },
       [](double x) { return -std::sin(x); }, [](double x) { return -std::cos(x); }},
      {"exp", [](const Tensor& x) { return tg::exp(x); }, [](double x) { return std::exp(x); },
       [](double x) { return std::exp(x); }, [](double x) { return std::exp(x); }},
      {"log", [](const Tensor& x) { return tg::log(x); }, [](double x) { return 1 / x; },
       [](double x) { return -1 / (x * x); }, [](double x) { return 2 / (x * x * x); }},
      {"x^3", [](const Tensor& x) { return x * x * x; }, [](double x) { return 3 * x * x; },
       [](double x) { return 6 * x; }, [](double) { return 6.0; }},
      {"1 / x", [](const Tensor& x) { return 1 / x; }, [](double x) { return -1 / (x * x); },
       [](double x) { return 2 / (x * x * x); }, [](double x) { return -6 / (x * x * x * x); }},
      {"sqrt", [](const Tensor& x) { return tg::sqrt(x); },
       [](double x) { return 0.5 * std::pow(x, -0.5); },
       [](double x) { return -0.25 * std::pow(x, -1.5); },
       [](double x) { return 0.375 * std::pow(x, -2.5); }},
      {"tanh", [](const Tensor& x) { return tg::tanh(x); },
       [](double x) { return 1 - std::pow(std::tanh(x), 2); },
       [](double x) {
         const double t = std::tanh(x);
         return -2 * t * (1 - t * t);
       },
       [](double x) {
         const double t = std::tanh(x);
         return (1 - t * t) * (6 * t * t - 2);
       }},
      {"sigmoid", [](const Tensor& x) { return tg::sigmoid(x); },
       [](double x) { return logistic(x) * (1 - logistic(x)); },
       [](double x) { return logistic(x) * (1 - logistic(x)) * (1 - 2 * logistic(x)); },
       [](double x) {
         const double s = logistic(x);
         return s * (1 - s) * (1 - 6 * s + 6 * s * s);
       }},
      {"x sin x", [](const Tensor& x) { return x * tg::sin(x); },
       [](double x) { return std::sin(x) + x * std::cos(x); },
       [](double x) { return 2 * std::cos(x) - x * std::sin(x); },
       [](double x) { return -3 * std::sin(x) - x * std::cos(x); }},
      {"exp(-x^2)", [](const Tensor& x) { return tg::exp(-tg::square(x)); },
       [](double x) { return -2 * x * bell(x); },
       [](double x) { return (4 * x * x - 2) * bell(x); },
       [](double x) { return (12 * x - 8 * x * x * x) * bell(x); }},
      {"softplus", [](const Tensor& x) { return tg::softplus(x); },
       [](double x) { return logistic(x); },
       [](double x) { return logistic(x) * (1 - logistic(x)); },
       [](double x) { return logistic(x) * (1 - logistic(x)) * (1 - 2 * logistic(x)); }},
      {"atan", [](const Tensor& x) { return tg::atan(x); },
       [](double x) { return 1 / (1 + x * x); },
       [](double x) { return -2 * x / std::pow(1 + x * x, 2); },
       [](double x) { return (6 * x * x - 2) / std::pow(1 + x * x, 3); }},
      {"log1p", [](const Tensor& x) { return tg::log1p(x); }, [](double x) { return 1 / (1 + x); },
       [](double x) { return -std::pow(1 + x, -2); },
       [](double x) { return 2 * std::pow(1 + x, -3); }},
      {"cosh", [](const Tensor& x) { return tg::cosh(x); }, [](double x) { return std::sinh(x); },
       [](double x) { return std::cosh(x); }, [](double x) { return std::sinh(x); }},
      {"erf", [](const Tensor& x) { return tg::erf(x); }, [=](double x) { return root * bell(x); },
       [=](double x) { return -2 * x * root * bell(x); },
       [=](double x) { return (4 * x * x - 2) * root * bell(x); }},
      {"3 x + 2", [](const Tensor& x) { return 3 * x + 2; }, [](double) { return 3.0; }, zero,
       zero},
      {"a constant", [](const Tensor&) { return tg::tensor(4.0, tg::float64); }, zero, zero, zero},
      {"the input", [](const Tensor& x) { return x; }, [](double) { return 1.0; }, zero, zero},
      {"x times what is detached", [](const Tensor& x) { return x * x.detach(); },
       [](double x) { return x; }, zero, zero},
      {"x^4 by matrices",
       [](const Tensor& x) {
         const Tensor a = tg::reshape(x, {1, 1}), b = tg::matmul(a, a);
         return tg::reshape(tg::matmul(b, b), tg::Shape{});
       },
       [](double x) { return 4 * x * x * x; }, [](double x) { return 12 * x * x; },
       [](double x) { return 24 * x; }},
      {"x + x^2 + x^3 in pieces",
       [](const Tensor& x) {
         return tg::sum(tg::stack({x, x * x, tg::pow(x, 3)}));
       },
       [](double x) { return 1 + 2 * x + 3 * x * x; }, [](double x) { return 2 + 6 * x; },
       [](double) { return 6.0; }},
      {"2^x", [](const Tensor& x) { return tg::pow(2, x); },
       [=](double x) { return ln2 * std::exp2(x); },
       [=](double x) { return ln2 * ln2 * std::exp2(x); },
       [=](double x) { return ln2 * ln2 * ln2 * std::exp2(x); }},
      {"log(e^x + e^2x)",
       [](const Tensor& x) {
         return tg::logsumexp(tg::stack({x, 2 * x}), 0);
       },
       [](double x) { return 1 + logistic(x); },
       [](double x) { return logistic(x) * (1 - logistic(x)); },
       [](double x) { return logistic(x) * (1 - logistic(x)) * (1 - 2 * logistic(x)); }},
      {"relu(x)^3", [](const Tensor& x) { return tg::pow(tg::relu(x), 3); },
       [](double x) { return 3 * x * x; }, [](double x) { return 6 * x; },
       [](double) { return 6.0; }},
      {"x^2 in place",
       [](const Tensor& x) {
         Tensor y = x * 1;
         y *= x;
         return y;
       },
       [](double x) { return 2 * x; }, [](double) { return 2.0; }, zero},
      {"x sin x, computed twice",
       [](const Tensor& x) {
         return tg::checkpoint([](const Tensor& t) { return t * tg::sin(t); }, x);
       },
       [](double x) { return std::sin(x) + x * std::cos(x); },
       [](double x) { return 2 * std::cos(x) - x * std::sin(x); },
       [](double x) { return -3 * std::sin(x) - x * std::cos(x); }},
      {"the root of y^3 + y = x", implicit_root_of, root_slope,
       [](double x) { return -6 * root_of(x) * std::pow(root_slope(x), 3); },
       [](double x) {
         const double y = root_of(x), s = root_slope(x);
         return -6 * std::pow(s, 4) + 108 * y * y * std::pow(s, 5);
       }},
      {"1 / x as the root of y x = 1",
       [](const Tensor& x) {
         return tg::implicit_root([](const Tensor& p) { return 1 / p; },
                                  [](const Tensor& y, const Tensor& p) { return y * p - 1; }, x);
       },
       [](double x) { return -1 / (x * x); }, [](double x) { return 2 / (x * x * x); },
       [](double x) { return -6 / (x * x * x * x); }},
      {"x sin x of plain numbers", tg::scalar_op<4>([](auto x) { return x * sin(x); }),
       [](double x) { return std::sin(x) + x * std::cos(x); },
       [](double x) { return 2 * std::cos(x) - x * std::sin(x); },
       [](double x) { return -3 * std::sin(x) - x * std::cos(x); }},
      {"the chosen of x and x^2", [](const Tensor& x) { return tg::where(x > 1, x * x, x); },
       [](double x) { return x > 1 ? 2 * x : 1; }, [](double x) { return x > 1 ? 2.0 : 0; }, zero},
  };
}

/// A way to the derivative of a function of one number.
struct Way {
  const char* name;
  std::function<Function(Function)> derivative;
};

std::vector<Way> ways() {
  return {
      {"grad", [](Function f) -> Function { return tg::grad(std::move(f)); }},
      {"grad_and_value",
       [](Function f) -> Function {
         return [f](const Tensor& x) { return tg::grad_and_value(f)(x).first; };
       }},
      {"vjp",
       [](Function f) -> Function {
         return [f](const Tensor& x) {
           const auto [y, pullback] = tg::vjp(f, x);
           return pullback(tg::ones_like(y));
         };
       }},
      {"jvp",
       [](Function f) -> Function {
         return [f](const Tensor& x) {
           const Tensor one = tg::ones_like(x);
           return tg::jvp(f, x, one).second;
         };
       }},
      {"jacobian, forward",
       [](Function f) -> Function {
         return [f](const Tensor& x) {
           return tg::jacobian(f, x, {.direction = tg::Direction::forward});
         };
       }},
      {"jacobian, reverse",
       [](Function f) -> Function {
         return [f](const Tensor& x) {
           return tg::jacobian(f, x, {.direction = tg::Direction::reverse});
         };
       }},
      {"vmap of grad",
       [](Function f) -> Function {
         return [f](const Tensor& x) { return tg::vmap(tg::grad(f))(tg::stack({x - 0.1, x}))[1]; };
       }},
      {"grad of vmap",
       [](Function f) -> Function {
         return tg::grad([f](const Tensor& x) { return tg::vmap(f)(tg::stack({x + 0.1, x}))[1]; });
       }},
      {"jvp of vmap",
       [](Function f) -> Function {
         return [f](const Tensor& x) {
           const auto batch = [&](const Tensor& t) {
             return tg::vmap(f)(tg::stack({t + 0.1, t}))[1];
           };
           const Tensor one = tg::ones_like(x);
           return tg::jvp(batch, x, one).second;
         };
       }},
  };
}

void check_near(const Tensor& y, double expected) {
  CHECK(y.shape() == tg::Shape{});
  CHECK(std::abs(y.item() - expected) <= 1e-10 * std::max(1.0, std::abs(expected)));
  CHECK_FALSE(y.requires_grad());
}

}  // namespace

TEST_CASE("every transform within every other has the derivatives of closed forms",
          "[transforms]") {
  for (const Known& known : known_functions()) {
    INFO(known.name);
    for (const double at : {0.7, 1.3}) {
      const Tensor x = tg::tensor(at, tg::float64);
      for (const Way& outer : ways()) {
        INFO(outer.name);
        check_near(outer.derivative(known.f)(x), known.first(at));
        for (const Way& inner : ways()) {
          INFO("of " << inner.name);
          const Function second = outer.derivative(inner.derivative(known.f));
          check_near(second(x), known.second(at));
          // Within a program that differentiates what comes of it.
          const Tensor leaf = tg::tensor(at, tg::float64).requires_grad_();
          const Tensor y = second(leaf);
          const Tensor third = y.requires_grad() ? tg::grad(y, leaf) : tg::zeros_like(x);
          check_near(third, known.third(at));
        }
      }
      check_near(tg::hessian(known.f, x), known.second(at));
      check_near(tg::hvp(known.f, x, tg::tensor(3.0, tg::float64)).second, 3 * known.second(at));
    }
  }
}

TEST_CASE("three transforms in each other have the third derivative", "[transforms]") {
  for (const Known& known : known_functions()) {
    INFO(known.name);
    const double at = 1.2;
    const Tensor x = tg::tensor(at, tg::float64);
    for (const Way& a : ways())
      for (const Way& b : ways())
        for (const Way& c : ways()) {
          INFO(a.name << " of " << b.name << " of " << c.name);
          check_near(a.derivative(b.derivative(c.derivative(known.f)))(x), known.third(at));
        }
  }
}

TEST_CASE("derivatives by different variables are not confused", "[transforms]") {
  const Tensor five = tg::tensor(5.0, tg::float64);
  for (const Way& outer : ways())
    for (const Way& inner : ways()) {
      INFO(outer.name << " of " << inner.name);
      // d/dx (x d/dy (x + y)) = 1, and d/dx (x d/dy (x y^2) at y = x) = d/dx (2 x^3) = 6 x^2.
      const auto sum = [&](const Tensor& x) {
        return x * inner.derivative([x](const Tensor& y) { return x + y; })(x);
      };
      CHECK(outer.derivative(sum)(five).item() == Approx(1).epsilon(1e-10));
      const auto product = [&](const Tensor& x) {
        return x * inner.derivative([x](const Tensor& y) { return x * y * y; })(x);
      };
      CHECK(outer.derivative(product)(five).item() == Approx(6 * 25.0 * 1).epsilon(1e-10));
      // What a function holds of its own input is constant.
      CHECK(outer.derivative([&](const Tensor& x) { return five * x; })(five).item() ==
            Approx(5).epsilon(1e-10));
    }
}
