#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "nn/nn.h"
#include "tests/message_of.h"
#include "tests/point_gradients.h"

// C++ numbers as tensors: what they become beside tensors, and what stays a number.

using point_gradients::check_values;
using tapegrad::boolean;
using tapegrad::DType;
using tapegrad::float32;
using tapegrad::float64;
using tapegrad::int64;
using tapegrad::Tensor;
namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

/// True for a number: it gives way even to a 0-d tensor of a narrower type of its category.
bool is_number(const Tensor& x) {
  if (x.dim() != 0) return false;
  if (x.dtype() == float64) return (x + tg::ones({}, float32)).dtype() == float32;
  return x.dtype() == int64 && (x + Tensor(0.5)).dtype() == float64;
}

using Change = std::function<void(Tensor&, const Tensor&)>;

struct Way {
  std::string name;
  Change change;
};

/// Every way to change `t`, which is 1, so that it becomes `x`.
std::vector<Way> ways_to_become() {
  return {{"+=", [](Tensor& t, const Tensor& x) { t += x - 1; }},
          {"-=", [](Tensor& t, const Tensor& x) { t -= 1 - x; }},
          {"*=", [](Tensor& t, const Tensor& x) { t *= x; }},
          {"/=", [](Tensor& t, const Tensor& x) { t /= 1 / x; }},
          {"add_", [](Tensor& t, const Tensor& x) { t.add_(x - 1); }},
          {"add_ with alpha", [](Tensor& t, const Tensor& x) { t.add_((x - 1) / 2, 2); }},
          {"sub_", [](Tensor& t, const Tensor& x) { t.sub_(1 - x); }},
          {"sub_ with alpha", [](Tensor& t, const Tensor& x) { t.sub_((1 - x) / 2, 2); }},
          {"mul_", [](Tensor& t, const Tensor& x) { t.mul_(x); }},
          {"div_", [](Tensor& t, const Tensor& x) { t.div_(1 / x); }},
          {"copy_", [](Tensor& t, const Tensor& x) { t.copy_(x); }},
          {"fill_", [](Tensor& t, const Tensor& x) { t.fill_(x); }},
          {"clamp_ from below", [](Tensor& t, const Tensor& x) { t.sub_(1000).clamp_(x); }},
          {"clamp_ from above", [](Tensor& t, const Tensor& x) { t.add_(1000).clamp_({}, x); }}};
}

Tensor scalar_leaf(double value, DType dtype) { return tg::tensor(value, dtype).requires_grad_(); }

/// The value of `y` and the gradients of sum(y) for those of `inputs` that have one, in one list;
/// zeros where unused.
std::vector<Tensor> value_and_gradients(const Tensor& y, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> all{y.detach()}, leaves;
  for (const Tensor& input : inputs)
    if (input.requires_grad()) leaves.push_back(input);
  if (!y.requires_grad()) return all;
  for (const Tensor& g :
       tg::grad({y}, leaves,
                {.grad_outputs = {tg::ones_like(y)}, .retain_graph = true, .allow_unused = true}))
    all.push_back(g.defined() ? g : tg::zeros({}));
  return all;
}

void check_same(const std::vector<Tensor>& found, const std::vector<Tensor>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i].dtype() == expected[i].dtype());
    CHECK(tg::allclose(found[i], expected[i], 1e-12, 1e-12, true));
  }
}

bool can_be_a_number(const Tensor& input) { return input.dim() == 0 && input.requires_grad(); }

}  // namespace

TEST_CASE("a sum that starts at a C++ number has the gradient of the sum") {
  for (const DType dtype : {float32, float64}) {
    for (const Tensor& zero : {Tensor(0.0), Tensor(0), Tensor(0.0f), Tensor(false)}) {
      const Tensor w = tg::ones({2}, dtype).requires_grad_();
      Tensor total = zero.clone();
      for (int i = 0; i < 3; ++i) total += tg::sum(w * w);
      CHECK(total.dtype() == dtype);
      total.backward();
      check_values("w", w.grad(), {6, 6});
    }
  }
}

