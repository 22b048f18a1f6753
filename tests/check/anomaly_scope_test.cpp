// The scope of DetectAnomaly: what it sees, and what it leaves behind.

#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/all_operators.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/tensor/door/calls.h"

namespace tg = tapegrad;
namespace nn = tg::nn;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using tg::Tensor;

namespace {

Tensor classes() { return tg::tensor({0, 1, 2, 0, 1}); }

nn::Sequential perceptron() {
  tg::manual_seed(3);
  nn::Sequential net{nn::Linear{4, 8}, tg::tanh, nn::Linear{8, 3}};
  nn::name_modules(net, "net");
  return net;
}

/// Steps of training; the parameters afterwards.
template <class Optimizer, class Options>
std::vector<Tensor> trained(const Options& options, int steps) {
  nn::Sequential net = perceptron();
  Optimizer optimizer(nn::parameters(net), options);
  const Tensor x = tg::randn({5, 4});
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    nn::cross_entropy(net(x), classes()).backward();
    optimizer.step();
  }
  std::vector<Tensor> all;
  for (const nn::Parameter& parameter : nn::parameters(net)) all.push_back(parameter.value);
  return all;
}

/// Values and gradients of a case of an operator.
std::vector<Tensor> computed(const tg::OperatorCase& example) {
  std::vector<Tensor> inputs;
  for (const Tensor& input : example.inputs) {
    inputs.push_back(input.clone());
    if (tg::is_floating_point(input.dtype())) inputs.back().requires_grad_();
  }
  std::vector<Tensor> all{example.call(inputs)};
  if (!all[0].requires_grad()) return all;
  tg::sum(all[0] * all[0]).backward();
  for (const Tensor& input : inputs)
    if (input.grad().defined()) all.push_back(input.grad());
  return all;
}

/// With a scope of its own.
struct Checked {
  static constexpr const char* name = "checked";
  static constexpr tg::Reads reads[] = {tg::kA};
  Tensor forward(const Tensor& x) const {
    const tg::DetectAnomaly anomaly;
    return tg::log(x);
  }
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const { return g / x; }
};

/// Its forward makes infinities on the way.
struct Twice {
  static constexpr const char* name = "twice";
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor forward(const Tensor& x) const { return tg::where(x > 0, tg::log(x), 0) + tg::log(x * x); }
  Tensor vjp(const Tensor& g, auto, auto) const { return tg::exp(g * 1e3) * g; }
};

/// Steps by operators on tensors.
struct PowerOptions {
  double lr = 1;
  bool warn_unused = true, check_finite = false;
  void check() const {}
  static void visit(auto& options, auto f) { f("lr", options.lr); }
};
class PowerSteps : public nn::OptimizerOf<PowerOptions> {
 public:
  explicit PowerSteps(std::vector<nn::Parameter> parameters)
      : OptimizerOf({"PowerSteps", {}}, std::move(parameters), {}) {}

 private:
  void update(std::size_t, Entry& entry, const Tensor& grad) override {
    entry.parameter.value.sub_(grad / (grad - 1));
  }
};

}  // namespace

TEST_CASE("nobody watches while no scope is open") {
  tg::zeros({1}) + 1;  // the first operator of a thread asks who wants to
  CHECK_FALSE(tg::detail::watched());
  {
    const tg::DetectAnomaly anomaly;
    CHECK(tg::detail::watched());
  }
  CHECK_FALSE(tg::detail::watched());
  CHECK(tg::isnan(tg::log(tg::tensor(-1.0))).item<bool>());
}

TEST_CASE("no operator's cases, forward and backward, are anomalies, nor other bits than without") {
  for (const tg::OperatorInfo& op : all_operators()) {
    for (const tg::OperatorCase& example : op.cases) {
      INFO(op.name << ", " << example.label);
      const std::vector<Tensor> plain = computed(example);
      std::vector<Tensor> watched;
      {
        const tg::DetectAnomaly anomaly;
        REQUIRE_NOTHROW(watched = computed(example));
      }
      REQUIRE(plain.size() == watched.size());
      for (std::size_t i = 0; i < plain.size(); ++i) CHECK(same_bits(plain[i], watched[i]));
    }
  }
}

TEST_CASE("training has the same bits with it") {
  const auto check = [](const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(same_bits(a[i], b[i]));
  };
  const auto both = [&](auto train) {
    const std::vector<Tensor> plain = train();
    const tg::DetectAnomaly anomaly;
    check(plain, train());
  };
  both([] { return trained<nn::SGD>(nn::SGDOptions{.lr = 0.1, .momentum = 0.9}, 5); });
  both([] { return trained<nn::Adam>(nn::AdamOptions{.lr = 0.1}, 5); });
}

TEST_CASE("the step of an optimizer that overflows names the parameter") {
  const tg::DetectAnomaly anomaly;
  const std::string text =
      message_of<tg::AnomalyError>([] { trained<nn::Adam>(nn::AdamOptions{.lr = 1e39}, 3); });
  CHECK_THAT(text, StartsWith("Adam: in the update, the parameter 0.weight of shape [8, 4] has "));
  CHECK_THAT(text,
             ContainsSubstring(" among 32 elements, the first at [0, 0]\n  the parameter before "
                               "of shape [8, 4], 0.weight, has "));
  CHECK_THAT(text, ContainsSubstring(
                       "\n  its gradient of shape [8, 4], from the rule of linear at net.0, has "));
}

