#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create.h"
#include "nn/linear.h"
#include "nn/module.h"
#include "nn/optim.h"
#include "nn/sequential.h"
#include "tests/catch.h"
#include "tests/message_of.h"

// What nn says to mistakes that are often made: what came, what was expected, the way out, and the
// module path where there is one. One row for each.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

struct Mistake {
  const char* what;
  std::function<void()> make;
  std::string message;
};

nn::Sequential named_net() {
  nn::Sequential net{nn::Linear{784, 10}};
  nn::name_modules(net, "net");
  return net;
}

std::vector<nn::Parameter> one_parameter(double gradient) {
  Tensor w = tg::ones(2).requires_grad_();
  w.set_grad(tg::full(2, gradient));
  return {{"w", w}};
}

}  // namespace

TEST_CASE("nn says what came, what was expected, and the way out") {
  const Mistake mistakes[] = {
      {"images into a Linear",
       [] {
         named_net()(tg::zeros({32, 28, 28}));
       },
       "linear: the last dimension of the input must be 784 features, but the input is [32, 28, "
       "28] "
       "and the weight is [10, 784]; flatten it first: nn::Flatten{} before this layer, or "
       "flatten(x, 1) [in net.0]"},
      {"images with a channel into a Linear",
       [] {
         named_net()(tg::zeros({32, 1, 28, 28}));
       },
       "linear: the last dimension of the input must be 784 features, but the input is [32, 1, 28, "
       "28] and the weight is [10, 784]; flatten it first: nn::Flatten{} before this layer, or "
       "flatten(x, 1) [in net.0]"},
      {"one image into a Linear",
       [] {
         named_net()(tg::zeros({28, 28}));
       },
       "linear: the last dimension of the input must be 784 features, but the input is [28, 28] "
       "and "
       "the weight is [10, 784]; flatten it first: flatten(x, 0) [in net.0]"},
      {"another number of features",
       [] {
         named_net()(tg::zeros({32, 700}));
       },
       "linear: the last dimension of the input must be 784 features, but the input is [32, 700] "
       "and the weight is [10, 784] [in net.0]"},
      {"a gradient that is infinite",
       [] { nn::Adam(one_parameter(HUGE_VAL), {.check_finite = true}).step(); },
       "Adam: the gradient of parameter 'w' has an infinity or NaN, so the step would, too; "
       "nothing "
       "was changed. Look at the loss, lower the learning rate, or clip gradients"},
      {"a step that makes a parameter infinite",
       [] { nn::SGD(one_parameter(1e30), {.lr = 1e30, .check_finite = true}).step(); },
       "SGD: step 1 made parameter 'w' infinite or NaN, from a finite gradient; lower the learning "
       "rate, or go back to a saved state"},
      {"a step before backward",
       [] {
         nn::SGD({{"w", tg::ones(2).requires_grad_()}}).step();
       },
       "SGD: step() without any gradient, nothing was trained: w have none. Call backward() first; "
       "if it was called, these are not the tensors of the model that made the loss: make the "
       "optimizer from nn::parameters(model) again when a part of the model was replaced"},
  };
  for (const auto& [what, make, message] : mistakes) {
    INFO(what);
    CHECK(message_of<tg::Error>(make) == message);
  }
}