TEST_CASE("in place with a tensor, a number takes the type and the history of the plain operator") {
  for (const DType dtype : {float32, float64}) {
    for (const Way& way : ways_to_become()) {
      for (const Tensor& one : {Tensor(1.0), Tensor(1)}) {
        INFO(way.name << ", " << tg::name(one.dtype()) << " and " << tg::name(dtype));
        const Tensor x = scalar_leaf(1.5, dtype);
        Tensor t = one.clone();
        const Tensor same = t;  // another handle
        way.change(t, x);
        CHECK(t.dtype() == dtype);
        CHECK(same.is_same(t));
        check_values("value", t, {1.5});
        REQUIRE(t.requires_grad());
        check_values("gradient of t^2", tg::grad(t * t, x, {.create_graph = true}), {3});
        check_values("of pow(t, 2)", tg::grad(tg::pow(t, 2), x, {.retain_graph = true}), {3});
        check_values("of maximum(t, 0)", tg::grad(tg::maximum(t, 0), x), {1});
        // Weak no longer.
        CHECK((t + tg::ones({}, float64)).dtype() == float64);
      }
    }
  }
}

TEST_CASE("without a gradient to record, a number changed by a tensor is a tensor, too") {
  for (const Way& way : ways_to_become()) {
    INFO(way.name);
    Tensor t = 1.0;
    way.change(t, tg::tensor(1.5, float32));
    CHECK(t.dtype() == float32);
    CHECK((t + tg::ones({}, float64)).dtype() == float64);
    CHECK(t.item() == 1.5);
    Tensor whole = 1;
    if (way.name[0] == '/' || way.name.starts_with("div")) continue;  // true division
    if (way.name.ends_with("alpha")) continue;                        // divides
    way.change(whole, tg::tensor(7, int64));
    CHECK(whole.dtype() == int64);
    CHECK((whole + Tensor(0.5)).dtype() == float32);
    CHECK(whole.item() == 7);
  }
}

TEST_CASE("a number in place with a number stays one, with all its digits") {
  for (const Way& way : ways_to_become()) {
    INFO(way.name);
    Tensor t = 1.0;
    way.change(t, 1.1);
    CHECK(is_number(t));
    CHECK(t.item() == Approx(1.1).epsilon(1e-12).margin(0));
    Tensor from_integer = 1;
    way.change(from_integer, 1.1);
    CHECK(is_number(from_integer));
    CHECK(from_integer.dtype() == float64);
    CHECK(from_integer.item() == Approx(1.1).epsilon(1e-12).margin(0));
  }
  Tensor e = 0.0;
  for (int i = 0; i < 10; ++i) e += 0.1;
  CHECK(e.item() == Approx(1).epsilon(1e-15).margin(0));
  Tensor n = 1;
  n.mul_(3).add_(4).sub_(1);
  CHECK(n.dtype() == int64);
  CHECK(is_number(n));
  CHECK(n.item<int>() == 6);
  n /= 4;
  CHECK(n.item() == 1.5);
  n.zero_();
  CHECK(is_number(n));
  CHECK(n.item() == 0);
}

TEST_CASE("an operator on numbers gives a number, in double precision") {
  const Tensor a = 0.1, b = 0.2;
  const std::vector<std::pair<Tensor, double>> results{{a + b, 0.1 + 0.2},
                                                       {a - b, 0.1 - 0.2},
                                                       {a * b, 0.1 * 0.2},
                                                       {a / b, 0.1 / 0.2},
                                                       {tg::pow(a, b), std::pow(0.1, 0.2)},
                                                       {tg::pow(a, 2), 0.1 * 0.1},
                                                       {tg::maximum(a, b), 0.2},
                                                       {tg::minimum(a, b), 0.1},
                                                       {tg::clamp(a, 0.15, 0.2), 0.15},
                                                       {tg::clamp(Tensor(3), 0.15, 0.2), 0.2},
                                                       {tg::where(true, a, b), 0.1},
                                                       {Tensor(1) / 3, 1.0 / 3},
                                                       {a.clone(), 0.1},
                                                       {-a, -0.1},
                                                       {tg::abs(-a), 0.1},
                                                       {tg::square(b), 0.2 * 0.2},
                                                       {tg::exp(a), std::exp(0.1)},
                                                       {tg::exp(Tensor(1)), std::exp(1.0)},
                                                       {tg::log(a), std::log(0.1)},
                                                       {tg::sqrt(a), std::sqrt(0.1)},
                                                       {tg::tanh(a), std::tanh(0.1)},
                                                       {tg::sin(a), std::sin(0.1)},
                                                       {tg::relu(a), 0.1},
                                                       {tg::softplus(a), std::log1p(std::exp(0.1))},
                                                       {2.0 * a + b / 3, 2 * 0.1 + 0.2 / 3}};
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& [found, expected] = results[i];
    INFO("result " << i);
    CHECK(is_number(found));
    CHECK(found.dtype() == float64);
    CHECK(found.item() == Approx(expected).epsilon(1e-15).margin(0));
  }
  const Tensor n = 7, m = 2;
  for (const Tensor& whole : {n + m, n - m, n * m, -n, tg::abs(n), tg::maximum(n, m),
                              tg::clamp(n, 1, 3), tg::pow(n, m), tg::where(true, n, m)}) {
    CHECK(is_number(whole));
    CHECK(whole.dtype() == int64);
  }
  // Comparisons see every digit.
  CHECK((Tensor(0.1) < 0.1 + 1e-12).item<bool>());
  CHECK_FALSE((Tensor(1) == 1 + 1e-12).item<bool>());
  CHECK_THROWS_AS(tg::pow(n, -1), tg::ValueError);
}