TEST_CASE("what an optimizer remembers may not overflow, either") {
  Tensor w = tg::ones(3).requires_grad_();
  w.set_grad(tg::full(3, 1e30f));
  nn::Adam optimizer({{"w", w}}, {.lr = 1});
  const tg::DetectAnomaly anomaly;
  const std::string text = message_of<tg::AnomalyError>([&] { optimizer.step(); });
  CHECK_THAT(text,
             StartsWith("Adam: in the update, slot 1 of the parameter w of shape [3] has 3 inf "
                        "among 3 elements"));
  CHECK_THAT(text, ContainsSubstring("its gradient of shape [3], given by the program, has only "
                                     "1e+30"));
}

TEST_CASE("the step of an optimizer by operators is looked at, operator by operator") {
  Tensor w = tg::ones(2).requires_grad_();
  w.set_grad(tg::tensor({1.0f, 3.0f}));
  PowerSteps optimizer({{"net.w", w}});
  const tg::DetectAnomaly anomaly;
  CHECK_THAT(message_of<tg::AnomalyError>([&] { optimizer.step(); }),
             StartsWith("div: in the update, the result of shape [2] has 1 inf"));
  w.set_grad(tg::full(2, 2.0f));
  const tg::NoGrad no_grad;
  w.write<float>([](std::span<float> values) { values[0] = -std::numeric_limits<float>::max(); });
  optimizer.step();
  CHECK_THAT(message_of<tg::AnomalyError>([&] { w.detach() * 2.0; }),
             ContainsSubstring("input 0 of shape [2], net.w, from sub_, has -3.403e+38 to -1"));
  CHECK_THAT(message_of<tg::AnomalyError>([&] { w.mul_(4.0); }),
             StartsWith("mul_: in forward, the result (net.w) of shape [2] has 1 -inf"));
}

TEST_CASE("values that an optimizer changed say so") {
  Tensor w = tg::ones(3).requires_grad_();
  w.set_grad(tg::ones(3));
  nn::SGD optimizer({{"net.w", w}}, {.lr = 2});
  const tg::DetectAnomaly anomaly;
  optimizer.step();
  CHECK_THAT(message_of<tg::AnomalyError>([&] { tg::log(w); }),
             ContainsSubstring("input 0 of shape [3], net.w, from the step of SGD, has only -1\n"
                               "    the parameter before of shape [3], net.w, has only 1\n"
                               "    its gradient of shape [3], given by the program, has only 1"));
}

TEST_CASE("an error leaves the tape empty and no memory behind, and the scope goes on") {
  const tg::DetectAnomaly anomaly;
  const std::int64_t records = tg::live_records(), tensors = tg::live_tensors();
  std::int64_t held = 0;
  for (int i = 0; i < 3000; ++i) {
    const Tensor x = tg::full({4, 4}, i % 2 == 0 ? 0.0 : 1.0).requires_grad_();
    const auto walk = [&] { tg::sum(tg::sqrt(x * 1)).backward(); };
    if (i % 2 == 0)
      CHECK_THROWS_AS(walk(), tg::AnomalyError);
    else
      walk();
    CHECK(x.grad().defined() == (i % 2 == 1));
    if (i == 1500) held = static_cast<std::int64_t>(tg::memory_stats().live_bytes);
  }
  CHECK(tg::live_records() == records);
  CHECK(tg::live_tensors() == tensors);
  CHECK(static_cast<std::int64_t>(tg::memory_stats().live_bytes) <= held);
}

TEST_CASE("after an error a graph that was retained can be walked, and no_grad is as it was") {
  Tensor x = tg::zeros(2).requires_grad_();
  const Tensor loss = tg::sum(tg::sqrt(x));
  {
    const tg::DetectAnomaly anomaly;
    CHECK_THROWS_AS(loss.backward({.retain_graph = true}), tg::AnomalyError);
    CHECK(tg::grad_enabled());
    CHECK_FALSE(x.grad().defined());
    const tg::NoGrad no_grad;
    CHECK_THROWS_AS(tg::log(x - 1), tg::AnomalyError);
    CHECK_FALSE(tg::grad_enabled());
  }
  loss.backward();
  CHECK(tg::all(tg::isinf(x.grad())).item<bool>());
}

TEST_CASE("scopes nest, with each other and with those of other visitors") {
  const tg::DetectAnomaly outer;
  {
    const tg::ProfileScope profile;
    const tg::DetectAnomaly inner;
    CHECK_THROWS_AS(tg::log(tg::tensor(-1.0)), tg::AnomalyError);
    tg::exp(tg::tensor(1.0));
    CHECK(profile.rows().size() == 2);
  }
  CHECK_THROWS_AS(tg::log(tg::tensor(-1.0)), tg::AnomalyError);
  tg::exp(tg::tensor(1.0));
}

