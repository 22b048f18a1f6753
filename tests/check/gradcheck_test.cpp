#include "autograd/check/gradcheck.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/check/differences.h"
#include "tests/catch.h"

namespace tg = tapegrad;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

namespace {

/// A float64 leaf.
Tensor leaf(const std::vector<double>& values, const tg::Shape& shape) {
  return tg::tensor(values, shape).requires_grad_();
}

// Cubes with rules that are wrong in one way each.

struct Cube {
  static constexpr tg::Reads reads[] = {tg::kA};
  Tensor forward(const Tensor& x) const { return x * x * x; }
};

struct SlightlyWrong : Cube {
  static constexpr const char* name = "slightly_wrong";
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const { return g * (3.000001 * x * x); }
};

/// Right for rows of the Jacobian only, whose cotangents are not negative.
struct NotLinear : Cube {
  static constexpr const char* name = "not_linear";
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const { return tg::abs(g) * (3 * x * x); }
};

/// Takes the gradient for one that is the same everywhere, as a mean in place of a sum would.
struct Averaged : Cube {
  static constexpr const char* name = "averaged";
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const {
    return tg::where(g == 0, 0, g.sum()) * (3 * x * x);
  }
};

/// Right unless all rows of the gradient are equal, as those of one that a sum has spread out are.
struct WrongForEqualRows : Cube {
  static constexpr const char* name = "wrong_for_equal_rows";
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const {
    const bool equal = tg::all(g == tg::narrow(g, 0, 0, 1)).item<bool>();
    return g * ((equal ? 2 : 3) * x * x);
  }
};

struct NotANumber : Cube {
  static constexpr const char* name = "not_a_number";
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const { return g * (x * 0 / 0); }
};

struct Infinite : Cube {
  static constexpr const char* name = "infinite";
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const { return g * (x / 0); }
};

/// Right at first order; the rule itself cannot be differentiated.
struct Detached : Cube {
  static constexpr const char* name = "detached";
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const { return g * (3 * x * x).detach(); }
};

/// Right only while it is not recorded.
struct WrongWhenRecorded : Cube {
  static constexpr const char* name = "wrong_when_recorded";
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const {
    return g * ((tg::grad_enabled() ? 2 : 3) * x * x);
  }
};

template <class Op>
tg::GradcheckResult check(const tg::GradcheckOptions& options = {}) {
  const auto f = [](const Tensor& x) { return tg::apply(Op(), x); };
  return tg::gradcheck(f, leaf({0.5, -1.25, 2, 0.75, -0.3, 1}, {2, 3}), options);
}

double derivative(double (*f)(double), double x) {
  const auto values = [f](double at) { return std::vector<double>{f(at)}; };
  return tg::detail::differentiate(values, x, 1, 1.0 / 64, 1e-7, 1e-9).value[0];
}

}  // namespace

TEST_CASE("gradcheck: right gradients pass with errors near rounding") {
  const Tensor x = leaf({0.5, -1.25, 2, 0.75, -0.3, 1}, {2, 3});
  const std::vector<Tensor (*)(Tensor)> functions{tg::tanh, tg::exp, tg::sin, tg::sigmoid};
  for (const auto f : functions) {
    const tg::GradcheckResult result = tg::gradcheck(f, x, {.second_order = true});
    INFO(result.message());
    CHECK(result);
    CHECK(result.worst_error < 1e-9);
  }
}

TEST_CASE("gradcheck: every derivative is compared, and the worst is told also when all agree") {
  const auto f = [](const std::vector<Tensor>& in) { return tg::matmul(in[0], in[1]); };
  const auto result =
      tg::gradcheck(f, {leaf({1, 2, 3, 4, 5, 6}, {2, 3}), leaf({1, -1, 2, -2, 3, -3}, {3, 2})});
  INFO(result.message());
  CHECK(result.ok);
  CHECK(result.entries == 4 * (6 + 6));
  CHECK(result.order == 1);
  CHECK(result.index.size() == 2);
  CHECK(result.problem.empty());
  CHECK(std::abs(result.analytic - result.numeric) < 1e-8);
}