TEST_CASE("a result of numbers still gives way to the tensor that it meets") {
  const Tensor half = Tensor(0.2) + 0.3;
  CHECK((tg::ones({2}) * half).dtype() == float32);
  CHECK((tg::ones({}) * half).dtype() == float32);
  CHECK((tg::ones({2}, float64) * half).dtype() == float64);
  CHECK((tg::ones({2}, int64) * half).dtype() == float32);
  CHECK(tg::where(tg::tensor({true, false}), 1.0, 0.0).dtype() == float32);
  CHECK(tg::where(tg::tensor({true, false}), 1, 0).dtype() == int64);
  CHECK(tg::stack({1.0, 2.0}).dtype() == float32);
  CHECK(tg::stack({tg::ones({}, float64), 2.0}).dtype() == float64);
  CHECK(tg::stack({tg::ones({}, float32), 2.0}).dtype() == float32);
  CHECK(tg::stack({1, 2}).dtype() == int64);
}

TEST_CASE("a number that is asked for a gradient is the leaf that tensor() makes") {
  for (const DType dtype : {float32, float64}) {
    const tg::DefaultDType default_dtype(dtype);
    for (Tensor w : {Tensor(0.5), Tensor(0.5f)}) {
      w.requires_grad_();
      CHECK(w.dtype() == dtype);
      CHECK(w.is_leaf());
      for (const auto& f : std::vector<std::function<Tensor(const Tensor&)>>{
               [](const Tensor& x) { return x * x; }, [](const Tensor& x) { return x + 1; },
               [](const Tensor& x) { return 1 - x; }, [](const Tensor& x) { return tg::pow(x, 2); },
               [](const Tensor& x) { return tg::pow(2, x); },
               [](const Tensor& x) { return tg::maximum(x, 0); },
               [](const Tensor& x) { return tg::clamp(x, 0, 1); },
               [](const Tensor& x) { return tg::clamp(0.1, x, 1); },
               [](const Tensor& x) { return tg::where(true, x, 0); },
               [](const Tensor& x) { return tg::relu(x); },
               [](const Tensor& x) {
                 return tg::softmax(tg::stack({x, 1.0}), 0).square().sum();
               },
               [](const Tensor& x) { return tg::sum(x * tg::ones({3})); }}) {
        const Tensor expected = scalar_leaf(0.5, dtype);
        REQUIRE(f(w).requires_grad());
        check_same(value_and_gradients(f(w), {w}), value_and_gradients(f(expected), {expected}));
      }
      (w * 3).backward();
      check_values("grad()", w.grad(), {3});
    }
  }
  Tensor whole = 2;
  CHECK(whole.requires_grad_().dtype() == float32);
  CHECK(whole.item() == 2);
  Tensor truth = true;
  CHECK_THROWS_AS(truth.requires_grad_(), tg::DTypeError);
  CHECK(truth.item<bool>());
  Tensor still = 0.5;
  still.requires_grad_(false);
  CHECK(is_number(still));
}

// The list of operators has arguments of rank 0; each is made from a number in its turn.
TEST_CASE("every operator records leaves that were numbers, and tensors that numbers became") {
  const tg::DefaultDType doubles(float64);
  int tried = 0;
  for (const tg::OperatorInfo& op : tg::operators()) {
    for (const tg::OperatorCase& example : op.cases) {
      for (std::size_t i = 0; i < example.inputs.size(); ++i) {
        if (!can_be_a_number(example.inputs[i])) continue;
        ++tried;
        INFO(op.name << ", " << example.label << ", input " << i);
        std::vector<Tensor> inputs = example.inputs;
        const auto expected = value_and_gradients(example.call(inputs), inputs);
        Tensor leaf = inputs[i].item();
        leaf.requires_grad_();
        inputs[i] = leaf;
        check_same(value_and_gradients(example.call(inputs), inputs), expected);
        for (const Way& way : ways_to_become()) {
          INFO(way.name);
          Tensor collected = 1.0;
          way.change(collected, leaf);
          std::vector<Tensor> leaves = inputs;
          inputs[i] = collected;
          auto found = value_and_gradients(example.call(inputs), leaves);
          check_same(found, expected);
          // As a temporary, whose memory the operator may take.
          inputs[i] = collected * 1;
          check_same(value_and_gradients(example.call(inputs), leaves), expected);
          inputs[i] = leaf;
        }
      }
    }
  }
  CHECK(tried >= 40);
}

