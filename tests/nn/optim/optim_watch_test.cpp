#include <limits>

#include "autograd/base/warning.h"
#include "autograd/memory/memory.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/random.h"
#include "nn/layers/activation/activations.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/norm/batch_norm.h"
#include "nn/layers/sequential.h"
#include "nn/losses/losses.h"
#include "tests/nn/optim/common.h"
#include "tests/warnings.h"

// An optimizer whose tensors are no longer the model's, and steps that do nothing or harm.

using namespace optim_test;

namespace {

struct Net {
  nn::Linear a{3, 4}, b{4, 2};
  Tensor operator()(const Tensor& x) const { return b(tg::tanh(a(x))); }
  void visit(nn::Visitor& f) {
    f("a", a);
    f("b", b);
  }
};

template <class Model>
double train(Model& net, nn::Optimizer& optimizer, int steps) {
  tg::manual_seed(3);
  const tg::DType dtype = nn::parameters(net)[0].value.dtype();
  const Tensor x = tg::randn({8, 3}).to(dtype), y = tg::randn({8, 2}).to(dtype);
  double last = 0;
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    const Tensor loss = nn::mse_loss(net(x), y);
    loss.backward();
    optimizer.step();
    last = loss.item();
  }
  return last;
}

}  // namespace

TEST_CASE("an optimizer made before nn::to goes on training, with its state", "[optim]") {
  const MakeOptimizer kinds[] = {
      make<nn::SGD>(nn::SGDOptions{.lr = 0.05, .momentum = 0.9}),
      make<nn::Adam>(nn::AdamOptions{.lr = 0.02, .amsgrad = true}),
      make<nn::AdamW>(nn::AdamWOptions{.lr = 0.02}),
      make<nn::RMSprop>(nn::RMSpropOptions{.lr = 0.01, .momentum = 0.5, .centered = true}),
      make<nn::Adagrad>(nn::AdagradOptions{.lr = 0.1}),
  };
  for (const auto& kind : kinds) {
    tg::manual_seed(1);
    Net net;
    Net same = nn::clone(net);
    const auto optimizer = kind(nn::parameters(net)), other = kind(nn::parameters(same));
    train(net, *optimizer, 5);
    train(same, *other, 5);
    nn::to(net, tg::float64);
    const double converted = train(net, *optimizer, 20), single = train(same, *other, 20);
    CHECK(converted == Approx(single).epsilon(1e-3));
    const auto mine = nn::parameters(net), theirs = nn::parameters(same);
    for (std::size_t i = 0; i < mine.size(); ++i) {
      CHECK(mine[i].value.dtype() == tg::float64);
      CHECK(tg::allclose(mine[i].value.detach().to(tg::float32), theirs[i].value.detach(), 1e-2,
                         1e-4));
    }
    for (const auto& [name, value] : optimizer->state())
      if (name.starts_with("state.") && !name.ends_with(".step") && !name.ends_with(".group"))
        CHECK(value.dtype() == tg::float64);
  }
}

TEST_CASE("the state of an optimizer follows the model's type before the next step, too",
          "[optim]") {
  Net net;
  nn::Adam optimizer(nn::parameters(net));
  train(net, optimizer, 2);
  nn::to(net, tg::float64);
  const nn::StateDict state = optimizer.state();
  Net fresh = nn::clone(net);
  nn::Adam resumed(nn::parameters(fresh));
  resumed.load_state(state);
  CHECK(train(fresh, resumed, 10) == train(net, optimizer, 10));
}

TEST_CASE("to_ changes what a leaf holds, for every handle, with its gradient", "[optim]") {
  Tensor w = leaf({1, 2}, tg::float32);
  const Tensor handle = w, before = w.detach();
  (w * w).sum().backward();
  const auto version = w.version();
  w.to_(tg::float64);
  CHECK(handle.dtype() == tg::float64);
  CHECK(values_of(handle) == std::vector<double>{1, 2});
  CHECK(handle.requires_grad());
  CHECK(w.grad().dtype() == tg::float64);
  CHECK(w.version() > version);
  CHECK(values_of(before) == std::vector<double>{1, 2});
  CHECK(before.dtype() == tg::float32);
  w.zero_grad();
  (w * w).sum().backward();
  CHECK(values_of(w.grad()) == std::vector<double>{2, 4});
  w.to_(tg::float32).to_(tg::float64).to_(tg::float64);
  CHECK(values_of(w) == std::vector<double>{1, 2});
  {
    const tg::NoGrad no_grad;
    w += 1;
  }
  CHECK(values_of(handle) == std::vector<double>{2, 3});
}