TEST_CASE("gradcheck: one part in a million is found, with its place and both values") {
  const auto result = check<SlightlyWrong>();
  CHECK_FALSE(result);
  CHECK(result.worst_error == Approx(1e-6 / 3).epsilon(0.01));
  CHECK(result.input == 0);
  CHECK(result.index == std::vector<std::int64_t>{0, 2});  // the largest; atol counts less there
  CHECK(result.output == 2);
  CHECK(result.analytic == Approx(12.000004).epsilon(1e-12));
  CHECK(result.numeric == Approx(12).epsilon(1e-10));
  CHECK(result.uncertainty < 1e-8);
  CHECK_THAT(
      result.message(),
      ContainsSubstring("wrong gradient: 36 derivatives of order 1 compared") &&
          ContainsSubstring("d output 2 / d input 0 [0, 2] is 12.000004 on the tape and 12") &&
          ContainsSubstring("by differences; error 3.3e-07, up to 1e-07 passes"));
  CHECK(check<SlightlyWrong>({.rtol = 1e-5}));
}

TEST_CASE("gradcheck: a rule that is not linear in the cotangent fails") {
  const auto result = check<NotLinear>();
  CHECK_FALSE(result);
  CHECK(result.worst_error < 1e-9);
  CHECK_THAT(result.problem,
             ContainsSubstring("for a random cotangent") && ContainsSubstring("of input 0 is"));
  CHECK_THAT(result.message(), ContainsSubstring(result.problem));
  CHECK_FALSE(check<Averaged>());
}

TEST_CASE(
    "gradcheck: a cotangent in fewer elements than it stands for counts, of large outputs too") {
  for (const tg::Shape& shape : {tg::Shape{4, 5}, tg::Shape{25, 20}}) {
    const Tensor x = tg::reshape(tg::linspace(-1, 2, shape.numel(), tg::float64), shape);
    CHECK(tg::gradcheck([](const Tensor& a) { return a * a * a; }, Tensor(x).requires_grad_()));
    const auto wrong = [](const Tensor& a) { return tg::apply(WrongForEqualRows(), a); };
    const auto result = tg::gradcheck(wrong, Tensor(x).requires_grad_());
    CHECK_FALSE(result);
    CHECK(result.worst_error < 1e-7);
    CHECK_THAT(result.problem, ContainsSubstring("for a broadcast cotangent of the output"));
  }
}

TEST_CASE("gradcheck: NaN and infinity do not pass for numbers") {
  CHECK_FALSE(check<NotANumber>());
  CHECK(check<NotANumber>().worst_error == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(check<NotANumber>().analytic));
  CHECK_FALSE(check<Infinite>());
}

TEST_CASE("gradcheck: a function that is NaN has a NaN gradient") {
  const auto f = [](const Tensor& x) { return x * std::numeric_limits<double>::quiet_NaN(); };
  CHECK(tg::gradcheck(f, leaf({1, 2}, {2})));
}

TEST_CASE("gradgradcheck: a rule that cannot be differentiated again fails") {
  CHECK(check<Detached>());
  const auto result = check<Detached>({.second_order = true});
  CHECK_FALSE(result);
  CHECK(result.order == 2);
  CHECK(result.input == 0);
  CHECK(result.analytic == 0);
  CHECK_THAT(result.message(), ContainsSubstring("derivatives of order 2"));
}

TEST_CASE("gradgradcheck: gradients that recording changes fail") {
  const auto result = check<WrongWhenRecorded>({.second_order = true});
  CHECK_FALSE(result);
  CHECK_THAT(result.problem, ContainsSubstring("with create_graph the gradient of input 0"));
}

