// Operators made of closures: what their rules get and return, that they can be differentiated
// again, and what is refused.

#include "autograd/tape/custom_op.h"

#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;
using List = std::span<const Tensor>;

namespace {

auto cube() {
  return tg::custom_op(
      "cube", [](const Tensor& x) { return x * x * x; },
      [](const Tensor& g, const Tensor& x, const Tensor&) { return 3 * x * x * g; },
      [](const Tensor& t, const Tensor& x, const Tensor&) { return 3 * x * x * t; });
}

/// The product and the sum of any number of tensors.
auto product_and_sum() {
  return tg::custom_op(
      "product_and_sum",
      [](List x) {
        Tensor product = x[0], sum = x[0];
        for (const Tensor& each : x.subspan(1)) {
          product = product * each;
          sum = sum + each;
        }
        return std::vector{product, sum};
      },
      [](List g, List x, List) {
        std::vector<Tensor> all;
        for (std::size_t i = 0; i < x.size(); ++i) {
          Tensor part = g[0].defined() ? g[0] : tg::zeros_like(x[i]);
          for (std::size_t k = 0; k < x.size(); ++k)
            if (k != i) part = part * x[k];
          all.push_back(g[1].defined() ? part + g[1] : part);
        }
        return all;
      },
      [](List t, List x, List) {
        Tensor product = tg::zeros_like(x[0]), sum = product;
        for (std::size_t i = 0; i < x.size(); ++i) {
          Tensor part = t[i];
          for (std::size_t k = 0; k < x.size(); ++k)
            if (k != i) part = part * x[k];
          product = product + part;
          sum = sum + t[i];
        }
        return std::vector{product, sum};
      });
}

}  // namespace

TEST_CASE("an operator of closures has their value and gradient, of any order") {
  const Tensor x = leaf({2, -3});
  const auto f = cube();
  const Tensor y = f(x);
  check_values("y", y, {8, -27});
  const Tensor first =
      tg::grad({y}, {x}, {.grad_outputs = {tg::ones_like(x)}, .create_graph = true})[0];
  check_values("first", first, {12, 27});
  const Tensor second = tg::grad({first.sum()}, {x}, {.create_graph = true})[0];
  check_values("second", second, {12, -18});
  const auto result =
      tg::gradcheck([&](const Tensor& at) { return f(at); }, leaf({2, -3}), {.second_order = true});
  INFO(result.message());
  CHECK(result.ok);
  CHECK_FALSE(f(x.detach()).requires_grad());
  CHECK(tg::records(y)[0].name == "cube");
}

TEST_CASE("forward mode takes the closure for it, alone and within others") {
  const auto f = cube();
  const Tensor x = tg::tensor({2.0, -3.0}, tg::float64);
  const auto [y, dy] = tg::jvp([&](const Tensor& at) { return f(at * 2); }, x, tg::ones_like(x));
  check_values("dy", dy, {3 * 16 * 2, 3 * 36 * 2});
  // Forward over reverse: the tangent of the gradient.
  const auto [g, dg] = tg::jvp(
      [&](const Tensor& at) {
        Tensor in = at * 1;
        in.requires_grad_();
        return tg::grad({f(in).sum()}, {in}, {.create_graph = true})[0];
      },
      x, tg::ones_like(x));
  check_values("g", g, {12, 27});
  check_values("dg", dg, {12, -18});
  const auto backward_only = tg::custom_op(
      "backward_only", [](const Tensor& at) { return at * 2; },
      [](const Tensor& gradient, List, const Tensor&) { return gradient * 2; });
  CHECK_THAT(message_of<tg::GradError>(
                 [&] { (void)tg::jvp([&](const Tensor& at) { return backward_only(at); }, x, x); }),
             ContainsSubstring("backward_only: it has no forward-mode rule"));
}

TEST_CASE("lists of inputs and outputs, of which some are used") {
  const auto f = product_and_sum();
  const Tensor a = leaf({2}), b = leaf({3}), c = tg::tensor({5.0}, tg::float64);
  std::vector<Tensor> made = f(a, b, c);
  check_values("product", made[0], {30});
  check_values("sum", made[1], {10});
  (made[0] + made[1] * 100).sum().backward({}, {.retain_graph = true});
  check_values("a", a.grad(), {15 + 100});
  check_values("b", b.grad(), {10 + 100});
  check_values("only b", tg::grad({made[0].sum()}, {b}, {.retain_graph = true})[0], {10});
  check_values("only a", tg::grad({made[0].sum() * 2}, {a}, {.retain_graph = true})[0], {30});
  const std::vector<Tensor> both = tg::grad({made[1].sum()}, {a, b});
  check_values("by the sum", both[0], {1});
  const auto all = [&](const std::vector<Tensor>& x) {
    const std::vector<Tensor> y = f(x);
    return y[0] * y[1];
  };
  const auto result =
      tg::gradcheck(all, {leaf({2, 1}), leaf({3, -1}), leaf({5, 4})}, {.second_order = true});
  INFO(result.message());
  CHECK(result.ok);
  const auto [y, dy] =
      tg::jvp(std::function([&](const std::vector<Tensor>& x) { return f(x); }),
              std::vector<Tensor>{a.detach(), b.detach()},
              std::vector<Tensor>{tg::tensor({1.0}, tg::float64), tg::tensor({0.0}, tg::float64)});
  check_values("d product", dy[0], {3});
  check_values("d sum", dy[1], {1});
}