TEST_CASE("a module's number that is asked for a gradient is trained") {
  struct Scaled {
    Tensor scale = Tensor(1.0).requires_grad_();
    Tensor operator()(const Tensor& x) const { return x * scale; }
    void visit(nn::Visitor& f) { f("scale", scale); }
  } net;
  nn::SGD optimizer(nn::parameters(net), {.lr = 0.1});
  nn::mse_loss(net(tg::ones({4})), tg::zeros({4})).backward();
  optimizer.step();
  CHECK(net.scale.item() == Approx(0.8));
}

TEST_CASE("a number keeps its shape in place") {
  Tensor t = 0.0;
  const auto message = message_of<tg::ShapeError>([&] { t += tg::ones({3}); });
  CHECK(message.find("[3]") != std::string::npos);
  CHECK(is_number(t));
  CHECK(t.item() == 0);
}

TEST_CASE("a number whose data a view shows does not change its type behind that") {
  Tensor t = 1.0;
  const Tensor view = t.detach();
  CHECK_THROWS_AS(t += tg::ones({}, float32), tg::GradError);
  CHECK_THROWS_AS(t.requires_grad_(), tg::GradError);
  CHECK(t.item() == 1);
  CHECK(view.item() == 1);
  t += 1;
  CHECK(view.item() == 2);
}

TEST_CASE("a sum that was looked at through a view goes on collecting") {
  const Tensor w = tg::ones({2}).requires_grad_();
  Tensor total = 0.0;
  double seen = 0;
  for (int i = 0; i < 3; ++i) {
    total += tg::sum(w * w);
    seen = total.detach().item();
  }
  CHECK(seen == 6);
  total.backward();
  check_values("w", w.grad(), {6, 6});
}

TEST_CASE("a number with dimensions is a tensor, of the type that tensor() gives it") {
  const Tensor decimal = 0.5, whole = 3;
  for (const Tensor& y : {decimal.reshape({1}), decimal.reshape({1, -1}), decimal.flatten(),
                          decimal.unsqueeze(0), decimal.expand({2}), tg::stack({decimal})}) {
    CHECK(y.dtype() == float32);
    CHECK(y.sum().item() == 0.5 * static_cast<double>(y.numel()));
  }
  CHECK(whole.reshape({1}).dtype() == int64);
  CHECK(is_number(decimal.reshape({})));
  CHECK(is_number(decimal.squeeze()));
  CHECK(is_number(decimal.expand({})));
  Tensor copy = decimal.expand({}), view = decimal.reshape({}), plain = decimal.squeeze();
  copy += tg::ones({}, float64);
  view.requires_grad_(false);
  CHECK_THROWS_AS(plain.requires_grad_(), tg::GradError);
  CHECK(decimal.item() == 0.5);
  CHECK_FALSE(decimal.requires_grad());
  const Tensor leaf = Tensor(0.5).requires_grad_();
  leaf.expand({2}).sum().backward();
  CHECK(leaf.grad().item() == 2);
}

TEST_CASE("a number is a seed of any floating-point type") {
  for (const tg::DType dtype : {float32, float64}) {
    const Tensor x = tg::ones({}, dtype).requires_grad_();
    (x * x).backward(2.0);
    CHECK(x.grad().item() == 4);
    CHECK(x.grad().dtype() == dtype);
    CHECK(tg::grad({x * x}, {x}, {.grad_outputs = {3}}).at(0).item() == 6);
  }
}

TEST_CASE("a number that a rule has saved cannot change unnoticed") {
  const Tensor x = scalar_leaf(2, float64);
  Tensor t = 3.0;
  const Tensor y = x * t;
  t += tg::ones({}, float32);
  CHECK_THROWS_AS(y.backward(), tg::GradError);
  Tensor u = 3.0;
  const Tensor z = x * u;
  u.requires_grad_();
  CHECK_THROWS_AS(z.backward(), tg::GradError);
}
