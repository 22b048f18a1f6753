// Whom a failing gradcheck blames, what it says of kinks, and how it looks at large inputs.

#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;
using Tensors = std::vector<Tensor>;

namespace {

/// sin with a rule that is wrong above 1.
struct BadSine {
  static constexpr const char* name = "bad_sine";
  static constexpr tg::Reads reads[] = {tg::kA};
  static Tensor forward(const Tensor& x) { return tg::sin(x); }
  static Tensor vjp(const Tensor& g, const Tensor& x, auto) {
    return tg::where(x > 1, 1.01, 1) * g * tg::cos(x);
  }
};
Tensor bad_sine(const Tensor& x) { return tg::apply(BadSine(), x); }

/// Right, but its rule calls one that is wrong when differentiated again.
struct ByBadSine {
  static constexpr const char* name = "minus_cosine";
  static constexpr tg::Reads reads[] = {tg::kA};
  static Tensor forward(const Tensor& x) { return -tg::cos(x); }
  static Tensor vjp(const Tensor& g, const Tensor& x, auto) { return g * bad_sine(x); }
};

/// With members that are no attributes.
struct Opaque {
  static constexpr const char* name = "opaque";
  static constexpr tg::Reads reads[] = {tg::kNone, tg::kNone};
  static constexpr bool opaque = true;
  std::vector<double> factors;
  Tensor forward(const Tensor& a, const Tensor& b) const { return a * factors[0] + b * factors[1]; }
  Tensor vjp_a(const Tensor& g, auto, auto, auto) const { return g * factors[0]; }
  Tensor vjp_b(const Tensor& g, auto, auto, auto) const { return g * factors[0]; }
};

struct Throws {
  static constexpr const char* name = "throws";
  static constexpr tg::Reads reads[] = {tg::kNone};
  static Tensor forward(const Tensor& x) { return x * 2; }
  static Tensor vjp(const Tensor& g, auto, auto) { return tg::reshape(g, {7, 7}); }
};

Tensor leaf(const std::vector<double>& values, const tg::Shape& shape) {
  return tg::tensor(values, shape).requires_grad_();
}

}  // namespace

TEST_CASE("gradcheck names the operator that makes a composed function's gradient wrong") {
  const auto f = [](const Tensor& x) {
    const tg::Scope outer("net");
    Tensor y = tg::exp(x * 0.5);
    {
      const tg::Scope inner("wave");
      y = bad_sine(y);  // 2.1 is above 1
    }
    return tg::mean(tg::square(y + bad_sine(x * 0.1)));
  };
  const auto result = tg::gradcheck(f, leaf({-1, 1.5, -0.5}, {3}));
  CHECK_FALSE(result);
  REQUIRE(result.culprits.size() == 1);
  const tg::Culprit& culprit = result.culprits[0];
  CHECK(culprit.name == "bad_sine");
  CHECK(culprit.path == "net.wave");
  CHECK(culprit.argument == 0);
  CHECK(culprit.index == std::vector<std::int64_t>{1});
  CHECK(culprit.analytic == Approx(1.01 * culprit.numeric));
  CHECK(culprit.error > 1e-3);
  CHECK(culprit.calls == 1);
  CHECK_THAT(result.message(),
             ContainsSubstring("; the culprit: bad_sine in net.wave, argument 0 [1]: -0.5"));
  CHECK_THAT(result.table(),
             ContainsSubstring("operator  module") && ContainsSubstring("net.wave"));
}

TEST_CASE("gradcheck blames an operator of second order for its own rule only") {
  const auto f = [](const Tensor& x) { return tg::apply(ByBadSine(), x) * x; };
  const Tensor x = leaf({0.5, 1.5}, {2});
  CHECK(tg::gradcheck(f, x));
  const auto result = tg::gradgradcheck(f, x);
  CHECK_FALSE(result);
  REQUIRE(result.culprits.size() == 1);
  CHECK(result.culprits[0].name == "bad_sine");
}

TEST_CASE("operators without attributes and rules that throw are found, too") {
  const auto f = [](const Tensors& in) {
    return tg::tanh(tg::apply(Opaque{{2, 3}}, in[0] * 1, in[1]));
  };
  const auto opaque = tg::gradcheck(f, {leaf({0.1}, {1}), leaf({0.2}, {1})});
  REQUIRE(opaque.culprits.size() == 1);
  CHECK(opaque.culprits[0].name == "opaque");
  CHECK(opaque.culprits[0].argument == 1);
  const auto thrown = tg::gradcheck([](const Tensor& x) { return tg::exp(tg::apply(Throws(), x)); },
                                    leaf({1, 2}, {2}));
  CHECK_FALSE(thrown);
  CHECK_THAT(thrown.problem, ContainsSubstring("the walk back throws: ") &&
                                 ContainsSubstring("throws") && ContainsSubstring("[7, 7]"));
  REQUIRE(thrown.culprits.size() == 1);
  CHECK(thrown.culprits[0].name == "throws");
}