TEST_CASE("gradgradcheck: linear and constant functions have second derivatives of 0") {
  const Tensor x = leaf({1, 2, 3}, {3});
  CHECK(tg::gradgradcheck([](const Tensor& a) { return 3 * a; }, x));
  CHECK(tg::gradgradcheck([](const Tensor& a) { return tg::sign(a); }, x));
  CHECK(tg::gradgradcheck([](const Tensor&) { return tg::ones({2}, tg::float64); }, x));
}

TEST_CASE("gradgradcheck: the gradient is varied in the cotangent too") {
  const auto result =
      tg::gradgradcheck([](const Tensor& a) { return a.sum(); }, leaf({1, 2, 3}, {3}));
  CHECK(result);
  CHECK(result.entries == 3 + 1);
}

TEST_CASE("gradcheck: inputs that the output does not depend on have gradient 0") {
  const auto first = [](const std::vector<Tensor>& in) { return in[0] * 2; };
  CHECK(tg::gradcheck(first, {leaf({1, 2}, {2}), leaf({3, 4, 5}, {3})}, {.second_order = true}));
  const auto none = [](const Tensor&) { return tg::full({2}, 1.0, tg::float64); };
  CHECK(tg::gradcheck(none, leaf({1, 2}, {2})));
  const auto detached = [](const Tensor& x) { return x.detach() * x; };
  CHECK_FALSE(tg::gradcheck(detached, leaf({1, 2}, {2})));
  const auto hidden = [](const Tensor& x) { return x.detach() * 2; };
  CHECK_FALSE(tg::gradcheck(hidden, leaf({1, 2}, {2})));
}

TEST_CASE("gradcheck: inputs without gradients are constants of any type") {
  const Tensor index = tg::tensor({{2, 0}, {1, 1}});
  const auto f = [](const std::vector<Tensor>& in) { return tg::gather(in[0], 1, in[1]) * in[2]; };
  const Tensor x = leaf({1, 2, 3, 4, 5, 6}, {2, 3});
  const auto result = tg::gradcheck(f, {x, index, tg::tensor({2.0, 3.0}, tg::float64)});
  INFO(result.message());
  CHECK(result);
  CHECK(result.entries == 4 * 6);
}

TEST_CASE("gradcheck: numbers and tensors without elements are inputs like others") {
  CHECK(tg::gradcheck(tg::tanh, leaf({0.3}, {}), {.second_order = true}));
  const auto none = tg::gradcheck(tg::tanh, leaf({}, {0, 3}), {.second_order = true});
  CHECK(none);
  CHECK(none.message() == "0 derivatives of order 1 compared");
  CHECK(tg::gradcheck([](const Tensor& x) { return x.sum(); }, leaf({}, {0, 3})));
}

TEST_CASE("gradcheck: the arguments, the random numbers and the recording are as before") {
  const Tensor x = leaf({1, 2}, {2});
  const Tensor y = x * 2;
  tg::manual_seed(7);
  const auto position = tg::default_generator().position();
  {
    const tg::NoGrad no_grad;
    CHECK(tg::gradcheck(tg::tanh, x, {.second_order = true}));
    CHECK(tg::gradcheck(tg::tanh, y));
    CHECK_FALSE(tg::grad_enabled());
  }
  CHECK(x.at<double>({0}) == 1);
  CHECK(x.version() == 0);
  CHECK_FALSE(x.grad().defined());
  CHECK_FALSE(y.is_leaf());
  CHECK(tg::default_generator().position() == position);
}

TEST_CASE("gradcheck: a function that is random or changes its input fails") {
  const Tensor x = leaf(std::vector<double>(50, 1.0), {50});
  const auto random = tg::gradcheck([](const Tensor& a) { return tg::dropout(a, 0.5); }, x);
  CHECK_FALSE(random);
  CHECK_THAT(random.problem, ContainsSubstring("different results for the same inputs"));
  const auto writes = tg::gradcheck(
      [](const Tensor& a) {
        const tg::NoGrad no_grad;
        Tensor same = a;
        same.add_(1);
        return a * 1;
      },
      leaf({1, 2}, {2}));
  CHECK_FALSE(writes);
  CHECK(x.version() == 0);
}

