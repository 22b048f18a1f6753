#include <limits>

#include "autograd/base/fail.h"
#include "autograd/memory/memory.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/random.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/sequential.h"
#include "nn/losses/losses.h"
#include "tests/nn/optim/common.h"
#include "tests/warnings.h"

// What steps report by themselves: parameters that are not finite, and gradients that stay the
// same because they are no longer the model's.

using namespace optim_test;

namespace {

const double kInf = std::numeric_limits<double>::infinity();
constexpr const char* kSilence = " (the option warn_unused = false silences this)";
constexpr const char* kWayOut =
    ": lower the learning rate, or clip gradients with nn::clip_grad_norm_; check_finite = true "
    "throws at the very step";

void give(const Parameter& parameter, double value) {
  Tensor tensor = parameter.value;
  tensor.set_grad(tg::full(tensor.shape(), value, tensor.dtype()));
}

/// Steps with gradients of 1 in all parameters.
void harmless(nn::Optimizer& optimizer, int steps) {
  for (int i = 0; i < steps; ++i) {
    for (const Parameter& p : optimizer.parameters()) give(p, 1);
    optimizer.step();
  }
}

/// A loop that drops the gradients of the model only.
void train(nn::Sequential& net, nn::Optimizer& optimizer, int steps) {
  tg::manual_seed(3);
  for (int i = 0; i < steps; ++i) {
    nn::zero_grad(net);
    nn::mse_loss(net(tg::randn({8, 3})), tg::randn({8, 2})).backward();
    optimizer.step();
  }
}

nn::Sequential some_net() { return nn::Sequential{nn::Linear{3, 4}, tg::tanh, nn::Linear{4, 2}}; }

}  // namespace

TEST_CASE("a step that makes a parameter infinite is reported once, with the step", "[optim]") {
  for (const double bad : {kInf, -kInf, std::nan("")}) {
    for (const int before : {0, 1, 6, 40, 100}) {
      const Warnings warnings;
      auto parameters = some_parameters();
      nn::SGD optimizer(parameters, {.lr = 1e-3});
      harmless(optimizer, before);
      CHECK(warnings.texts.empty());
      give(parameters[0], 1);
      give(parameters[1], bad);
      optimizer.step();
      harmless(optimizer, 70);
      REQUIRE(warnings.texts.size() == 1);
      const int step = before + 1;
      const int looked = before < 2 ? before : before < 32 ? 4 : before / 32 * 32;
      const std::string since = looked + 1 == step
                                    ? fmt::format("step {}", step)
                                    : fmt::format("one of the steps {} to {}", looked + 1, step);
      CHECK(warnings.texts[0] ==
            "SGD: an infinity or NaN in b since " + since + kWayOut + kSilence);
    }
  }
}

TEST_CASE("an infinity in the middle of a parameter is found at the next closer look", "[optim]") {
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    for (int place = 0; place < 37; place += 4) {
      const Warnings warnings;
      Tensor w = tg::zeros(37, dtype).requires_grad_(), last = tg::ones(1).requires_grad_();
      nn::Adam optimizer({{"w", w}, {"last", last}});
      harmless(optimizer, 40);
      {
        const tg::NoGrad no_grad;
        tg::Tensor element = w.detach()[place];
        element.fill_(-kInf);
      }
      harmless(optimizer, 23);
      CHECK(warnings.texts.size() == 0);
      harmless(optimizer, 60);
      REQUIRE(warnings.texts.size() == 1);
      CHECK(warnings.texts[0] == std::string("Adam: an infinity or NaN in w since one of the steps "
                                             "33 to 64") +
                                     kWayOut + kSilence);
    }
  }
}

TEST_CASE("what was not finite before the first step is not blamed on it", "[optim]") {
  const Warnings warnings;
  auto parameters = some_parameters();
  nn::SGD optimizer(parameters);
  {
    const tg::NoGrad no_grad;
    parameters[0].value.fill_(kInf);
  }
  harmless(optimizer, 70);
  REQUIRE(warnings.texts.size() == 1);
  CHECK(warnings.texts[0] ==
        std::string("SGD: an infinity or NaN in a before the first step: look at how it was made "
                    "or loaded") +
            kSilence);
}

TEST_CASE("the report of a divergence names three parameters and comes again after load_state",
          "[optim]") {
  const Warnings warnings;
  std::vector<Parameter> parameters;
  for (const char* name : {"a", "b", "c", "d", "e"})
    parameters.push_back({name, leaf({1}, tg::float64)});
  nn::SGD optimizer(parameters);
  harmless(optimizer, 3);
  const nn::StateDict good = optimizer.state();
  const auto diverge = [&] {
    for (const Parameter& p : parameters) give(p, kInf);
    optimizer.step();
  };
  diverge();
  diverge();
  REQUIRE(warnings.texts.size() == 1);
  CHECK_THAT(warnings.texts[0], ContainsSubstring("in a, b, c and 2 more since"));
  {
    const tg::NoGrad no_grad;
    for (Parameter& p : parameters) p.value.fill_(1);
  }
  optimizer.load_state(good);
  harmless(optimizer, 2);
  CHECK(warnings.texts.size() == 1);
  diverge();
  REQUIRE(warnings.texts.size() == 2);
  CHECK_THAT(warnings.texts[1], ContainsSubstring("since one of the steps 4 to 6:"));
}

