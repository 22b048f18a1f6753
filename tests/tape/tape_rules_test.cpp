// Operators of the user's own: what their rules may do, and what happens when they are wrong.

#include <cmath>
#include <stdexcept>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Cube {
  static constexpr const char* name = "cube";
  static constexpr tg::Reads reads[] = {tg::kA};
  Tensor forward(const Tensor& x) const { return x * x * x; }
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const { return g * 3 * x * x; }
};

/// The first `*failures` calls of its rule throw.
struct Failing {
  static constexpr const char* name = "failing";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  int* failures;
  Tensor forward(const Tensor& x) const { return x * 1; }
  Tensor vjp(const Tensor& g, auto, auto) const {
    if (*failures > 0) {
      --*failures;
      throw std::runtime_error("no gradient today");
    }
    return g * 1;
  }
};

struct FailingForward {
  static constexpr const char* name = "failing_forward";
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor forward(const Tensor&) const { throw std::runtime_error("no value today"); }
  Tensor vjp(const Tensor& g, auto, auto) const { return g; }
};

/// x * scale, where no gradient goes to the scale.
struct ConstantScale {
  static constexpr const char* name = "constant_scale";
  static constexpr tg::Reads reads[] = {tg::kB, tg::kNone};
  static constexpr tg::Reads constant = tg::kB;
  Tensor forward(const Tensor& x, const Tensor& scale) const { return x * scale; }
  Tensor vjp_a(const Tensor& g, auto, const Tensor& scale, auto) const { return g * scale; }
};

/// Its rule returns a C++ number.
struct Count {
  static constexpr const char* name = "count";
  static constexpr bool spreads_gradient = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor forward(const Tensor& x) const { return x.sum(); }
  Tensor vjp(const Tensor&, auto, auto) const { return 1.0; }
};

}  // namespace

TEST_CASE("a number that a rule returns has the type of its input") {
  for (const tg::Shape& shape : {tg::Shape{2}, tg::Shape{}}) {
    for (const tg::DType dtype : {tg::float32, tg::float64}) {
      const Tensor x = tg::ones(shape, dtype).requires_grad_();
      for (const double expected : {1.0, 2.0}) {
        tg::apply(Count{}, x).backward();
        CHECK(tg::equal(x.grad(), tg::full(shape, expected, dtype)));
      }
      CHECK((x.grad() * tg::ones({}, tg::float32)).dtype() == dtype);
    }
  }
}

TEST_CASE("operators of the user's own have gradients of every order") {
  const Tensor x = leaf({2, -1});
  const Tensor y = tg::apply(Cube{}, x);
  check_values("value", y, {8, -1});
  const Tensor first = tg::grad(y.sum(), x, {.create_graph = true});
  check_values("first", first, {12, 3});
  const Tensor second = tg::grad(first.sum(), x, {.create_graph = true});
  check_values("second", second, {12, -6});
  check_values("third", tg::grad(second.sum(), x), {6, 6});
  CHECK_FALSE(tg::apply(Cube{}, x.detach()).requires_grad());
}

TEST_CASE("operators of the user's own may have inputs without a gradient") {
  const Tensor x = leaf({2});
  const Tensor scale = leaf({3});
  const Tensor y = tg::apply(ConstantScale{}, x, scale);
  const auto found = tg::grad({y}, {x, scale}, {.allow_unused = true});
  check_values("x", found[0], {3});
  check_values("scale", found[1], {0});
}

TEST_CASE("a rule that throws leaves the tape usable") {
  const Tensor x = leaf({1, 2});
  const Tensor w = leaf({3, 4});
  int failures = 1;
  const Tensor y = (tg::apply(Failing{&failures}, x * w) * w).sum();
  CHECK_THROWS_WITH(y.backward({.retain_graph = true}), "no gradient today");
  CHECK(tg::grad_enabled());
  Tensor w_again = w;
  w_again.zero_grad();
  y.backward();
  check_values("x", x.grad(), {9, 16});
  check_values("w", w.grad(), {6, 16});
  failures = 1;
  CHECK_THROWS_WITH(tg::grad(tg::apply(Failing{&failures}, x).sum(), x), "no gradient today");
  check_values("x", tg::grad((x * x).sum(), x), {2, 4});
}

TEST_CASE("a forward that throws leaves recording as it was") {
  const Tensor x = leaf({1});
  CHECK_THROWS_WITH(tg::apply(FailingForward{}, x), "no value today");
  CHECK(tg::grad_enabled());
}

// ---- A rule that walks the tape itself ---------------------------------------------------------