TEST_CASE("what is lost beside the tape is no operator's fault") {
  const auto result = tg::gradcheck(
      [](const Tensor& x) { return tg::exp(x) * tg::sin(x.detach()); }, leaf({1, 2}, {2}));
  CHECK_FALSE(result);
  CHECK(result.culprits.empty());
  CHECK(result.table().empty());
  CHECK_THAT(result.message(), ContainsSubstring("operators is right by itself"));
}

TEST_CASE("a model's wrong layer is named by its path") {
  tg::manual_seed(1);
  nn::Sequential net{nn::Linear{3, 4}, bad_sine, nn::Linear{4, 2}};
  nn::to(net, tg::float64);
  nn::name_modules(net, "net");
  const Tensor x = (tg::randn({5, 3}, tg::float64) * 4).requires_grad_();
  const auto result = tg::gradcheck([&](const Tensor& in) { return net(in); }, x);
  REQUIRE(result.culprits.size() == 1);
  CHECK(result.culprits[0].name == "bad_sine");
  CHECK(result.culprits[0].path == "net.1");
}

TEST_CASE("a kink is told as one, and any slope between passes") {
  const auto kink = tg::gradcheck(tg::relu, leaf({-1, 0, 2}, {3}));
  INFO(kink.message());
  CHECK(kink);
  CHECK(kink.kinks == 1);
  CHECK(kink.entries == 8);
  CHECK(kink.first_kink == "input 0 [1], slopes 0 and 1, 0 on the tape");
  CHECK_THAT(kink.message(), ContainsSubstring("beside 1 at kinks (input 0 [1], slopes 0 and 1"));
  CHECK(tg::gradcheck(tg::abs, leaf({0, 1}, {2})).kinks == 0);  // 0 is in the middle, too
  const auto steep = [](const Tensor& x) { return tg::leaky_relu(-x, 0.1); };
  CHECK(tg::gradcheck(steep, leaf({0, 1}, {2})).kinks == 1);
  CHECK(tg::gradcheck(tg::sign, leaf({0, 1}, {2})).kinks == 1);
  CHECK(tg::gradcheck(tg::relu, leaf({0.5, 1}, {2})).kinks == 0);
  const auto beyond = tg::gradcheck([](const Tensor& x) { return tg::relu(x) - 2 * x.detach(); },
                                    leaf({0, 1}, {2}));
  CHECK_FALSE(beyond);  // 0 is not between -2 and -1
  // Where a function is smooth no slope but its own passes.
  CHECK_FALSE(
      tg::gradcheck([](const Tensor& x) { return tg::square(x.detach()); }, leaf({1}, {1})));
}

TEST_CASE("large inputs are checked along directions, and a wrong entry is found in its place") {
  tg::manual_seed(3);
  const Tensor x = (tg::rand({50, 100}, tg::float64) - 0.5).requires_grad_();
  const auto right =
      tg::gradcheck([](const Tensor& in) { return tg::sin(in) * in; }, x, {.second_order = true});
  INFO(right.message());
  CHECK(right);
  CHECK(tg::gradcheck([](const Tensor& in) { return tg::sin(in) * in; }, x).entries == 16);
  Tensor one = x.detach().clone();
  one.write<double>([](auto elements) { elements[4321] = 1.25; });
  const auto wrong =
      tg::gradcheck([](const Tensor& in) { return tg::sum(bad_sine(in)); }, one.requires_grad_());
  INFO(wrong.message());
  CHECK_FALSE(wrong);
  CHECK(wrong.index == std::vector<std::int64_t>{43, 21});
  CHECK(wrong.analytic == Approx(1.01 * wrong.numeric));
  REQUIRE(wrong.culprits.size() == 1);
  CHECK(wrong.culprits[0].index == std::vector<std::int64_t>{43, 21});
}

TEST_CASE("gradcheck looks at forward mode where it is asked to") {
  const Tensor x = leaf({0.3, -0.4}, {2});
  CHECK(tg::gradcheck(tg::tanh, x, {.second_order = true, .forward_mode = true}));
  const auto none = tg::gradcheck(bad_sine, x, {.forward_mode = true});
  CHECK_FALSE(none);
  CHECK_THAT(none.problem, ContainsSubstring("bad_sine: it has no forward-mode rule"));
}