TEST_CASE("what to_ took goes back when the last handle goes", "[optim]") {
  const auto in_use = [] { return tg::memory_stats().live_bytes; };
  const auto before = in_use();
  {
    Tensor w = tg::ones(1000).requires_grad_();
    (w * w).sum().backward();
    w.to_(tg::float64).to_(tg::float32);
    const Tensor shown = w.detach();
    w.to_(tg::float64);
    CHECK(in_use() > before);
  }
  CHECK(in_use() == before);
}

TEST_CASE("a graph from before to_ fails where it saved the value, and is right elsewhere",
          "[optim]") {
  Tensor w = leaf({1, 2}, tg::float32);
  const Tensor saved = (w * w).sum(), not_saved = (w + 1).sum();
  w.to_(tg::float64);
  CHECK_THROWS_AS(saved.backward(), tg::GradError);
  CHECK_FALSE(w.grad().defined());
  not_saved.backward();
  CHECK(w.grad().dtype() == tg::float64);
  CHECK(values_of(w.grad()) == std::vector<double>{1, 1});
  CHECK_THROWS_AS(w.to_(tg::int64), tg::DTypeError);
  Tensor made = w * 2;
  CHECK_THROWS_AS(made.to_(tg::float32), tg::GradError);
}

TEST_CASE("to refuses a model with a parameter that an operator made, and changes nothing") {
  Net net;
  net.b.weight = net.b.weight * 2;
  CHECK_THROWS_WITH(nn::to(net, tg::float64), ContainsSubstring("to: parameter b.weight"));
  CHECK(net.a.weight.dtype() == tg::float32);
}

TEST_CASE("a step without any gradient names three parameters", "[optim]") {
  Net net;
  nn::Adam optimizer(nn::parameters(net));
  CHECK(message_of<tg::GradError>([&] { optimizer.step(); }) ==
        "Adam: step() without any gradient, nothing was trained: a.weight, a.bias, b.weight and 1 "
        "more have none. Call backward() first; if it was called, these are not the tensors of the "
        "model that made the loss: make the optimizer from nn::parameters(model) again when a part "
        "of the model was replaced");
  nn::freeze(net);
  CHECK_THROWS_WITH(optimizer.step(), ContainsSubstring("are frozen; unfreeze(model)"));
}

TEST_CASE("a replaced model is an error at the first step", "[optim]") {
  nn::Sequential net{nn::Linear{3, 2}};
  nn::Adam optimizer(nn::parameters(net));
  net[0] = nn::Linear{3, 2};
  CHECK_THROWS_AS(train(net, optimizer, 1), tg::GradError);

  nn::Linear one{3, 2, {.bias = false}};
  auto parameters = nn::parameters(one);
  nn::SGD sgd(parameters);
  parameters[0].value = tg::ones({2, 3}).requires_grad_();
  tg::sum(parameters[0].value).backward();
  CHECK_THROWS_AS(sgd.step(), tg::GradError);
}

TEST_CASE("a replaced part is reported once, by name, after 20 steps", "[optim]") {
  const Warnings warnings;
  nn::Sequential net{nn::Linear{3, 4}, tg::tanh, nn::Linear{4, 2}};
  nn::Adam optimizer(nn::parameters(net));
  train(net, optimizer, 30);
  CHECK(warnings.texts.empty());
  net[2] = nn::Linear{4, 2};
  train(net, optimizer, 19);
  CHECK(warnings.texts.empty());
  train(net, optimizer, 60);
  REQUIRE(warnings.texts.size() == 1);
  CHECK_THAT(warnings.texts[0],
             ContainsSubstring("Adam: no gradient in 20 steps for 2.weight, 2.bias:"));
}