namespace {

/// x^3, whose rule computes its derivative with `grad`, as gradient checkpointing does.
struct Recomputed {
  static constexpr const char* name = "recomputed";
  static constexpr tg::Reads reads[] = {tg::kA};
  static Tensor forward(const Tensor& x) { return x * x * x; }
  static Tensor vjp(const Tensor& g, const Tensor& x, auto) {
    const bool higher = tg::grad_enabled();
    const tg::EnableGrad enable;
    const Tensor input = higher ? x : x.detach().requires_grad_();
    return tg::grad({input * input * input}, {input},
                    {.grad_outputs = {g}, .create_graph = higher})[0];
  }
};

/// A rule that returns something that is no gradient.
struct WrongGradient {
  static constexpr const char* name = "wrong_gradient";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor returned;
  static Tensor forward(const Tensor& x) { return x * 1; }
  Tensor vjp(const Tensor&, auto, auto) const { return returned; }
};

/// The value is no floating-point number.
struct ReturnsIntegers {
  static constexpr const char* name = "returns_integers";
  static constexpr tg::Reads reads[] = {tg::kNone};
  static Tensor forward(const Tensor& x) { return x.to(tg::int64); }
  static Tensor vjp(const Tensor& g, auto, auto) { return g; }
};

}  // namespace

TEST_CASE("a rule may walk the tape, also over records of the walk that called it") {
  const Tensor x = leaf({0.5, -1.5});
  const Tensor h = tg::sin(x);  // behind both walks
  tg::apply(Recomputed{}, h).sum().backward();
  const Tensor first = x.grad();
  const auto f = [](const Tensor& v) { return tg::apply(Recomputed{}, tg::sin(v)); };
  const tg::GradcheckResult result = tg::gradcheck(f, leaf({0.5, -1.5}), {.second_order = true});
  INFO(result.message());
  CHECK(result.ok);
  check_values("x", first,
               {3 * std::pow(std::sin(0.5), 2) * std::cos(0.5),
                3 * std::pow(std::sin(1.5), 2) * std::cos(1.5)});
}

TEST_CASE("a rule that returns no gradient of the input is an error that names it") {
  const Tensor x = leaf({1, 2, 3});
  const auto run = [&](const Tensor& returned) {
    tg::apply(WrongGradient{returned}, x).sum().backward();
  };
  CHECK_THROWS_WITH(run({}),
                    ContainsSubstring("'wrong_gradient'") && ContainsSubstring("undefined"));
  CHECK_THROWS_WITH(run(tg::ones({7}, tg::float64)), ContainsSubstring("'wrong_gradient'") &&
                                                         ContainsSubstring("shape [7]") &&
                                                         ContainsSubstring("shape [3]"));
  CHECK_THROWS_WITH(run(tg::ones({3}, tg::int64)), ContainsSubstring("type int64"));
  CHECK_THROWS_WITH(tg::apply(ReturnsIntegers{}, x),
                    ContainsSubstring("returns_integers") && ContainsSubstring("int64"));
}

TEST_CASE("a gradient of as many elements but another shape is an error, too") {
  const Tensor x = tg::ones({2, 3}, tg::float64).requires_grad_();
  CHECK_THROWS_WITH(tg::apply(WrongGradient{tg::ones({3, 2}, tg::float64)}, x).sum().backward(),
                    ContainsSubstring("'wrong_gradient'") && ContainsSubstring("shape [3, 2]"));
  CHECK_THROWS_AS(tg::sum_to(tg::ones({2, 3}), {3, 2}), tg::ShapeError);
  CHECK_THROWS_AS(tg::sum_to(tg::ones({2, 3}), {6}), tg::ShapeError);
  CHECK(tg::sum_to(tg::ones({1, 3}), {3}).shape() == tg::Shape{3});
}

namespace {

/// Walks over the records behind `inner`, which belong to the walk that calls it, and releases
/// them.
struct Releasing {
  static constexpr const char* name = "releasing";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor inner, input;
  static Tensor forward(const Tensor& x) { return x * 1; }
  Tensor vjp(const Tensor& g, auto, auto) const {
    tg::grad({inner}, {input});
    return g * 1;
  }
};

}  // namespace

TEST_CASE("a rule that releases what is yet to be walked is an error, not a missing gradient") {
  const Tensor x = leaf({1, 2});
  const Tensor h = tg::exp(x);
  const Tensor y = tg::apply(Releasing{h.sum(), x}, h);
  CHECK_THROWS_WITH(y.sum().backward(), ContainsSubstring("released"));
  check_values("x", tg::grad((x * x).sum(), x), {2, 4});
}

namespace {

/// Returns what was there before: its input, or a tensor of its own.
struct Returns {
  static constexpr const char* name = "returns";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor kept;
  Tensor forward(const Tensor& x) const { return kept.defined() ? kept : x; }
  static Tensor vjp(const Tensor& g, auto, auto) { return g * 2; }
};

}  // namespace

TEST_CASE("an operator that returns its input, or a tensor that it keeps, returns a view of it") {
  const Tensor x = leaf({1, 2}), constant = tg::ones({2}, tg::float64);
  for (int step = 0; step < 2; ++step) {
    check_values("x", tg::grad(tg::apply(Returns{}, x).sum(), x), {2, 2});
    check_values("x", tg::grad(tg::apply(Returns{}, x * 3).sum(), x), {6, 6});
    check_values("x", tg::grad(tg::apply(Returns{constant}, x).sum(), x), {2, 2});
    CHECK(x.is_leaf());
    CHECK_FALSE(constant.requires_grad());
  }
}