TEST_CASE("a rule may name its inputs, is called once for each walk, and leaves zeros out") {
  int calls = 0;
  const auto f = tg::custom_op(
      "scaled", [](const Tensor& x, const Tensor& w) { return x * w; },
      [&](const Tensor& g, const Tensor&, const Tensor& w, const Tensor& y) {
        ++calls;
        CHECK(y.numel() == 2);
        return std::vector{g * w, Tensor()};
      });
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  const Tensor y = f(x, w);
  y.sum().backward({}, {.retain_graph = true});
  CHECK(calls == 1);
  check_values("x", x.grad(), {3, 4});
  check_values("w", w.grad(), {0, 0});
  y.sum().backward();
  CHECK(calls == 2);
  check_values("x", x.grad(), {6, 8});
}

TEST_CASE("only what the rule reads is saved") {
  const auto make = [](tg::Reads reads,
                       std::function<Tensor(const Tensor&, List, const Tensor&)> vjp) {
    return tg::custom_op("exponential", [](const Tensor& x) { return tg::exp(x); }, std::move(vjp),
                         {.reads = reads});
  };
  Tensor x = leaf({0, 1});
  const auto by_output = make(tg::kY, [](const Tensor& g, List, const Tensor& y) { return g * y; });
  const auto by_input =
      make(tg::kA, [](const Tensor& g, List at, const Tensor&) { return g * tg::exp(at[0]); });
  const auto wrong =
      make(tg::kY, [](const Tensor& g, List at, const Tensor&) { return g * at[0]; });
  by_output(x).sum().backward();
  by_input(x).sum().backward();
  check_values("x", x.grad(), {2, 2 * std::exp(1.0)});
  CHECK_THAT(message_of<tg::ValueError>([&] { wrong(x).sum().backward(); }),
             ContainsSubstring("undefined tensor"));

  // What was not saved may change, what was may not.
  Tensor y = by_input(x);
  y.mul_(1);
  CHECK_NOTHROW(y.sum().backward());
  y = by_output(x);
  y.mul_(2);
  CHECK_THAT(message_of<tg::GradError>([&] { y.sum().backward(); }),
             ContainsSubstring("that 'exponential' (output [2]) saved"));
}