TEST_CASE("a scope of its own may be opened and closed within an operator") {
  CHECK_THAT(message_of<tg::AnomalyError>([] { tg::apply(Checked(), tg::tensor(-1.0)); }),
             StartsWith("log: in forward"));
  const tg::DetectAnomaly anomaly;
  const Tensor x = tg::tensor(2.0).requires_grad_();
  tg::apply(Checked(), x).backward();
  CHECK(x.grad().item() == 0.5);
  CHECK_THROWS_AS(tg::apply(Checked(), tg::tensor(-1.0)), tg::AnomalyError);
}

TEST_CASE("of an operator that calls others its own result is looked at") {
  const tg::DetectAnomaly anomaly;
  CHECK(tg::apply(Twice(), tg::tensor(-1.0)).item() == 0);
  CHECK_THAT(message_of<tg::AnomalyError>([] { tg::apply(Twice(), tg::tensor(0.0)); }),
             StartsWith("twice: in forward, the result of shape [] has 1 -inf among 1 element\n"));
  const Tensor x = tg::tensor(1.0).requires_grad_();
  CHECK_THAT(message_of<tg::AnomalyError>([&] { tg::apply(Twice(), x).backward(); }),
             StartsWith("twice: in backward, the gradient of input 0 of shape [] has 1 inf"));
}

TEST_CASE("derivatives in forward mode are looked at where the scope is around them") {
  const Tensor x = tg::tensor({0.0, 4.0}), v = tg::ones(2);
  const auto root = [](const Tensor& a) { return tg::sqrt(a); };
  {
    const tg::DetectAnomaly anomaly;
    CHECK_THROWS_AS(tg::jvp(root, x, v), tg::AnomalyError);
    const auto [y, dy] = tg::jvp(root, x + 1, v);
    CHECK(dy.at<float>({0}) == 0.5);
  }
  const auto [y, dy] = tg::jvp(
      [&](const Tensor& a) {
        const tg::DetectAnomaly anomaly;
        return root(a);
      },
      x, v);
  CHECK(dy.at<float>({0}) == std::numeric_limits<float>::infinity());
}

TEST_CASE("recorded walks, second derivatives and gradcheck are looked at") {
  const tg::DetectAnomaly anomaly;
  const Tensor x = tg::tensor({0.0, 2.0}, tg::float64).requires_grad_();
  const Tensor g =
      tg::grad(tg::sum(tg::pow(x, 1.5)), x, {.grad_outputs = {}, .create_graph = true});
  CHECK_THAT(message_of<tg::AnomalyError>([&] { tg::sum(g).backward(); }),
             ContainsSubstring(": in backward, the gradient of input 0 of shape [2] has 1 inf"));

  const auto f = [](const Tensor& a) { return tg::sum(tg::log(a) * a); };
  CHECK(tg::gradcheck(f, tg::tensor({1.0, 2.0}, tg::float64).requires_grad_(),
                      {.second_order = true}));
  CHECK_THROWS_AS(tg::gradcheck(f, tg::tensor({-1.0, 2.0}, tg::float64).requires_grad_()),
                  tg::AnomalyError);
}

TEST_CASE("other threads are not looked at, and what they made is given") {
  const tg::DetectAnomaly anomaly;
  Tensor x;
  std::thread([&] { x = tg::log(tg::tensor({-1.0, 1.0})); }).join();
  CHECK_THAT(message_of<tg::AnomalyError>([&] { x * 2; }),
             StartsWith("mul: in forward, the result of shape [2] has 1 NaN among 2 elements, the "
                        "first at [0]; input 0 had NaN already\n"));
}

TEST_CASE("long programs are told of as far as notes reach back") {
  const tg::DetectAnomaly anomaly;
  const tg::NoGrad no_grad;
  const Tensor old = tg::tensor({1.0, 2.0}) * 2;
  Tensor x = old;
  for (int i = 0; i < 3000; ++i) x = x * 1 + 0.001;
  const std::string text = message_of<tg::AnomalyError>([&] { tg::log(x - old * 100); });
  CHECK_THAT(text, ContainsSubstring("input 0 of shape [2], from sub, has "));
  CHECK_THAT(text, ContainsSubstring("input 0 of shape [2], from add, has 5 to 7\n"));
  CHECK_THAT(message_of<tg::AnomalyError>([&] { tg::log(-old); }),
             ContainsSubstring(
                 "input 0 of shape [2], from neg, has -4 to -2\n"
                 "    input 0 of shape [2], given by the program or made long before, has 2 to 4"));
  const Tensor w = tg::zeros(2).requires_grad_();
  const tg::EnableGrad enable_grad;
  CHECK(message_of<tg::AnomalyError>([&] { tg::sqrt(w).backward(tg::ones(2)); }) ==
        "sqrt: in backward, the gradient of input 0 of shape [2] has 2 inf among 2 elements, the "
        "first at [0]\n"
        "  the gradient that came in of shape [2] has only 1\n"
        "  input 0 of shape [2], given by the program, has only 0\n"
        "  the result of shape [2], which came of it, has only 0");
}