TEST_CASE("gradcheck: kinks and ends of the domain may be near") {
  CHECK(tg::gradcheck(tg::relu, leaf({1e-4, -1e-4, 1e-5}, {3})));
  CHECK(tg::gradcheck(tg::log, leaf({0.01, 0.001}, {2}), {.second_order = true}));
  CHECK(tg::gradcheck(tg::sqrt, leaf({0.01, 0.002}, {2}), {.second_order = true}));
  CHECK(tg::gradcheck(tg::reciprocal, leaf({1.0 / 64, -1.0 / 64}, {2})));
}

TEST_CASE("gradcheck: functions may use gradients themselves") {
  const auto slope = [](const Tensor& x) {
    return tg::grad(tg::tanh(x).sum(), x, {.create_graph = true});
  };
  CHECK(tg::gradcheck(slope, leaf({0.4, -1}, {2}), {.second_order = true}));
}

TEST_CASE("gradcheck: what cannot be checked is an error that says why") {
  const Tensor x = leaf({1, 2}, {2});
  CHECK_THROWS_WITH(
      tg::gradcheck(tg::tanh, tg::ones({2}).requires_grad_()),
      "gradcheck: input 0 of shape [2] is float32, which is too coarse for differences; "
      "convert it with to(float64)");
  CHECK_THROWS_AS(tg::gradcheck(tg::tanh, tg::ones({2}).requires_grad_()), tg::DTypeError);
  CHECK_THROWS_WITH(
      tg::gradcheck(tg::tanh, x.detach()),
      "gradcheck: no input requires gradients; call requires_grad_() on those to check");
  CHECK_THROWS_AS(tg::gradgradcheck(tg::tanh, x.detach()), tg::GradError);
  CHECK_THROWS_WITH(tg::gradcheck(tg::tanh, Tensor()),
                    ContainsSubstring("gradcheck: input 0 is an undefined tensor"));
  CHECK_THROWS_WITH(tg::gradcheck([](const Tensor&) { return Tensor(); }, x),
                    "gradcheck: the function returned the undefined tensor");
  CHECK_THROWS_WITH(tg::gradcheck([](const Tensor& a) { return a.to(tg::float32); }, x),
                    "gradcheck: the function returned float32 for float64 inputs; differences need "
                    "float64");
  CHECK_THROWS_AS(tg::gradcheck(tg::tanh, x, {.rtol = 0}), tg::ValueError);
  CHECK_THROWS_AS(tg::gradcheck(tg::tanh, x, {.step = std::nan("")}), tg::ValueError);
  const auto grows = [](const Tensor& a) {
    return tg::expand(a.sum(), {a.at<double>({0}) == 1 ? 2 : 3});
  };
  CHECK_THROWS_AS(tg::gradcheck(grows, x), tg::ShapeError);
  const auto throws = [](const Tensor& a) { return tg::reshape(a, {3}); };
  CHECK_THROWS_AS(tg::gradcheck(throws, x), tg::ShapeError);
}

TEST_CASE("differences: smooth functions to eleven digits, others as near as they go") {
  CHECK(derivative([](double x) { return std::exp(x); }, 1) ==
        Approx(std::exp(1.0)).epsilon(1e-11));
  CHECK(derivative([](double x) { return std::sin(1000 * x); }, 0.3) ==
        Approx(1000 * std::cos(300.0)).epsilon(1e-7));
  CHECK(derivative([](double x) { return 1 / x; }, 0.02) == Approx(-2500).epsilon(1e-8));
  CHECK(derivative([](double x) { return x < 1e-3 ? 0 : 5 * x; }, 2e-3) == Approx(5).epsilon(1e-9));
  CHECK(derivative([](double x) { return 1e9 + 3 * x; }, 1) == Approx(3).epsilon(1e-5));
  CHECK(derivative([](double) { return 4.0; }, 1) == 0);
  CHECK(std::isnan(derivative([](double) { return std::nan(""); }, 1)));
}