TEST_CASE("looking at parameters changes nothing, and an option silences it", "[optim]") {
  const Warnings warnings;
  auto parameters = some_parameters();
  nn::SGD silent(parameters, {.warn_unused = false});
  const auto tensors = tg::live_tensors();
  const auto version = parameters[0].value.version();
  harmless(silent, 64);
  CHECK(parameters[0].value.version() == version + 64);
  for (const Parameter& p : parameters) give(p, kInf);
  silent.step();
  harmless(silent, 70);
  CHECK(warnings.texts.empty());
  for (Parameter& p : parameters) p.value.zero_grad();
  CHECK(tg::live_tensors() == tensors);

  // A frozen mask may be infinite.
  Tensor mask = tg::full(2, -kInf);
  nn::SGD masked({{"w", leaf({1}, tg::float32)}, {"mask", mask}});
  harmless(masked, 70);
  CHECK(warnings.texts.empty());
}

TEST_CASE("a replaced part whose old gradient stays is reported once, by name", "[optim]") {
  const Warnings warnings;
  nn::Sequential net = some_net();
  nn::Adam optimizer(nn::parameters(net));
  train(net, optimizer, 100);
  CHECK(warnings.texts.empty());
  net[2] = nn::Linear{4, 2};
  train(net, optimizer, 19);
  CHECK(warnings.texts.empty());
  train(net, optimizer, 200);
  REQUIRE(warnings.texts.size() == 1);
  CHECK(warnings.texts[0] ==
        std::string("Adam: the same gradient in 20 steps for 2.weight, 2.bias: backward() did not "
                    "reach it, so these are probably tensors that were replaced in the model after "
                    "the optimizer was made; make it from nn::parameters(model) again") +
            kSilence);
}

TEST_CASE("so is a whole model that was replaced, and an option silences it", "[optim]") {
  for (const bool warn : {true, false}) {
    const Warnings warnings;
    nn::Sequential net = some_net();
    nn::SGD optimizer(nn::parameters(net), {.warn_unused = warn});
    train(net, optimizer, 3);
    net = some_net();
    train(net, optimizer, 60);
    REQUIRE(warnings.texts.size() == (warn ? 1 : 0));
    if (warn)
      CHECK_THAT(warnings.texts[0], ContainsSubstring("0.weight, 0.bias, 2.weight, 2.bias"));
  }
}

TEST_CASE("gradients that are new are not reported, be they equal, zero or at the same address",
          "[optim]") {
  const Warnings warnings;
  auto parameters = some_parameters();
  const auto loss = [&] { return parameters[0].value.sum() + parameters[1].value.sum() * 0; };
  const auto drop = [&] {
    for (Parameter& p : parameters) p.value.zero_grad();
  };
  nn::SGD fresh(parameters, {.lr = 1e-4});
  for (int i = 0; i < 200; ++i) {  // a new one of the same values
    drop();
    loss().backward();
    fresh.step();
  }
  nn::SGD sums(parameters, {.lr = 1e-6});
  for (int i = 0; i < 200; ++i) {  // sums that nobody drops
    loss().backward();
    sums.step();
  }
  nn::SGD micro(parameters, {.lr = 1e-6});
  for (int i = 0; i < 200; ++i) {  // two backward passes a step
    drop();
    loss().backward();
    loss().backward();
    micro.step();
  }
  nn::SGD written(parameters, {.lr = 1e-6});
  for (int i = 0; i < 200; ++i) {  // written in place by hand
    for (Parameter& p : parameters) p.value.mutable_grad().fill_(1);
    written.step();
  }
  nn::SGD few(parameters, {.lr = 1e-6});
  for (int i = 0; i < 40; ++i) {  // a few steps for each, on purpose
    drop();
    loss().backward();
    for (int again = 0; again < 10; ++again) few.step();
  }
  CHECK(warnings.texts.empty());
}

TEST_CASE("an optimizer keeps no gradient alive that was dropped", "[optim]") {
  auto parameters = some_parameters();
  nn::SGD optimizer(parameters);
  for (Parameter& p : parameters) p.value.set_grad(tg::ones_like(p.value));
  const auto tensors = tg::live_tensors();
  for (int i = 0; i < 10; ++i) optimizer.step();
  CHECK(tg::live_tensors() == tensors);
  optimizer.zero_grad();
  CHECK(tg::live_tensors() == tensors - 2);
}

TEST_CASE("what is to be reported is reported by a step that throws, too", "[optim]") {
  const Warnings warnings;
  auto parameters = some_parameters();
  nn::SGD optimizer(std::vector<Parameter>{parameters[0]}, {.lr = 1e-3});
  optimizer.add_group(std::vector<Parameter>{parameters[1]}, {.lr = 1e-3, .check_finite = true});
  {
    const tg::NoGrad no_grad;
    parameters[0].value.fill_(kInf);
  }
  give(parameters[0], 1);
  give(parameters[1], std::numeric_limits<float>::max());
  optimizer.set_lr(1e30, 1);
  CHECK_THROWS_AS(optimizer.step(), tg::ValueError);
  REQUIRE(warnings.texts.size() == 1);
  CHECK(warnings.texts[0].find(parameters[0].name + " before the first step") != std::string::npos);
}

TEST_CASE("the old gradient of a frozen parameter is nobody's mistake", "[optim]") {
  const Warnings warnings;
  auto parameters = some_parameters();
  nn::SGD optimizer(parameters, {.lr = 1e-3});
  harmless(optimizer, 1);
  parameters[0].value.requires_grad_(false);
  for (int i = 0; i < 100; ++i) {
    for (std::size_t k = 1; k < parameters.size(); ++k) give(parameters[k], i);
    optimizer.step();
  }
  CHECK(warnings.texts.empty());
}