TEST_CASE("what a closure captures is constant, and lives as long as the graph") {
  const auto held = std::make_shared<int>(1);
  const Tensor x = leaf({2}), w = leaf({7});
  Tensor y;
  {
    const auto f = tg::custom_op(
        "captures", [w, held](const Tensor& at) { return at * w; },
        [w, held](const Tensor& g, const Tensor&, const Tensor&) { return g * w; });
    y = f(x);
  }
  CHECK(held.use_count() == 3);
  y.sum().backward();
  y = {};
  CHECK(held.use_count() == 1);
  check_values("x", x.grad(), {7});
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("what rules return is checked, and errors name the operator") {
  const Tensor a = leaf({1, 2}), b = leaf({3, 4});
  const auto with = [&](auto vjp) {
    const auto f = tg::custom_op(
        "product", [](const Tensor& x, const Tensor& w) { return x * w; }, vjp);
    return message_of<tg::GradError>([&] { f(a, b).sum().backward(); });
  };
  CHECK_THAT(with([](const Tensor& g, List, const Tensor&) { return g; }),
             ContainsSubstring("product: its vjp returned 1 cotangents for 2 inputs"));
  CHECK_THAT(with([](const Tensor& g, List, const Tensor&) {
               return std::vector{g, g, g};
             }),
             ContainsSubstring("product: its vjp returned 3 cotangents for 2 inputs"));
  CHECK_THAT(with([](const Tensor& g, List, const Tensor&) {
               return std::vector{g, tg::ones({3}, tg::float64)};
             }),
             ContainsSubstring("the rule of 'product' (output [2]) for its input 1 returned a "
                               "tensor of shape [3]"));
  CHECK_THAT(with([](const Tensor& g, List, const Tensor&) {
               return std::vector{g.sum(), g};
             }),
             ContainsSubstring("for its input 0 returned a tensor of shape []"));
  CHECK_FALSE(a.grad().defined());

  const auto tangent = [&](auto jvp) {
    const auto f = tg::custom_op(
        "doubled", [](const Tensor& x) { return x * 2; },
        [](const Tensor& g, const Tensor&, const Tensor&) { return g * 2; }, jvp);
    return message_of<tg::GradError>(
        [&] { (void)tg::jvp([&](const Tensor& x) { return f(x); }, a.detach(), b.detach()); });
  };
  CHECK_THAT(tangent([](const Tensor& t, const Tensor&, const Tensor&) { return t.sum(); }),
             ContainsSubstring("doubled: its jvp returned a tangent of shape [] for an output of "
                               "shape [2]"));
  CHECK_THAT(tangent([](const Tensor& t, const Tensor&, const Tensor&) {
               return std::vector{t, t};
             }),
             ContainsSubstring("doubled: its jvp returned 2 tangents for 1 outputs"));
}

TEST_CASE("what makes no operator of closures is refused") {
  const auto same = [](const Tensor& x) { return x; };
  const auto rule = [](const Tensor& g, const Tensor&, const Tensor&) { return g; };
  CHECK_THROWS_AS(tg::custom_op("", same, rule), tg::ValueError);
  CHECK_THROWS_AS(tg::custom_op("reads", same, rule, {.reads = tg::kB}), tg::ValueError);
  CHECK_THROWS_AS(tg::custom_op("none", std::function<Tensor(const Tensor&)>(), rule),
                  tg::ValueError);
  const auto two = tg::custom_op(
      "two", [](const Tensor& x, const Tensor& y) { return x + y; },
      [](const Tensor& g, List, const Tensor&) {
        return std::vector{g, g};
      });
  const Tensor x = leaf({1});
  CHECK_THAT(message_of<tg::ValueError>([&] { (void)two(x); }),
             ContainsSubstring("two: it got 1 tensors, and takes 2"));
  const auto none = tg::custom_op(
      "none", [](const Tensor&) { return Tensor(); }, rule);
  CHECK_THAT(message_of<tg::ValueError>([&] { (void)none(x); }),
             ContainsSubstring("none: the result"));
  const auto empty = tg::custom_op(
      "empty", [](List) { return std::vector<Tensor>(); },
      [](List, List, List) { return std::vector<Tensor>(); });
  CHECK_THROWS_AS(empty(x), tg::ValueError);
  CHECK_THROWS_AS(empty(List()), tg::ValueError);
  const auto whole = tg::custom_op(
      "whole", [](const Tensor& at) { return at.to(tg::int64); }, rule);
  CHECK_THROWS_AS(whole(x), tg::DTypeError);
  const auto same_again = tg::custom_op("same", same, rule);
  const Tensor y = same_again(x);  // what comes in comes out, as a tensor of its own
  CHECK_FALSE(y.is_same(x));
  y.sum().backward();
  check_values("x", x.grad(), {1});
}

TEST_CASE("a gradient of its own: rounding that lets gradients through, and one that turns them") {
  const auto round_through = tg::custom_op(
      "round_through", [](const Tensor& x) { return tg::round(x); },
      [](const Tensor& g, const Tensor&, const Tensor&) { return g; }, {.reads = tg::kNone});
  const auto reversed = tg::custom_op(
      "reversed", [](const Tensor& x) { return x; },
      [](const Tensor& g, const Tensor&, const Tensor&) { return -g; }, {.reads = tg::kNone});
  const Tensor x = leaf({1.4, 2.6});
  (round_through(x) * round_through(x)).sum().backward();
  check_values("x", x.grad(), {2, 6});
  const Tensor z = leaf({1});
  reversed(z * 3).sum().backward();
  check_values("z", z.grad(), {-3});
}

TEST_CASE("a walk that only wants some inputs, and one within the rule, do not mix answers up") {
  const Tensor x = leaf({2}), w = leaf({3});
  Tensor y;
  bool inside = false;
  const auto f = tg::custom_op(
      "walks", [](const Tensor& a, const Tensor& b) { return a * b; },
      [&](const Tensor& g, const Tensor& a, const Tensor& b, const Tensor&) {
        if (!std::exchange(inside, true)) {
          const Tensor inner = tg::grad(
              {y}, {x},
              {.grad_outputs = {tg::full({1}, 100.0, tg::float64)}, .retain_graph = true})[0];
          check_values("inner", inner, {300});
          inside = false;
        }
        return std::vector{g * b, g * a};
      });
  y = f(x, w);
  y.sum().backward();
  check_values("x", x.grad(), {3});
  check_values("w", w.grad(), {2});
}

TEST_CASE("anomaly detection and gradcheck see an operator of closures as any other") {
  const auto bad = tg::custom_op(
      "bad_root", [](const Tensor& x) { return tg::sqrt(x); },
      [](const Tensor& g, const Tensor&, const Tensor& y) { return g * 0 / (y * 0); });
  const Tensor x = leaf({4});
  const Tensor y = bad(x);
  const tg::DetectAnomaly watching;
  CHECK_THAT(message_of<tg::AnomalyError>([&] { y.sum().backward(); }),
             ContainsSubstring("bad_root"));
}