TEST_CASE("frozen and rarely used parameters are not reported, nor is what an option silences",
          "[optim]") {
  const Warnings warnings;
  Net net;
  const auto rest = [&net](nn::Optimizer& optimizer, int steps) {
    for (int i = 0; i < steps; ++i) {
      optimizer.zero_grad();
      net.a(tg::ones({1, 3})).sum().backward();
      optimizer.step();
    }
  };
  nn::SGD silent(nn::parameters(net), {.warn_unused = false});
  rest(silent, 50);
  CHECK(warnings.texts.empty());

  // One group asks for it, the other does not.
  nn::SGD groups(nn::parameters(net.a, "a"));
  groups.add_group(nn::parameters(net.b, "b"), {.warn_unused = false});
  rest(groups, 50);
  CHECK(warnings.texts.empty());

  nn::SGD optimizer(nn::parameters(net));
  for (int i = 0; i < 5; ++i) {  // a gradient in each 20 steps is enough
    rest(optimizer, 19);
    train(net, optimizer, 1);
  }
  CHECK(warnings.texts.empty());

  nn::freeze(net.b);
  nn::SGD frozen(nn::parameters(net));
  rest(frozen, 50);
  CHECK(warnings.texts.empty());
  nn::unfreeze(net.b);
  rest(frozen, 1);
  REQUIRE(warnings.texts.size() == 1);
  CHECK_THAT(warnings.texts[0], ContainsSubstring("for b.weight, b.bias"));
}

TEST_CASE("what a warning handler gets is not printed, and it can be put back") {
  std::vector<std::string> first, second;
  const auto before = tg::set_warning_handler([&](const std::string& t) { first.push_back(t); });
  tg::warn("one");
  const auto handler = tg::set_warning_handler([&](const std::string& t) { second.push_back(t); });
  tg::warn("two");
  handler("three");
  tg::set_warning_handler(before);
  CHECK(first == std::vector<std::string>{"one", "three"});
  CHECK(second == std::vector<std::string>{"two"});
}

TEST_CASE("check_finite refuses a step from a gradient that is not finite", "[optim]") {
  const double inf = std::numeric_limits<double>::infinity();
  for (const double bad : {inf, -inf, std::nan("")}) {
    auto parameters = some_parameters();
    nn::SGD optimizer(parameters, {.lr = 0.1, .check_finite = true});
    parameters[0].value.set_grad(tg::ones(3));
    parameters[1].value.set_grad(tg::full(1, bad));
    CHECK_THAT(message_of<tg::ValueError>([&] { optimizer.step(); }),
               ContainsSubstring("SGD: the gradient of parameter 'b' has an infinity or NaN"));
    CHECK(values_of(parameters[0].value) == std::vector<double>{1, 2, 3});
  }
}

TEST_CASE("check_finite names the parameter that a step made infinite", "[optim]") {
  auto parameters = some_parameters();
  nn::SGD optimizer(parameters, {.lr = 1e30, .check_finite = true});
  parameters[0].value.set_grad(tg::ones(3));
  optimizer.step();
  parameters[0].value.set_grad(tg::full(3, 1e20));
  CHECK_THAT(message_of<tg::ValueError>([&] { optimizer.step(); }),
             ContainsSubstring("SGD: step 2 made parameter 'a' infinite or NaN"));
}

TEST_CASE("check_finite does not blame a step for what was there before it", "[optim]") {
  auto parameters = some_parameters();
  nn::SGD optimizer(parameters, {.lr = 0.1, .check_finite = true});
  {
    const tg::NoGrad no_grad;
    parameters[1].value.fill_(std::nan(""));
  }
  for (auto& p : parameters) p.value.set_grad(tg::ones_like(p.value));
  CHECK(message_of<tg::ValueError>([&] { optimizer.step(); }) ==
        "SGD: parameter 'b' has an infinity or NaN before the first step; nothing was changed. "
        "Look at how it was made or loaded");
  CHECK(values_of(parameters[0].value) == std::vector<double>{1, 2, 3});
}
